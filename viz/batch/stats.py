"""The statistics of a batch: shares, distributions, and intervals that do not change from call to call.

An interval is the percentile bootstrap (Efron 1979; Efron & Tibshirani 1993, chapter 13): prompts are drawn
again with replacement, all runs of a prompt together, because the runs of one prompt are not independent.
The draws come from a fixed seed and depend on the number of prompts only, so two figures of the same
prompts use the same ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LEVEL = 0.95
DRAWS = 2000
SEED = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, its bootstrap interval (None where fewer than two prompts say something) and its n."""

    value: float
    low: float | None
    high: float | None
    n: int

    def plain(self) -> dict[str, float | int | None]:
        """As JSON."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def mean(values: Sequence[float]) -> Interval | None:
    """The mean over prompts; None of no prompt. values: (prompts,)."""
    return pooled(values, [1.0] * len(values))


def pooled(parts: Sequence[float], wholes: Sequence[float]) -> Interval | None:
    """sum(parts) / sum(wholes) over prompts; None where the sum below is 0. parts, wholes: (prompts,)."""
    found = shares(np.asarray(parts, float)[:, None], np.asarray(wholes, float)[:, None])
    return found[0] if found else None


def shares(parts: np.ndarray, wholes: np.ndarray) -> list[Interval | None]:
    """sum(parts) / sum(wholes) of every column, with its interval. parts, wholes: (prompts, columns)."""
    count = len(parts)
    if not count:
        return [None] * parts.shape[1]
    drawn = counts(count)  # (draws, prompts)
    above, below = drawn @ parts, drawn @ wholes
    found: list[Interval | None] = []
    for at in range(parts.shape[1]):
        whole = wholes[:, at].sum()
        if not whole:
            found.append(None)
            continue
        value, speaking = float(parts[:, at].sum() / whole), int((wholes[:, at] > 0).sum())
        some = below[:, at] > 0  # a draw may hold no prompt that got there: it says nothing about the share
        if speaking < 2:
            found.append(Interval(_round(value), None, None, speaking))
            continue
        low, high = np.quantile(above[some, at] / below[some, at], ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        found.append(Interval(_round(value), _round(float(low)), _round(float(high)), speaking))
    return found


@lru_cache(maxsize=32)
def counts(prompts: int) -> np.ndarray:
    """How often each prompt is drawn: (DRAWS, prompts), every row with the sum `prompts`."""
    dice = np.random.default_rng(SEED)
    drawn = dice.multinomial(prompts, np.full(prompts, 1 / prompts), size=DRAWS).astype(float)
    drawn.setflags(write=False)
    return drawn


@dataclass(frozen=True, slots=True)
class Paired:
    """b - a over the prompts that both have; on how many of them b is above, equal and below."""

    mean: Interval
    a: float
    b: float
    ahead: int
    level: int
    behind: int


def paired(a: Sequence[float], b: Sequence[float]) -> Paired | None:
    """The paired difference; None of no prompt. a, b: (prompts,), the same prompts in the same order."""
    found = mean([right - left for left, right in zip(a, b, strict=True)])
    if found is None:
        return None
    gaps = np.asarray(b, float) - np.asarray(a, float)
    signs = np.sign(np.where(np.abs(gaps) < 1e-12, 0.0, gaps))
    ahead, level, behind = (int((signs == sign).sum()) for sign in (1, 0, -1))
    return Paired(found, _round(float(np.mean(a))), _round(float(np.mean(b))), ahead, level, behind)


def ecdf(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The sorted values, and the share of values that are at most as large as each."""
    ordered = sorted(values)
    return ordered, [
        _round((np.searchsorted(ordered, value, side="right")) / len(ordered)) for value in ordered
    ]


def histogram(lengths: Sequence[int]) -> list[int]:
    """Entry n: how many lengths are n, from 0 to the longest."""
    return np.bincount(np.asarray(lengths, int)).tolist() if len(lengths) else []


def survival(lengths: Sequence[int]) -> list[float]:
    """Entry n: the share of lengths that are n or more; one minus the ECDF before n. Entry 0 is 1."""
    counted = histogram(lengths)
    behind = np.cumsum(counted[::-1])[::-1]
    return [_round(float(left / len(lengths))) for left in behind]


def outliers(values: Sequence[float]) -> list[bool]:
    """Which values lie beyond 1.5 quartile distances from the middle half (Tukey 1977)."""
    if len(values) < 4:
        return [False] * len(values)
    low, high = np.quantile(values, (0.25, 0.75))
    reach = 1.5 * (high - low)
    return [bool(value < low - reach or value > high + reach) for value in values]


def _round(value: float) -> float:
    return round(float(value), 6)
