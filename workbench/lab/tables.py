"""Models whose law is a table: everything about them can be computed exactly."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from workbench.models.api import Beliefs, Reading
from workbench.models.meter import Meter

Law = Callable[[tuple[int, ...]], Tensor]
"""A prefix of token ids -> the distribution (V,) of the next token."""


def random_law(seed: int, size: int = 3, zeros: int = 0, sharpness: float = 1.0) -> Law:
    """A different random distribution after every prefix, with `zeros` impossible tokens in each."""

    @cache
    def law(prefix: tuple[int, ...]) -> Tensor:
        rng = random.Random(f"{seed}:{prefix}")
        weights = [rng.random() ** sharpness + 0.02 for _ in range(size)]
        for token in rng.sample(range(size), zeros):
            weights[token] = 0.0
        probs = torch.tensor(weights, dtype=torch.float64)
        return probs / probs.sum()

    return law


@dataclass(frozen=True)
class TableMemory:
    """The path of tokens behind every cached row; the first `length` rows are the trunk."""

    paths: tuple[tuple[int, ...], ...] = ()
    parents: tuple[int, ...] = ()
    length: int = 0

    @property
    def rows(self) -> int:
        return len(self.paths)

    def keep(self, rows: Sequence[int]) -> "TableMemory":
        trunk = self.paths[: len(self.paths[rows[0]]) - 1]
        kept = (*trunk, *(self.paths[row] for row in rows))
        assert all(len(path) == i + 1 for i, path in enumerate(kept)), "not a path from the trunk"
        return TableMemory(kept, (), len(kept))

    def back_to(self, length: int) -> "TableMemory":
        return TableMemory(self.paths[:length], (), length)

    def copy(self) -> "TableMemory":
        return self


class TableCausal:
    """A causal model that answers from a law, exactly and in float64."""

    max_positions = 512
    eos_ids: tuple[int, ...] = ()

    def __init__(self, law: Law, size: int, role: str, meter: Meter, eos_ids: Sequence[int] = ()) -> None:
        self.law, self.vocab_size, self.role, self.name = law, size, role, f"table-{role}"
        self.meter, self.eos_ids = meter, tuple(eos_ids)

    def read(
        self,
        tokens: Sequence[int],
        after: TableMemory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
        want: int | None = None,
    ) -> Reading:
        """Beliefs after each of `tokens`, as the causal adapters give them."""
        held = after or TableMemory()
        paths = list(held.paths)
        first = len(paths)
        parents = range(first - 1, first - 1 + len(tokens)) if parents is None else parents
        for token, parent in zip(tokens, parents, strict=True):
            paths.append((*(paths[parent] if parent >= 0 else ()), token))
        self.meter.count(self.role, ((first, len(paths)),), ((0, first),) if first else (), ((0, 1),))
        wanted = paths[len(paths) - (want or len(tokens)) :]
        logits = torch.stack([self.law(path).log() for path in wanted])
        memory = TableMemory(tuple(paths), (*held.parents, *parents), held.length)
        return Reading(Beliefs(logits, self.name), memory, range(first, len(paths)))


class LetterTokens:
    """Token i reads as the i-th letter."""

    vocab_hash = "letters"

    def token_bytes(self, id: int) -> bytes:
        return b" " + bytes([97 + id % 26])
