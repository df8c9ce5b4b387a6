"""The lean network as a causal, layered model: chains, trees, layer ranges, early exit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.models.api import Beliefs, Insight, Memory, ModelError, Reading
from workbench.models.cache import Cache
from workbench.models.graphs import Graphs
from workbench.models.memory import EMPTY, RowMemory, Store, Trail, behind, trunk
from workbench.models.meter import Meter, spans
from workbench.models.net import Net, Output


@dataclass(frozen=True)
class NetBuffers:
    """The network's cache as the buffers of a store."""

    cache: Cache

    def move(self, rows: Sequence[int], to: int) -> None:
        """Copy rows to to, to+1, ..."""
        self.cache.gather(torch.tensor(rows, device=self.cache.buffer.device), to)

    def clone(self) -> "NetBuffers":
        """Independent buffers."""
        return NetBuffers(self.cache.clone())


NetMemory = RowMemory[NetBuffers]


def whole_numbers(values: Sequence[int] | Sequence[Sequence[int]], device: torch.device) -> Tensor:
    """int64 of the shape of `values`; numpy reads a list four times as fast as torch."""
    return torch.from_numpy(np.array(values, dtype=np.int64)).to(device)


class NetCausal:
    """Causal and Layered over `Net`. `never`: ids that no belief may give any probability."""

    def __init__(
        self,
        net: Net,
        name: str,
        role: str,
        meter: Meter,
        eos_ids: Sequence[int] = (),
        never: Sequence[int] = (),
        graphs: Graphs | None = None,
    ) -> None:
        self.net, self.name, self.role, self.meter = net, name, role, meter
        self.vocab_size = net.config.vocab_size
        self.max_positions = net.config.max_positions
        self.depth = net.config.depth
        self.eos_ids = tuple(eos_ids)
        self.device = net.embed.device
        self._all = ((0, self.depth),)
        self._never = torch.zeros(self.vocab_size, device=self.device)  # what is added to every row of logits
        self._never[sorted(never)] = -torch.inf
        self._vocabulary = torch.arange(self.vocab_size, device=self.device)[None]  # (1, V)
        self._order = torch.arange(self.max_positions, device=self.device)[None]  # (1, P)
        self._graphs = graphs

    def read(
        self,
        tokens: Sequence[int],
        after: Memory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
        want: int | None = None,
    ) -> Reading:
        """See `api.Causal.read`."""
        if parents is None and layers is None and self._graphs is None:
            held = self._empty() if after is None else self._mine(after)
            at, new = held.trail.trunk, len(tokens)
            plain = not held.trail.parents and held.shallow == at
            if plain and new and at + new <= self.max_positions:
                return self._chain(tokens, held, at, want)
        return self._run(tokens, after, parents, layers, want, False).reading

    def look(
        self,
        tokens: Sequence[int],
        after: Memory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
    ) -> Insight:
        """See `api.Layered.look`."""
        return self._run(tokens, after, parents, layers, None, True)

    def exit(self, layer: int, hidden: Tensor) -> Beliefs:
        """See `api.Layered.exit`; the states after the last layer are normalised already."""
        if not 0 <= layer <= self.depth:
            raise ModelError(f"The model '{self.name}' has layers 0 to {self.depth}, not {layer}.")
        with torch.inference_mode():
            logits = self.net.unembed(hidden if layer == self.depth else self.net.normalised(hidden))
        return self._beliefs(logits)

    def complete(self, states: Tensor, memory: Memory, layers: Sequence[int]) -> Insight:
        """See `api.Layered.complete`."""
        held = self._mine(memory)
        first, new = held.shallow, held.rows - held.shallow
        if states.shape[0] != new or not new:
            raise ModelError(f"{states.shape[0]} states were given to complete {new} shallow rows.")
        trail = held.trail
        positions, mask = self._place(trail, first, not trail.parents)
        self.meter.count(self.role, spans(range(first, held.rows)), spans(range(first)), spans(layers))
        cache = held.store.buffers.cache
        output = self._forward(None, positions, mask, cache, first, layers, states[None], want_hidden=True)
        generation = held.store.write(first, new)
        ran = tuple(sorted({*held.ran, *layers}))
        whole = len(ran) == self.depth
        after = replace(
            held, generation=generation, shallow=held.rows if whole else first, ran=() if whole else ran
        )
        return self._insight(output, after, range(first, held.rows))

    def _chain(self, tokens: Sequence[int], held: NetMemory, at: int, want: int | None) -> Reading:
        """`_run` for the usual pass, a chain through all layers, without what only the others need."""
        new = len(tokens)
        stop, store = at + new, held.store
        self.meter.count(self.role, ((at, stop),), ((0, at),) if at else (), self._all)
        rows = None if want is None or want >= new else slice(-want, None)
        places = self._order.narrow(1, at, new)
        output = self._forward(self._ids(tokens), places, None, store.buffers.cache, at, rows=rows)
        memory = RowMemory(store, trunk(stop), store.write(at, new), stop)
        return Reading(self._beliefs(output.logits[0]), memory, range(at, stop))

    def _forward(self, *arguments: Any, **named: Any) -> Output:
        """The network in inference mode; entering that again would cost as much as an operation."""
        if torch.is_inference_mode_enabled():
            return self.net.forward(*arguments, **named)
        with torch.inference_mode():
            return self.net.forward(*arguments, **named)

    def _run(
        self,
        tokens: Sequence[int],
        after: Memory | None,
        parents: Sequence[int] | None,
        layers: Sequence[int] | None,
        want: int | None,
        look: bool,
    ) -> Insight:
        if not tokens:
            raise ModelError("Nothing to read: at least one token is needed.")
        held = self._empty() if after is None else self._mine(after)
        old = held.trail
        trail, chain = behind(old, parents, len(tokens))
        self._fits(trail, old.rows)
        run = range(self.depth) if layers is None else layers
        self._deep_enough(held, run)
        positions, mask = self._place(trail, old.rows, chain)
        ids = self._ids(tokens)
        cache, at = held.store.buffers.cache, old.rows
        seen = ((0, at),) if at else ()
        self.meter.count(self.role, ((at, trail.rows),), seen, self._all if layers is None else spans(run))
        if self._graphs is not None and layers is None and not look:
            with torch.inference_mode():
                output = Output(self._graphs.run(ids, positions, mask, cache, at), ())
        else:
            rows = None if want is None or want >= len(tokens) else slice(-want, None)
            output = self._forward(ids, positions, mask, cache, at, layers, want_hidden=look, rows=rows)
        generation = held.store.write(at, len(tokens))
        stop = trail.rows
        partial = layers is not None and set(run) != set(range(self.depth))
        shallow = stop if not partial and held.shallow == at else min(held.shallow, at)
        ran = () if shallow == stop else tuple(sorted(set(run)))
        memory = RowMemory(held.store, trail, generation, shallow, ran)
        if want is not None and output.logits.shape[1] != want:  # a graph gives every row
            output = output._replace(logits=output.logits[:, -want:])
        return self._insight(output, memory, range(at, stop))

    def _ids(self, tokens: Sequence[int]) -> Tensor:
        """(1, T) int64; a single token is a view of all ids, which is quicker than a new tensor."""
        if len(tokens) == 1:
            return self._vocabulary.narrow(1, tokens[0], 1)
        return whole_numbers([tokens], self.device)

    def _insight(self, output: Output, memory: NetMemory, rows: range) -> Insight:
        reading = Reading(self._beliefs(output.logits[0]), memory, rows)
        return Insight(reading, tuple(state[0] for state in output.hidden))

    def _beliefs(self, logits: Tensor) -> Beliefs:
        return Beliefs(logits + self._never, self.name)  # a normal float32 tensor, outside inference mode

    def _place(self, trail: Trail, first: int, chain: bool) -> tuple[Tensor, Tensor | None]:
        """Positions (1, T) and mask (1, 1, T, S) or None (causal) of the rows from `first` on."""
        if chain:
            return self._order[:, first : trail.rows], None
        if first < trail.trunk:
            raise ModelError("Shallow rows in the trunk and in a tree cannot be completed in one pass.")
        depths = whole_numbers([trail.depths[first - trail.trunk :]], self.device)
        return depths, torch.from_numpy(trail.mask(first)).to(self.device)[None, None]

    def _empty(self) -> NetMemory:
        cache = self.net.new_cache() if self._graphs is None else self._graphs.buffers.cache()
        return RowMemory(Store(NetBuffers(cache)), EMPTY, 0, 0)

    def _mine(self, memory: Memory) -> NetMemory:
        if not isinstance(memory, RowMemory) or not isinstance(memory.store.buffers, NetBuffers):
            raise ModelError(f"This memory does not belong to the model '{self.name}'.")
        memory.check()
        return memory

    def _fits(self, trail: Trail, first: int) -> None:
        new = trail.depths[first - trail.trunk :] if trail.parents else (trail.rows - 1,)
        deepest = max(new)
        if deepest >= self.max_positions:
            raise ModelError(
                f"The model '{self.name}' holds {self.max_positions} tokens; "
                f"{deepest + 1} are asked for: shorten the prompt or the answer."
            )

    def _deep_enough(self, held: NetMemory, run: Sequence[int]) -> None:
        if held.shallow < held.rows and not set(run) <= set(held.ran):
            raise ModelError(
                f"Rows {held.shallow} to {held.rows - 1} of this memory hold layers {list(held.ran)} only: "
                "complete them, or go back_to before them, before a pass through other layers."
            )
