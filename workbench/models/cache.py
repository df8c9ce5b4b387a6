"""A static, preallocated store of keys and values that grows by doubling."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from workbench.models.api import ModelError


class Writer(Protocol):
    """Where one layer puts its new keys and values, and what it may see."""

    def write(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new rows (B, K, T, E) and return all rows (B, K, S, E) that attention runs over."""
        ...


class Room(Protocol):
    """What the network needs of a cache."""

    def reserve(self, slots: int) -> None:
        """Make room for this many slots."""
        ...

    def writers(self, at: int, new: int) -> Sequence[Writer]:
        """Where every layer writes `new` rows from slot `at` on."""
        ...


class Slots(NamedTuple):
    """Where one layer writes its new keys and values, and what it may see: views of the cache."""

    new_k: Tensor  # (B, K, T, E), the slots to write
    new_v: Tensor
    all_k: Tensor  # (B, K, S, E), the slots to attend over, the new ones included
    all_v: Tensor

    def write(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new rows and return all rows that attention runs over."""
        self.new_k.copy_(k)
        self.new_v.copy_(v)
        return self.all_k, self.all_v


class IndexedSlots(NamedTuple):
    """The same for rows that go to any slots, some of them in the middle of what is seen."""

    index: Tensor  # (T,) int64
    all_k: Tensor  # (B, K, S, E)
    all_v: Tensor

    def write(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new rows and return all rows that attention runs over."""
        self.all_k.index_copy_(2, self.index, k)
        self.all_v.index_copy_(2, self.index, v)
        return self.all_k, self.all_v


class IndexedRoom(NamedTuple):
    """A cache whose next rows go to the slots `index`, while slots 0..seen are attended over."""

    cache: "Cache"
    index: Tensor  # (T,) int64
    seen: int

    def reserve(self, slots: int) -> None:
        """Nothing: `Cache.indexed` has made the room."""

    def writers(self, at: int, new: int) -> list[IndexedSlots]:
        """Of all layers: `at` and `new` are what the index says already."""
        seen = self.cache.buffer.narrow(4, 0, self.seen).flatten(0, 1).unbind(0)
        return [IndexedSlots(self.index, k, v) for k, v in zip(seen[::2], seen[1::2], strict=True)]


class Cache:
    """Keys and values of every layer in one buffer (depth, 2, B, K, capacity, E).

    The cache knows slots only; what a slot holds (a chain, a tree) is the business of whoever writes.
    """

    def __init__(
        self,
        shape: tuple[int, int, int, int],
        capacity: int,
        limit: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """shape = (depth, B, K, E); `limit` is the largest capacity, in slots (1 or more)."""
        depth, batch, kv_heads, dim = shape
        self.shape, self.limit = shape, limit
        self._use(torch.zeros(depth, 2, batch, kv_heads, capacity, dim, device=device, dtype=dtype))

    def _use(self, buffer: Tensor) -> None:
        self.buffer = buffer
        self.capacity = buffer.shape[4]

    def reserve(self, slots: int) -> None:
        """Make room for `slots` slots, doubling the capacity; raises ModelError past the limit."""
        if slots <= self.capacity:
            return
        if slots > self.limit:
            raise ModelError(
                f"{slots} tokens are needed in memory, but this model holds at most {self.limit}: "
                "shorten the prompt or the answer."
            )
        grown = (
            *self.buffer.shape[:4],
            min(self.limit, max(slots, 2 * self.capacity)),
            *self.buffer.shape[5:],
        )
        buffer = self.buffer.new_zeros(grown)
        buffer[:, :, :, :, : self.capacity] = self.buffer
        self._use(buffer)

    def writers(self, at: int, new: int) -> list[Slots]:
        """Of all layers: room for `new` slots from `at` on, and all slots up to their end, as views."""
        seen = self.buffer.narrow(4, 0, at + new)
        fresh = seen.narrow(4, at, new).flatten(0, 1).unbind(0)
        every = seen.flatten(0, 1).unbind(0)  # keys and values of one layer after the other
        return list(map(Slots, fresh[::2], fresh[1::2], every[::2], every[1::2]))

    def indexed(self, index: Tensor, seen: int) -> IndexedRoom:
        """Write the next rows to the slots `index` (1-D int64) and attend over slots 0..seen."""
        self.reserve(seen)
        return IndexedRoom(self, index, seen)

    def gather(self, rows: Tensor, to: int) -> None:
        """Copy the slots `rows` (1-D int64) of every layer to slots to, to+1, ...; overlaps are safe."""
        picked = self.buffer.index_select(4, rows)
        self.buffer.narrow(4, to, picked.shape[4]).copy_(picked)

    def clone(self) -> "Cache":
        """An independent copy."""
        other = Cache.__new__(Cache)
        other.shape, other.limit = self.shape, self.limit
        other._use(self.buffer.clone())
        return other
