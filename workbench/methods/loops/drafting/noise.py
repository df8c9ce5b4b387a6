"""The Gumbel noise that draws without replacement belong to."""

import math
from collections.abc import Sequence

from workbench.methods.dice import Dice
from workbench.trace import Measure

NOISY = Measure(
    "noisy_log_probability",
    "perturbed log-probability",
    "nats",
    "higher",
    "log of the draft probability plus Gumbel noise; siblings are the highest of their node, in this order",
)
LEAST = 1e-300
"""Keeps times and rates from zero."""


def noisy(dice: Dice, probs: Sequence[float]) -> list[float]:
    """The perturbed log-probabilities of siblings drawn without replacement, given what was drawn.

    probs: of each sibling among the tokens that were left. -log of the k-th arrival in a race of exponential
    clocks whose rates are the draft probabilities: the gaps are exponential with the rate that is left,
    whoever arrives (Gumbel top-k, Kool et al. 2019).
    """
    now, left, values = 0.0, 1.0, []
    for prob in probs:
        now -= math.log1p(-dice.uniform(1.0)) / left
        left = max(left * (1 - prob), LEAST)
        values.append(-math.log(max(now, LEAST)))
    return values
