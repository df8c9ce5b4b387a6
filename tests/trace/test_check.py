"""Every rule of the format has a tampered trace that trips it, at the right event."""

import math
from dataclasses import replace

import pytest
from trace_examples import MASK, big_masked, header, inserted, masked, speculative, with_event

from workbench.trace import (
    ROOT,
    Blend,
    Candidates,
    Cells,
    Close,
    Commit,
    Cost,
    Depth,
    DraftKind,
    Footer,
    Fork,
    Forward,
    Glossary,
    Judge,
    Lanes,
    Layers,
    Observe,
    Phase,
    Propose,
    Retract,
    Score,
    Space,
    Token,
    Trace,
    Vector,
    check,
    decode,
    encode,
)

POINT = DraftKind.POINT


@pytest.mark.parametrize("make", [speculative, masked, lambda: big_masked(32, 16)])
def test_clean_traces_pass(make):
    report = check(make())
    assert report.ok and report.depth is Depth.DERIVED, report.problems
    assert check(decode(encode(make()))) == report


def test_the_report_counts_and_has_a_badge():
    report = check(speculative())
    assert (report.verdicts, report.derived, report.underivable, report.given) == (5, 11, 0, 2)
    assert report.badge == "Derived: 5 verdicts recomputed, 11 numbers derived again."


def changed(index, **fields):
    """The speculative trace with fields of one event replaced."""
    trace = speculative()
    return with_event(trace, index, replace(trace.events[index], **fields))


def remasked(index, **fields):
    trace = masked()
    return with_event(trace, index, replace(trace.events[index], **fields))


def before(index, *events):
    return inserted(speculative(), index, *events)


def canvas(index, *events):
    return inserted(masked(), index, *events)


def observe(keys=(3, 4), probs=(0.6, 0.4), **fields):
    plain = Observe("target", Cells(0, (2,)), "processed", (tuple(keys),), (tuple(probs),), (0.5,))
    return replace(plain, **fields)


def propose(first=9, positions=(2,), parents=(ROOT,), probs=(0.5,), **fields):
    fills = tuple(Token(3) for _ in positions)
    return replace(Propose(first, "draft", 0, positions, fills, parents, probs, POINT), **fields)


def forward(tick=1, computed=((0, 1),), layers=((0, 1),)):
    return Forward("target", tick, computed, (), layers)


CASES = {
    # candidates
    "propose-stale-id": (changed(12, first=2), 12, "candidate 2 is not fresh"),
    "propose-late-parent": (changed(3, parents=(ROOT, 1, 0)), 3, "the parent 1, which does not come before"),
    "propose-unknown-parent": (changed(12, parents=(9,)), 12, "has the parent 9, which does not come before"),
    "propose-far-child": (changed(3, positions=(2, 4, 3)), 3, "a child follows its parent"),
    "propose-twin-child": (remasked(7, positions=(4, 4)), 7, "a child follows its parent"),
    "propose-below-zero": (before(4, propose(positions=(-1,))), 4, "below 0"),
    "propose-source": (changed(3, source="nobody"), 3, "the source 'nobody' is not declared"),
    "propose-prob": (changed(3, probs=(1.2, 0.5, 0.25)), 3, "a probability lies between 0 and 1"),
    "propose-nan": (changed(3, probs=(math.nan, 0.5, 0.25)), 3, "a probability lies between 0 and 1"),
    "propose-lane": (changed(3, lane=4), 3, "lane 4 does not exist"),
    "propose-text": (changed(12, fills=(Token(77),)), 12, "the text of token 77 is not in the trace"),
    "propose-blend": (before(4, propose(fills=(Blend((1, 2), (0.5, 0.2)),))), 4, "sum to 0.7, not 1"),
    "propose-blend-uneven": (before(4, propose(fills=(Blend((1, 2), (1.0,)),))), 4, "equally long"),
    "propose-vector": (before(4, propose(fills=(Vector((math.inf,)),))), 4, "every number is finite"),
    "columns": (changed(3, probs=(0.8, 0.5)), 3, "'probs' has 2 entries, 'positions' has 3"),
    # beliefs
    "observe-source": (changed(7, source="x"), 7, "the source 'x' is not declared"),
    "observe-space": (changed(7, space="x"), 7, "the space 'x' is not declared"),
    "observe-candidate": (changed(8, of=Candidates((8,))), 8, "candidate 8 was never proposed"),
    "observe-lane": (changed(7, of=Cells(3, (2,))), 7, "lane 3 does not exist"),
    "observe-position": (changed(7, of=Cells(0, (-2,))), 7, "position -2 is below 0"),
    "observe-layer": (before(7, observe(of=Layers((-1,)))), 7, "layer -1 is below 0"),
    "observe-twice": (changed(7, keys=((3, 3),)), 7, "names a key twice"),
    "observe-sum": (changed(7, probs=((0.7, 0.4),)), 7, "sums to 1.1, more than 1"),
    "observe-negative": (changed(7, probs=((0.6, -0.4),)), 7, "'probs' row 0 entry 1 is -0.4"),
    "observe-entropy": (changed(7, entropies=(-1.0,)), 7, "the entropy -1.0 is below 0"),
    "observe-text": (changed(7, keys=((3, 55),)), 7, "the text of token 55"),
    # scores and verdicts
    "score-measure": (changed(4, measure="x"), 4, "the measure 'x' is not declared"),
    "score-nan": (changed(4, values=(0.8, math.inf, 0.2)), 4, "'values' entry 1 is inf"),
    "score-lane": (before(5, Score("path", Lanes((3,)), (1.0,))), 5, "lane 3 does not exist"),
    "judge-rule": (changed(9, rule="x"), 9, "the rule 'x' is not declared"),
    "judge-passed": (changed(10, passed=(True,)), 10, "'accept' passed, but 0.3 < 0.2 says otherwise"),
    "judge-value": (changed(9, values=(0.8,)), 9, "says otherwise"),
    "judge-nan": (changed(9, values=(math.nan,), passed=(False,)), 9, "every number is finite"),
    # commits
    "commit-unknown": (changed(11, candidates=(9,)), 11, "candidate 9 was never proposed"),
    "commit-rejected": (changed(11, candidates=(0, 1)), 11, "committed although it failed rule 'accept'"),
    "commit-twice": (changed(13, candidates=(3, 3)), 13, "filled by the same event"),
    "commit-beyond": (changed(11, candidates=(2,)), 11, "beyond its end (2)"),
    "commit-filled": (before(13, Commit(0, (0,))), 13, "filled already"),
    "commit-prompt": (before(4, propose(positions=(0,)), Commit(0, (9,))), 5, "held by the prompt"),
    "commit-lane": (changed(11, lane=5), 11, "lane 5 does not exist"),
    "commit-mask": (changed(12, fills=(Token(MASK),)), 13, "the mask token 9, which can never be committed"),
    "commit-closed": (before(15, Commit(0, (2,))), 15, "lane 0 is closed"),
    # retracts
    "retract-blank": (remasked(6, cells=Cells(0, (4,))), 6, "cell 4 of lane 0 is blank already"),
    "retract-prompt": (remasked(6, cells=Cells(0, (1,))), 6, "was given, not decoded"),
    "retract-beyond": (remasked(6, cells=Cells(0, (40,))), 6, "does not exist"),
    "retract-twice": (remasked(6, cells=Cells(0, (3, 3))), 6, "names a cell twice"),
    "retract-closed": (canvas(12, Retract(Cells(0, (3,)), "late")), 12, "lane 0 is closed"),
    # lanes
    "fork-stale": (remasked(9, lane=0), 9, "lane 0 is not fresh"),
    "fork-orphan": (remasked(9, parent=5), 9, "lane 5, which it is forked from, does not exist"),
    "fork-kept": (remasked(9, kept=6), 9, "it keeps 6 cells, but lane 0 has 5"),
    "fork-kept-negative": (remasked(9, kept=-1), 9, "neither can be below 0"),
    "fork-of-nothing": (remasked(9, parent=ROOT, kept=1), 9, "it keeps 1 cells of no lane"),
    "fork-first": (changed(0, lane=1), 0, "the first lane must be lane 0"),
    "fork-prompt": (changed(0, holds=(Token(1), Token(3))), 0, "does not begin with the prompt"),
    "close-twice": (canvas(12, Close(1, "again", ROOT)), 12, "lane 1 is closed"),
    "close-silent": (remasked(10, verdict=""), 10, "lane 1 ends without a verdict"),
    "close-heir": (remasked(10, into=7), 10, "its heir: lane 7 does not exist"),
    "close-dead-heir": (remasked(11, into=1), 11, "its heir: lane 1 is closed"),
    "close-lost-prompt": (
        canvas(9, Fork(1, ROOT, 0, 1, ()), Close(1, "wins", 0)),
        10,
        "lane 0 does not begin with the prompt",
    ),
    "propose-closed": (before(15, propose()), 15, "lane 0 is closed"),
    "observe-closed": (before(15, observe()), 15, "lane 0 is closed"),
    "max-tokens": (replace(speculative(), header=header(max_tokens=1)), 13, "holds 2 answer tokens"),
    # passes and clock
    "forward-source": (changed(6, source="x"), 6, "the source 'x' is not declared"),
    "forward-tick": (changed(6, tick=-1), 6, "time does not run backwards"),
    "forward-back": (before(7, forward(tick=0)), 7, "tick 0 lies before tick 1"),
    "forward-span": (before(7, forward(computed=((3, 2),))), 7, "'computed' holds (3, 2), which is no span"),
    "forward-layers": (before(7, forward(layers=((-1, 2),))), 7, "'layers' holds (-1, 2)"),
    "phase-level": (changed(1, level=-1), 1, "the level -1 of a heading"),
    "clock-back": (
        replace(speculative(), clock=(*range(14), 3.0)),
        14,
        "lies before that of the event before",
    ),
    "clock-nan": (replace(speculative(), clock=(math.nan, *range(14))), 0, "no finite number"),
    "clock-length": (replace(speculative(), clock=(1.0,)), -1, "The clock has 1 times"),
    # header and footer
    "prompt-text": (replace(speculative(), header=header(prompt_ids=(1, 88))), -1, "prompt token 88"),
    "no-answer": (replace(speculative(), events=(), clock=()), 0, "lane 0, the answer, never began"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_broken_rule_is_found_where_it_breaks(name):
    trace, index, sentence = CASES[name]
    report = check(trace)
    first = report.problems[0]
    assert (first.event, first.depth) == (index, Depth.CONSISTENT), report.problems
    assert any(sentence in problem.sentence for problem in report.problems if problem.event == index), first
    assert first.sentence.endswith(".") and report.badge.startswith("Mismatch: ")


def costs(*changed_costs, status="complete"):
    return replace(speculative(), footer=Footer(status, "", changed_costs))


@pytest.mark.parametrize(
    ("trace", "sentence"),
    [
        (costs(Cost("draft", 1, 2, 2)), "The footer has no cost for 'target', which ran 1 passes."),
        (costs(Cost("draft", 1, 2, 2), Cost("target", 2, 4, 8)), "took 2 passes, its events add up to 1."),
        (costs(Cost("draft", 1, 2, 2), Cost("target", 1, 5, 8)), "took 5 rows, its events add up to 4."),
        (
            costs(Cost("draft", 1, 2, 2), Cost("target", 1, 4, 4)),
            "took 4 layer rows, its events add up to 8.",
        ),
        (costs(Cost("draft", 1, 2, 2), *[Cost("target", 1, 4, 8)] * 2), "has 2 costs for 'target'"),
        (costs(Cost("draft", 1, 2, 2), Cost("target", 1, 4, 8), Cost("x", 0, 0, 0)), "names the source 'x'"),
        (inserted(speculative(), 7, forward()), "took 1 passes, its events add up to 2."),
    ],
)
def test_the_ledger_is_held_against_the_events(trace, sentence):
    report = check(trace)
    assert [problem.event for problem in report.problems] == [len(trace.events)] * len(report.problems)
    assert sentence in report.problems[0].sentence


def test_a_truncated_run_has_no_ledger():
    report = check(costs(status="truncated"))
    assert report.ok and report.badge.endswith("The run is truncated.")


DERIVED = {
    "bound": (
        changed(9, bounds=(0.7,)),
        9,
        "ratio of candidate 0 is recorded as 0.7, but ratio(target) gives 0.75",
    ),
    "belief": (changed(7, probs=((0.5, 0.4),)), 9, "is recorded as 0.75, but ratio(target) gives 0.625"),
    "proposal": (changed(3, probs=(0.7, 0.5, 0.25)), 4, "path probability of candidate 0 is recorded as 0.8"),
    "score": (
        changed(4, values=(0.8, 0.4, 0.3)),
        4,
        "of candidate 2 is recorded as 0.3, but path(proposed) gives 0.2",
    ),
    "rank": (changed(5, values=(1, 0, 2), passed=(True, True, False)), 5, "(and 1 more in this event)"),
    "knob": (
        changed(5, bounds=(1, 2, 2), passed=(True, True, False)),
        5,
        "beams of candidate 0 is recorded as 1",
    ),
    "confidence": (remasked(4, values=(0.9, 0.7, 0.4)), 4, "recorded as 0.7, but top_prob(target) gives 0.6"),
}


@pytest.mark.parametrize("name", DERIVED)
def test_a_number_that_does_not_follow_is_found(name):
    trace, index, sentence = DERIVED[name]
    (problem,) = [p for p in check(trace).problems if p.event == index]
    assert problem.depth is Depth.DERIVED and sentence in problem.sentence
    assert check(trace).problems[0] == problem


def test_thinned_observations_are_not_derivable_but_no_fault():
    trace = speculative()
    thin = tuple(event for event in trace.events if not isinstance(event, Observe))
    report = check(replace(trace, events=thin, clock=()))
    assert report.ok and report.underivable == 2
    assert report.badge.endswith("2 not derivable from what was recorded.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("magic", "'magic' is no derivation; known are given, knob(knob), const(number)"),
        ("ratio", "'ratio' is no derivation"),
        ("token(x)", "'token(x)' is no derivation"),
        ("ratio(nobody)", "names the source 'nobody', which the trace does not declare"),
        ("observed(target@dreams)", "names the space 'dreams'"),
        ("knob(none)", "names the knob 'none'"),
        ("rank(score:none)", "names the measure 'none'"),
        ("rank(size)", "rank takes a quantity"),
        ("const(1e999999)", "const takes a number"),
        ("path(observed)", "path takes a proposed"),
    ],
)
def test_unknown_derivations_are_told_once_before_the_events(text, sentence):
    trace = speculative()
    rules = {"accept": replace(trace.glossary.rules["accept"], bound_from=text)}
    glossary = replace(trace.glossary, rules=trace.glossary.rules | rules)
    report = check(replace(trace, glossary=glossary))
    assert [problem.event for problem in report.problems] == [-1]
    assert "Rule 'accept': " in report.problems[0].sentence and sentence in report.problems[0].sentence


def test_undeclared_space_and_operator_of_a_rule():
    trace = speculative()
    odd = replace(trace.glossary.rules["accept"], op="~", space="dreams")
    report = check(
        replace(trace, glossary=replace(trace.glossary, rules=trace.glossary.rules | {"accept": odd}))
    )
    assert [problem.event for problem in report.problems] == [-1, 9, 10]


def test_bins_have_no_text_but_an_end():
    trace = speculative()
    glossary = replace(
        trace.glossary, spaces=trace.glossary.spaces | {"bins": Space("bins", "b", ("low", "high"))}
    )
    fine = inserted(replace(trace, glossary=glossary), 7, observe((1, 0), space="bins"))
    assert check(fine).ok
    wrong = inserted(replace(trace, glossary=glossary), 7, observe((2, 0), space="bins"))
    assert check(wrong).problems[0].event == 7


def test_children_of_an_any_order_canvas_may_stand_anywhere():
    proposal = propose(5, positions=(4, 3), parents=(ROOT, 5), probs=(0.5, 0.5))
    trace = masked()
    trace = replace(trace, events=(*trace.events[:7], proposal, Commit(0, (5, 6)), *trace.events[9:]))
    assert check(trace).ok


def test_problems_are_capped_and_later_ones_still_found():
    trace = speculative()
    many = [Phase(-1, "x")] * 300
    assert len(check(inserted(trace, 1, *many)).problems) == 100
    report = check(with_event(changed(3, source="x"), 10, replace(trace.events[10], passed=(True,))))
    assert [problem.event for problem in report.problems] == [3, 10]


@pytest.mark.parametrize(
    "event",
    [
        None,
        "event",
        Phase(None, None),
        Commit(0, None),
        Commit(0, ("x",)),
        Observe("target", None, "processed", (), (), ()),
        Observe("target", Lanes((0,)), "processed", ((None,),), ((None,),), (None,)),
        Judge("accept", Candidates((0,)), (None,), (1.0,), (True,)),
        Judge("accept", Cells(0, (99,)), (0.5,), (1.0,), (True,)),
        Judge([], Candidates((0,)), (0.5,), (1.0,), (True,)),
        Fork(1, 0, 0, None, ()),
        Forward("target", 5, (1, 2), (), ()),
        Propose(5, "draft", 0, (2,), (None,), (ROOT,), (0.5,), POINT),
        Close(0, "x", None),
    ],
    ids=repr,
)
def test_a_malformed_event_never_raises(event):
    for index in (0, 5, 15):
        check(inserted(speculative(), index, event))


def test_an_empty_trace_never_raises():
    assert check(Trace(header(), Glossary(), (), Footer("failed", "", ()), {1: b"", 2: b""})).ok
