"""The unmask map: one row per round, one column per position of a canvas.

A row keeps the confidence of each position's current candidate (thousandths, -1 for none) and a
letter for its state: `.` blank, `g` guessed, `N` committed in this round, `c` committed before,
`r` made blank again in this round. Behind them stand the letters and marks of `viz.cells`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from viz.cells import Fed
from workbench.trace import ROOT, Fork, Propose, Retract


@dataclass(slots=True)
class Grid:
    """The canvas of lane 0, if it has one."""

    start: int = 0
    width: int = 0
    borders: list[int] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    """[round, values, letters, letters of the rows, marks, whether all was written early]"""
    fed: Fed = field(default_factory=Fed)
    _values: list[int] = field(default_factory=list)
    _letters: list[str] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    """The round in which each position was last committed, -1 while it is open."""
    ends: set[int] = field(default_factory=set[int])
    """Positions that hold an end of text: what stands behind the first of them is padding."""
    _guessed: set[int] = field(default_factory=set[int])
    """Positions that have a guess of this round."""
    _blocks: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    """Heading -> first and last position, first and last row."""

    def fork(self, event: Fork, given: int) -> None:
        if event.lane == 0 and event.blanks:
            self.start, self.width = given, event.blanks
            self._values, self._letters = [-1] * event.blanks, ["."] * event.blanks
            self.order = [-1] * event.blanks
            self.fed.fork(given, event.blanks)

    def grow(self, position: int) -> None:
        """Block methods append canvas after canvas; the map grows with them."""
        while self.width and position - self.start >= self.width:
            self.width += 1
            self._values.append(-1)
            self._letters.append(".")
            self.order.append(-1)
            self.fed.grow(self.width)

    def new_round(self, number: int) -> None:
        if not self.width:
            return
        self.freeze()
        self._letters = [{"N": "c", "r": "."}.get(letter, letter) for letter in self._letters]
        self.fed.new_round()
        self._guessed = set()
        self.rows.append([number, [], "", "", [], False])
        self.freeze()

    def freeze(self) -> None:
        """Write the current round's row."""
        if self.rows:
            self.rows[-1][1:] = [list(self._values), "".join(self._letters), *self.fed.row()]

    def shows(self, event: Propose) -> bool:
        """Is this what a round says of its open cells? Not what is tried out besides: guesses that hang on
        others, and further ones for a cell that has one."""
        plain = all(parent == ROOT for parent in event.parents)
        return event.lane != 0 or (plain and self._guessed.isdisjoint(event.positions))

    def propose(self, event: Propose) -> None:
        self._guessed.update(event.positions)
        for position, prob in zip(event.positions, event.probs, strict=True):
            self._put(position, prob, "g", only=".gr")

    def commit(self, positions: list[int], probs: list[float], ends: Sequence[bool]) -> None:
        """`ends` says which of the tokens are an end of text."""
        for position, prob, ending in zip(positions, probs, ends, strict=True):
            self._put(position, prob, "N")
            (self.ends.add if ending else self.ends.discard)(position)
        self.fed.changed(positions)

    def retract(self, event: Retract) -> None:
        for position in event.cells.positions:
            self._put(position, None, "r")
            self.ends.discard(position)
        self.fed.changed(event.cells.positions)

    def block(self, title: str, positions: list[int]) -> None:
        """A block is where its heading's commits fall; its border is the first of them."""
        if positions and self.width:
            row = max(0, len(self.rows) - 1)
            low, high, first, _ = self._blocks.get(title, [min(positions), max(positions), row, row])
            self._blocks[title] = [min(low, *positions), max(high, *positions), first, row]
            spans = sorted(block[:2] for block in self._blocks.values())
            apart = all(left[1] < right[0] for left, right in pairwise(spans))
            self.borders = [low for low, _ in spans if apart and low != self.start]

    def described(self) -> dict[str, Any]:
        where = {"lane": 0, "start": self.start, "width": self.width, "borders": self.borders}
        blocks = [block for title, block in self._blocks.items() if title]
        end = min(self.ends, default=None)
        return where | {"order": self.order, "rho": self.rho(), "end": end, "blocks": blocks}

    def early(self) -> list[int]:
        """The rounds in which everything that was open was written at once."""
        self.freeze()
        return [row[0] for row in self.rows if row[5]]

    def rho(self) -> float | None:
        """Rank correlation (Spearman) of position and commit round: 1 is strictly left to right.

        Over the text up to its end, as the table of a sweep has it: how the padding came says nothing.
        """
        text = self.order[: min(self.ends, default=self.start + self.width) - self.start + 1]
        pairs = [(at, round) for at, round in enumerate(text) if round >= 0]
        if len(pairs) < 3 or len({round for _, round in pairs}) < 2:
            return None
        places, rounds = (ranks(column) for column in zip(*pairs, strict=True))
        return round(float(np.corrcoef(places, rounds)[0, 1]), 3)

    def _put(self, position: int, prob: float | None, letter: str, only: str = "") -> None:
        self.grow(position)
        at = position - self.start
        if not 0 <= at < self.width or (only and self._letters[at] not in only):
            return
        self._letters[at] = letter
        if letter in "Nr":
            self.order[at] = self.rows[-1][0] if letter == "N" and self.rows else -1
        if prob is not None:
            self._values[at] = round(1000 * prob)


def ranks(values: Sequence[float]) -> np.ndarray:
    """Ranks with ties at their mean."""
    column = np.asarray(values, float)
    order = column.argsort(kind="stable")
    place = np.empty(len(column))
    place[order] = np.arange(len(column))
    _, group, many = np.unique(column, return_inverse=True, return_counts=True)
    return np.bincount(group, place)[group] / many[group]
