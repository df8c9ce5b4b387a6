"""Memory handles: who follows whom among cached rows, and which handles may still be used."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from workbench.models.api import ModelError, StaleMemory


class Sight:
    """seen: bool (room, room), which of the rows behind the trunk each of them sees, itself included.

    Trails that grow out of one another share one; a second branch from the same place gets its own.
    """

    def __init__(self, room: int) -> None:
        self.seen = np.zeros((room, room), dtype=bool)
        self.rows = 0

    def grow(self, old: int, parents: Sequence[int]) -> "Sight":
        """With rows behind the first `old` ones, row i following row parents[i] (negative: the trunk)."""
        total = old + len(parents)
        sight = self
        if self.rows != old or total > len(self.seen):
            sight = Sight(total + total // 4 + 16)
            sight.seen[:old, :old] = self.seen[:old, :old]
        seen = sight.seen
        for row, parent in enumerate(parents, old):
            if parent >= 0:
                seen[row] = seen[parent]
            seen[row, row] = True
        sight.rows = total
        return sight


@dataclass(frozen=True, eq=False)
class Trail:
    """Rows 0..trunk form a chain; row trunk + j follows row parents[j] (-1 = nothing).

    depths[j]: its position in the text. attached[j]: how many trunk rows it sees.
    sight: which of the rows behind the trunk each of them sees.
    """

    trunk: int
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    attached: tuple[int, ...]
    sight: "Sight"

    @property
    def rows(self) -> int:
        return self.trunk + len(self.parents)

    def depth(self, row: int) -> int:
        """The position of a row in the text; -1 for row -1, the place before the text."""
        return row if row < self.trunk else self.depths[row - self.trunk]

    def chain(self, new: int) -> "Trail":
        """`new` more rows on the trunk (only a trail without a tree)."""
        return trunk(self.trunk + new)

    def grow(self, parents: Sequence[int]) -> "Trail":
        """New rows, row i following row parents[i]; raises ModelError for a parent that is not there yet."""
        first, old = self.rows, len(self.parents)
        depths, attached = list(self.depths), list(self.attached)
        for row, parent in enumerate(parents, first):
            if not -1 <= parent < row:
                raise ModelError(
                    f"Row {row} cannot follow row {parent}: a parent must come before its child."
                )
            above = parent - self.trunk
            depths.append(parent + 1 if above < 0 else depths[above] + 1)
            attached.append(parent + 1 if above < 0 else attached[above])
        sight = self.sight.grow(old, [parent - self.trunk for parent in parents])
        return Trail(self.trunk, (*self.parents, *parents), tuple(depths), tuple(attached), sight)

    def mask(self, first: int) -> np.ndarray:
        """bool (rows - first, rows): what the rows from `first` (at or behind the trunk) on may see."""
        start, stop = first - self.trunk, len(self.parents)
        attached = self.attached[start:]
        mask = np.ones((stop - start, self.rows), dtype=bool)
        if min(attached) < self.trunk:
            mask[:, : self.trunk] = np.arange(self.trunk) < np.array(attached)[:, None]
        mask[:, self.trunk :] = self.sight.seen[start:stop, :stop]
        return mask

    def path(self, rows: Sequence[int]) -> tuple[int, list[int]]:
        """Check that `rows` are a path; returns (trunk rows before it, all rows of the new trunk's rest)."""
        if not rows:
            return self.trunk, []
        chosen = list(rows)
        for row in chosen:
            if not 0 <= row < self.rows:
                raise ModelError(f"Row {row} is not in a memory of {self.rows} rows.")
        above = [self.parent(row) for row in chosen]
        if above[1:] != chosen[:-1]:
            raise ModelError(f"The rows {chosen} are not a path: each must follow the one before it.")
        if above[0] >= self.trunk:
            raise ModelError(f"The path {chosen} does not begin at the trunk: it follows row {above[0]}.")
        return above[0] + 1, chosen

    def parent(self, row: int) -> int:
        """The row that `row` follows, -1 if none."""
        return row - 1 if row < self.trunk else self.parents[row - self.trunk]


NOBODY = Sight(0)


@lru_cache(4096)
def trunk(rows: int) -> Trail:
    """A chain of `rows` rows, and no tree."""
    return Trail(rows, (), (), (), NOBODY)


EMPTY = trunk(0)


class Buffers(Protocol):
    """The physical side of a memory."""

    def move(self, rows: Sequence[int], to: int) -> None:
        """Copy rows to to, to+1, ..."""
        ...

    def clone(self) -> Self:
        """Independent buffers."""
        ...


B = TypeVar("B", bound=Buffers)


class Store(Generic[B]):
    """Buffers with one writer at a time, and the stamps that tell a stale handle."""

    def __init__(self, buffers: B, stamps: Sequence[int] = (), generation: int = 0) -> None:
        self.buffers = buffers
        self.generation = generation
        self._stamps = list(stamps)  # per row, the generation that wrote it; never falls from row to row

    def write(self, at: int, new: int) -> int:
        """Note that rows at..at+new are written and all behind them are gone; returns the generation."""
        self.generation += 1
        del self._stamps[at:]
        self._stamps += [self.generation] * new
        return self.generation

    def fresh(self, rows: int, generation: int) -> bool:
        """Whether the first `rows` rows are still as a handle of this generation left them."""
        return rows == 0 or (len(self._stamps) >= rows and self._stamps[rows - 1] <= generation)

    def clone(self) -> "Store[B]":
        return Store(self.buffers.clone(), self._stamps, self.generation)


@dataclass(frozen=True, eq=False)
class RowMemory(Generic[B]):
    """The Memory of adapters whose cache is a list of rows.

    shallow: the first row that not all layers computed (rows if none); `ran`: the layers that such rows hold.
    """

    store: Store[B]
    trail: Trail
    generation: int
    shallow: int
    ran: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        return self.trail.rows

    @property
    def length(self) -> int:
        return self.trail.trunk

    @property
    def parents(self) -> tuple[int, ...]:
        return self.trail.parents

    def check(self) -> None:
        """Raise StaleMemory if a later read has overwritten rows of this handle."""
        if not self.store.fresh(self.rows, self.generation):
            raise StaleMemory(
                f"This memory of {self.rows} rows is stale: a later read from an earlier handle "
                "overwrote some of them. Use the newest handle, or take a copy() before branching off."
            )

    def keep(self, rows: Sequence[int]) -> "RowMemory[B]":
        self.check()
        start, chosen = self.trail.path(rows)
        length, generation = start + len(chosen), self.store.generation
        if chosen != list(range(start, length)):
            self.store.buffers.move(chosen, start)
            generation = self.store.write(start, len(chosen))
        low = [start + i for i, row in enumerate(chosen) if row >= self.shallow]
        shallow = min([self.shallow, length] if self.shallow < start else [*low, length])
        return RowMemory(self.store, trunk(length), generation, shallow, self.ran if shallow < length else ())

    def back_to(self, length: int) -> "RowMemory[B]":
        self.check()
        if not 0 <= length <= self.length:
            raise ModelError(f"Cannot go back to length {length}: the trunk has {self.length} rows.")
        ran = self.ran if self.shallow < length else ()
        return RowMemory(self.store, trunk(length), self.store.generation, min(self.shallow, length), ran)

    def copy(self) -> "RowMemory[B]":
        self.check()
        return replace(self, store=self.store.clone())


def behind(old: Trail, parents: Sequence[int] | None, new: int) -> tuple[Trail, bool]:
    """The trail with `new` rows behind `old`, and whether they are a plain chain on the trunk."""
    if parents is not None and len(parents) != new:
        raise ModelError(f"{new} tokens need as many parents, not {len(parents)}.")
    if parents is None and not old.parents:
        return old.chain(new), True
    if parents is None:
        parents = range(old.rows - 1, old.rows - 1 + new)
    return old.grow(parents), False
