"""Figures of drafts: p against q, copies, the mask, and passes on three clocks; each number by hand."""

from dataclasses import replace

import fake_traces as fakes
import pytest

from viz.analysis import analyse
from viz.figure import draw, offered
from viz.records import Pass, Place
from viz.reel import reel
from viz.theme import resolve
from viz.timeline import PRESETS, Costs, schedule, thrown
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Commit,
    DraftKind,
    Glossary,
    Measure,
    Observe,
    Phase,
    Propose,
    Score,
    Trace,
)


def compared(space: str = "vocabulary", drafter_saw: bool = True) -> Trace:
    """One draft; both models' beliefs about its cell."""
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    s.forward("draft", (0, at))
    s.propose("draft", [at], [1], ROOT, [0.6])
    if drafter_saw:
        s.say(Observe("draft", Cells(0, (at,)), space, ((1, 2, 3),), ((0.6, 0.3, 0.1),), (0.9,)))
    s.forward("target", (0, at + 1))
    s.say(Observe("target", Cells(0, (at,)), "vocabulary", ((2, 1, 3),), ((0.5, 0.4, 0.1),), (0.9,)))
    s.say(fakes.ACCEPT.judge(Candidates((0,)), [0.5], [0.4 / 0.6]))
    return s.trace("Compared", "speculative")


def rivals() -> Trace:
    """Two drafts for one cell; the first is rejected, and 0.4 of the target is left for the second."""
    s = fakes.Scribe()
    at = fakes.begin(s)
    here = Cells(0, (at,))
    s.say(Phase(0, "Round 1"))
    s.forward("draft", (0, at))
    s.say(Observe("draft", here, "vocabulary", ((0, 1, 2, 3),), ((0.1, 0.6, 0.2, 0.1),), (1.0,)))
    s.propose("draft", [at, at], [1, 2], ROOT, [0.6, 0.2], DraftKind.SAMPLED)
    s.forward("target", (0, at + 2))
    s.say(Observe("target", here, "vocabulary", ((0, 1, 2, 3),), ((0.5, 0.3, 0.15, 0.05),), (1.0,)))
    s.say(fakes.ACCEPT.judge(Candidates((0,)), [0.9], [0.5]), Score("left_mass", Candidates((0,)), (0.4,)))
    s.say(fakes.ACCEPT.judge(Candidates((1,)), [0.9], [0.0]))
    left = Measure("left_mass", "residual mass", "probability", "neither", "sum of max(target - draft, 0)")
    glossary = Glossary.of((left,), (fakes.ACCEPT,), sources=fakes.SOURCES)
    return replace(s.trace("Rivals", "speculative"), glossary=glossary)


def test_p_against_q_by_hand() -> None:
    (place,) = draw(compared(), "overlap").spec["places"]
    assert place["tokens"] == [1, 2, 3] and place["ids"] == [0]
    assert place["target"] == [0.4, 0.5, 0.1] and place["draft"] == [0.6, 0.3, 0.1]
    assert place["overlap"] == [0.8, 0.8]


def test_what_was_not_recorded_widens_the_shared_area() -> None:
    place = Place(0, 0, 4, (0,), (1, 2), (0.5, 0.2), (0.4, 0.4))
    assert place.overlap == (0.6, 0.8), "0.2 of the draft and 0.3 of the target lie on other tokens"


@pytest.mark.parametrize("trace", [compared(drafter_saw=False), compared("processed"), fakes.greedy(5)])
def test_p_against_q_needs_both_beliefs_in_one_space(trace: Trace) -> None:
    assert "overlap" not in [known.id for known in offered(trace)]


def copied() -> Trace:
    """Two tokens read from position 2, behind a match of two."""
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    fills = (fakes.Token(3), fakes.Token(4))
    s.say(Propose(0, "draft", 0, (at, at + 1), fills, (ROOT, 0), (1.0, 1.0), DraftKind.POINT))
    s.say(Score("match_length", Candidates((0,)), (2,)), Score("copied_from", Candidates((0, 1)), (2, 3)))
    return s.trace("Copied", "speculative")


def test_copies_say_where_the_span_was_read() -> None:
    (arc,) = draw(copied(), "copies").spec["arcs"]
    told = {"from": 2, "to": 4, "length": 2, "matched": 2, "first": 0, "round": 0}
    assert {name: arc[name] for name in told} == told
    assert "copies" not in [known.id for known in offered(fakes.speculative())]


def test_a_node_sees_its_ancestors_and_itself() -> None:
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    s.propose("draft", [at, at, at + 1, at + 1, at + 2], [1, 2, 3, 4, 5], [ROOT, ROOT, 0, 1, 2], [0.5] * 5)
    s.say(fakes.KEPT.judge(Candidates((3,)), [9], [4]))
    drawn = draw(s.trace("Tree", "speculative"), "mask").spec["trees"]["0"]
    assert drawn["ids"] == [0, 1, 2, 4], "a pruned node is not verified"
    assert drawn["rows"] == ["1000", "0100", "1010", "1011"]


def passes(*rows: tuple[str, int, int]) -> list[Pass]:
    return [Pass(0, 0, source, tick, many, 0, 0.0, 0.0) for source, tick, many in rows]


def spans(told: list[Pass], costs: Costs) -> list[tuple[float, float]]:
    return [
        (slot.start, slot.stop) for slot in schedule(told, [each.source == "target" for each in told], costs)
    ]


def test_the_modelled_clock_by_hand() -> None:
    costs = Costs("mine", 2.0, 0.5, 4, 0.25)
    assert costs.time(3, True) == costs.time(4, True) == 2 and costs.time(6, True) == 3
    assert costs.time(99, False) == 0.5
    in_turn = passes(("draft", 0, 1), ("draft", 1, 1), ("target", 2, 6), ("draft", 3, 1))
    assert spans(in_turn, costs) == [(0, 0.5), (0.5, 1), (1, 4), (4, 4.5)]


def test_overlapped_drafting_costs_the_longer_of_both() -> None:
    costs = Costs("mine", 1.0, 0.0, 0, 0.25)
    both = passes(("target", 0, 9), ("draft", 0, 1), ("draft", 1, 1), ("target", 2, 3), ("draft", 2, 1))
    assert spans(both, costs) == [(0, 1), (0, 0.25), (0.25, 0.5), (1, 2), (1, 1.25)]
    slow = Costs("mine", 1.0, 0.0, 0, 0.8)
    assert spans(both, slow)[3] == (1.6, 2.6), "the target waits for the drafts"


def test_presets_are_totalled_in_the_figure() -> None:
    trace = fakes.speculative()
    spec, built = draw(trace, "timeline").spec, analyse(trace)
    assert [preset["id"] for preset in spec["presets"]] == list(PRESETS)
    target = sum(source["judges"] for source in spec["sources"])
    assert target == 1 and spec["tokens"] == built.clocks.tokens
    many = sum(spec["sources"][each[2]]["judges"] for each in spec["passes"])
    few = spec["presets"][0]
    assert few["run"] == pytest.approx(many * few["a"] + (len(spec["passes"]) - many) * few["c"] * few["a"])
    assert few["speedup"] == pytest.approx(few["one_by_one"] / few["run"], abs=1e-3)


def ahead() -> Trace:
    """A pass for each draft: the second is rejected, and two hang on it; the next round keeps its draft."""
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    for i in range(4):
        s.forward("draft", (at + i - 1, at + i))
        s.propose("draft", [at + i], [i], i - 1 if i else ROOT, [0.5])
    s.forward("target", (at - 1, at + 4))
    s.say(fakes.ACCEPT.judge(Candidates((0, 1)), [0.1, 0.9], [0.5, 0.5]), Commit(0, (0,)))
    s.say(Commit(0, tuple(s.propose("residual", [at + 1], [7], ROOT, [0.5]))))
    s.say(Phase(0, "Round 2"))
    s.forward("draft", (at + 1, at + 2))
    kept = s.propose("draft", [at + 2], [8], ROOT, [0.5])
    s.forward("target", (at + 1, at + 3))
    s.say(fakes.ACCEPT.judge(Candidates(tuple(kept)), [0.1], [0.5]), Commit(0, tuple(kept)))
    return s.trace("Ahead", "speculative")


def test_draft_passes_behind_a_rejection_were_thrown_away() -> None:
    built = analyse(ahead())
    drafting = [each for each in built.records.passes if each.source == "draft"]
    assert [each.drafts for each in drafting] == [[0], [1], [2], [3], [5]]
    assert [thrown(built, each) for each in drafting] == [False, True, True, True, False]
    spec = built.figures()["timeline"]["spec"]
    assert spec["thrown"] == 3 and [row[8] for row in spec["passes"]] == [[0], [1], [2], [3], [], [5], []]
    assert not any(thrown(built, each) for each in built.records.passes if each.source == "target")


def test_what_no_test_reached_is_not_thrown_away_by_a_rejection() -> None:
    """The budget ended the run: the draft waited behind an accepted one."""
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    for i in range(2):
        s.forward("draft", (at + i - 1, at + i))
        s.propose("draft", [at + i], [i], i - 1 if i else ROOT, [0.5])
    s.forward("target", (at - 1, at + 2))
    s.say(fakes.ACCEPT.judge(Candidates((0,)), [0.1], [0.5]), Commit(0, (0,)))
    assert analyse(s.trace("Short", "speculative")).figures()["timeline"]["spec"]["thrown"] == 0


def test_charts_say_their_convention_and_name_known_colours() -> None:
    built = analyse(fakes.tree())
    made = built.figures()
    assert "Without the target's own token" in made["acceptance"]["question"]
    titles = [made["lengths"]["spec"]["layout"][axis]["title"]["text"] for axis in ("xaxis", "xaxis2")]
    assert titles == ["accepted drafts, without the target's own token", "with the target's own token"]
    assert "@" not in str(resolve(made["acceptance"]["spec"])) + str(resolve(made["lengths"]["spec"]))


def test_a_draft_of_one_token_has_its_own_tree() -> None:
    """Otherwise the tree of the round before would stand beside this round's text."""
    trees = reel(compared())["trees"]
    assert [tree["ids"] for tree in trees.values()] == [[0]]
