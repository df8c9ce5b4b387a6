"""What figures need beside the state: every pass with its times, spans that were copied, and p against q."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from viz.fate import DRAFTERS, JUDGES, Fates
from viz.forest import Forest
from viz.measures import Readings
from viz.trials import Trials
from workbench.trace import Candidates, Event, Forward, Observe, Propose, Score, State, Token

MOST_PLACES, MOST_TOKENS = 300, 6
COPIED, MATCHED = "copied_from", "match_length"


@dataclass(frozen=True, slots=True)
class Pass:
    """One forward pass; times are those of the recorded step before and of its own, in ms. `drafts` are the
    candidates that its network proposed from it."""

    beat: int
    round: int
    source: str
    tick: int
    rows: int
    cached: int
    began: float
    ended: float
    drafts: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class Copy:
    """A drafted span: `length` cells read from `source` on, behind `matched` equal ones."""

    beat: int
    round: int
    first: int
    source: int
    target: int
    length: int
    matched: int


@dataclass(frozen=True, slots=True)
class Place:
    """Two beliefs about one cell; `ids` are the drafts that were tried there. Only what both recorded."""

    beat: int
    round: int
    position: int
    ids: tuple[int, ...]
    tokens: tuple[int, ...]
    target: tuple[float, ...]
    draft: tuple[float, ...]
    space: str = ""

    @property
    def overlap(self) -> tuple[float, float]:
        """The least and the most that sum(min(target, draft)) can be, given what was recorded."""
        low = sum(map(min, self.target, self.draft))
        rest = min(1 - sum(self.target), 1 - sum(self.draft))
        return round(low, 4), round(min(1.0, low + max(0.0, rest)), 4)


@dataclass(slots=True)
class Records:
    """Feed it every event after the state and the fates took it in."""

    state: State
    fates: Fates
    forest: Forest
    passes: list[Pass] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    places: dict[tuple[int, int], Place] = field(default_factory=dict)
    """By round and first draft of the place."""
    readings: Readings = field(init=False)
    trials: Trials = field(init=False)
    _before: float = 0.0
    _matched: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.readings = Readings(self.fates.glossary, self.state)
        self.trials = Trials(self.state, self.fates)

    def feed(self, event: Event, beat: int, number: int, ms: float) -> None:
        """`ms` is the event's time since the start of the run."""
        self.readings.feed(event, number)
        self.trials.feed(event, beat, number)
        match event:
            case Forward(source, tick, computed, visible):
                rows, cached = _length(computed), _length(visible)
                self.passes.append(Pass(beat, number, source, tick, rows, cached, self._before, ms))
            case Score(measure, Candidates(ids), values) if measure == MATCHED:
                self._matched = dict(zip(ids, map(int, values), strict=True))
            case Score(measure, Candidates(ids), values) if measure == COPIED and ids:
                self._copied(ids, values, beat, number)
            case Observe(source, _, space) if self.fates.role(source) in JUDGES:
                self._compare(source, space, beat, number)
            case Propose():
                self._matched = {}
                self._drafted(event)
            case _:
                pass
        self._before = max(self._before, ms)

    def _drafted(self, event: Propose) -> None:
        """Drafts come from their source's latest pass; a lane of labels holds none."""
        if self.fates.role(event.source) in DRAFTERS and event.lane not in self.fates.labelled:
            last = next((each for each in reversed(self.passes) if each.source == event.source), None)
            if last is not None:
                last.drafts.extend(event.ids)

    def _copied(self, ids: Sequence[int], values: Sequence[float], beat: int, number: int) -> None:
        first, matched = ids[0], self._matched.get(ids[0], 0)
        place = self.state.proposals[first].position
        self.copies.append(Copy(beat, number, first, int(values[0]), place, len(ids), matched))

    def _compare(self, source: str, space: str, beat: int, number: int) -> None:
        """Both beliefs at the places of the drafts that wait, where the drafter recorded its own."""
        families: dict[Any, list[int]] = {}
        for id in self.fates.waiting:
            proposal = self.state.proposals[id]
            if isinstance(proposal.fill, Token):
                families.setdefault((proposal.source, self.forest.address(proposal)), []).append(id)
        for (drafter, ref), ids in families.items():
            target = self.state.beliefs.get((source, space, ref))
            draft = self.state.beliefs.get((drafter, space, ref))
            if target is None or draft is None or len(self.places) >= MOST_PLACES:
                continue
            known = dict(zip(draft.keys, draft.probs, strict=True))
            rows = [
                (key, prob, known[key])
                for key, prob in zip(target.keys, target.probs, strict=True)
                if key in known
            ]
            rows.sort(key=lambda row: (-max(row[1], row[2]), row[0]))
            if rows:
                position = self.state.proposals[ids[0]].position
                columns = zip(*rows[:MOST_TOKENS], strict=True)
                self.places[number, ids[0]] = Place(beat, number, position, tuple(ids), *columns, space=space)


def _length(spans: Sequence[tuple[int, int]]) -> int:
    return sum(stop - start for start, stop in spans)
