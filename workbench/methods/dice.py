"""Chance, as something that a test can replace: the number that is returned is the number recorded."""

import random
from typing import NamedTuple, Protocol

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


class SeededDice:
    """Reproducible on every machine: the Mersenne twister of the standard library, float64 throughout."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uniform(self, below: float) -> float:
        return self._random.random()

    def pick(self, probs: Tensor) -> Pick:
        on_cpu = probs.cpu()
        weights, cumulative = on_cpu.numpy(), on_cpu.cumsum(0, dtype=torch.float64).numpy()
        total = float(cumulative[-1])
        u = self._random.random()
        index = int(cumulative.searchsorted(u * total, side="right"))
        if index >= len(cumulative):  # rounding can push u * total to the very end
            index = int(weights.nonzero()[0][-1])
        return Pick(index, u, float(cumulative[index]) / total, float(weights[index]))
