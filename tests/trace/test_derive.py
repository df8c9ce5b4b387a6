"""Every derivation on a state whose numbers are known."""

import pytest
from trace_examples import header

from workbench.trace import (
    ROOT,
    Blend,
    Candidates,
    Cells,
    Commit,
    DraftKind,
    Fork,
    Judge,
    Lanes,
    Layers,
    Observe,
    Propose,
    Score,
    Token,
    WorkbenchError,
    derive,
    fold,
)
from workbench.trace.derive import View, derive_all

POINT = DraftKind.POINT
EVENTS = [
    Fork(0, ROOT, 0, 2, (Token(1),)),
    Propose(
        0,
        "draft",
        0,
        (1, 2, 2, 2),
        (Token(3), Token(4), Token(5), Blend((1, 2), (0.5, 0.5))),
        (ROOT, 0, 0, 0),
        (0.5, 0.4, 0.0, 0.1),
        POINT,
    ),
    Observe("target", Cells(0, (1, 2)), "vocabulary", ((3, 4), (7, 8)), ((0.6, 0.3), (0.5, 0.5)), (0.9, 0.7)),
    Observe("target", Candidates((0,)), "vocabulary", ((5, 4, 6),), ((0.45, 0.45, 0.1),), (0.95,)),
    Observe("draft", Cells(0, (1,)), "vocabulary", ((4,),), ((0.5,),), (1.5,)),
    Observe("whole", Cells(0, (1,)), "vocabulary", ((4,),), ((1.0,),), (0.0,)),
    Observe("target", Cells(0, (1,)), "processed", ((3,),), ((1.0,),), (0.0,)),
    Observe("target", Layers((2,)), "vocabulary", ((3, 4),), ((0.7, 0.1),), (0.8,)),
    Score("energy", Candidates((0, 1)), (2.0, -1.0)),
    Score("energy", Candidates((1,)), (3.0,)),
    Score("energy", Lanes((0,)), (4.0,)),
]
STATE = fold(EVENTS)
COMMITTED = fold([*EVENTS, Commit(0, (0,))])


def of(refs, text, state=STATE, space="vocabulary"):
    event = Score("any", refs, (0.0,) * len(refs))
    values = [derive(text, state, header(), event, index, space) for index in range(len(refs))]
    return values[0] if len(values) == 1 else values


def candidate(*ids):
    return Candidates(ids)


@pytest.mark.parametrize(
    ("id", "text", "number"),
    [
        (0, "given", None),
        (0, "knob(threshold)", 0.5),
        (0, "knob(greedy)", 1.0),
        (0, "knob(rule)", None),
        (0, "knob(none)", None),
        (0, "const(-2.5)", -2.5),
        (0, "const(1e-3)", 0.001),
        (1, "token", 4),
        (3, "token", None),
        (99, "token", None),
        (1, "proposed", 0.4),
        (0, "observed(target)", 0.6),  # at the root: the belief about its cell
        (1, "observed(target)", 0.45),  # below a parent: the belief about what follows the parent
        (3, "observed(target)", None),
        (0, "observed(draft)", None),  # thinned away
        (0, "observed(whole)", 0.0),  # the row is complete without it
        (0, "observed(nobody)", None),
        (0, "observed(target@processed)", 1.0),
        (1, "observed(target@processed)", None),
        (1, "top(target)", 4),  # a tie goes to the lower id
        (0, "top(target)", 3),
        (1, "runner_up(target)", 0.45),
        (0, "runner_up(target)", 0.3),
        (0, "runner_up(whole)", 1.0),
        (0, "runner_up(target@processed)", 0.0),
        (1, "top_prob(target)", 0.45),
        (0, "ratio(target)", 1.0),
        (0, "ratio(whole)", 0.0),
        (2, "ratio(target)", 1.0),  # the proposer gave it nothing, the target something
        (0, "entropy(target)", 0.9),
        (0, "gap(target)", 0.3),
        (0, "gap(draft)", None),
        (0, "gap(whole)", 1.0),
        (0, "score(energy)", 2.0),
        (1, "score(energy)", 3.0),  # the latest
        (2, "score(energy)", None),
        (1, "path(proposed)", 0.2),
        (99, "path(proposed)", None),
    ],
)
def test_of_a_candidate(id, text, number):
    assert of(candidate(id), text) == (number if number is None else pytest.approx(number, abs=1e-12))


def test_zero_over_zero_is_zero():
    state = fold([*EVENTS, Propose(9, "draft", 0, (1,), (Token(4),), (ROOT,), (0.0,), POINT)])
    assert of(candidate(9), "observed(whole)", state) == 1.0
    state = fold([*EVENTS, Propose(9, "draft", 0, (1,), (Token(5),), (ROOT,), (0.0,), POINT)])
    assert of(candidate(9), "ratio(whole)", state) == 0.0


def test_the_rule_decides_which_space_is_read():
    assert of(candidate(0), "observed(target)", space="processed") == 1.0


def test_of_a_cell_it_is_what_fills_the_cell():
    cell = Cells(0, (1,))
    assert of(cell, "entropy(target)") == 0.9
    assert of(cell, "gap(target)") == pytest.approx(0.3)
    assert [of(cell, text) for text in ("token", "proposed", "observed(target)")] == [None] * 3
    filled = [
        of(cell, text, COMMITTED) for text in ("token", "proposed", "observed(target)", "path(proposed)")
    ]
    assert filled == [3, 0.5, 0.6, 0.5]
    assert of(Cells(0, (0,)), "token") == 1, "the prompt has a token but no proposal"
    assert of(Cells(0, (0,)), "proposed") is None
    assert of(Cells(7, (0,)), "token") is None and of(Cells(0, (99,)), "token") is None


def test_of_layers_and_lanes():
    assert of(Layers((2,)), "top_prob(target)") == 0.7
    assert of(Layers((1,)), "top_prob(target)") is None
    assert of(Lanes((0,)), "score(energy)") == 4.0
    assert of(Lanes((0,)), "token") is None


def test_ranks():
    assert of(candidate(2, 1, 0), "rank(proposed)") == [2, 1, 0]
    assert of(candidate(0, 1), "rank(score:energy)") == [1, 0]
    assert of(candidate(0, 2), "rank(score:energy)") == [None, None]
    assert of(candidate(1, 0, 2), "rank(observed:target)") == [1, 0, 2], "ties: lower position, then lower id"
    assert of(candidate(1, 0), "rank(observed)") == [None, None], "the candidates' own source was thinned"


def allowed(refs, text, recorded):
    answers = derive_all(text, View(STATE, header(), Score("any", refs, recorded)))
    return [answer.fits(number) for answer, number in zip(answers, recorded, strict=True)]


def test_what_rounding_leaves_open_is_allowed():
    assert allowed(candidate(1, 2), "rank(observed:target)", (1.0, 0.0)) == [True, True]
    assert allowed(candidate(0, 2), "rank(observed:target)", (1.0, 0.0)) == [False, False]
    assert allowed(candidate(1), "top(target)", (5.0,)) == [True]
    assert allowed(candidate(1), "top(target)", (6.0,)) == [False]
    assert allowed(candidate(0), "observed(target)", (0.600006,)) == [True]
    assert allowed(candidate(0), "observed(target)", (0.60001,)) == [False]


def test_a_judge_asks_the_same_way_and_unknown_texts_are_refused():
    event = Judge("any", candidate(1), (0.0,), (0.0,), (True,))
    assert derive("token", STATE, header(), event, 0) == 4
    with pytest.raises(WorkbenchError, match="'__import__' is no derivation"):
        derive("__import__", STATE, header(), event, 0)
