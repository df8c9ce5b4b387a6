"""What happened to the cells of a canvas beside being filled: which rows were computed, what rules marked.

Per round one letter for every position, of what the network read there: `f` computed in this round, `k` read
from the cache, `s` read from the cache though the token has changed since the row was computed, `u` not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.trace import Candidates, Cells, Forward, Judge, Lanes, State

MARKS: dict[str, tuple[str, str]] = {
    "anchor": ("a", ""),
    "near_anchor": ("n", ""),
    "same_token": ("v", "x"),
    "checked_ratio": ("v", "x"),
    "checked_match": ("v", "x"),
    "guide_agrees": ("v", "x"),
    "guide_finds_likely": ("v", "x"),
    "guide_ranks": ("v", "x"),
    "guide_near_best": ("v", "x"),
    "guide_coin": ("v", "x"),
    "pivot": ("p", ""),
}
"""Rule -> mark where it passed and where it failed: anchor, neighbour, verified, refused, pivot."""
CHECKS = frozenset(rule for rule, (passed, _) in MARKS.items() if passed == "v")
"""Rules of a second look, each candidate behind those before it."""
EARLY = frozenset({"decided"})
"""Rules about the whole answer after which every hole is written at once."""


@dataclass(slots=True)
class Fed:
    """Feed it the passes, verdicts and changes of lane 0; `row()` is the round so far."""

    audited: bool = False
    start: int = 0
    width: int = 0
    marks: dict[int, str] = field(default_factory=dict[int, str])
    early: bool = False
    _reader: str = ""
    _letters: list[str] = field(default_factory=list[str])
    _stale: list[bool] = field(default_factory=list[bool])
    _partial: bool = False
    _before: tuple[int, int] = (0, 0)
    """The first rows that the pass before computed, in this round."""

    def fork(self, start: int, width: int) -> None:
        self.start, self.width = start, width
        self._letters, self._stale = [""] * width, [False] * width

    def grow(self, width: int) -> None:
        more = width - self.width
        self.width = width
        self._letters += [""] * more
        self._stale += [False] * more

    def new_round(self) -> None:
        self._letters = [""] * self.width
        self.marks, self.early, self._partial, self._before = {}, False, False, (0, 0)

    def forward(self, event: Forward) -> None:
        """The canvas is read by the network that reads it first; others only advise."""
        self._reader = self._reader or event.source
        if event.source != self._reader or not self.width:
            return
        computed, visible = self._inside(event.computed), self._inside(event.visible)
        whole = not visible and len(computed) == self.width
        if whole and self.audited and self._partial:
            return  # the exact pass that a cached one is compared with
        first = event.computed[0] if event.computed else (0, 0)
        longer = first[0] == self._before[0] and first[1] > self._before[1] > self._before[0]
        if longer:
            return  # the same rows again, with copies of them behind: those are no cells of the canvas
        self._before = first
        self._partial |= not whole
        for at in range(self.width):
            if at in computed:
                self._letters[at], self._stale[at] = "f", False
            elif self._letters[at] in ("", "u"):
                self._letters[at] = ("s" if self._stale[at] else "k") if at in visible else "u"

    def changed(self, positions: Sequence[int]) -> None:
        """Their tokens changed: rows that were computed before are stale."""
        for position in positions:
            if 0 <= position - self.start < self.width:
                self._stale[position - self.start] = True

    def judge(self, event: Judge, state: State) -> None:
        if isinstance(event.of, Lanes):
            self.early |= event.rule in EARLY and all(event.passed)
        mark = MARKS.get(event.rule)
        if mark is None or not isinstance(event.of, Candidates | Cells):
            return
        for position, passed in zip(_places(event, state), event.passed, strict=True):
            letter = mark[0 if passed else 1]
            if letter and 0 <= position - self.start < self.width:
                self.marks[position - self.start] = letter

    def row(self) -> tuple[str, list[list[int | str]], bool]:
        """Letters (empty where every row is fresh), [cell, mark] pairs, and whether all was written early."""
        plain = all(letter in ("f", "") for letter in self._letters)
        letters = "" if plain else "".join(letter or "u" for letter in self._letters)
        return letters, [[cell, mark] for cell, mark in sorted(self.marks.items())], self.early

    def _inside(self, spans: Sequence[tuple[int, int]]) -> set[int]:
        stop = self.start + self.width
        return {at - self.start for a, b in spans for at in range(max(a, self.start), min(b, stop))}


def _places(event: Judge, state: State) -> Sequence[int]:
    if isinstance(event.of, Cells):
        return event.of.positions if event.of.lane == 0 else [-1] * len(event.of.positions)
    assert isinstance(event.of, Candidates)
    return [state.proposals[id].position for id in event.of.ids]
