"""Dice that walk every branch with its weight: what exact laws are made of."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor

from workbench.methods.dice import Dice, Pick

Result = TypeVar("Result")


@dataclass
class ScriptedDice(Dice):
    """Follows a script of branch numbers, then the first branch; notes the choices it had."""

    script: Sequence[int]
    weight: float = 1.0
    widths: list[int] = field(default_factory=list)

    def _branch(self, weights: Sequence[float]) -> int:
        at = len(self.widths)
        branch = self.script[at] if at < len(self.script) else 0
        self.widths.append(len(weights))
        self.weight *= weights[branch]
        return branch

    def uniform(self, below: float) -> float:
        """Two branches: under the bound, or not; the number returned lies in the middle of its branch."""
        if below >= 1 or below <= 0:
            return 0.5 * below if below >= 1 else 0.5
        return 0.5 * below if self._branch([below, 1 - below]) == 0 else 0.5 * (1 + below)

    def pick(self, probs: Tensor) -> Pick:
        """One branch per token that is possible at all."""
        weights = probs.tolist()
        support = [i for i, weight in enumerate(weights) if weight > 0]
        index = support[self._branch([weights[i] for i in support])] if len(support) > 1 else support[0]
        upper = math.fsum(weights[: index + 1])
        return Pick(index, upper - 0.5 * weights[index], upper, weights[index])


def branches(play: Callable[[ScriptedDice], Result]) -> Iterator[tuple[float, Result]]:
    """(weight, result) of every way the dice can fall. `play` must be a function of its dice alone."""
    scripts: list[list[int]] = [[]]
    while scripts:
        script = scripts.pop()
        dice = ScriptedDice(script)
        result = play(dice)
        taken = [*script, *[0] * (len(dice.widths) - len(script))]
        for at in range(len(script), len(dice.widths)):
            scripts += [[*taken[:at], other] for other in range(1, dice.widths[at])]
        yield dice.weight, result


@contextmanager
def quickly() -> Iterator[None]:
    """For tables of a dozen numbers: one thread, because sharing them out takes a thousand times as long, and
    no gradients."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)
