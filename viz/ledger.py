"""One line per round: what was drafted, what stayed, what was wasted, and how sure the model was."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from viz import fate
from workbench.trace import Candidates, Judge, State


@dataclass(slots=True)
class Round:
    """A round; every number is derived from its events."""

    number: int
    title: str
    heading: str
    first: int
    last: int
    passes: int = 0
    target: int = 0
    drafted: list[int] = field(default_factory=list)
    settled: list[int] | None = None
    """Drafts whose fate this round decides; None while it lasts."""
    candidates: list[int] = field(default_factory=list)
    committed: list[int] = field(default_factory=list)
    retracted: int = 0
    confidences: list[float] = field(default_factory=list)
    bound: float | None = None
    lower: float | None = None
    """The lowest bound of a confidence in this round, where it is not the first one's."""

    def line(self, fates: fate.Fates, tree: str | None) -> dict[str, Any]:
        """The round as the player and the tables read it."""
        taken = set(self.committed)
        pool = fates.round_drafts if self.settled is None else self.settled
        fallen = [fates.status[id] for id in pool if id not in taken]
        accepted = sum(fates.birth[id] == "draft" for id in self.committed)
        return {
            "title": self.title,
            "heading": self.heading,
            "b": [self.first, self.last],
            "passes": self.passes,
            "target": self.target,
            "drafted": len(self.drafted),
            "accepted": accepted,
            "rejected": fallen.count(fate.REJECTED),
            "unexamined": fallen.count(fate.UNEXAMINED),
            "pruned": fallen.count(fate.PRUNED),
            "unused": fallen.count(fate.ACCEPTED) + fallen.count(fate.PROPOSED),
            "committed": len(self.committed),
            "bonus": len(self.committed) - accepted,
            "retracted": self.retracted,
            "sure": _spread(self.confidences),
            "bound": self.bound,
            "lower": self.lower,
            "tree": tree,
        }

    def judge(self, event: Judge, state: State, op: str) -> None:
        """Remember the threshold of a rule that reads the candidates' own probability."""
        if not isinstance(event.of, Candidates) or op not in (">", ">="):
            return
        columns = zip(event.of.ids, event.values, event.bounds, strict=True)
        own = [
            bound for id, value, bound in columns if 0 < bound <= 1 and _is(value, state.proposals[id].prob)
        ]
        if not own:
            return
        self.bound = own[0] if self.bound is None else self.bound
        low = min(own) if self.lower is None else min(self.lower, *own)
        self.lower = low if low < self.bound else None


def _is(value: float, prob: float) -> bool:
    return abs(value - prob) < 1e-4


def _spread(values: Iterable[float]) -> list[float] | None:
    """Minimum, lower quartile, mean, upper quartile, maximum, count."""
    column = np.fromiter(values, float)
    if not len(column):
        return None
    low, high = np.quantile(column, (0.25, 0.75))
    five = (column.min(), low, column.mean(), high, column.max())
    return [round(float(value), 4) for value in five] + [len(column)]
