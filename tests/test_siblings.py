"""How siblings are chosen, by enumeration; and the tree that is put on the table piece by piece."""

from itertools import permutations, product
from math import isclose, prod

import pytest
import torch
from drafted import fresh_run

from workbench.lab.enumerate import branches
from workbench.maths.sample import highest
from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.drafting.siblings import families
from workbench.trace import ROOT, DraftKind

PROBS = torch.tensor([0.5, 0.2, 0.0, 0.3], dtype=torch.float64)
POSSIBLE = (0, 1, 3)


def law(kind: DraftKind, width: int) -> dict[tuple[int, ...], float]:
    """The probability of every row of siblings, by walking all branches of the dice."""
    found: dict[tuple[int, ...], float] = {}
    for weight, [family] in branches(lambda dice: families(dice, PROBS.unsqueeze(0), [width], kind)):
        tokens = tuple(child.token for child in family)
        for child in family:
            assert child.drawn_from is not None
            assert child.prob == float(child.drawn_from[child.token])
        found[tokens] = found.get(tokens, 0.0) + weight
    return found


def test_with_replacement_is_the_product_law() -> None:
    found = law(DraftKind.SAMPLED, 2)
    assert found.keys() == set(product(POSSIBLE, repeat=2)), "a token may come twice"
    assert all(isclose(prob, prod(float(PROBS[t]) for t in pair)) for pair, prob in found.items())


def test_without_replacement_strikes_out_the_elder_siblings() -> None:
    found = law(DraftKind.SAMPLED_WITHOUT, 2)
    assert found.keys() == set(permutations(POSSIBLE, 2)), "no token comes twice"
    for (first, second), prob in found.items():
        one, two = float(PROBS[first]), float(PROBS[second])
        assert isclose(prob, one * two / (1 - one))


def test_there_are_no_more_siblings_than_possible_tokens() -> None:
    assert {len(tokens) for tokens in law(DraftKind.SAMPLED_WITHOUT, 4)} == {3}
    [family] = families(fresh_run([0]).dice, PROBS.unsqueeze(0), [4], DraftKind.POINT)
    assert [child.token for child in family] == [0, 3, 1]
    assert all(child.drawn_from is None for child in family)


@pytest.mark.parametrize("widths", [[1, 3], [0, 2]])
def test_every_row_has_its_own_width(widths: list[int]) -> None:
    rows = torch.stack([PROBS, PROBS.flip(0)])
    for kind in DraftKind:
        found = families(fresh_run([0]).dice, rows, widths, kind)
        assert [len(family) for family in found] == widths


def test_equal_entries_stand_by_their_index() -> None:
    assert highest(torch.tensor([[0.25, 0.25, 0.5, 0.0]]), 3) == [[(2, 0.5), (0, 0.25), (1, 0.25)]]


def test_a_tree_goes_on_the_table_piece_by_piece() -> None:
    run, tree = fresh_run([0, 1, 2]), Growth()
    root = tree.add(4)
    first = tree.propose(run, "draft")
    child = tree.add(5, root, 0.5)
    tree.add(3, child)
    second = tree.propose(run, "draft")
    assert first.ids + second.ids == tuple(tree.ids)
    assert second.positions == (4, 5), "positions by depth, behind the text"
    assert second.parents == (first.first, second.first)
    assert second.probs == (0.5, 1.0)
    assert tree.path(2) == [4, 5, 3]
    thinned = tree.draft().only([0, 1])
    assert (thinned.ids, thinned.tokens, thinned.parents) == (tuple(tree.ids[:2]), (4, 5), (ROOT, 0))
