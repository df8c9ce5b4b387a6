"""The exact law of one round, how far it is from the target's, and how many samples would show it."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil, inf
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.lab.enumerate import ScriptedDice, branches
from workbench.lab.tables import Law

Text = tuple[int, ...]
Joint = Mapping[Text, float]
"""The probability of every text of one length."""


class Played(NamedTuple):
    """What was written, and in how many rounds."""

    text: Text
    rounds: int = 1


NOTICED = 1e-9
"""A test has noticed when a law like the target's would look as bad with at most this probability."""
NOTHING = 1e-12
"""Distances below this are rounding."""


@dataclass(frozen=True)
class RoundLaw:
    """What one round writes, continued by the target to `tokens` tokens.

    joint: the law of those tokens. mean: expected tokens over expected rounds, of what was played itself.
    branches: ways the dice can fall.
    """

    joint: Joint
    tokens: int
    mean: float
    branches: int


def round_law(play: Callable[[ScriptedDice], Played], target: Law, tokens: int) -> RoundLaw:
    """Walk every branch of `play`, which writes 1 to `tokens` tokens; `target` speaks about texts that
    begin where it begins."""
    written: dict[Text, float] = defaultdict(float)
    count, rounds = 0, 0.0
    for weight, played in branches(play):
        written[played.text] += weight
        rounds += weight * played.rounds
        count += 1
    joint: dict[Text, float] = defaultdict(float)
    for text, weight in written.items():
        for full, share in continued(text, target, tokens).items():
            joint[full] += weight * share
    mean = sum(weight * len(text) for text, weight in written.items())
    return RoundLaw(dict(joint), tokens, mean / rounds, count)


def continued(text: Text, law: Law, tokens: int) -> dict[Text, float]:
    """Every continuation of `text` to `tokens` tokens with the law's probability of it."""
    grown = {text: 1.0}
    for _ in range(tokens - len(text)):
        grown = {
            (*each, token): share * prob
            for each, share in grown.items()
            for token, prob in enumerate(law(each).tolist())
            if prob > 0
        }
    return grown


def marginal(joint: Joint, tokens: int) -> dict[Text, float]:
    """The law of the first `tokens` tokens."""
    found: dict[Text, float] = defaultdict(float)
    for text, prob in joint.items():
        found[text[:tokens]] += prob
    return dict(found)


def variation(one: Joint, other: Joint) -> float:
    """Total variation: the largest difference in the probability of any event."""
    return 0.5 * sum(abs(one.get(text, 0.0) - other.get(text, 0.0)) for text in one.keys() | other.keys())


def chi_square(output: Joint, target: Joint) -> float:
    """phi^2 = sum (output - target)^2 / target; infinite where the target forbids what is written."""
    total = 0.0
    for text in output.keys() | target.keys():
        off, expected = output.get(text, 0.0) - target.get(text, 0.0), target.get(text, 0.0)
        if expected > 0:
            total += off * off / expected
        elif abs(off) > NOTHING:
            return inf
    return total if total > NOTHING**2 else 0.0


def samples_to_notice(output: Joint, target: Joint, p: float = NOTICED) -> float:
    """How many independent samples Pearson's test needs to reach `p` as often as not.

    With n samples the statistic is about noncentral chi-square, noncentrality n phi^2, one degree of
    freedom less than there are cells. Infinite where the laws are equal; 1 where the output writes what
    the target cannot.
    """
    phi2 = chi_square(output, target)
    if variation(output, target) < NOTHING:
        return inf
    cells = sum(prob > 0 for prob in target.values())
    return 1.0 if phi2 == inf else float(ceil(noncentrality(cells - 1, p) / phi2))


@cache
def noncentrality(freedom: int, p: float = NOTICED) -> float:
    """The noncentrality at which a chi-square statistic passes the critical value of `p` every other time."""
    critical = _where(lambda x: chi_tail(x, freedom), p, 0.0, 50.0 + 2 * freedom)
    return _where(lambda shift: -noncentral_tail(critical, freedom, shift), -0.5, 0.0, 2 * critical)


def chi_tail(x: float, freedom: float) -> float:
    """P(chi-square > x) = Q(freedom / 2, x / 2), the regularised upper incomplete gamma function."""
    return float(_tails(x, torch.tensor([freedom], dtype=torch.float64)))


def noncentral_tail(x: float, freedom: int, shift: float) -> float:
    """P(noncentral chi-square > x): a Poisson(shift / 2) mixture of chi-squares with 2 j more degrees."""
    mean = torch.tensor(shift / 2, dtype=torch.float64)
    j = torch.arange(int(mean + 12 * mean.sqrt() + 30), dtype=torch.float64)
    weights = (torch.xlogy(j, mean) - mean - torch.lgamma(j + 1)).exp()
    return float((weights * _tails(x, freedom + 2 * j)).sum())


def _tails(x: float, freedom: Tensor) -> Tensor:
    return torch.special.gammaincc(freedom / 2, torch.full_like(freedom, x / 2))


def _where(falling: Callable[[float], float], level: float, low: float, high: float) -> float:
    """Where a falling function reaches `level`, by bisection."""
    while falling(high) > level:
        high *= 2
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if falling(middle) > level else (low, middle)
    return high
