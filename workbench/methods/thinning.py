"""Beliefs thinned to what a trace keeps: the likeliest entries, those that a verdict needs, the entropy.

Thinning many rows at once costs a third of thinning them one by one, so a recorder may ask for it later
(`Later`). Every row is worked out by itself: which rows are thinned together changes no digit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.maths.confidence import entropy
from workbench.trace import Observe, Refs

Rows = Sequence[Sequence[int]]
Kind = tuple[int, int, torch.dtype, torch.device]
Columns = tuple[list[tuple[int, ...]], list[tuple[float, ...]], list[float]]

AT_ONCE = 2**17
"""How many probabilities of a kind may wait to be thinned: half a megabyte, which stays in a processor's
cache."""


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
        rows, size = self.probs.shape  # `len` of a tensor takes a microsecond
        return min(8 if rows <= 16 else 4, size)

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
        self._waiting.setdefault(kind, []).append((belief, events))
        self._sizes[kind] = self._sizes.get(kind, 0) + belief.probs.numel()
        if self._sizes[kind] > AT_ONCE:
            del self._sizes[kind]
            fill(self._waiting.pop(kind))
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
    probs = beliefs[0].probs if len(beliefs) == 1 else torch.cat([belief.probs for belief in beliefs])
    best = probs.topk(beliefs[0].width, dim=-1)
    numbers = six(torch.cat((best.values, entropy(probs).unsqueeze(-1)), -1))
    values, entropies = numbers[:, :-1], numbers[:, -1]
    keys, rounded = list(map(tuple, best.indices.tolist())), list(map(tuple, values.tolist()))
    missing = _missing(beliefs, probs, keys)
    equal = (values[:, 1:] == values[:, :-1]).any(-1).nonzero().flatten().tolist()
    for row in {*equal, *missing}:
        pairs = sorted([*zip(rounded[row], keys[row], strict=True), *missing.get(row, ())], key=_likeliest)
        rounded[row], keys[row] = zip(*pairs, strict=True)
    return keys, rounded, entropies.tolist()


def _missing(
    beliefs: Sequence[Belief], probs: Tensor, keys: Sequence[Sequence[int]]
) -> dict[int, list[tuple[float, int]]]:
    """Row -> what verdicts need and the row lacks, as (probability, id)."""
    lacking: list[tuple[int, int]] = []
    start = 0
    for belief in beliefs:
        for row, extra in enumerate(belief.also, start):
            lacking += [(row, id) for id in dict.fromkeys(extra) if id not in keys[row]]
        start += belief.probs.shape[0]
    found: dict[int, list[tuple[float, int]]] = {}
    if lacking:
        rows, ids = zip(*lacking, strict=True)
        for row, id, value in zip(rows, ids, probs[rows, ids].tolist(), strict=True):
            found.setdefault(row, []).append((float(f"{value:.6g}"), id))
    return found


POWERS = torch.tensor([float(f"1e{n}") for n in range(23)], dtype=torch.float64)
"""The powers of ten that float64 holds exactly."""


def six(numbers: Tensor) -> Tensor:
    """Six significant digits, float64 on the CPU: enough for a picture, a quarter of the bytes.

    What ".6g" says, for all at once: a whole number of six digits by a power of ten that is exact is the
    float64 nearest to that decimal. Where the product that gives the whole number is close to a tie, or has
    not six digits (the power would not be exact), ".6g" itself is asked.
    """
    exact = numbers.cpu().double().flatten()
    power = POWERS[(5 - exact.abs().log10_().floor_()).long().clamp_(0, 22)]
    scaled = exact * power
    whole = scaled.round()
    rounded = whole / power
    near_tie = (scaled - whole).abs_() > 0.4999
    not_six_digits = ((whole.abs() - 550_000).abs_() > 450_000) & (exact != 0)
    asked = (near_tie | not_six_digits).nonzero().flatten()
    if len(asked):
        told = [float(f"{number:.6g}") for number in exact[asked].tolist()]
        rounded[asked] = torch.tensor(told, dtype=torch.float64)
    return rounded.view(numbers.shape)


def _likeliest(pair: tuple[float, int]) -> tuple[float, int]:
    return -pair[0], pair[1]
