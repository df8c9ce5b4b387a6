"""Beliefs that are thinned later, many at a time, are the ones that would have been thinned at once."""

import pytest
import torch

from workbench.maths.thin import six
from workbench.methods.thinning import AT_ONCE, Belief, Later, observed
from workbench.trace import Candidates, Cells, Observe


def belief(rows: int, size: int, seed: int, also: int = 0) -> Belief:
    """Rows with equal entries and zeros among them, as top-k and top-p leave them."""
    torch.manual_seed(seed)
    probs = torch.softmax(4 * torch.randn(rows, size), -1)
    probs[probs < probs.median() / 4] = 0
    probs[:, : size // 3] = probs[:, :1]
    where = Cells(0, (7,)), Candidates(tuple(range(rows - 1)))
    extra = [[seed % size, (3 * seed + row) % size] for row in range(also)]
    return Belief("target", where if rows > 1 else where[:1], "vocabulary", probs, extra)


BELIEFS = [
    belief(rows, size, seed, also=rows if seed % 2 else 0)
    for seed, (rows, size) in enumerate(
        [(1, 1024), (5, 1024), (17, 1024), (2, 5), (1, 1024), (3, 1000), (64, 1024)]
    )
]


@pytest.mark.parametrize("repeats", [1, 1 + 3 * AT_ONCE // (90 * 4096)])
def test_together_is_the_same_as_one_by_one(repeats: int) -> None:
    together = Later()
    late = [event for _ in range(repeats) for each in BELIEFS for event in together.put(each)]
    together.fill()
    alone = [event for _ in range(repeats) for each in BELIEFS for event in observed(each)]
    assert late == alone
    assert all(event.keys and event.entropies for event in late)


def test_a_row_says_what_it_holds() -> None:
    probs = torch.tensor([[0.1, 0.4, 0.1, 0.25, 0.15, 0, 0, 0, 0, 0, 0]])
    (event,) = observed(Belief("draft", (Cells(2, (3,)),), "processed", probs, [[10, 1]]))
    assert event == Observe("draft", Cells(2, (3,)), "processed", event.keys, event.probs, event.entropies)
    assert event.keys[0][:5] == (1, 3, 4, 0, 2)
    assert event.probs[0] == (0.4, 0.25, 0.15, 0.1, 0.1, 0)
    assert event.keys[0][5] == 10, "a verdict needs it"
    assert event.entropies == (1.45817,)


def test_six_digits_are_those_of_the_format() -> None:
    """Every magnitude that a probability may have, exact ties, and what has no six-digit whole number."""
    torch.manual_seed(0)
    spread = 10 ** (torch.rand(20_000, dtype=torch.float64) * 30 - 25)
    ties = (torch.randint(10**5, 10**6, (20_000,)).double() + 0.5) / 10.0 ** torch.randint(6, 20, (20_000,))
    edges = [0.0, -0.0, 1.0, 0.001953125, 0.9999995, 9.999995e-5, 1e-17, 5e-324, -1.19e-7, 11.90969, 1e20]
    for numbers in (spread, spread.float(), ties, torch.tensor(edges, dtype=torch.float64)):
        expected = [float(f"{number:.6g}") for number in numbers.tolist()]
        assert list(map(repr, six(numbers.numpy()).tolist())) == list(map(repr, expected))


def test_a_method_may_ask_for_more() -> None:
    """What is kept beside is the same, and beliefs of either width may wait together."""
    few, many = belief(1, 1024, 3, also=1), belief(1, 1024, 3, also=1)._replace(most=20)
    (short,), (long,) = observed(few), observed(many)
    assert (len(short.keys[0]), len(long.keys[0])) == (10, 22)
    assert (long.keys[0][:8], long.probs[0][:8]) == (short.keys[0][:8], short.probs[0][:8])
    assert (long.keys[0][20:], long.entropies) == (short.keys[0][8:], short.entropies)
    best = sorted(range(1024), key=lambda id: (-float(few.probs[0, id]), id))
    assert list(long.keys[0][:20]) == best[:20]
    together = Later()
    late = [event for each in (few, many, few) for event in together.put(each)]
    together.fill()
    assert late == [short, long, short]
    small, wide = belief(1, 5, 1)._replace(most=20), belief(40, 1024, 1)._replace(most=20)
    assert (small.width, wide.width) == (5, 4), (
        "no more than there are, and no more where there are many rows"
    )


class Far(torch.Tensor):
    """A tensor that says it is on another device, where numpy does not reach."""

    @property
    def is_cpu(self) -> bool:  # type: ignore[override]
        return False


@pytest.mark.parametrize("rows", [3, 40])
def test_on_another_device_the_numbers_are_the_same(rows: int) -> None:
    torch.manual_seed(rows)
    probs = torch.softmax(4 * torch.randn(rows, 1024), -1)
    where, also = (Cells(0, tuple(range(rows))),), [[row] for row in range(rows)]
    (near,) = observed(Belief("target", where, "vocabulary", probs, also))
    (far,) = observed(Belief("target", where, "vocabulary", probs.as_subclass(Far), also))
    assert (far.keys, far.probs) == (near.keys, near.probs)
    assert far.entropies == pytest.approx(near.entropies, rel=1e-5)
