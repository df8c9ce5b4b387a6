"""The perturbed log-probabilities recorded beside draws without replacement have the law of Gumbel-top-k."""

import math
import random

import torch

from workbench.maths.accept import without
from workbench.methods.dice import SeededDice
from workbench.methods.loops.drafting.noise import noisy

PROBS = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)


def family(dice: SeededDice, width: int) -> list[float]:
    probs, found = PROBS, []
    for _ in range(width):
        pick = dice.pick(probs)
        found.append(pick.prob)
        probs = without(probs, pick.index)
    return found


def test_values_fall_and_match_gumbel_top_k() -> None:
    dice, rng = SeededDice(3), random.Random(4)
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    for _ in range(6000):
        values = noisy(dice, family(dice, 3))
        assert values == sorted(values, reverse=True)
        ours.append(values)
        noise = [math.log(p) - math.log(-math.log(rng.random())) for p in PROBS.tolist()]
        theirs.append(sorted(noise, reverse=True)[:3])
    for place in range(3):
        mine, other = sorted(row[place] for row in ours), sorted(row[place] for row in theirs)
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            at = int(share * len(mine))
            assert abs(mine[at] - other[at]) < 0.15, (place, share)


def test_all_tokens_drawn_is_no_division_by_zero() -> None:
    dice = SeededDice(5)
    assert all(math.isfinite(value) for value in noisy(dice, family(dice, 4)))
