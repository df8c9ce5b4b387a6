"""Addresses: topology lives here, so that ten verbs serve every family.

An event speaks of one kind of address only, so addresses come as columns
(`Cells(lane, positions)`), which also keeps a trace small. `each()` gives the single
addresses back when a table needs them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

ROOT = -1
"""No parent: a candidate that hangs on the committed text, a lane forked from nothing."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A sequence being decoded; the answer is lane 0."""

    id: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One position of one lane; position 0 is the first token of the prompt."""

    lane: int
    position: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An identified proposal of one fill for one position."""

    id: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a network, 0 nearest to the input."""

    index: int


@dataclass(frozen=True, slots=True)
class Lanes:
    """Several lanes."""

    ids: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def each(self) -> Iterator[Lane]:
        return map(Lane, self.ids)


@dataclass(frozen=True, slots=True)
class Cells:
    """Several positions of one lane."""

    lane: int
    positions: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.positions)

    def each(self) -> Iterator[Cell]:
        return (Cell(self.lane, position) for position in self.positions)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Several candidates."""

    ids: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def each(self) -> Iterator[Candidate]:
        return map(Candidate, self.ids)


@dataclass(frozen=True, slots=True)
class Layers:
    """Several layers."""

    indices: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.indices)

    def each(self) -> Iterator[Layer]:
        return map(Layer, self.indices)


Ref = Lane | Cell | Candidate | Layer
Refs = Lanes | Cells | Candidates | Layers
