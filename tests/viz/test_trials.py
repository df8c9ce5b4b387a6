"""Draft and check on a canvas: ladders, guesses and lanes, each read from the verbs."""

from dataclasses import replace
from typing import Any

import fake_traces as fakes
import pytest
from fake_traces import Scribe, begin

from viz.figure import draw, offered
from viz.reel import reel
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Commit,
    DraftKind,
    Forward,
    Measure,
    Observe,
    Phase,
    Propose,
    Retract,
    Rule,
    Score,
    Source,
    Trace,
)

YES, NO = "{what}: {left} and {right}.", "{what}: {left} but {right}."
SAME = Rule("same_token", "the same token", "==", "drafted", "plain", YES, NO, "token")
PLACE = Rule("same_place", "the same place", "==", "its place", "place", YES, NO)
SURE = Rule("sure", "sure enough", ">", "confidence", "bar", YES, NO, "proposed")
DOUBTED = Rule("doubted", "doubted", "<", "belief", "bar", YES, NO, "observed(shadow)")
RATIO = Rule("ratio", "speculative test", "<", "u", "ratio", YES, NO, "given", "ratio(shadow)")
WORTH = Measure("worth", "worth", "nats", "higher", "anything")
BEST = Rule("best", "worth most", "<", "rank", "one", YES, NO, "rank(score:worth)")
POINT = DraftKind.POINT


def finished(s: Scribe) -> Trace:
    made = s.trace("Checked", "masked", "lossy")
    rules = {rule.id: rule for rule in (SAME, PLACE, SURE, DOUBTED, RATIO, BEST)}
    sources = {"shadow": Source("shadow", "a mask", "target"), "left": Source("left", "the rest", "residual")}
    nouns = replace(
        made.glossary,
        rules=made.glossary.rules | rules,
        measures=made.glossary.measures | {"worth": WORTH},
        sources=made.glossary.sources | sources,
    )
    return replace(made, glossary=nouns)


def batch(s: Scribe, tick: int, canvases: int) -> None:
    s.say(*[Forward("target", tick, ((0, 8),), (), ((0, 1),)) for _ in range(canvases)])


def ladder() -> Trace:
    """Four drafts, surest first: two stand, the third does not, the fourth fills the block."""
    s = Scribe()
    begin(s, 4)
    s.say(Phase(0, "Round 1"))
    batch(s, 0, 1)
    a, b, c, d = s.propose("target", [4, 5, 6, 7], [1, 2, 3, 7], ROOT, [0.7, 0.9, 0.8, 0.6], POINT)
    batch(s, 1, 4)
    s.propose("target", [6, 4, 4], [3, 1, 8], [b, c, a], [0.75, 0.5, 0.25], POINT)
    s.say(SAME.judge(Candidates((c,)), [3], [3]), PLACE.judge(Candidates((a,)), [4], [7]), Commit(0, (b, c)))
    assert d == 3
    return finished(s)


def lanes() -> Trace:
    """Two tokens are written and one of them is doubted; then a draft is refused and replaced."""
    s = Scribe()
    begin(s, 4)
    s.say(Phase(0, "Round 1"))
    batch(s, 0, 1)
    old = s.propose("target", [4, 5], [1, 2], ROOT, [0.75, 0.5], POINT)
    s.say(SURE.judge(Candidates(tuple(old)), [0.75, 0.5], [0.25, 0.25]), Commit(0, tuple(old)))
    s.say(Phase(0, "Round 2"))
    batch(s, 1, 1)
    s.say(Observe("shadow", Cells(0, (4, 5)), "vocabulary", ((1,), (2,)), ((0.5,), (0.125,)), (0.5, 0.5)))
    new = s.propose("target", [6, 7], [3, 7], ROOT, [0.75, 0.125], POINT)
    s.say(SURE.judge(Candidates(tuple(new)), [0.75, 0.125], [0.25, 0.25]), Commit(0, (new[0],)))
    s.say(DOUBTED.judge(Cells(0, (4, 5)), [0.5, 0.125], [0.25, 0.25]), Retract(Cells(0, (5,)), "doubt"))
    s.say(Phase(0, "Round 3"))
    batch(s, 2, 1)
    drafts = s.propose("target", [5, 7], [2, 7], ROOT, [0.5, 0.5], POINT)
    s.say(Observe("shadow", Cells(0, (5, 7)), "vocabulary", ((2,), (8,)), ((0.25,), (1.0,)), (0.5, 0.5)))
    s.say(RATIO.judge(Candidates((drafts[0],)), [0.75], [0.5]))
    (other,) = s.propose("left", [5], [8], ROOT, [1.0])
    s.say(Commit(0, (other,)))
    return finished(s)


def guesses() -> Trace:
    """Three guesses for one cell; the one that is worth most is written."""
    s = Scribe()
    begin(s, 2)
    s.say(Phase(0, "Round 1"))
    batch(s, 0, 1)
    s.propose("target", [4, 5], [1, 2], ROOT, [0.5, 0.25], POINT)
    ids = s.propose("target", [5, 5, 5], [2, 3, 7], ROOT, [0.25, 0.125, 0.0625], POINT)
    s.say(Score("worth", Candidates(tuple(ids)), (-2.0, -1.0, -3.0)))
    s.say(BEST.judge(Candidates(tuple(ids)), [1, 0, 2], [1, 1, 1]), Commit(0, (ids[1],)))
    return finished(s)


def told(trace: Trace) -> list[dict[str, Any]]:
    names = ("id", "tests", "own", "first", "instead", "behind", "scores")
    spec = draw(trace, "trials").spec["trials"]
    return [each | {"tried": [dict(zip(names, row, strict=False)) for row in each["tried"]]} for each in spec]


def test_a_ladder_has_a_rung_for_every_canvas_that_was_read() -> None:
    (found,) = told(ladder())
    assert (found["kind"], found["passes"], found["kept"]) == ("ladder", 4, [1, 2])
    b, c, a, d = found["tried"]
    assert [rung["id"] for rung in (b, c, a, d)] == [1, 2, 0, 3], (
        "the last fills the canvas: nothing behind it"
    )
    assert [rung.get("behind") for rung in (b, c, a, d)] == [[4], [5], [6], None]
    assert b["id"] == 1 and not b.get("tests"), "the first is the plain step itself"
    assert [found["rules"][c["tests"][0][0]], *c["tests"][0][1:4]] == ["same_token", 3, 3, 1]
    assert [found["rules"][a["tests"][0][0]], *a["tests"][0][1:4]] == ["same_place", 4, 7, 0]


def test_written_tokens_are_looked_at_by_another_source() -> None:
    found, _ = told(lanes())
    assert (found["kind"], found["checker"]) == ("lanes", "shadow")
    one, two, new, shut = found["tried"]
    assert (one["own"], two["own"]) == (0.5, 0.125) and found["back"] == [two["id"]]
    assert new["first"][1:4] == [0.75, 0.25, 1] and shut["first"][3] == 0
    assert found["kept"] == [new["id"]]


def test_a_refused_draft_names_what_was_written_instead() -> None:
    _, found = told(lanes())
    (draft,) = found["tried"]
    assert draft["tests"][0][1:4] == [0.75, 0.5, 0] and draft["own"] == 0.25
    assert draft["instead"] == found["kept"][0]


def test_guesses_for_one_cell_have_their_scores() -> None:
    (found,) = told(guesses())
    assert found["kind"] == "guesses" and [each["scores"]["worth"] for each in found["tried"]] == [-2, -1, -3]
    assert found["kept"] == [found["tried"][1]["id"]]


@pytest.mark.parametrize("name", ["speculative", "tree", "masked", "beams", "greedy"])
def test_without_a_check_on_a_canvas_the_figure_does_not_apply(name: str) -> None:
    assert "trials" not in [known.id for known in offered(dict(fakes.every())[name])]


@pytest.mark.parametrize("trace", [ladder, guesses])
def test_what_is_tried_out_besides_is_no_guess_of_the_round(trace: Any) -> None:
    """Neither the text's ghosts nor the confidences of the open cells are those of trial canvases."""
    made = reel(trace())
    first = next(event for event in trace().events if isinstance(event, Propose))
    flags = [op[10] for beat in made["beats"] for op in beat["o"] if op[0] == "p"]
    assert flags[0] == 1 and not any(flags[1:])
    assert made["rounds"][0][1]["sure"][-1] == len(first.positions)
