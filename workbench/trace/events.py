"""The ten verbs. No optional field, no free dict, no event inside an event.

A value is recorded only if it cannot be derived from the events before it.
"""

from dataclasses import dataclass
from enum import StrEnum

from workbench.trace.fills import Fill
from workbench.trace.refs import Cells, Refs


class DraftKind(StrEnum):
    """How a proposal was chosen; it decides which verification rules are lossless for it."""

    SAMPLED = "sampled"
    """Drawn from the recorded probability (with replacement among siblings)."""
    SAMPLED_WITHOUT = "sampled_without"
    """Drawn without replacement among its siblings."""
    POINT = "point"
    """A deterministic function of the text so far (argmax, top-k, n-gram match)."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A heading: what follows belongs to it until the next heading of this level or above."""

    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Forward:
    """A network ran. Emitted by the meter only.

    `computed` and `visible` are (start, stop) spans of sequence rows: those that were pushed
    through the layers, and those read from the cache. `layers` are (start, stop) spans too.
    Equal ticks could have run at the same time.
    """

    source: str
    tick: int
    computed: tuple[tuple[int, int], ...]
    visible: tuple[tuple[int, int], ...]
    layers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Observe:
    """What a source believes, thinned to its likeliest entries (probabilities, 6 digits).

    A belief at a cell is about what fills that cell, given what its lane holds. A belief at a
    candidate is about what *follows* the candidate, given the path that leads to it.
    `keys[i]`, `probs[i]` run from the likeliest down; entries that a verdict needs are kept
    however unlikely they are. `entropies` are in nats.
    """

    source: str
    of: Refs
    space: str
    keys: tuple[tuple[int, ...], ...]
    probs: tuple[tuple[float, ...], ...]
    entropies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Propose:
    """Candidates are on the table; candidate i has the id `first + i`.

    `parents[i]` is a candidate id or ROOT; `probs[i]` is the probability its proposer gave it
    (1 where the proposer has none, as for an n-gram match).
    """

    first: int
    source: str
    lane: int
    positions: tuple[int, ...]
    fills: tuple[Fill, ...]
    parents: tuple[int, ...]
    probs: tuple[float, ...]
    kind: DraftKind

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(range(self.first, self.first + len(self.fills)))


@dataclass(frozen=True, slots=True)
class Score:
    """A named quantity (a declared Measure) of some addresses."""

    measure: str
    of: Refs
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """A named rule decided: `passed[i] == operator(values[i], bounds[i])`, always."""

    rule: str
    of: Refs
    values: tuple[float, ...]
    bounds: tuple[float, ...]
    passed: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """These candidates become the content of their cells in `lane`."""

    lane: int
    candidates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Retract:
    """Cells become blank again (remask, rollback, edit, eviction)."""

    cells: Cells
    reason: str


@dataclass(frozen=True, slots=True)
class Fork:
    """A lane begins: `kept` cells of the parent's prefix, then `holds`, then `blanks` empty cells."""

    lane: int
    parent: int
    kept: int
    blanks: int
    holds: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """A lane ends. With an heir (`into` is not ROOT and not the lane) the heir takes its cells over."""

    lane: int
    verdict: str
    into: int


Event = Phase | Forward | Observe | Propose | Score | Judge | Commit | Retract | Fork | Close
VERBS: tuple[type, ...] = (Phase, Forward, Observe, Propose, Score, Judge, Commit, Retract, Fork, Close)
