"""Any causal model of transformers (GPT-2, Gemma, Mamba, hybrids, ...) as a causal model of ours.

Trees get an explicit float mask: a bool mask is silently wrong under eager attention. A cache that cannot be
rolled back (recurrent states, sliding windows) is kept as snapshots, and then trees are refused.
"""

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from workbench.models.api import Beliefs, Memory, ModelError, Reading, StaleMemory, Unsupported
from workbench.models.memory import EMPTY, RowMemory, Store, Trail, behind
from workbench.models.meter import Meter, spans

SEVERAL_AT_ONCE = frozenset({"mamba2", "granitemoehybrid", "falcon_h1", "lfm2", "qwen3_next"})
"""Recurrent model types whose cached pass over several tokens is exact; others are fed one by one."""


@dataclass(eq=False)
class HfBuffers:
    """A DynamicCache as the buffers of a store."""

    cache: Any  # transformers.DynamicCache; its layers have keys and values (B, K, S, E)

    def move(self, rows: Sequence[int], to: int) -> None:
        """Copy rows to to, to+1, ..., and drop all behind them."""
        for layer in self.cache.layers:
            index = torch.tensor([*range(to), *rows], device=layer.keys.device)
            layer.keys, layer.values = layer.keys.index_select(2, index), layer.values.index_select(2, index)

    def cut(self, rows: int) -> None:
        """Drop all but the first `rows` rows."""
        extra = self.cache.get_seq_length() - rows
        if extra > 0:
            self.cache.crop(-extra)

    def clone(self) -> "HfBuffers":
        """Independent buffers."""
        return HfBuffers(copy.deepcopy(self.cache))


HfMemory = RowMemory[HfBuffers]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The memory of a model that cannot be rolled back: a private copy of its cache after `done` rows.

    pending: tokens behind it that are fed again before the next read (after a step back).
    """

    cache: Any
    done: int
    pending: tuple[int, ...]
    earlier: "Snapshot | None"
    fed: tuple[int, ...]  # the tokens between `earlier` and this

    @property
    def rows(self) -> int:
        return self.done + len(self.pending)

    @property
    def length(self) -> int:
        return self.rows

    @property
    def parents(self) -> tuple[int, ...]:
        return ()

    def keep(self, rows: Sequence[int]) -> "Snapshot":
        chosen = list(rows)
        if chosen and (chosen != list(range(chosen[0], chosen[0] + len(chosen))) or chosen[-1] >= self.rows):
            raise ModelError(f"The rows {chosen} are not a path of this chain of {self.rows} rows.")
        return self.back_to(chosen[-1] + 1) if chosen else self

    def back_to(self, length: int) -> "Snapshot":
        if not 0 <= length <= self.rows:
            raise ModelError(f"Cannot go back to length {length}: the memory has {self.rows} rows.")
        tokens, at = list(self.pending), self
        while at.done > length and at.earlier is not None:
            tokens = [*at.fed, *tokens]
            at = at.earlier
        return replace(at, pending=tuple(tokens[: length - at.done]))

    def copy(self) -> "Snapshot":
        return self


class HfCausal:
    """Causal over an AutoModelForCausalLM. `never`: ids that no belief may give any probability."""

    def __init__(
        self,
        model: nn.Module,
        name: str,
        role: str,
        meter: Meter,
        eos_ids: Sequence[int] = (),
        never: Sequence[int] = (),
    ) -> None:
        self.model, self.name, self.role, self.meter = model, name, role, meter
        config: Any = model.config
        self._config = config.get_text_config(decoder=True)
        self.vocab_size = int(self._config.vocab_size)
        self.max_positions = int(getattr(self._config, "max_position_embeddings", 0) or 1 << 20)
        self.depth = int(self._config.num_hidden_layers)
        self.eos_ids = tuple(eos_ids)
        parameter = next(model.parameters())
        self.device, self.dtype = parameter.device, parameter.dtype
        self._never = torch.tensor(sorted(never), dtype=torch.int64, device=self.device)
        self._keyword = _cache_keyword(model, name)
        self._rolls_back = _rolls_back(self._new_cache())
        self._several = self._config.model_type in SEVERAL_AT_ONCE

    def read(
        self,
        tokens: Sequence[int],
        after: Memory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
        want: int | None = None,
    ) -> Reading:
        """See `api.Causal.read`."""
        if not tokens:
            raise ModelError("Nothing to read: at least one token is needed.")
        if layers is not None and list(layers) != list(range(self.depth)):
            raise Unsupported(
                f"The model '{self.name}' cannot run a part of its layers; use a Llama-like model."
            )
        if not self._rolls_back:
            return self._read_recurrent(tokens, after, parents, want)
        held = self._mine(after)
        at = held.rows
        trail, chain = behind(held.trail, parents, len(tokens))
        self._fits(trail, at)
        buffers = held.store.buffers
        buffers.cut(at)
        self.meter.count(self.role, ((at, trail.rows),), spans(range(at)), ((0, self.depth),))
        generation = held.store.write(at, len(tokens))
        logits = self._forward(tokens, buffers.cache, None if chain else trail, at)
        memory = RowMemory(held.store, trail, generation, trail.rows)
        return Reading(self._beliefs(logits, want), memory, range(at, trail.rows))

    def _read_recurrent(
        self, tokens: Sequence[int], after: Memory | None, parents: Sequence[int] | None, want: int | None
    ) -> Reading:
        if after is not None and not isinstance(after, Snapshot):
            raise ModelError(f"This memory does not belong to the model '{self.name}'.")
        held = Snapshot(self._new_cache(), 0, (), None, ()) if after is None else after
        if parents is not None and list(parents) != list(range(held.rows - 1, held.rows - 1 + len(tokens))):
            raise Unsupported(
                f"The model '{self.name}' cannot verify a tree: its state cannot be split or rolled back; "
                "draft a chain instead, or use an attention model."
            )
        fed = [*held.pending, *tokens]
        cache = copy.deepcopy(held.cache)
        parts = [fed] if self._several or held.done == 0 else [[token] for token in fed]
        logits, at = [], held.done
        for part in parts:
            self.meter.count(self.role, ((at, at + len(part)),), spans(range(at)), ((0, self.depth),))
            logits.append(self._forward(part, cache, None, at))
            at += len(part)
        memory = Snapshot(cache, at, (), replace(held, pending=()), tuple(fed))
        own = torch.cat(logits)[-len(tokens) :]
        return Reading(self._beliefs(own, want), memory, range(held.rows, at))

    def _forward(self, tokens: Sequence[int], cache: Any, trail: Trail | None, at: int) -> Tensor:
        """Logits (T, V) of one pass; `trail` only for a tree."""
        ids = torch.tensor([tokens], device=self.device)
        with torch.inference_mode():
            if trail is None:
                positions = torch.arange(at, at + len(tokens), device=self.device)[None]
                mask = None
            else:
                positions = torch.tensor([trail.depths[at - trail.trunk :]], device=self.device)
                seen = torch.from_numpy(trail.mask(at)).to(self.device)[None, None]
                mask = torch.zeros(seen.shape, dtype=self.dtype, device=self.device)
                mask.masked_fill_(~seen, torch.finfo(self.dtype).min)
            places: dict[str, Any] = {"position_ids": positions, self._keyword: cache}
            output: Any = self.model(ids, attention_mask=mask, use_cache=True, **places)
        return output.logits[0]

    def _beliefs(self, logits: Tensor, want: int | None) -> Beliefs:
        logits = logits if want is None else logits[-want:]
        logits = logits.to(torch.float32, copy=True)  # a normal tensor of our own, outside inference mode
        if len(self._never):
            logits.index_fill_(-1, self._never, -torch.inf)
        return Beliefs(logits, self.name)

    def _new_cache(self) -> Any:
        from transformers import DynamicCache

        return DynamicCache(config=self._config)

    def _mine(self, memory: Memory | None) -> HfMemory:
        if memory is None:
            return RowMemory(Store(HfBuffers(self._new_cache())), EMPTY, 0, 0)
        if not isinstance(memory, RowMemory) or not isinstance(memory.store.buffers, HfBuffers):
            raise ModelError(f"This memory does not belong to the model '{self.name}'.")
        memory.check()
        if memory.store.buffers.cache.get_seq_length() < memory.rows:
            raise StaleMemory(
                "This memory is stale: a later read from an earlier handle dropped some of its rows."
            )
        return memory

    def _fits(self, trail: Trail, first: int) -> None:
        deepest = max(trail.depths[first - trail.trunk :]) if trail.parents else trail.rows - 1
        if deepest >= self.max_positions:
            raise ModelError(
                f"The model '{self.name}' holds {self.max_positions} tokens; {deepest + 1} are asked for: "
                "shorten the prompt or the answer."
            )


def _cache_keyword(model: nn.Module, name: str) -> str:
    """What the model calls its cache: a wrong name would be swallowed and the cache ignored."""
    known = inspect.signature(model.forward).parameters
    for keyword in ("past_key_values", "cache_params"):
        if keyword in known:
            return keyword
    raise Unsupported(
        f"The model '{name}' takes no cache that is known here (past_key_values, cache_params)."
    )


def _rolls_back(cache: Any) -> bool:
    """Whether every layer is plain attention: rows can be dropped and moved."""
    from transformers.cache_utils import DynamicLayer

    return bool(cache.layers) and all(type(layer) is DynamicLayer for layer in cache.layers)
