"""Quantities over rounds, each number by hand."""

from dataclasses import replace
from typing import Any

import fake_traces as fakes
import pytest
from fake_traces import Scribe, begin

from viz.figure import draw, offered
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Commit,
    DraftKind,
    Forward,
    Lanes,
    Measure,
    Observe,
    Phase,
    Rule,
    Score,
    Source,
    Trace,
)

MOVED = Measure("moved", "moved", "nats", "lower", "KL")
SPARE = Measure("spare", "spare", "1", "neither", "anything")
YES, NO = "{what}: {left} and {right}.", "{what}: {left} but {right}."
UNMOVED = Rule("unmoved", "has not moved", "<", "move", "least move", YES, NO, "score(moved)", "knob(delta)")
SURE = Rule("sure", "sure enough", ">=", "confidence", "threshold", YES, NO, "proposed")
DECIDED = Rule("decided", "the answer is decided", ">=", "mean gap", "gap asked for", YES, NO)
SAME = Rule("same", "the same token", "==", "token", "other token", YES, NO, "token")
ONE = Rule("one", "a round must advance", "<", "rank", "one", YES, NO)


def fused() -> Trace:
    """Two rounds over four cells, in which a combination changes what the model says; then an early end."""
    s = Scribe()
    begin(s, 4)
    moves, gaps = ([0.5, 0.25, 0.0, 0.25], [0.125, 0.25]), (3.0, 6.0)
    alone, both = ([0.5, 0.25, 0.75, 0.5], [0.5, 0.75]), ([0.75, 0.5, 0.5, 0.25], [0.75, 0.75])
    for number, places in enumerate(([4, 5, 6, 7], [5, 7])):
        s.say(Phase(0, f"Round {number + 1}"), Forward("target", number, ((0, 8),), (), ((0, 1),)))
        cells = Cells(0, tuple(places))
        keys, zeros = tuple((place,) for place in places), tuple(0.5 for _ in places)
        for source, probs in (("target", alone[number]), ("mixed", both[number])):
            s.say(Observe(source, cells, "vocabulary", keys, tuple((p,) for p in probs), zeros))
        s.say(DECIDED.judge(Lanes((0,)), [gaps[number]], [5.0 - number]))
        ids = s.propose("mixed", places, places, ROOT, both[number], DraftKind.POINT)
        of = Candidates(tuple(ids))
        s.say(Score("moved", of, tuple(moves[number])), UNMOVED.judge(of, moves[number], [0.25] * len(ids)))
        s.say(Score("spare", cells, tuple(map(float, places))))
        s.say(SAME.judge(of, places, places), ONE.judge(Candidates((ids[0],)), [0.0], [1.0]))
        s.say(SURE.judge(of, both[number], [0.75 if place % 2 else 0.5 for place in places]))
        s.say(Commit(0, (ids[0], ids[2]) if number == 0 else tuple(ids)))
    made = s.trace("Combined", "masked", "lossy")
    rules = {rule.id: rule for rule in (UNMOVED, SURE, DECIDED, SAME, ONE)}
    nouns = replace(
        made.glossary,
        rules=made.glossary.rules | rules,
        measures=made.glossary.measures | {"moved": MOVED, "spare": SPARE},
        sources=made.glossary.sources | {"mixed": Source("mixed", "the combination", "combined")},
    )
    return replace(made, glossary=nouns)


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, Any]]:
    spec = draw(fused(), "measures").spec
    return {
        each["id"]: each | {"rows": [dict(zip(spec["columns"], row, strict=True)) for row in each["rows"]]}
        for each in spec["quantities"]
    }


def test_a_rule_stands_for_its_measure_and_what_has_no_curve_is_left_out(table: dict[str, Any]) -> None:
    assert list(table) == ["rule:unmoved", "rule:sure", "rule:decided", "measure:spare"]


def test_a_round_has_its_spread_its_bounds_and_how_many_passed(table: dict[str, Any]) -> None:
    first, second = table["rule:unmoved"]["rows"]
    assert [first[name] for name in ("n", "low", "q1", "mean", "q3", "high")] == [
        4,
        0,
        0.1875,
        0.25,
        0.3125,
        0.5,
    ]
    assert (first["least"], first["most"], first["passed"]) == (0.25, 0.25, 1)
    assert (second["n"], second["passed"]) == (2, 1)
    assert table["rule:unmoved"]["unit"] == "nats" and table["measure:spare"]["rows"][0]["most"] is None


def test_one_value_of_the_whole_run_has_its_moving_bound(table: dict[str, Any]) -> None:
    decided = table["rule:decided"]
    told = [(row["mean"], row["most"], row["passed"]) for row in decided["rows"]]
    assert decided["single"] and told == [(3.0, 5.0, 0), (6.0, 4.0, 1)]


def test_what_the_model_alone_would_have_decided_stands_beside(table: dict[str, Any]) -> None:
    first, second = table["rule:sure"]["rows"]
    assert table["rule:sure"]["base"] == "target" and table["rule:sure"]["beside"] == "The target model"
    assert (first["least"], first["most"]) == (0.5, 0.75), "each place has a bar of its own"
    assert (first["alone"], first["passed"], first["gained"], first["lost"]) == (0.5, 2, 0, 0)
    assert (second["alone"], second["passed"], second["gained"]) == (0.625, 2, 1)


def test_where_nothing_has_a_curve_the_figure_does_not_apply() -> None:
    one_round = fakes.masked(8, 1, 1)
    assert "measures" not in [known.id for known in offered(one_round)]
