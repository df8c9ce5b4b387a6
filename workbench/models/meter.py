"""Every forward pass is counted here and nowhere else."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from workbench.trace.errors import WorkbenchError

Spans = tuple[tuple[int, int], ...]
"""Half-open (start, stop) runs of rows or layers, ascending."""


class Cancelled(WorkbenchError):
    """The person (or a budget) asked the run to stop; raised before the next pass."""


class Pass(NamedTuple):
    """One forward pass: the rows it computed, the cached rows it could see, the layers it ran."""

    source: str
    tick: int
    computed: Spans
    visible: Spans
    layers: Spans
    rows: int


class Totals(NamedTuple):
    """The running cost of one source: passes, rows pushed, rows times layers."""

    passes: int
    rows: int
    layer_rows: int


def never() -> bool:
    """The stop hook of a run that nobody stops."""
    return False


class Meter:
    """Counts passes. `pending` is drained by the recorder; equal ticks = could run at the same time."""

    def __init__(self, stop_requested: Callable[[], bool] = never) -> None:
        self.pending: list[Pass] = []
        self._sums: dict[str, list[int]] = {}
        self.stop_requested = stop_requested
        self._tick = -1
        self._together = False

    def count(self, source: str, computed: Spans, visible: Spans, layers: Spans) -> None:
        """Called by an adapter right before each pass; raises Cancelled if a stop was asked for."""
        if self.stop_requested():
            raise Cancelled("The run was stopped.")
        if not self._together:
            self._tick += 1
        rows, deep = length(computed), length(layers)
        self.pending.append(Pass(source, self._tick, computed, visible, layers, rows))
        sums = self._sums.get(source)
        if sums is None:
            sums = self._sums[source] = [0, 0, 0]
        sums[0] += 1
        sums[1] += rows
        sums[2] += rows * deep

    @property
    def totals(self) -> dict[str, Totals]:
        """The running cost of every source that ran."""
        return {source: Totals(*sums) for source, sums in self._sums.items()}

    def drain(self) -> list[Pass]:
        """The passes since the last drain."""
        passes, self.pending = self.pending, []
        return passes

    @contextmanager
    def together(self) -> Iterator[None]:
        """All passes inside share one tick. May be nested: the outermost counts."""
        if self._together:
            yield
            return
        self._tick += 1
        self._together, before = True, len(self.pending)
        try:
            yield
        finally:
            self._together = False
            if len(self.pending) == before:  # nothing ran: the tick is not used up
                self._tick -= 1


def length(runs: Spans) -> int:
    """How many numbers the runs hold together."""
    if len(runs) == 1:  # nearly always, and this is called for every pass
        return runs[0][1] - runs[0][0]
    return sum(stop - start for start, stop in runs)


def spans(numbers: Sequence[int]) -> Spans:
    """Ascending numbers as half-open runs: [0, 1, 2, 5] -> ((0, 3), (5, 6))."""
    if isinstance(numbers, range) and numbers.step == 1:
        return ((numbers.start, numbers.stop),) if numbers else ()
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return tuple(runs)
