"""Quality against parallelism: the chart's means, and the envelope that bounds every decoder."""

import itertools
import json
import random

import pytest

from viz import theme
from viz.figures.trade_off import ENVELOPE, envelope, hull, trade_off, unbeaten


def row(method: str, knobs: str, seed: int, rate: float | None, score: float | None, **more: object) -> dict:
    base = {"method": method, "knobs": knobs, "task": "copy", "seed": seed, "score": score, "strict": score,
            "tokens_per_round": rate, "rounds": 4, "sequences": 4, "positions": 32, "order": None,
            "reason": "" if score else "duplicate", "trace": f"traces/{method}{seed}"}  # fmt: skip
    return {**base, **more}


ROWS = [
    row("slow", "", 0, 1, 1.0), row("slow", "", 1, 1, 1.0),
    row("fast", "t=1", 0, 4, 1.0), row("fast", "t=1", 1, 4, 0.0),
    row("fast", "t=2", 0, 8, 0.0), row("fast", "t=2", 1, 8, 0.0),
]  # fmt: skip


def line_at(line: list[tuple[float, float]], x: float) -> float:
    """The bound at x: what is slower than its beginning can be had by its beginning."""
    if x <= line[0][0]:
        return line[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return -1.0 if x > line[-1][0] + 1e-9 else line[-1][1]


def test_the_envelope_by_hand() -> None:
    # prompt 0 keeps its score up to 4 tokens a round, prompt 1 only at 1: together (4 + 1) / 2
    assert envelope(ROWS)[0] == (2.5, 1.0)
    assert envelope(ROWS)[-1] == (8.0, 0.0)
    # prompt 1 loses 1 over 7 tokens a round, prompt 0 over 4: the smaller loss comes first
    assert envelope(ROWS)[1] == pytest.approx((6.0, 0.5))
    assert envelope([]) == []


def test_a_hull_is_concave_and_above_its_points() -> None:
    assert hull([(1, 1), (2, 0.2), (3, 0.8), (4, 0)]) == [(1, 1), (3, 0.8), (4, 0)]
    assert hull([(1, 0.0), (8, 0.0)]) == [(8, 0.0)]
    assert hull([(1, 1.0), (2, 0.5), (2, 0.9)]) == [(1, 1.0), (2, 0.9)]


def test_no_choice_of_settings_passes_the_envelope() -> None:
    dice = random.Random(3)
    for _ in range(60):
        prompts, methods = range(dice.randint(1, 4)), range(dice.randint(1, 4))
        rows = [
            row(f"m{method}", "", seed, dice.choice((1, 2, 4, 5.5, 8)), dice.choice((0.0, 0.3, 1.0)))
            for method in methods
            for seed in prompts
        ]
        line = envelope(rows)
        assert line == sorted(line) and line_at(line, line[0][0]) == line[0][1]
        for chosen in itertools.product(methods, repeat=len(prompts)):
            picked = [rows[method * len(prompts) + seed] for seed, method in enumerate(chosen)]
            x = sum(each["tokens_per_round"] for each in picked) / len(picked)
            y = sum(each["score"] for each in picked) / len(picked)
            assert line_at(line, x) >= y - 1e-9


def test_a_line_per_decoder_and_a_point_per_setting() -> None:
    made = trade_off(ROWS)
    bound, slow, fast = made["figure"]["spec"]["data"]
    assert bound["hoverinfo"] == "skip", "a point that lies on the bound must take the click"
    assert bound["name"] == ENVELOPE and (slow["name"], fast["name"]) == ("slow", "fast")
    assert (slow["x"], slow["y"]) == ([1.0], [1.0]) and (fast["x"], fast["y"]) == ([4.0, 8.0], [0.5, 0.0])
    assert slow["marker"]["symbol"] != fast["marker"]["symbol"]
    for index, setting in enumerate(made["settings"]):
        assert setting["index"] == index and setting["runs"] == 2
    assert [made["settings"][at]["knobs"] for at in fast["customdata"]] == ["t=1", "t=2"]
    assert made["settings"][2]["reasons"] == {"duplicate": 2}
    assert made["figure"]["question"].endswith("?")


def test_the_bound_is_straight_on_a_logarithmic_axis_too() -> None:
    bound = trade_off(ROWS)["figure"]["spec"]["data"][0]
    exact = envelope(ROWS)
    for x, y in zip(bound["x"], bound["y"], strict=True):
        assert y == pytest.approx(line_at(exact, x), abs=1e-3)
    assert all(b / a < 1.06 for a, b in itertools.pairwise(bound["x"][1:]))
    assert bound["x"][0] == 1 and bound["y"][:2] == [1, 1]


def test_strict_scores_are_another_column_and_failures_are_counted() -> None:
    rows = [
        row("a", "", 0, 2, 1.0, strict=0.0),
        row("a", "", 1, None, None),
        row("b", "k=<b>", 0, None, None),
    ]
    made = trade_off(rows, "strict")
    assert [(each["runs"], each["failed"], each["y"]) for each in made["settings"]] == [
        (1, 1, 0.0),
        (0, 1, None),
    ]
    bound, line = made["figure"]["spec"]["data"]
    assert line["y"] == [0.0] and bound["mode"] == "markers"
    assert "strict" in made["figure"]["spec"]["layout"]["yaxis"]["title"]["text"]
    assert trade_off([])["figure"]["spec"]["data"] == []


def test_the_chart_is_plain_data_in_both_looks() -> None:
    spec = trade_off(ROWS)["figure"]["spec"]
    assert spec["config"]["plotlyServerURL"] == "" and spec["config"]["showSendToCloud"] is False
    for mode in ("light", "dark"):
        assert "@" not in json.dumps(theme.resolve(spec, mode), allow_nan=False)


def test_with_many_methods_only_the_unbeaten_are_named() -> None:
    rows = [row(f"m{at}", "", 0, 1 + at, 1 - at / 20) for at in range(10)]
    rows += [row(f"beaten{at}", "", 0, 1 + at, 0.1) for at in range(5)]
    made = trade_off(rows)
    named = [line for line in made["figure"]["spec"]["data"] if "text" in line["mode"]]
    assert [line["text"] for line in named] == [[f"m{at}"] for at in range(10)]
    assert made["figure"]["spec"]["layout"]["showlegend"] is False and made["figure"]["said"]
    # every setting is still a point that can be chosen
    chosen = {at for line in made["figure"]["spec"]["data"] for at in line.get("customdata", ())}
    assert chosen == set(range(15))
    equal = [
        {"tokens_per_round": 2, "y": 1.0},
        {"tokens_per_round": 2, "y": 1.0},
        {"tokens_per_round": 3, "y": 1.0},
    ]
    assert unbeaten(equal) == [equal[2]]
    few = trade_off(rows[:3])["figure"]
    assert few["said"] == "" and all("text" not in line["mode"] for line in few["spec"]["data"])


@pytest.mark.parametrize(("fastest", "doubled"), [(8, True), (3, False), (1.5, True)])
def test_a_short_axis_is_not_marked_by_powers_of_two_alone(fastest: float, doubled: bool) -> None:
    rows = [row("slow", "", 0, 1.5, 1.0), row("fast", "", 0, fastest, 1.0)]
    axis = trade_off(rows)["figure"]["spec"]["layout"]["xaxis"]
    assert axis["type"] == "log" and ("tickvals" in axis) is doubled
