"""The state after any event: what every view is a function of."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from workbench.trace.events import (
    Close,
    Commit,
    DraftKind,
    Event,
    Fork,
    Forward,
    Judge,
    Observe,
    Phase,
    Propose,
    Retract,
    Score,
)
from workbench.trace.fills import Fill, Token
from workbench.trace.refs import ROOT, Candidates, Ref

BLANK = -1
"""Birth mark of an empty cell."""
HELD = -2
"""Birth mark of a cell that was given (the prompt), not decoded."""


@dataclass(slots=True)
class Proposal:
    """A candidate, with the verdicts it has met so far (rule id, value, bound, passed)."""

    id: int
    source: str
    lane: int
    position: int
    fill: Fill
    parent: int
    prob: float
    kind: DraftKind
    verdicts: list[tuple[str, float, float, bool]] = field(
        default_factory=list[tuple[str, float, float, bool]]
    )
    committed: bool = False


@dataclass(slots=True)
class LaneState:
    """A lane's cells; `births[i]` is a candidate id, HELD or BLANK."""

    id: int
    parent: int
    kept: int
    fills: list[Fill | None]
    births: list[int]
    verdict: str = ""

    def written(self, ends: Container[int]) -> list[int]:
        """The candidates that were committed and stand, in reading order, up to and with the first of the
        token ids `ends`: on a canvas, padding may stand behind it."""
        found: list[int] = []
        for fill, birth in zip(self.fills, self.births, strict=True):
            if birth >= 0:
                found.append(birth)
                if isinstance(fill, Token) and fill.id in ends:
                    break
        return found


@dataclass(frozen=True, slots=True)
class Belief:
    """The last thing a source said at one address."""

    keys: tuple[int, ...]
    probs: tuple[float, ...]
    entropy: float


@dataclass(slots=True)
class State:
    """Everything that is true at one moment. `apply` moves it one event on."""

    lanes: dict[int, LaneState] = field(default_factory=dict[int, LaneState])
    proposals: dict[int, Proposal] = field(default_factory=dict[int, Proposal])
    beliefs: dict[tuple[str, str, Ref], Belief] = field(default_factory=dict[tuple[str, str, Ref], Belief])
    """By (source, space, address)."""
    scores: dict[tuple[str, Ref], float] = field(default_factory=dict[tuple[str, Ref], float])
    headings: list[str] = field(default_factory=list[str])
    passes: dict[str, int] = field(default_factory=dict[str, int])
    tick: int = -1

    def apply(self, event: Event) -> None:
        """Apply one event. Raises KeyError or IndexError where it contradicts what came before."""
        match event:
            case Phase(level, title):
                self.headings[level:] = [title]
            case Forward(source, tick):
                self.passes[source] = self.passes.get(source, 0) + 1
                self.tick = tick
            case Observe(source, of, space, keys, probs, entropies):
                for ref, key, prob, entropy in zip(of.each(), keys, probs, entropies, strict=True):
                    self.beliefs[source, space, ref] = Belief(key, prob, entropy)
            case Propose():
                self._propose(event)
            case Score(measure, of, values):
                self.scores.update(
                    ((measure, ref), value) for ref, value in zip(of.each(), values, strict=True)
                )
            case Judge():
                self._judge(event)
            case Commit(lane, candidates):
                for candidate in candidates:
                    self._commit(self.lanes[lane], self.proposals[candidate])
            case Retract(cells):
                lane_state = self.lanes[cells.lane]
                for position in cells.positions:
                    lane_state.fills[position], lane_state.births[position] = None, BLANK
            case Fork():
                self._fork(event)
            case Close(lane, verdict, into):
                self.lanes[lane].verdict = verdict
                if into not in (ROOT, lane):
                    heir, dead = self.lanes[into], self.lanes[lane]
                    heir.fills, heir.births = list(dead.fills), list(dead.births)

    def _propose(self, event: Propose) -> None:
        columns = zip(event.positions, event.fills, event.parents, event.probs, strict=True)
        for offset, (position, fill, parent, prob) in enumerate(columns):
            id = event.first + offset
            self.proposals[id] = Proposal(
                id, event.source, event.lane, position, fill, parent, prob, event.kind
            )

    def _judge(self, event: Judge) -> None:
        if isinstance(event.of, Candidates):
            columns = zip(event.of.ids, event.values, event.bounds, event.passed, strict=True)
            for id, value, bound, passed in columns:
                self.proposals[id].verdicts.append((event.rule, value, bound, passed))

    def _commit(self, lane: LaneState, proposal: Proposal) -> None:
        if proposal.position == len(lane.fills):
            lane.fills.append(proposal.fill)
            lane.births.append(proposal.id)
        else:
            lane.fills[proposal.position], lane.births[proposal.position] = proposal.fill, proposal.id
        proposal.committed = True

    def _fork(self, event: Fork) -> None:
        parent = self.lanes[event.parent] if event.parent != ROOT else LaneState(ROOT, ROOT, 0, [], [])
        fills: list[Fill | None] = [*parent.fills[: event.kept], *event.holds, *[None] * event.blanks]
        births = [*parent.births[: event.kept], *[HELD] * len(event.holds), *[BLANK] * event.blanks]
        self.lanes[event.lane] = LaneState(event.lane, event.parent, event.kept, fills, births)


def fold(events: Iterable[Event]) -> State:
    """The state after the given events (pass a slice to stop anywhere)."""
    state = State()
    for event in events:
        state.apply(event)
    return state
