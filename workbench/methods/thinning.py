"""Beliefs thinned to what a trace keeps: the likeliest entries, those that a verdict needs, the entropy.

Thinning many rows at once costs a third of thinning them one by one, so a recorder may ask for it later
(`Later`). Every row is worked out by itself: which rows are thinned together changes no digit.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.maths.confidence import entropy
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
    probs = torch.cat(list(tensors.values())).float()  # seven digits are enough for six
    nats = entropy(probs).cpu().numpy()
    ids, best = _likeliest_of(probs, beliefs[0].width)
    numbers = six(np.concatenate((best, nats[:, None]), -1))
    values, entropies = numbers[:, :-1], numbers[:, -1].tolist()
    keys, rounded = list(map(tuple, ids.tolist())), list(map(tuple, values.tolist()))
    falling = (values[:, 1:] == values[:, :-1]) & (ids[:, 1:] < ids[:, :-1])
    for row in np.flatnonzero(falling.any(-1)).tolist():
        rounded[row], keys[row] = _in_order(zip(rounded[row], keys[row], strict=True))
    place = range(len(keys))
    if len(tensors) < len(beliefs):
        first = dict(zip(tensors, accumulate(map(len, tensors.values()), initial=0), strict=False))
        starts = [(first[id(belief.probs)], len(belief.probs)) for belief in beliefs]
        place = [row for start, count in starts for row in range(start, start + count)]
        keys, rounded = [keys[row] for row in place], [rounded[row] for row in place]
        entropies = [entropies[row] for row in place]
    for row, more in _missing(beliefs, probs, place, keys).items():
        rounded[row], keys[row] = _in_order([*zip(rounded[row], keys[row], strict=True), *more])
    return keys, rounded, entropies


def _likeliest_of(probs: Tensor, width: int) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Ids and probabilities (R, width) of the likeliest, of equals the lowest id; `probs` may lose them."""
    if not probs.is_cpu:
        best = probs.topk(width, dim=-1)
        return best.indices.cpu().numpy(), best.values.cpu().numpy()
    rows, every = probs.numpy(), np.arange(len(probs))
    ids, values = np.empty((len(rows), width), np.int64), np.empty((len(rows), width), rows.dtype)
    for place in range(width):  # a few searches for the highest cost less than one for the few highest
        ids[:, place] = found = rows.argmax(-1)
        values[:, place] = rows[every, found]
        rows[every, found] = -1
    return ids, values


def _missing(
    beliefs: Sequence[Belief], probs: Tensor, place: Sequence[int], keys: Sequence[Sequence[int]]
) -> dict[int, list[tuple[float, int]]]:
    """Row -> what verdicts need and the row lacks, as (probability, id). `place`: its row in `probs`."""
    lacking: list[tuple[int, int]] = []
    start = 0
    for belief in beliefs:
        for row, extra in enumerate(belief.also, start):
            lacking += [(row, id) for id in dict.fromkeys(extra) if id not in keys[row]]
        start += belief.probs.shape[0]
    found: dict[int, list[tuple[float, int]]] = {}
    if lacking:
        rows, ids = zip(*lacking, strict=True)
        values = probs[[place[row] for row in rows], ids].tolist()
        for row, id, value in zip(rows, ids, values, strict=True):
            found.setdefault(row, []).append((float(f"{value:.6g}"), id))
    return found


POWERS = np.array([float(f"1e{n}") for n in range(23)])
"""The powers of ten that float64 holds exactly."""


def six(numbers: NDArray[np.floating]) -> NDArray[np.float64]:
    """Six significant digits: enough for a picture, a quarter of the bytes.

    What ".6g" says, for all at once: a whole number of six digits by a power of ten that is exact is the
    float64 nearest to that decimal. Where the product that gives the whole number is close to a tie, or has
    not six digits (the power would not be exact), ".6g" itself is asked.
    """
    exact = numbers.astype(np.float64)
    with np.errstate(divide="ignore"):  # 0 has as many digits as one likes
        digits = np.floor(np.log10(np.abs(exact)))
    power = POWERS[np.clip(5 - digits, 0, 22).astype(np.intp)]
    scaled = exact * power
    whole = np.rint(scaled)
    rounded = whole / power
    near_tie = np.abs(scaled - whole) > 0.4999
    not_six_digits = (np.abs(np.abs(whole) - 550_000) > 450_000) & (exact != 0)
    asked = near_tie | not_six_digits
    if asked.any():
        rounded[asked] = [float(f"{number:.6g}") for number in exact[asked].tolist()]
    return rounded


def _in_order(pairs: Iterable[tuple[float, int]]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Probabilities and ids, the higher first, of equals the lowest id."""
    probs, ids = zip(*sorted(pairs, key=lambda pair: (-pair[0], pair[1])), strict=True)
    return probs, ids
