"""How many tokens a round may commit."""

from itertools import accumulate, pairwise
from math import cos, floor, pi


def even_quota(masks: int, rounds: int) -> list[int]:
    """`masks` shared over `rounds` as evenly as can be, the larger shares first (LLaDA, generate.py)."""
    share, rest = divmod(masks, rounds)
    return [share + (i < rest) for i in range(rounds)]


def lift_chances(steps: int, eps: float) -> list[float]:
    """1 - s/t on the time grid from 1 to eps in `steps` equal steps; 1 in the last round (Dream)."""
    times = [1 - (1 - eps) * i / steps for i in range(steps + 1)]
    return [1 - after / now for now, after in pairwise(times[:-1])] + [1.0]


def left_after(masks: int, rounds: int, schedule: str) -> list[int]:
    """How many of `masks` are left after each round: evenly ('linear') or by MaskGIT's 'cosine'."""
    if schedule == "cosine":
        return [floor(masks * cos(pi / 2 * (i + 1) / rounds)) for i in range(rounds - 1)] + [0]
    return [masks - done for done in accumulate(even_quota(masks, rounds))]


def doubling_quota(masks: int) -> list[int]:
    """1, 2, 4, ... over floor(log2 masks) rounds, the last taking all that is left (ASS)."""
    rounds = max(1, masks.bit_length() - 1)
    return [2**i for i in range(rounds - 1)] + [masks - 2 ** (rounds - 1) + 1]


def remask_limit(now: float, after: float) -> float:
    """(1 - alpha_s) / alpha_t, at most 1: the largest remasking chance that keeps the schedule (ReMDM).

    now, after: the share of written tokens at this time and at the next, alpha_t and alpha_s.
    """
    return min(1.0, (1 - after) / now) if now > 0 else 1.0


def lift_chance(now: float, after: float, remask: float) -> float:
    """(alpha_s - (1 - sigma) alpha_t) / (1 - alpha_t): how surely a mask is lifted (ReMDM, eq. 6)."""
    return min(1.0, max(0.0, (after - (1 - remask) * now) / (1 - now)))
