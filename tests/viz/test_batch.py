"""Statistics and figures of many runs: exact small cases, and bounds that hold for any batch."""

import json
import random
from typing import Any

import fake_traces
import numpy as np
import pytest

from viz import batch, theme
from viz.batch import drafted, gallery, spreads, stats
from viz.batch.digest import digest
from viz.batch.groups import BY_ID, Batch, compare
from viz.batch.parts import MOST, looks


def row(method: str, seed: int, **more: Any) -> dict[str, Any]:
    base = {
        "method": method, "knobs": "", "models": "target=x@1", "task": "copy", "seed": seed, "run_seed": 0,
        "prompt": "", "score": 1.0, "strict": 1.0, "reason": "", "sentence": "correct", "rounds": 4,
        "sequences": 4, "positions": 32, "light_positions": 0, "tokens": 8, "tokens_per_round": 2.0,
        "order": None, "spearman": None, "status": "complete", "answer": "a", "trace": "traces/x.json.gz",
    }  # fmt: skip
    made = base | more
    said = f"{method}-{seed}-{made['run_seed']}-{made['knobs']}"
    return made | {"key": said.encode().hex()}


def told(*drafts: tuple[int, int, int], written: tuple[int, ...] = (), **more: Any) -> dict[str, Any]:
    base = {"format": 1, "written": list(written), "taken_back": 0, "drafts": [list(each) for each in drafts],
            "proposed": sum(each[2] for each in drafts), "pruned": 0, "claimed": None}  # fmt: skip
    return base | more


SHORT, LONG = row("spec", 0, tokens=4, rounds=2), row("spec", 1, tokens=10, rounds=10)
ROWS = [SHORT, LONG, row("plain", 0, score=0.0, reason="value"), row("plain", 1)]
# prompt 0: one draft of 4, all accepted; prompt 1: two drafts of 4, one token of the first accepted
DIGESTS = {
    SHORT["key"]: told((4, 4, 4), written=(5, 1), claimed=0.95),
    LONG["key"]: told((1, 2, 4), (0, 1, 4), written=(2, 1, 1), claimed=0.15),
    ROWS[2]["key"]: told(written=(1, 1)), ROWS[3]["key"]: told(written=(1,)),
}  # fmt: skip
BATCH = Batch.of(ROWS, DIGESTS)
SPEC, PLAIN = BATCH.settings


# -- statistics --------------------------------------------------------------------------------------


def test_pooled_and_per_request_means_differ_as_they_must() -> None:
    parallel, rate = BY_ID["tokens_per_round"], BY_ID["acceptance_rate"]
    mean, pooled = SPEC.mean(parallel), SPEC.pooled(parallel)
    assert mean and pooled and (mean.value, mean.n) == ((2 + 1) / 2, 2)
    assert pooled.value == pytest.approx(14 / 12, abs=1e-6)
    mean, pooled = SPEC.mean(rate), SPEC.pooled(rate)
    assert mean and pooled and mean.value == (4 / 4 + 1 / 8) / 2 and pooled.value == round(5 / 12, 6)
    assert PLAIN.mean(rate) is None is PLAIN.pooled(rate)


def test_the_bootstrap_is_the_same_every_time_and_draws_prompts() -> None:
    values = [0.0, 1.0, 1.0, 0.0, 1.0]
    first = stats.mean(values)
    stats.counts.cache_clear()
    assert first == stats.mean(values) and first and (first.value, first.n) == (0.6, 5)
    drawn = stats.counts(5)
    assert drawn.shape == (stats.DRAWS, 5) and set(drawn.sum(axis=1)) == {5.0}
    # by hand: the quantiles of the same draws
    means = drawn @ np.array(values) / 5
    assert (first.low, first.high) == tuple(np.round(np.quantile(means, (0.025, 0.975)), 6))
    # a whole interval lies where binomial draws lie: P(mean = 0) = 0.4^5 = 1 %, below the 2.5 % left out
    assert first.low == 0.2 and first.high == 1.0


def test_intervals_cover_about_as_often_as_they_say() -> None:
    dice = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        found = stats.mean(list(dice.normal(3, 1, 30)))
        assert found and found.low is not None and found.high is not None
        hits += found.low <= 3 <= found.high
    assert 0.87 <= hits / 200 <= 0.99


def test_one_prompt_has_no_interval_and_none_has_no_value() -> None:
    assert stats.mean([2.0]) == stats.Interval(2.0, None, None, 1)
    assert stats.mean([]) is None is stats.pooled([0.0], [0.0])
    assert stats.paired([], []) is None


def test_survival_is_one_minus_the_ecdf() -> None:
    dice = random.Random(5)
    for _ in range(50):
        lengths = [dice.randrange(9) for _ in range(dice.randint(1, 30))]
        found, (values, upto) = stats.survival(lengths), stats.ecdf(lengths)
        assert found[0] == 1 and len(found) == max(lengths) + 1
        for at, share in enumerate(found):
            before = max((u for v, u in zip(values, upto, strict=True) if v < at), default=0.0)
            assert share == pytest.approx(1 - before, abs=2e-6)
    assert stats.histogram([0, 2, 2]) == [1, 0, 2] and stats.survival([0, 2, 2]) == [1, 0.666667, 0.666667]
    assert stats.histogram([]) == []


def test_outliers_by_hand() -> None:
    # quartiles of 1..8 and 40: 3 and 7, so beyond 13 is out
    assert stats.outliers([1, 2, 3, 4, 5, 6, 7, 8, 40]) == [False] * 8 + [True]
    assert stats.outliers([1, 2, 90]) == [False] * 3


def test_paired_differences_by_hand() -> None:
    found = stats.paired([1, 2, 3, 4], [2, 2, 2, 6])
    assert found and found.mean.value == 0.5 and (found.ahead, found.level, found.behind) == (2, 1, 1)
    assert (found.a, found.b) == (2.5, 3.0)
    same = stats.paired([1, 2], [1, 2])
    assert same and (same.mean.low, same.mean.high, same.level) == (0, 0, 2)
    assert stats.paired([0.3], [0.1 + 0.2]) == stats.Paired(
        stats.Interval(0.0, None, None, 1), 0.3, 0.3, 0, 1, 0
    )


def test_seeds_of_one_prompt_are_one_prompt() -> None:
    rows = [row("m", 0, score=1.0), row("m", 0, score=0.0, run_seed=1), row("m", 1, score=1.0)]
    setting = Batch.of(rows, {}).settings[0]
    score = setting.mean(BY_ID["score"])
    assert score and (score.value, score.n) == (0.75, 2) and setting.runs[1].name == "copy 0 · seed 1"


def test_only_prompts_that_both_have_are_compared() -> None:
    other = Batch.of([*ROWS, row("late", 1, score=0.5), row("late", 7)], {}).settings[2]
    keys, found = compare(SPEC, other, BY_ID["score"])
    assert keys == [("copy", 1)] and found and found.mean == stats.Interval(-0.5, None, None, 1)


# -- figures -----------------------------------------------------------------------------------------


def test_acceptance_by_position_by_hand() -> None:
    taken, tried = drafted.by_position(SPEC, given=False)
    assert taken.sum(axis=0).tolist() == [2, 1, 1, 1] and tried.sum(axis=0).tolist() == [3, 3, 3, 3]
    taken, tried = drafted.by_position(SPEC, given=True)
    assert taken.sum(axis=0).tolist() == [2, 1, 1, 1] and tried.sum(axis=0).tolist() == [3, 2, 1, 1]
    rows = gallery.figure(BATCH, "acceptance", (), {"share": "conditional"})["tables"][0]["rows"]
    assert [each[1:5] for each in rows][:3] == [[1, 2, 3, 0.666667], [2, 1, 2, 0.5], [3, 1, 1, 1.0]]
    assert rows[2][-1] == 1 and rows[2][5] is None, "one prompt got there: no interval"


def test_the_survival_of_accepted_tokens_is_their_unconditional_acceptance() -> None:
    survived = [each.value for each in drafted.surviving(SPEC, "accepted")]
    rows = gallery.figure(BATCH, "acceptance")["tables"][0]["rows"]
    assert survived[0] == 1 and survived[1:] == [each[4] for each in rows] == [0.666667] + [0.333333] * 3
    assert survived == stats.survival([4, 1, 0])
    written = [each.value for each in drafted.surviving(SPEC, "written")]
    assert written == stats.survival([5, 1, 2, 1, 1])


def test_lengths_and_waste_by_hand() -> None:
    rows = gallery.figure(BATCH, "lengths", (0,))["tables"][0]["rows"]
    assert [each[1:4] for each in rows] == [[0, 1, 3], [1, 1, 3], [2, 0, 3], [3, 0, 3], [4, 1, 3]]
    drawn = gallery.figure(BATCH, "waste")
    assert drawn["tables"][0]["rows"] == [["spec", 12, 0, 12, 5, 7, 0.5833]]
    points = drawn["spec"]["data"][1]
    assert (points["x"], points["y"]) == ([4, 8], [4, 1]) and points["customdata"][0]["run"] == SHORT["key"]


def test_the_map_names_the_run_of_every_row_and_sorts() -> None:
    first = gallery.figure(BATCH, "passes")
    assert first["spec"]["data"][0]["z"] == [[5, 1, None], [2, 1, 1]]
    assert first["cells"] == [SHORT["key"], LONG["key"]]
    most = gallery.figure(BATCH, "passes", (), {"sort": "passes"})
    assert most["cells"] == [LONG["key"], SHORT["key"]] and most["spec"]["data"][0]["z"][0] == [2, 1, 1]
    other = gallery.figure(BATCH, "passes", (), {"setting": "1", "sort": "score"})
    assert other["spec"]["data"][0]["z"] == [[1, 1], [1, None]] and other["tables"][0]["opens"][0] == {
        "run": ROWS[2]["key"]
    }
    accepted = gallery.figure(BATCH, "passes", (), {"of": "accepted"})
    assert accepted["spec"]["data"][0]["z"] == [[4, None], [1, 0]]
    slow = [row("m", at) for at in range(9)]
    counts = {each["key"]: told(written=(1,) * (40 if at == 3 else 4)) for at, each in enumerate(slow)}
    odd = gallery.figure(Batch.of(slow, counts), "passes")
    assert odd["spec"]["layout"]["yaxis"]["ticktext"][3] == "◆ copy 3" and "1 of them outliers" in odd["said"]


def test_differences_open_both_runs_of_a_prompt() -> None:
    drawn = gallery.figure(BATCH, "differences", (), {"a": "1", "b": "0", "metric": "score"})
    assert drawn["said"].startswith("B − A = +0.5000 [+0.0000, +1.0000], n = 2: B above on 1, equal on 1")
    prompts = drawn["tables"][1]
    assert prompts["rows"] == [["copy 1", 1.0, 1.0, 0.0], ["copy 0", 0.0, 1.0, 1.0]]
    assert prompts["opens"][1] == {"a": ROWS[2]["key"], "b": SHORT["key"]}
    every = [point for line in drawn["spec"]["data"] for point in line["customdata"]]
    assert {(point["a"], point["b"]) for point in every} == {
        (ROWS[2]["key"], SHORT["key"]), (ROWS[3]["key"], LONG["key"]),
    }  # fmt: skip


def test_reliability_by_hand() -> None:
    claims, hits, sums = spreads.calibration(SPEC)
    assert claims.sum(axis=0).tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1] == hits.sum(axis=0).tolist()
    assert sums.sum() == pytest.approx(1.1)
    rows = gallery.figure(BATCH, "reliability")["tables"][0]["rows"]
    # |1 - 0.15| and |1 - 0.95|, one answer each
    assert [each[1:5] for each in rows] == [["0.1 to 0.2", 1, 0.15, 1.0], ["0.9 to 1.0", 1, 0.95, 1.0]]
    assert rows[0][-1] == pytest.approx((0.85 + 0.05) / 2)


@pytest.mark.parametrize("id", [figure.id for figure in gallery.FIGURES])
def test_every_figure_is_plain_data_says_its_words_and_has_an_empty_state(id: str) -> None:
    nasty = [row("<b>m</b>", at, knobs="k=<img>", task="${x}", prompt=f"<b>m{at}") for at in (0, 1)]
    made = Batch.of([*ROWS, *nasty], DIGESTS | {each["key"]: DIGESTS[SHORT["key"]] for each in nasty})
    drawn = gallery.figure(made, id)
    json.dumps(theme.resolve(drawn, "dark"), allow_nan=False)
    assert drawn["spec"]["data"] and drawn["tables"] and not drawn["empty"] and drawn["words"]
    assert drawn["spec"]["config"]["plotlyServerURL"] == ""
    assert "<b>m" not in json.dumps(drawn["spec"]), "plotly would read it as a tag"
    nothing = gallery.figure(Batch.of([], {}), id)
    assert nothing["empty"] and not nothing["spec"]["data"]
    unread = gallery.figure(Batch.of([ROWS[0]], {}), id)
    assert bool(unread["empty"]) != bool(unread["spec"]["data"])


def test_what_is_asked_for_and_not_there_is_the_first_choice() -> None:
    for id in gallery.BY_ID:
        odd = dict.fromkeys(("share", "of", "setting", "sort", "metric", "a", "b"), "nonsense")
        assert gallery.figure(BATCH, id, (99,), odd) == gallery.figure(BATCH, id)
    with pytest.raises(KeyError):
        gallery.figure(BATCH, "pie")


def test_settings_look_different_as_long_as_they_can() -> None:
    rows = [row(f"m{at}", 0, knobs=f"t={knob}") for at in range(12) for knob in range(2)]
    made = Batch.of(rows, {})
    methods = [f"m{at}" for at in range(12)]
    pairs = [(look.colour, look.dash) for look in looks(made.settings, methods)]
    assert len(set(pairs)) == 24 and pairs[0][0] == pairs[1][0], "one method, one colour"
    assert len(gallery.figure(made, "spread")["shown"]) == MOST
    many = Batch.of([row(f"m{at}", 0) for at in range(40)], {})
    assert len(looks(many.settings, [f"m{at}" for at in range(40)])) == 40


def test_a_digest_is_what_the_trace_says() -> None:
    from viz.tables import summary

    for name, trace in fake_traces.every():
        found, known = digest(trace), summary(trace)
        assert len(found["written"]) == known["rounds"] and found["taken_back"] == known["retracted"]
        assert len(found["drafts"]) == known.get("num_drafts", 0)
        assert sum(each[0] for each in found["drafts"]) == known.get("num_accepted_tokens", 0)
        assert found["claimed"] is None or 0 <= found["claimed"] <= 1, name
    assert digest(fake_traces.masked())["taken_back"] > 0


def test_what_a_greedy_answer_claims_is_the_product_of_its_tokens() -> None:
    trace = fake_traces.greedy(steps=3)
    probs = [event.probs[0] for event in trace.events if type(event).__name__ == "Propose"]
    assert digest(trace)["claimed"] == pytest.approx(float(np.prod(probs)), abs=1e-5)


# -- report and page ---------------------------------------------------------------------------------


def test_the_report_holds_every_setting_and_every_pair() -> None:
    found = batch.report(BATCH)
    json.dumps(found, allow_nan=False)
    assert [each["method"] for each in found["settings"]] == ["spec", "plain"]
    tables = found["tables"]
    assert tables["acceptance"]["columns"][:3] == ["share", "setting", "position"]
    assert {each[0] for each in tables["acceptance"]["rows"]} == {"unconditional", "conditional"}
    assert {(each[0], each[1]) for each in tables["survival"]["rows"]} == {
        ("accepted", "spec"), ("written", "spec"), ("written", "plain"),
    }  # fmt: skip
    assert {each[1] for each in tables["passes"]["rows"]} == {"spec", "plain"}
    assert {tuple(each[:2]) for each in tables["differences"]["rows"]} == {("spec", "plain")}
    many = batch.report(Batch.of([row(f"m{at}", 0) for at in range(13)], {}))
    assert {each[0] for each in many["tables"]["differences"]["rows"]} == {"m0"}


def test_the_page_is_one_file_that_asks_nobody() -> None:
    made = batch.page(BATCH, "a <script>alert(1)</script>", "python -m workbench sweep")
    head = made[: made.index("</head>")]
    assert "default-src 'none'" in head and "<script>alert(1)" not in made
    start = made.index('id="batch">') + len('id="batch">')
    data = json.loads(made[start : made.index("</script>", start)])
    assert data["title"] == "a <script>alert(1)</script>" and {each["id"] for each in data["panels"]} == set(
        gallery.BY_ID
    )
