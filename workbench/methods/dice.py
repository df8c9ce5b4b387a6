"""Chance, as something that a test can replace: the number that is returned is the number recorded."""

import random
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor


class Pick(NamedTuple):
    """A draw by the inverse distribution function: `u` fell below `upper`, and not below the entry before.

    `prob` is the probability of what was drawn.
    """

    index: int
    u: float
    upper: float
    prob: float


class Dice(Protocol):
    """Every random decision of a method. Tests hand in dice that walk all branches with their weights."""

    def uniform(self, below: float) -> float:
        """A draw from [0, 1). `below` is the bound it will be compared with (`u < below`); dice that
        enumerate need it to split the branch, seeded dice ignore it."""
        ...

    def pick(self, probs: Tensor) -> Pick:
        """An index drawn with the probabilities (V,), which sum to 1."""
        ...

    def picks(self, rows: Tensor) -> list[Pick]:
        """`pick` of every row of (R, V), in this order."""
        return [self.pick(row) for row in rows]


class SeededDice(Dice):
    """Reproducible on every machine: the Mersenne twister of the standard library, float64 throughout."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uniform(self, below: float) -> float:
        return self._random.random()

    def pick(self, probs: Tensor) -> Pick:
        on_cpu = probs.cpu()
        sums = on_cpu.cumsum(0, dtype=torch.float64).numpy()
        return self._pick(on_cpu.numpy(), sums, float(sums[-1]))

    def picks(self, rows: Tensor) -> list[Pick]:
        """All at once, which takes half the time."""
        on_cpu = rows.cpu()
        sums = on_cpu.cumsum(-1, dtype=torch.float64).numpy()
        return list(map(self._pick, on_cpu.numpy(), sums, sums[:, -1].tolist()))

    def _pick(self, weights: Any, cumulative: Any, total: float) -> Pick:
        """One row (V,) and its sums up to every entry, as arrays of numpy."""
        u = self._random.random()
        index = int(cumulative.searchsorted(u * total, side="right"))
        if index >= len(cumulative):  # rounding can push u * total to the very end
            index = int(weights.nonzero()[0][-1])
        return Pick(index, u, float(cumulative[index]) / total, float(weights[index]))
