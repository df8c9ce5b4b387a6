"""From logits to the distribution that is sampled from."""

import torch
from torch import Tensor


def warp(logits: Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Probabilities (R, V) after temperature, then top-k, then top-p (the order of transformers).

    temperature 0 puts all mass on the likeliest token, the lower id on a tie. top_k 0 and
    top_p 1 switch their filters off. Top-p keeps the smallest set of likeliest tokens whose
    mass reaches top_p (Holtzman et al. 2020, eq. 2); ties at the edge keep the lower id.
    """
    if temperature == 0:
        return one_hot(logits.argmax(dim=-1), logits)
    probs = torch.softmax(logits / temperature if temperature != 1 else logits, dim=-1)
    if not 0 < top_k < probs.shape[-1] and top_p >= 1:
        return probs
    ranked = _descending(probs)
    if 0 < top_k < probs.shape[-1]:
        ranked[..., top_k:] = 0
    count = _nucleus(ranked, top_p) if top_p < 1 else (ranked > 0).sum(dim=-1, keepdim=True)
    edge = ranked.gather(-1, count - 1)  # the smallest that stays
    stays = probs >= edge
    if not torch.equal(stays.sum(dim=-1, keepdim=True), count):  # and of its equals the first ones
        above, equal = probs > edge, probs == edge
        room = count - above.sum(dim=-1, keepdim=True)
        stays = above | equal & (equal.cumsum(dim=-1) <= room)
    kept = torch.where(stays, probs, 0)
    return kept / kept.sum(dim=-1, keepdim=True)


def _nucleus(ranked: Tensor, top_p: float) -> Tensor:
    """How many (R, 1) of the likeliest reach the mass top_p. ranked (R, V): positive ones first, falling."""
    total, width = ranked.sum(dim=-1, keepdim=True), 128
    while True:  # nearly always a narrow part of the vocabulary says it
        mass = ranked[..., :width] / total
        inside = (mass.cumsum(dim=-1) - mass < top_p) & (mass > 0)
        if width >= ranked.shape[-1] or not inside[..., -1].any():
            return inside.sum(dim=-1, keepdim=True)
        width = ranked.shape[-1]


def _descending(probs: Tensor) -> Tensor:
    """The values of each row, largest first. torch would sort their places too, which takes longer."""
    if not probs.is_cpu:
        return probs.sort(dim=-1, descending=True).values
    falling = -probs
    falling.numpy().sort(axis=-1)  # in place, in the memory of the tensor
    return falling.neg_()


def highest(rows: Tensor, count: int) -> list[list[tuple[int, float]]]:
    """The `count` highest entries of every row of (R, V) as (index, value), the lower index on a tie."""
    found = rows.topk(min(count, rows.shape[-1]), dim=-1)
    pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
    return [sorted(zip(*row, strict=True), key=_falling) for row in pairs]


def argmax(rows: Tensor) -> list[int]:
    """The index of the highest entry of every row of (R, V), the lower on a tie."""
    if rows.is_cpu:  # numpy's is ten times as fast
        return rows.numpy().argmax(axis=-1).tolist()
    return rows.argmax(dim=-1).tolist()


def one_hot(ids: Tensor, like: Tensor) -> Tensor:
    """All mass on `ids` (R,), in the shape and type of `like` (R, V)."""
    return torch.zeros_like(like).scatter_(-1, ids.unsqueeze(-1), 1.0)


def precise(logits: Tensor) -> Tensor:
    """float64 where the device has it (MPS has not)."""
    return logits if logits.device.type == "mps" else logits.double()


def _falling(entry: tuple[int, float]) -> tuple[float, int]:
    index, value = entry
    return -value, index
