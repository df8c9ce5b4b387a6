"""The lean network as a masked model: canvases, block-causal canvases, reused and stale rows."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.models.api import Beliefs, Memory, ModelError, Reading
from workbench.models.memory import EMPTY, RowMemory, Store
from workbench.models.meter import Meter, spans
from workbench.models.net import Net, Output
from workbench.models.net_causal import NetBuffers, NetMemory, whole_numbers


class NetMasked:
    """Masked over `Net`.

    shifted: the network's row i - 1 speaks about position i (Dream); position 0 is then read off row 0.
    block: None = every position sees every other; B = a position sees all blocks of B up to its own (SDAR).
    """

    def __init__(
        self,
        net: Net,
        name: str,
        role: str,
        meter: Meter,
        mask_id: int,
        eos_ids: Sequence[int] = (),
        never: Sequence[int] = (),
        shifted: bool = False,
        block: int | None = None,
    ) -> None:
        self.net, self.name, self.role, self.meter = net, name, role, meter
        self.mask_id, self.shifted, self.block = mask_id, shifted, block
        self.vocab_size = net.config.vocab_size
        self.max_positions = net.config.max_positions
        self.depth = net.config.depth
        self.eos_ids = tuple(eos_ids)
        self.device = net.embed.device
        self._never = torch.zeros(self.vocab_size, device=self.device)  # what is added to every row of logits
        self._never[sorted({*never, mask_id})] = -torch.inf
        self._all = ((0, self.depth),)
        self._order = torch.arange(self.max_positions, device=self.device)[None]  # (1, P)
        self._nothing = RowMemory(Store(NetBuffers(net.new_cache(1))), EMPTY, 0, 0)

    def fill(
        self,
        canvas: Sequence[int],
        wanted: Sequence[int] | None = None,
        visible: Tensor | None = None,
        after: Memory | None = None,
        only: Sequence[int] | None = None,
        remember: bool = False,
        positions: Sequence[int] | None = None,
    ) -> Reading:
        """See `api.Masked.fill`."""
        size = len(canvas)
        given = (after, visible, only, positions, self.block)
        if not remember and all(each is None for each in given):
            return self._whole(canvas, range(size) if wanted is None else wanted)
        self._fits(size if positions is None else 1 + max(positions))
        held = None if after is None else self._mine(after)
        computed = self._computed(size, held, only)
        rows = self._rows(wanted, computed)
        chosen, ids = self._chosen(computed), whole_numbers([[canvas[i] for i in computed]], self.device)
        mask = self._mask(size, chosen, visible)
        store = None
        if held is not None or remember:
            store = Store(NetBuffers(self.net.new_cache(size))) if held is None else held.store
        room = None if store is None else store.buffers.cache.indexed(chosen, size)
        reused = sorted(set(range(size)).difference(computed))
        if reused and mask is not None:  # pruned rows are cached, but nobody looks at them
            seen = mask[0, 0].any(0).tolist()
            reused = [i for i in reused if seen[i]]
        self.meter.count(self.role, spans(computed), spans(reused), self._all)
        places = self._places(chosen, positions)
        output = self._forward(ids, places, mask, room, rows=rows, causal=False)
        memory = self._remembered(store, held, computed, size, remember or only is not None)
        return Reading(self._beliefs(output.logits[0]), memory, range(min(computed), max(computed) + 1))

    def _whole(self, canvas: Sequence[int], wanted: Sequence[int]) -> Reading:
        """`fill` for the usual pass, the whole canvas without a cache, without what only the others need."""
        size = len(canvas)
        self._fits(size)
        rows = [max(position - 1, 0) for position in wanted] if self.shifted else list(wanted)
        if rows and not 0 <= min(rows) <= max(rows) < size:
            self._rows(wanted, range(size))  # says which one
        self.meter.count(self.role, ((0, size),), (), self._all)
        ids, chosen = whole_numbers([canvas], self.device), whole_numbers(rows, self.device)
        output = self._forward(ids, self._order.narrow(1, 0, size), rows=chosen, causal=False)
        return Reading(self._beliefs(output.logits[0]), self._nothing, range(size))

    def _forward(self, *arguments: Any, **named: Any) -> Output:
        """The network in inference mode; entering that again would cost as much as an operation."""
        if torch.is_inference_mode_enabled():
            return self.net.forward(*arguments, **named)
        with torch.inference_mode():
            return self.net.forward(*arguments, **named)

    def _chosen(self, computed: Sequence[int]) -> Tensor:
        """The same as a tensor (T,); positions in a row are a view of all, which is quicker."""
        if isinstance(computed, range):
            return self._order[0].narrow(0, computed.start, len(computed))
        return whole_numbers(computed, self.device)

    def _places(self, computed: Tensor, positions: Sequence[int] | None) -> Tensor:
        """Position ids (1, T) of the computed rows."""
        if positions is None:
            return self._order[:, computed]
        return whole_numbers([positions], self.device)[:, computed]

    def _computed(self, size: int, held: NetMemory | None, only: Sequence[int] | None) -> Sequence[int]:
        """Which positions run through the network, ascending."""
        if held is None:
            if only is not None:
                raise ModelError("`only` needs a memory of the whole canvas: fill once with remember=True.")
            return range(size)
        if only is None:
            if held.rows >= size:
                raise ModelError(
                    f"The memory holds all {size} positions: say which to compute again (`only`)."
                )
            return range(held.rows, size)
        if held.rows != size:
            raise ModelError(f"`only` needs a memory of all {size} positions, not of {held.rows}.")
        computed = sorted(set(only))
        if not computed or computed[0] < 0 or computed[-1] >= size:
            raise ModelError(f"`only` must name positions 0 to {size - 1}, not {list(only)}.")
        return computed

    def _speaker(self, position: int) -> int:
        """The computed position whose row speaks about `position`."""
        return max(position - 1, 0) if self.shifted else position

    def _rows(self, wanted: Sequence[int] | None, computed: Sequence[int]) -> Tensor:
        """Which computed row speaks about each wanted position (R,); None = all that can be spoken about."""
        place = {position: row for row, position in enumerate(computed)}
        if wanted is None:
            wanted = [position for position in computed if self._speaker(position) in place]
        for position in wanted:
            if self._speaker(position) not in place:
                raise ModelError(
                    f"Nothing speaks about position {position}: this pass does not compute position "
                    f"{self._speaker(position)}; compute it too, or ask for other positions."
                )
        rows = [place[self._speaker(position)] for position in wanted]
        return whole_numbers(rows, self.device)

    def _mask(self, size: int, computed: Tensor, visible: Tensor | None) -> Tensor | None:
        """bool (1, 1, T, N), or None where all is seen."""
        if visible is not None:
            if visible.shape not in ((size,), (size, size)) or visible.dtype != torch.bool:
                raise ModelError(
                    f"`visible` must be bool of shape ({size},) or ({size}, {size}), not {visible.dtype} of "
                    f"{tuple(visible.shape)}."
                )
            seen = visible.to(self.device)
            rows = seen.expand(len(computed), size) if seen.dim() == 1 else seen[computed]
            if not bool(rows.any(-1).all()):
                raise ModelError("`visible` leaves a position that sees nothing: let each see itself.")
            return rows[None, None]
        if self.block is None:
            return None
        blocks = self._order[0, :size] // self.block
        return (blocks[None] <= blocks[computed][:, None])[None, None]

    def _remembered(
        self,
        store: Store[NetBuffers] | None,
        held: NetMemory | None,
        computed: Sequence[int],
        size: int,
        remember: bool,
    ) -> NetMemory:
        if store is None:
            return self._nothing
        in_place = held is not None and held.rows == size  # recomputed rows: every older handle is stale
        first = 0 if in_place else computed[0]
        generation = store.write(first, size - first)
        if not remember and held is not None:
            return held  # the new rows lie behind its own and are nobody's
        return RowMemory(store, EMPTY.chain(size), generation, size)

    def _beliefs(self, logits: Tensor) -> Beliefs:
        return Beliefs(logits + self._never, self.name)  # a normal float32 tensor, outside inference mode

    def _mine(self, memory: Memory) -> NetMemory:
        if not isinstance(memory, RowMemory) or not isinstance(memory.store.buffers, NetBuffers):
            raise ModelError(f"This memory does not belong to the model '{self.name}'.")
        memory.check()
        return memory

    def _fits(self, size: int) -> None:
        if not 0 < size <= self.max_positions:
            raise ModelError(
                f"The model '{self.name}' takes a canvas of 1 to {self.max_positions} tokens, not {size}."
            )
