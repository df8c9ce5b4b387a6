"""CUDA graph capture of repeated pass shapes.

NOT YET RUN ON A GPU: the machine this was written on has none. It is used only when the device is CUDA.
"""

import weakref
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.models.cache import Cache
from workbench.models.net import Net

BUCKET = 128
"""Attention runs over a multiple of this many slots, the rest masked."""
LONGEST = 64
"""Passes of more new tokens than this (prompts) are not captured."""
KEPT = 32
"""How many graphs are kept; the oldest goes first."""


@dataclass(frozen=True, eq=False)
class Captured:
    """One graph with its static inputs and output."""

    graph: torch.cuda.CUDAGraph
    ids: Tensor  # (1, T) int64
    positions: Tensor  # (1, T) int64
    slots: Tensor  # (T,) int64, where the new keys and values go
    mask: Tensor  # (1, 1, T, S) bool
    logits: Tensor  # (1, T, V)
    buffer: Tensor  # the cache's buffer, held so that its address stays taken


class Buffers:
    """Cache buffers that outlive a run: a graph is bound to addresses, so the next run must get them."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._free: list[Tensor] = []

    def cache(self) -> Cache:
        """An empty cache, in a buffer that an earlier run gave back if there is one (the largest).

        What that run left in it is finite and never seen: the mask ends at the slots that are written.
        """
        made = PooledCache.of(self._net.new_cache())
        if self._free:
            self._free.sort(key=Tensor.numel)
            made._use(self._free.pop())
        weakref.finalize(made, self._back, made.held)
        return made

    def _back(self, held: list[Tensor]) -> None:
        self._free += held


class PooledCache(Cache):
    """A cache that notes which buffer it has, for when it is gone."""

    held: list[Tensor]

    @staticmethod
    def of(plain: Cache) -> "PooledCache":
        """The same cache, noting its buffer."""
        made = PooledCache.__new__(PooledCache)
        made.shape, made.limit, made.held = plain.shape, plain.limit, []
        made._use(plain.buffer)
        return made

    def _use(self, buffer: Tensor) -> None:
        super()._use(buffer)
        self.held[:] = [buffer]


class Graphs:
    """Runs passes of a network through captured graphs, keyed by cache buffer, T and the bucket of S."""

    def __init__(self, net: Net) -> None:
        if net.embed.device.type != "cuda":
            raise ValueError("CUDA graphs need a network on a CUDA device")
        self._net = net
        self._kept: dict[tuple[int, int, int], Captured] = {}
        self.buffers = Buffers(net)

    def run(self, ids: Tensor, positions: Tensor, mask: Tensor | None, cache: Cache, at: int) -> Tensor:
        """Logits (1, T, V) of new tokens at slots at..at+T; mask (1, 1, T, at+T) bool, None = causal."""
        new = ids.shape[1]
        if new > LONGEST or ids.shape[0] != 1:
            return self._net.forward(ids, positions, mask, cache, at).logits
        cache.reserve(at + new)
        bucket = min(cache.capacity, -(-(at + new) // BUCKET) * BUCKET)
        key = (cache.buffer.data_ptr(), new, bucket)
        found = self._kept.get(key)
        if found is None:
            found = self._capture(new, bucket, cache)
            self._kept[key] = found
            if len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        self._feed(found, ids, positions, mask, at)
        found.graph.replay()
        return found.logits.clone()

    def _feed(self, to: Captured, ids: Tensor, positions: Tensor, mask: Tensor | None, at: int) -> None:
        new = ids.shape[1]
        to.ids.copy_(ids)
        to.positions.copy_(positions)
        torch.arange(at, at + new, out=to.slots)
        if mask is None:
            mask = torch.ones(new, at + new, dtype=torch.bool, device=ids.device).tril(at)[None, None]
        to.mask.zero_()
        to.mask[..., : at + new].copy_(mask)

    def _capture(self, new: int, bucket: int, cache: Cache) -> Captured:
        """Warm up on a side stream, then capture; the last slots of the bucket serve as scratch."""
        device = cache.buffer.device
        ids = torch.zeros(1, new, dtype=torch.int64, device=device)
        positions = torch.zeros(1, new, dtype=torch.int64, device=device)
        slots = torch.arange(bucket - new, bucket, device=device)
        mask = torch.ones(1, 1, new, bucket, dtype=torch.bool, device=device)
        saved = cache.buffer.index_select(4, slots)
        placed = cache.indexed(slots, bucket)
        stream = torch.cuda.Stream(device)
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._net.forward(ids, positions, mask, placed)
        torch.cuda.current_stream(device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits = self._net.forward(ids, positions, mask, placed).logits
        cache.buffer.index_copy_(4, slots, saved)
        return Captured(graph, ids, positions, slots, mask, logits, cache.buffer)
