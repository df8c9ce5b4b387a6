"""Beliefs thinned to what a trace keeps: the likeliest entries, those that a verdict needs, the entropy.

Thinning many rows at once costs a third of thinning them one by one, so a recorder may ask for it later
(`Later`). Every row is worked out by itself: which rows are thinned together changes no digit.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.maths.confidence import entropy
from workbench.trace import Observe, Refs

Rows = Sequence[Sequence[int]]
Columns = tuple[tuple[int, ...], tuple[float, ...]]

AT_ONCE = 2**17
"""How many probabilities may wait to be thinned: half a megabyte, which stays in a processor's cache."""


class Belief(NamedTuple):
    """What `source` believes, one row of `probs` (R, V) per address; several `of` share the rows in order.

    `also[i]` are ids that a verdict needs, kept however unlikely.
    """

    source: str
    of: tuple[Refs, ...]
    space: str
    probs: Tensor
    also: Rows = ()

    @property
    def width(self) -> int:
        """How many of the likeliest entries are kept per row."""
        return min(8 if len(self.probs) <= 16 else 4, self.probs.shape[-1])


Waiting = tuple[Belief, list[Observe]]


class Later:
    """Thins beliefs when asked, many at a time. Until then their events are empty: nobody may see them."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._size = 0

    def put(self, belief: Belief) -> list[Observe]:
        """The events of a belief, filled at the next `fill` at the latest."""
        events = places(belief)
        self._waiting.append((belief, events))
        self._size += belief.probs.numel()
        if self._size > AT_ONCE:
            self.fill()
        return events

    def fill(self) -> None:
        """From now on every event that `put` returned is whole."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        fill(waiting)


def observed(belief: Belief) -> list[Observe]:
    """The events of one belief: one per `of`, since an event has one kind of address."""
    events = places(belief)
    fill([(belief, events)])
    return events


def places(belief: Belief) -> list[Observe]:
    """The events of a belief without their numbers."""
    return [Observe(belief.source, refs, belief.space, (), (), ()) for refs in belief.of]


def fill(waiting: Sequence[Waiting]) -> None:
    """Put the numbers into events that nobody has seen yet (the only place where an event changes)."""
    groups: dict[tuple[object, ...], list[Waiting]] = {}
    for each in waiting:
        probs = each[0].probs
        groups.setdefault((each[0].width, probs.shape[-1], probs.dtype, probs.device), []).append(each)
    for group in groups.values():
        columns, entropies = _columns([belief for belief, _ in group])
        start = 0
        for event in (event for _, events in group for event in events):
            rows = slice(start, start + len(event.of))
            keys, probs = zip(*columns[rows], strict=True)
            for name, column in (("keys", keys), ("probs", probs), ("entropies", entropies[rows])):
                object.__setattr__(event, name, column)
            start = rows.stop


def _columns(beliefs: Sequence[Belief]) -> tuple[list[Columns], tuple[float, ...]]:
    """Of all rows: ids and probabilities, likeliest first, and the entropies."""
    probs = beliefs[0].probs if len(beliefs) == 1 else torch.cat([belief.probs for belief in beliefs])
    width = beliefs[0].width
    best = probs.topk(width, dim=-1)
    keys, values = best.indices.tolist(), best.values.tolist()
    _add_missing(beliefs, probs, keys, values)
    rounded = six(chain.from_iterable(values))
    stops = accumulate(map(len, keys))
    columns = [
        _sorted(row, rounded[stop - len(row) : stop], width) for row, stop in zip(keys, stops, strict=True)
    ]
    return columns, tuple(six(entropy(probs).tolist()))


def _add_missing(
    beliefs: Sequence[Belief], probs: Tensor, keys: list[list[int]], values: list[list[float]]
) -> None:
    """Append the ids that verdicts need, with their probabilities, to the rows that lack them."""
    rows: list[int] = []
    ids: list[int] = []
    start = 0
    for belief in beliefs:
        for row, extra in enumerate(belief.also, start):
            for id in dict.fromkeys(extra):
                if id not in keys[row]:
                    rows.append(row)
                    ids.append(id)
        start += len(belief.probs)
    if rows:
        for row, id, value in zip(rows, ids, probs[rows, ids].tolist(), strict=True):
            keys[row].append(id)
            values[row].append(value)


def _sorted(keys: list[int], probabilities: list[float], width: int) -> Columns:
    """Likeliest first, the lower id on a tie.

    Where nothing is equal the row is in that order already, with one entry more than the likeliest as well.
    """
    if len(set(probabilities)) < len(keys) or len(keys) > width + 1:
        pairs = sorted(zip(probabilities, keys, strict=True), key=_likeliest)
        return tuple(id for _, id in pairs), tuple(probability for probability, _ in pairs)
    return tuple(keys), tuple(probabilities)


def six(numbers: Iterable[float]) -> list[float]:
    """Six significant digits: enough for a picture, a quarter of the bytes. All at once is quicker."""
    numbers = tuple(numbers)
    return list(map(float, ("%.6g " * len(numbers) % numbers).split()))


def _likeliest(pair: tuple[float, int]) -> tuple[float, int]:
    return -pair[0], pair[1]
