"""Acceptance counts of another program: what can be said from them, and what cannot.

An engine that counts keeps no candidates, no probabilities and no verdicts, so this is no trace and
never becomes one. Every number below follows from the numbers that were read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One request. A quantity that the source does not give is None, and stays unknown.

    `histogram[n]`: verifying passes of which n draft tokens were accepted, the target's own left out.
    `steps[i]`: (accepted, drafted) of pass i, in order, where the source keeps them.
    """

    label: str
    passes: int | None = None
    drafted: int | None = None
    accepted: int | None = None
    histogram: tuple[int, ...] = ()
    steps: tuple[tuple[int, int | None], ...] = ()
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What one file held: who wrote it, its requests, notes on how it was read, and what it cannot say."""

    source: str
    requests: tuple[Request, ...]
    notes: tuple[str, ...] = ()
    silent: tuple[str, ...] = field(default=())

    def described(self) -> dict[str, Any]:
        """Everything a page or a terminal needs, as plain data; the totals pool the sums."""
        histogram = add(request.histogram for request in self.requests)
        complete = all(request.histogram for request in self.requests)
        passes = _sum([request.passes for request in self.requests])
        drafted = _sum([request.drafted for request in self.requests])
        accepted = _sum([request.accepted for request in self.requests])
        return {
            "source": self.source,
            "requests": [_row(request) for request in self.requests],
            "totals": _totals(passes, drafted, accepted),
            "histogram": histogram if complete else [],
            "per_position": survival(histogram) if complete else [],
            "steps": [list(step) for step in self.requests[0].steps] if len(self.requests) == 1 else [],
            "notes": list(self.notes),
            "silent": list(self.silent),
        }


def _totals(passes: int | None, drafted: int | None, accepted: int | None) -> dict[str, Any]:
    mean = ratio(accepted, passes)
    return {
        "num_drafts": passes,
        "num_draft_tokens": drafted,
        "num_accepted_tokens": accepted,
        "draft_acceptance_rate": ratio(accepted, drafted),
        "mean_accepted_drafts": mean,
        "mean_acceptance_length": None if mean is None else round(1 + mean, 4),
    }


def _row(request: Request) -> dict[str, Any]:
    row = {"label": request.label, "tokens": request.tokens}
    return row | _totals(request.passes, request.drafted, request.accepted)


def survival(histogram: Sequence[int]) -> list[dict[str, float | int]]:
    """Per draft position from 1: passes that accepted at least so many, of all passes (unconditional)."""
    passes = sum(histogram)
    reached = [sum(histogram[place:]) for place in range(1, len(histogram))]
    return [{"accepted": many, "of": passes, "rate": round(many / passes, 4)} for many in reached if passes]


def add(histograms: Any) -> list[int]:
    """The sum of histograms of any lengths."""
    total: list[int] = []
    for histogram in histograms:
        total += [0] * (len(histogram) - len(total))
        for place, many in enumerate(histogram):
            total[place] += many
    return total


def tally(lengths: Sequence[int]) -> tuple[int, ...]:
    """The histogram of accepted lengths."""
    return tuple(lengths.count(n) for n in range(max(lengths, default=-1) + 1))


def ratio(part: int | None, whole: int | None) -> float | None:
    """None where either is unknown or nothing was tried."""
    return None if part is None or not whole else round(part / whole, 4)


def _sum(column: Sequence[int | None]) -> int | None:
    known = [value for value in column if value is not None]
    return sum(known) if column and len(known) == len(column) else None
