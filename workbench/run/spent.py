"""What a recorded run cost, and in which order it wrote: the figures that a table holds beside the score."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.run.answer import ANSWER
from workbench.trace import Commit, Forward, State, Trace

LIGHT = ("draft",)
"""Roles that are counted apart: networks that are much smaller than the one they work for."""


@dataclass(slots=True)
class Spent:
    """rounds: passes one after the other (equal ticks count once). sequences: passes counted one by one.
    positions: rows pushed. All of the main networks; those of a drafter are `light_positions`.

    tokens: cells of the answer that were committed and stand at the end, padding behind its end included;
    text_tokens: those up to and with its end.
    order, spearman: rank correlation between the position of a token and the round in which it came, over
    the text up to its end; None where all came at once, or there are fewer than two.
    """

    rounds: int = 0
    sequences: int = 0
    positions: int = 0
    light_positions: int = 0
    tokens: int = 0
    text_tokens: int = 0
    order: float | None = None
    spearman: float | None = None

    @property
    def tokens_per_round(self) -> float | None:
        return self.tokens / self.rounds if self.rounds else None


def spent(trace: Trace) -> Spent:
    """Read from the passes and commits of a trace."""
    found, state, came = Spent(), State(), _Came()
    roles = {source.id: source.role for source in trace.glossary.sources.values()}
    for event in trace.events:
        if isinstance(event, Forward):
            _count(found, event, roles.get(event.source, event.source), came)
        elif isinstance(event, Commit):
            came.rounds.update(dict.fromkeys(event.candidates, found.rounds))
        state.apply(event)
    lane = state.lanes.get(ANSWER)
    if lane is None:
        return found
    found.tokens = sum(birth >= 0 for birth in lane.births)
    ends = {id for card in trace.header.models for id in card.eos_ids}
    when = [came.rounds[id] for id in lane.written(ends)]
    found.text_tokens = len(when)
    places = range(len(when))
    found.order, found.spearman = kendall(places, when), spearman(places, when)
    return found


@dataclass(slots=True)
class _Came:
    """Candidate -> round of its commit; the tick that was counted last."""

    rounds: dict[int, int] = field(default_factory=dict[int, int])
    tick: int = -1


def _count(found: Spent, event: Forward, role: str, came: _Came) -> None:
    rows = sum(stop - start for start, stop in event.computed)
    if role in LIGHT:
        found.light_positions += rows
        return
    found.rounds += event.tick != came.tick
    came.tick = event.tick
    found.sequences += 1
    found.positions += rows


def kendall(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Kendall's tau-b of two columns; None where one of them is constant. Source: Kendall 1945."""
    pairs = [(a, b) for b in range(len(left)) for a in range(b)]
    signs = [(_sign(left[b] - left[a]), _sign(right[b] - right[a])) for a, b in pairs]
    spread = sum(x != 0 for x, _ in signs) * sum(y != 0 for _, y in signs)
    return sum(x * y for x, y in signs) / spread**0.5 if spread else None


def spearman(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Correlation of the ranks, equal values sharing their mean rank; None where one column is constant."""
    x, y = _ranks(left), _ranks(right)
    middle = (len(x) - 1) / 2
    product = sum((a - middle) * (b - middle) for a, b in zip(x, y, strict=True))
    spread = sum((a - middle) ** 2 for a in x) * sum((b - middle) ** 2 for b in y)
    return product / spread**0.5 if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2
        for value in values
    ]


def _sign(x: float) -> int:
    return (x > 0) - (x < 0)
