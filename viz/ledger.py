"""One line per round: what was drafted, what stayed, what was wasted, and how sure the model was."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from viz import fate
from workbench.trace import Candidates, Judge, Rule, State
from workbench.trace.glossary import GIVEN


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
    lanes: set[int] = field(default_factory=set[int])
    """Lanes that were written to."""
    retracted: int = 0
    confidences: list[float] = field(default_factory=list)
    bound: float | None = None
    lower: float | None = None
    """The highest and, where they differ, the lowest bound of a confidence in this round."""
    rows: int = 0
    cached: int = 0
    """Rows that the passes pushed, and rows that they read from a cache."""
    tally: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    """Rule -> verdicts that passed, verdicts."""
    ended: list[Any] | None = None
    """Beat, candidate and sentence of the rejection behind which no draft passed, if there is one."""
    holes: int | None = None
    """Open cells of the answer after the last change; None without a canvas."""

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
            "drafted": sum(id not in fates.looked for id in self.drafted),
            "accepted": accepted,
            "rejected": fallen.count(fate.REJECTED),
            "unexamined": fallen.count(fate.UNEXAMINED),
            "pruned": fallen.count(fate.PRUNED),
            "unused": fallen.count(fate.ACCEPTED) + fallen.count(fate.PROPOSED),
            "committed": len(self.committed),
            "lanes": len(self.lanes),
            "bonus": len(self.committed) - accepted,
            "retracted": self.retracted,
            "sure": _spread(self.confidences),
            "bound": self.bound,
            "lower": self.lower,
            "tree": tree,
            "rows": self.rows,
            "cached": self.cached,
            "weighed": sum(id not in fates.looked for id in self.candidates),
            "rules": [[rule, *counts] for rule, counts in self.tally.items()],
            "ended": self.ended,
            "open": self.holes,
        }

    def judge(self, event: Judge, state: State, rule: Rule) -> None:
        """Count the verdicts; remember the threshold of a rule that reads the candidates' own probability.

        What a rule says that it reads elsewhere is none, though the numbers be alike.
        """
        counts = self.tally.setdefault(event.rule, [0, 0])
        counts[0], counts[1] = counts[0] + sum(event.passed), counts[1] + len(event.passed)
        if not isinstance(event.of, Candidates) or rule.op not in (">", ">="):
            return
        if rule.value_from not in ("proposed", GIVEN):
            return
        columns = zip(event.of.ids, event.values, event.bounds, strict=True)
        own = [
            bound for id, value, bound in columns if 0 < bound <= 1 and _is(value, state.proposals[id].prob)
        ]
        if not own:
            return
        every = [*own, *(bound for bound in (self.bound, self.lower) if bound is not None)]
        self.bound = max(every)
        self.lower = min(every) if min(every) < self.bound else None


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
