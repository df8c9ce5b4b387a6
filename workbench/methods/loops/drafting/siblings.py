"""How the children of one place are chosen: the likeliest, or draws with or without replacement."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from workbench.maths.accept import without
from workbench.maths.sample import highest
from workbench.methods.dice import Dice
from workbench.trace import DraftKind


class Child(NamedTuple):
    """A chosen token, its probability, and the distribution (V,) it was drawn from; None for a point."""

    token: int
    prob: float
    drawn_from: Tensor | None = None


Family = list[Child]
"""The children of one node, in the order in which they will be examined."""


def families(dice: Dice, probs: Tensor, widths: Sequence[int], kind: DraftKind) -> list[Family]:
    """`widths[i]` children of every row of probs (R, V), fewer where the drafter allows fewer tokens.

    POINT: the likeliest tokens. SAMPLED: independent draws, repeated ones kept. SAMPLED_WITHOUT: draws
    without replacement, each with what it was drawn from, which no longer holds its elder siblings.
    """
    if kind is DraftKind.POINT:
        rows = highest(probs, max(widths, default=0))
        return [
            [Child(token, prob) for token, prob in row[:width] if prob > 0]
            for row, width in zip(rows, widths, strict=True)
        ]
    draw = _distinct if kind is DraftKind.SAMPLED_WITHOUT else _independent
    return [draw(dice, row, width) for row, width in zip(probs, widths, strict=True)]


def _independent(dice: Dice, probs: Tensor, width: int) -> Family:
    picks = dice.picks(probs.expand(width, -1))
    return [Child(pick.index, pick.prob, probs) for pick in picks]


def _distinct(dice: Dice, probs: Tensor, width: int) -> Family:
    family: Family = []
    while len(family) < width and probs.any():
        pick = dice.pick(probs)
        family.append(Child(pick.index, pick.prob, probs))
        probs = without(probs, pick.index)
    return family
