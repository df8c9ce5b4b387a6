"""Running products, residuals and highest chains, against numbers worked out by hand."""

import pytest
from trace_examples import header

from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    DraftKind,
    Fork,
    Judge,
    Observe,
    Propose,
    Score,
    Token,
    fold,
)
from workbench.trace.derive import View, derive_all

KEYS = (3, 4, 5)
TREE = [
    Fork(0, ROOT, 0, 0, (Token(1),)),
    # two siblings, and two children of the second
    Propose(0, "draft", 0, (1, 1), (Token(3), Token(4)), (ROOT, ROOT), (0.5, 0.6), DraftKind.SAMPLED_WITHOUT),
    Propose(2, "draft", 0, (2, 2), (Token(3), Token(5)), (1, 1), (0.25, 0.4), DraftKind.SAMPLED_WITHOUT),
    Observe("target", Cells(0, (1,)), "processed", (KEYS,), ((0.2, 0.5, 0.3),), (1.0,)),
    Observe("target", Candidates((1,)), "processed", (KEYS,), ((0.1, 0.3, 0.6),), (0.9,)),
    # 0.5 of the draft struck out: what is left is max(target - draft, 0) = 0, 0.5 - 0.3, 0.3 - 0.2
    Score("left_mass", Candidates((0,)), (0.3,)),
]
WITHOUT = (0.5 - 0.6 * 0.5) / 0.3 / 0.6
SIBLINGS = [
    *TREE[:1],
    Propose(0, "draft", 0, (1, 1), (Token(3), Token(4)), (ROOT, ROOT), (0.5, 0.4), DraftKind.SAMPLED),
    *TREE[3:4],
    Score("left_mass", Candidates((0,)), (0.35,)),
]
WITH = (0.5 - 0.4) / 0.35 / 0.4


def derived(events, text, *ids, event=None):
    event = event or Score("running", Candidates(ids), (0.0,) * len(ids))
    answers = derive_all(text, View(fold(events), header(), event, "processed"))
    values = [answer.value if answer else None for answer in answers]
    return values[0] if len(values) == 1 else values


def test_depth_counts_the_path() -> None:
    assert derived(TREE, "depth", 0, 1, 2, 3) == [1, 1, 2, 2]
    assert derived(TREE, "depth", 99) is None


def test_what_siblings_leave() -> None:
    assert derived(TREE, "residual_ratio(target)", 0) == pytest.approx(0.2 / 0.5)
    assert derived(TREE, "residual_ratio(target)", 1) == pytest.approx(min(1, WITHOUT))
    assert derived(SIBLINGS, "residual_ratio(target)", 1) == pytest.approx(WITH)


def test_a_mass_that_was_not_scored_cannot_be_guessed() -> None:
    assert derived(TREE[:-1], "residual_ratio(target)", 1) is None
    assert derived(TREE[:3], "running(target)", 0) is None


def test_running_products_multiply_along_the_path() -> None:
    first = min(1, WITHOUT)
    assert derived(TREE, "running(target)", 0, 1, 2) == pytest.approx([0.4, first, first * 0.1 / 0.25])
    scored = [*TREE, Score("running", Candidates((1,)), (0.5,))]
    assert derived(scored, "running(target)", 2) == pytest.approx(0.5 * 0.1 / 0.25)


def test_a_rejected_sibling_takes_weight_from_the_next() -> None:
    """Behind a node of weight 0.5: w t - draft, and w = left / (left + 1 - w)."""
    left = 0.3 * 0.5
    events = [
        *TREE,
        Score("running", Candidates((1,)), (0.5,)),
        Score("left_mass", Candidates((2,)), (left,)),
    ]
    weight = left / (left + 0.5)
    target = (0.5 * 0.6 - 0.4 * (1 - 0.25)) / left
    assert derived(events, "running(target)", 3) == pytest.approx(min(1, weight * target / 0.4), abs=1e-5)
    assert derived(events, "standing(running)", 1) == pytest.approx(weight)
    assert derived(TREE, "standing(running)", 1) is None


def test_the_rounding_of_a_difference_is_allowed_for() -> None:
    """0.3 - 0.2999 keeps two digits of the six: no number that fits them is called wrong."""
    rows = Observe("target", Cells(0, (1,)), "processed", ((3, 4),), ((0.5, 0.3),), (1.0,))
    drawn = Propose(
        0, "draft", 0, (1, 1), (Token(3), Token(4)), (ROOT, ROOT), (0.5, 0.2999), DraftKind.SAMPLED
    )
    events = [TREE[0], drawn, rows, Score("left_mass", Candidates((0,)), (1e-3,))]
    event = Judge("accept", Candidates((1,)), (0.5,), (0.3,), (False,))
    (answer,) = derive_all("residual_ratio(target)", View(fold(events), header(), event, "processed"))
    assert answer and answer.low < answer.value < answer.high
    assert answer.fits(0.33) and answer.fits(0.337) and not answer.fits(0.35)


def test_the_last_passed_test_of_an_event() -> None:
    judged = Judge("block", Candidates((1, 2)), (0.9, 0.1), (0.5, 0.5), (False, True))
    event = Judge("in_block", Candidates((1, 2)), (1, 2), (2, 2), (True, True))
    assert derived([*TREE, judged], "last_passed(block)", event=event) == [2, 2]
    assert derived(TREE, "last_passed(block)", event=event) == [None, None]
    failed = Judge("block", Candidates((1, 2)), (0.9, 0.9), (0.5, 0.5), (False, False))
    assert derived([*TREE, failed], "last_passed(block)", event=event) == [0, 0]


def test_what_the_token_rule_keeps() -> None:
    """Ratios 5/6 and min(1, 6/4) behind one another: a u below both keeps both, a first one above none."""
    chain = [
        TREE[0],
        Propose(0, "draft", 0, (1, 2), (Token(4), Token(5)), (ROOT, 0), (0.6, 0.4), DraftKind.SAMPLED),
        *(TREE[3], Observe("target", Candidates((0,)), "processed", (KEYS,), ((0.1, 0.3, 0.6),), (0.9,))),
    ]
    for draws, expected in (((0.8, 0.99), 2), ((0.84, 0.1), 0), ((0.1, 1.0), 1)):
        judged = Judge("block", Candidates((0, 1)), draws, (0.5, 0.5), tuple(u < 0.5 for u in draws))
        assert derived([*chain, judged], "kept(target)", 0, 1) == [expected] * 2
    assert derived(chain, "kept(target)", 0, 1) == [None] * 2
    edge = Judge("block", Candidates((0, 1)), (0.5 / 0.6, 0.1), (0.5, 0.5), (False, True))
    event = Score("kept", Candidates((0, 1)), (2, 2))
    open_either_way = derive_all("kept(target)", View(fold([*chain, edge]), header(), event, "processed"))
    assert [(answer.low, answer.high) for answer in open_either_way if answer] == [(0, 2)] * 2


def test_the_skewed_draft_replaces_what_was_proposed() -> None:
    skewed = [*TREE[:-1], Score("skewed", Candidates((1,)), (0.8,))]
    assert derived(skewed, "running(target)", 1) == pytest.approx(0.5 / 0.8)


def test_the_highest_of_two_chains() -> None:
    """Below token 4 lies 0.3 of all chains: 1 - 0.3^2 of the draws of two reach 4 or higher."""
    events = [
        *TREE[:1],
        Propose(0, "draft", 0, (1, 1), (Token(3), Token(4)), (ROOT, ROOT), (0.2, 0.6), DraftKind.SAMPLED),
        Propose(2, "draft", 0, (2,), (Token(5),), (1,), (0.5,), DraftKind.SAMPLED),
        Score("draws", Candidates((0, 1, 2)), (1, 1, 1)),
        Score("below", Candidates((1, 2)), (0.3, 0.4)),
    ]
    first = 0.9**2 - 0.3**2
    assert derived(events, "highest(below)", 1) == pytest.approx(first)
    assert derived(events, "highest(below)", 2) == pytest.approx((0.7**2 - 0.4**2) / first)
    assert derived(events[:-2], "highest(below)", 1) is None
