"""Rows of probabilities cut down to a few numbers: the likeliest entries to six digits, and the entropy."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.maths.confidence import entropy

Thinned = tuple[list[tuple[int, ...]], list[tuple[float, ...]], list[float]]


def thin(tensors: Sequence[Tensor], width: int) -> Thinned:
    """Of all rows of some (R, V): up to `width` ids and probabilities, likeliest first; entropies in nats.

    Of equal probabilities, after rounding too, the lowest id comes first; what has none is left out.
    """
    probs = torch.cat(list(tensors)).float()  # seven digits are enough for six
    nats = entropy(probs).cpu().numpy()
    ids, best = _likeliest(probs, width)
    numbers = six(np.concatenate((best, nats[:, None]), -1))
    values, entropies = numbers[:, :-1], numbers[:, -1].tolist()
    keys, rounded = list(map(tuple, ids.tolist())), list(map(tuple, values.tolist()))
    falling = (values[:, 1:] == values[:, :-1]) & (ids[:, 1:] < ids[:, :-1])
    for row in np.flatnonzero(falling.any(-1)).tolist():
        rounded[row], keys[row] = in_order(zip(rounded[row], keys[row], strict=True))
    if not values[:, -1].all():
        counts = np.count_nonzero(values, axis=-1).tolist()
        keys = [row[:count] for row, count in zip(keys, counts, strict=True)]
        rounded = [row[:count] for row, count in zip(rounded, counts, strict=True)]
    return keys, rounded, entropies


def in_order(pairs: Iterable[tuple[float, int]]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Probabilities and ids, the higher first, of equals the lowest id."""
    probs, ids = zip(*sorted(pairs, key=lambda pair: (-pair[0], pair[1])), strict=True)
    return probs, ids


def _likeliest(probs: Tensor, width: int) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
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
