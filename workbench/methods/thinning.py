"""Beliefs thinned to what a trace keeps: the likeliest entries, those that a verdict needs, the entropy.

Thinning many rows at once costs a third of thinning them one by one, so a recorder may ask for it later
(`Later`). Every row is worked out by itself: which rows are thinned together changes no digit.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.maths.thin import in_order, thin
from workbench.trace import Observe, Refs

Rows = Sequence[Sequence[int]]
Kind = tuple[int, int, torch.dtype, torch.device]
Columns = tuple[list[tuple[int, ...]], list[tuple[float, ...]], list[float]]

AT_ONCE = 2**19
"""How many bytes of probabilities of a kind may wait to be thinned: what stays in a processor's cache."""

FEW = 8
"""How many of the likeliest entries of a row are kept, unless a method asks for more."""


class Belief(NamedTuple):
    """What `source` believes, one row of `probs` (R, V) per address; several `of` share the rows in order.

    `also[i]` are ids that a verdict needs, kept however unlikely. `most`: of a few rows so many of the
    likeliest entries are kept.
    """

    source: str
    of: tuple[Refs, ...]
    space: str
    probs: Tensor
    also: Rows = ()
    most: int = FEW

    @property
    def width(self) -> int:
        """How many of the likeliest entries are kept per row."""
        rows, size = self.probs.shape  # `len` of a tensor takes a microsecond
        return min(self.most if rows <= 16 else 4, size)

    @property
    def kind(self) -> Kind:
        """What beliefs that are thinned together have in common."""
        return self.width, self.probs.shape[-1], self.probs.dtype, self.probs.device


Waiting = list[tuple[Belief, list[Observe]]]


class Later:
    """Thins beliefs when asked, many at a time. Until then their events are empty: nobody may see them."""

    def __init__(self) -> None:
        self._waiting: dict[Kind, Waiting] = {}
        self._sizes: dict[Kind, int] = {}

    def put(self, belief: Belief) -> list[Observe]:
        """The events of a belief, filled at the next `fill` at the latest."""
        events, kind = places(belief), belief.kind
        alike = self._waiting.setdefault(kind, [])
        if not alike or alike[-1][0].probs is not belief.probs:  # the same rows again are thinned once
            if self._sizes.get(kind, 0) > AT_ONCE:
                fill(alike)
                alike.clear()
                del self._sizes[kind]
            self._sizes[kind] = self._sizes.get(kind, 0) + belief.probs.nbytes
        alike.append((belief, events))
        return events

    def fill(self) -> None:
        """From now on every event that `put` returned is whole."""
        waiting, self._waiting, self._sizes = self._waiting, {}, {}
        for alike in waiting.values():
            fill(alike)


def observed(belief: Belief) -> list[Observe]:
    """The events of one belief: one per `of`, since an event has one kind of address."""
    events = places(belief)
    fill([(belief, events)])
    return events


def places(belief: Belief) -> list[Observe]:
    """The events of a belief without their numbers."""
    return [Observe(belief.source, refs, belief.space, (), (), ()) for refs in belief.of]


def fill(alike: Waiting) -> None:
    """Put the numbers into events that nobody has seen yet (the only place where an event changes).

    alike: beliefs of one kind.
    """
    columns = _columns([belief for belief, _ in alike])
    start = 0
    for event in (event for _, events in alike for event in events):
        rows = slice(start, start + len(event.of))
        for name, column in zip(("keys", "probs", "entropies"), columns, strict=True):
            object.__setattr__(event, name, tuple(column[rows]))
        start = rows.stop


def _columns(beliefs: Sequence[Belief]) -> Columns:
    """Of all rows: ids and probabilities, likeliest first, and the entropies."""
    tensors = {id(belief.probs): belief.probs for belief in beliefs}
    keys, probs, entropies = thin(list(tensors.values()), beliefs[0].width)
    if len(tensors) < len(beliefs):
        first = dict(zip(tensors, accumulate(map(len, tensors.values()), initial=0), strict=False))
        starts = [(first[id(belief.probs)], belief.probs.shape[0]) for belief in beliefs]
        place = [row for start, count in starts for row in range(start, start + count)]
        keys, probs = [keys[row] for row in place], [probs[row] for row in place]
        entropies = [entropies[row] for row in place]
    start = 0
    for belief in beliefs:
        stop = start + belief.probs.shape[0]
        if belief.also:
            for row, more in _missing(belief, keys[start:stop]).items():
                held = zip(probs[start + row], keys[start + row], strict=True)
                probs[start + row], keys[start + row] = in_order([*held, *more])
        start = stop
    return keys, probs, entropies


def _missing(belief: Belief, keys: Sequence[Sequence[int]]) -> dict[int, list[tuple[float, int]]]:
    """Row -> what verdicts need and the row lacks, as (probability, id)."""
    asked = enumerate(zip(belief.also, keys, strict=True))
    lacking = [(row, id) for row, (extra, kept) in asked for id in dict.fromkeys(extra) if id not in kept]
    found: dict[int, list[tuple[float, int]]] = {}
    if lacking:
        rows, ids = zip(*lacking, strict=True)
        for row, id, value in zip(rows, ids, belief.probs[rows, ids].tolist(), strict=True):
            found.setdefault(row, []).append((float(f"{value:.6g}"), id))
    return found
