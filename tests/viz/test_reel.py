"""The reel: fates, rounds, clocks; live equals whole; small and quick to make."""

import json
from itertools import pairwise
from typing import Any

import fake_traces as fakes
import pytest

from viz.figure import first_divergence
from viz.player import standalone
from viz.reel import ReelBuilder, dumps, reel
from viz.tables import csv_tables, frame, summary
from viz.theme import BIRTHS, LOOKS, STATUSES, TOKENS, css, resolve
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Commit,
    Fork,
    Label,
    Observe,
    Phase,
    Retract,
    Token,
    Trace,
)

EVERY = list(fakes.every())


def merged(deltas: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page holds after these deltas."""
    held: dict[str, Any] = {"beats": [], "born": [], "vocab": {}, "trees": {}, "rounds": {}, "rows": {}}
    for delta in deltas:
        assert delta["from"] == len(held["beats"])
        held["beats"] += delta["beats"]
        held["born"] += delta["born"]
        held["vocab"] |= delta["vocab"]
        held["trees"] |= delta["trees"]
        held["trees"] = {key: tree for key, tree in held["trees"].items() if tree is not None}
        held["rounds"] |= dict(delta["rounds"])
        if "map" in delta:
            held["rows"] |= dict(delta["map"]["rows"])
            held["map"] = {key: value for key, value in delta["map"].items() if key != "rows"}
        for key in ("header", "glossary", "clocks", "offered", "footer", "summary", "figures", "eos"):
            if key in delta:
                held[key] = delta[key]
    return held


@pytest.mark.parametrize(("name", "trace"), EVERY)
@pytest.mark.parametrize("every", [1, 5])
def test_a_live_feed_ends_as_the_whole_reel(name: str, trace: Trace, every: int) -> None:
    builder, deltas = ReelBuilder(trace.header, trace.glossary, trace.tokens), []
    for at, (event, ms) in enumerate(zip(trace.events, trace.clock, strict=True)):
        builder.feed(event, ms)
        if at % every == 0:
            deltas.append(json.loads(dumps(builder.delta())))
    builder.finish(trace.footer)
    deltas.append(json.loads(dumps(builder.delta())))
    assert merged(deltas) == merged([json.loads(dumps(reel(trace)))])


@pytest.mark.parametrize(("name", "trace"), EVERY)
def test_beats_cover_all_events_and_clocks_only_grow(name: str, trace: Trace) -> None:
    beats = reel(trace)["beats"]
    covered = [event for beat in beats for event in range(beat["e"][0], beat["e"][1] + 1)]
    assert covered == list(range(len(trace.events)))
    for before, after in pairwise(beats):
        assert all(a <= b for a, b in zip(before["c"], after["c"], strict=True))
    assert all(beat["s"] for beat in beats)


def test_fates_of_a_chain() -> None:
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    s.forward("draft", (0, 4))
    ids = s.propose(
        "draft", [at, at + 1, at + 2, at + 3], [1, 2, 3, 4], [ROOT, 0, 1, 2], [0.9, 0.8, 0.7, 0.6]
    )
    s.forward("target", (0, 8))
    s.observe("target", Cells(0, (at,)), [(1, 0.95)])
    s.say(fakes.ACCEPT.judge(Candidates((0, 1)), [0.1, 0.9], [1.0, 0.4]), Commit(0, (0,)))
    (left,) = s.propose("residual", [at + 1], [7], ROOT, [0.5])
    s.say(Commit(0, (left,)))
    told = frame(s.trace("Chain", "speculative"), "candidates")
    assert list(told["status"]) == ["committed", "rejected", "unexamined", "unexamined", "committed"]
    assert list(told["origin"]) == ["draft"] * 4 + ["residual"]
    assert told["target_prob"][0] == 0.95
    assert ids == [0, 1, 2, 3]


def test_a_token_of_the_target_is_a_bonus_only_where_nothing_was_rejected() -> None:
    def last_origin(u: float) -> str:
        s = fakes.Scribe()
        at = fakes.begin(s)
        s.say(Phase(0, "Round 1"))
        s.propose("draft", [at], [1], ROOT, [0.9])
        s.forward("target", (0, 5))
        s.say(fakes.ACCEPT.judge(Candidates((0,)), [u], [0.5]))
        if u < 0.5:
            s.say(Commit(0, (0,)))
        s.say(Commit(0, tuple(s.propose("target", [at + (u < 0.5)], [2], ROOT, [1.0]))))
        return list(frame(s.trace("x", "speculative"), "candidates")["origin"])[-1]

    assert last_origin(0.1) == "bonus"
    assert last_origin(0.9) == "target"


def test_pruned_before_verification_is_not_rejected_by_it() -> None:
    told = frame(fakes.tree(), "candidates")
    drafts = told[told["origin"] == "draft"]
    assert {"pruned", "unexamined", "committed", "rejected"} <= set(drafts["status"])
    assert (drafts["status"] == "pruned").sum() == 8 * (30 - 12)


def test_masked_guesses_are_held_back_and_remasked() -> None:
    told = frame(fakes.masked(), "candidates")
    assert {"open", "committed", "remasked"} <= set(told["status"])
    assert "rejected" not in set(told["status"])
    made = reel(fakes.masked())
    assert made["map"]["borders"] == [36]
    letters = [row[2] for _, row in made["map"]["rows"]]
    assert any("r" in row for row in letters)
    assert set(letters[-1]) <= set("cN")
    assert 0 < made["map"]["rho"] <= 1


def test_rounds_are_the_deepest_numbered_heading() -> None:
    made = reel(fakes.masked())
    assert len(made["rounds"]) == 20
    assert made["rounds"][10][1]["title"] == "Round 1"
    assert made["rounds"][10][1]["heading"] == "Block 2"
    assert len(reel(fakes.tree())["rounds"]) == 8


def test_summary_uses_the_names_of_serving_engines() -> None:
    told = summary(fakes.speculative())
    counts = told["acceptance_histogram"]
    assert sum(counts) == told["num_drafts"] == 12
    accepted = sum(n * many for n, many in enumerate(counts))
    assert accepted == told["num_accepted_tokens"] == sum(told["num_accepted_tokens_per_pos"])
    assert told["mean_acceptance_length"] == pytest.approx(1 + accepted / 12, abs=1e-4)
    assert "num_drafts" not in summary(fakes.greedy())
    lengths = frame(fakes.speculative(), "rounds")
    assert (lengths["length_with_own"] == lengths["length_without_own"] + lengths["own"]).all()
    assert (lengths["own"] == 1).all() and lengths["rejected"].sum()  # a correction is the target's own too


def test_tables_are_csv() -> None:
    tables = csv_tables(fakes.beams())
    assert set(tables) >= {"events", "forwards", "candidates", "verdicts", "commits", "costs", "rounds"}
    assert all("\n" in text for text in tables.values())


def test_first_divergence() -> None:
    one, other = fakes.greedy(seed=5), fakes.greedy(seed=6)
    assert first_divergence(one, one) is None
    assert first_divergence(one, other) == 0
    assert first_divergence(fakes.greedy(3), fakes.greedy(5)) == 3


def test_hostile_tokens_are_data_only() -> None:
    made = reel(fakes.masked(8, 2, 1, hostile=True))
    page = standalone([made], "<b>")
    assert "onerror=window" in json.dumps(made["vocab"])
    assert "<img src=x" not in page and "<title>&lt;b&gt;" in page
    assert page.count("</script>") == 4


def test_half_characters_travel_as_bytes() -> None:
    s = fakes.Scribe()
    fakes.begin(s)
    s.say(Fork(1, 0, 4, 0, (Token(fakes.EOS + 1), Token(fakes.EOS + 2))))
    made = reel(s.trace("Bytes", "x"))
    assert made["vocab"][fakes.EOS + 1] == [0xF0, 0x9F]


def test_large_reels_stay_small() -> None:
    wide, deep = reel(fakes.masked(128, 64, 4)), reel(fakes.tree(75, 4, 5, 60))
    assert len(dumps(wide)) < 600_000
    assert len(dumps(deep)) < 1_200_000


def test_beliefs_are_thinned() -> None:
    trace = fakes.masked(16, 4, 1)
    many = max(len(row) for event in trace.events if isinstance(event, Observe) for row in event.keys)
    ops = [op for beat in reel(trace)["beats"] for op in beat["o"] if op[0] == "b"]
    assert many == 5 and max(len(row) for row in ops[0][6]) == 4


def test_a_belief_about_one_place_keeps_twenty_and_their_names() -> None:
    held = reel(fakes.spread())
    first = next(op for beat in held["beats"] for op in beat["o"] if op[0] == "b")
    assert len(first[6][0]) == len(first[7][0]) == 20
    assert set(first[6][0]) <= set(held["vocab"])


def test_colours_are_said_once() -> None:
    assert {look.token for look in LOOKS.values()} <= set(TOKENS)
    assert set(STATUSES) | set(BIRTHS) <= set(LOOKS)
    looks = [
        LOOKS[name] for name in ("accepted", "rejected", "unexamined", "pruned", "committed", "residual")
    ]
    assert len({look.glyph for look in looks}) == len(looks)
    assert "--dw-accent:" in css()
    assert resolve({"a": ["@ink", "@ink/0.5", "@nobody"]}) == {
        "a": ["#1a2029", "rgba(26,32,41,0.5)", "@nobody"]
    }


def test_what_a_drafter_takes_back_in_its_own_tokens_is_not_taken_back_from_the_answer() -> None:
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"), Fork(1, ROOT, 0, 0, (Label("a"), Label("b"))))
    s.say(Retract(Cells(1, (1,)), "spelt otherwise"))
    s.say(Commit(0, tuple(s.propose("target", [at], [7], ROOT, [0.5]))))
    assert summary(s.trace("Universal", "speculative"))["retracted"] == 0
