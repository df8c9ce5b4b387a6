"""What a network can do, as protocols, and the values that it returns.

Beliefs speak in logits over the vocabulary; memory is an immutable handle on a cache. Adapters (net_causal,
net_masked, hf_causal) implement the protocols; methods know nothing else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from workbench.trace.errors import WorkbenchError


class ModelError(WorkbenchError):
    """A network was asked for something that it cannot do, or answered with nonsense."""


class NonFinite(ModelError):
    """A network returned NaN or infinite logits."""


class StaleMemory(ModelError):
    """The cached rows of a handle were overwritten by a later read."""


class Unsupported(ModelError):
    """A capability that this network does not have."""


@dataclass(frozen=True, eq=False)
class Beliefs:
    """What a network believes, one row per address: what row i speaks about is the reading's promise.

    logits: (R, V) float32, aligned by the adapter; ids that can never be predicted (the mask) are -inf.
    model: the model's name, for messages. Raises NonFinite for NaN, +inf, or a row of -inf only.
    """

    logits: Tensor
    model: str

    def __post_init__(self) -> None:
        if self.logits.numel() == 0:
            return
        highest = self.logits.amax(-1).tolist()  # NaN and +inf survive a maximum, and a sum
        if math.isfinite(sum(highest)):
            return
        for row, best in enumerate(highest):
            if not math.isfinite(best):
                raise NonFinite(
                    f"The model '{self.model}' returned a logit of {best} in row {row}: its weights or the "
                    "number type are broken; open it in float32, or check the file."
                )

    def __len__(self) -> int:
        return self.logits.shape[0]


class Memory(Protocol):
    """An immutable handle on cached rows: a trunk (a chain of rows 0..length), then rows that form a tree.

    The store behind it has one writer at a time. A handle whose rows a later read has overwritten raises
    StaleMemory at its next use; `copy` gives a handle with a store of its own.
    """

    @property
    def rows(self) -> int:
        """How many rows are cached, the tree's included."""
        ...

    @property
    def length(self) -> int:
        """How many rows the trunk has."""
        ...

    @property
    def parents(self) -> tuple[int, ...]:
        """The row that each row behind the trunk follows; -1 = it begins the text."""
        ...

    def keep(self, rows: Sequence[int]) -> "Memory":
        """A memory whose trunk is this one's up to the parent of rows[0], then the path `rows`."""
        ...

    def back_to(self, length: int) -> "Memory":
        """A memory of the first `length` rows of the trunk."""
        ...

    def copy(self) -> "Memory":
        """The same rows in a store of their own."""
        ...


@dataclass(frozen=True, eq=False)
class Reading:
    """What one pass returned: beliefs, the memory behind it, and the row numbers of the new tokens in it."""

    beliefs: Beliefs
    memory: Memory
    rows: range


@dataclass(frozen=True, eq=False)
class Insight:
    """A reading with the states inside: states[0] (R, D) entered the layers, states[i] left the i-th run.

    When the last layer of the network ran, the last state is normalised, as in transformers.
    """

    reading: Reading
    states: tuple[Tensor, ...]


@runtime_checkable
class Model(Protocol):
    """What every adapter tells about itself; `name` of the weights, `role` in this run (its trace source)."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def vocab_size(self) -> int: ...
    @property
    def eos_ids(self) -> tuple[int, ...]: ...
    @property
    def max_positions(self) -> int: ...


@runtime_checkable
class Causal(Model, Protocol):
    """Predicts the token after each token."""

    def read(
        self,
        tokens: Sequence[int],
        after: Memory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
        want: int | None = None,
    ) -> Reading:
        """Feed tokens behind `after` (None = nothing); belief row i speaks about the token after token i.

        parents: None = a chain behind the last row. Else parents[i] is the row (of the memory, or an earlier
        one of this call) that token i follows, -1 = none: it sees that row, its ancestors and itself.
        layers: run only these layers (Layered). want: beliefs of the last `want` tokens only; None = of all.
        """
        ...


@runtime_checkable
class Masked(Model, Protocol):
    """Predicts what stands at each position of a canvas, whatever is masked."""

    @property
    def mask_id(self) -> int: ...

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
        """Beliefs about the positions `wanted`, in that order (None = all that this pass can speak about).

        visible: bool (N, N) [row sees column], or (N,) columns that all may see; None = the model's own rule.
        after: reuse its rows for the first positions, compute the rest. With `only`, the memory must hold the
        whole canvas, and only these positions are computed again (the others stay stale).
        positions: where each token of the canvas stands (N,), where that is not its index.
        remember: the returned memory holds the canvas; else it is `after`, or empty.
        """
        ...


@runtime_checkable
class Exact(Masked, Protocol):
    """A masked model that is a law: what follows from it can be looked up, without a pass."""

    def given(self, canvas: Sequence[int], place: int, token: int, other: int) -> Tensor:
        """Probabilities (V,) of what stands at `other` once `token` stands at `place` of the canvas."""
        ...


@runtime_checkable
class AnyOrder(Model, Protocol):
    """Gives the chain-rule factors of tokens in any order, in one pass."""

    @property
    def mask_id(self) -> int: ...

    def joint(
        self,
        tokens: Sequence[int],
        order: Sequence[int],
        given: Sequence[int],
        known: Sequence[int] | None = None,
    ) -> Reading:
        """Row i speaks about position order[i], given positions `given` and order[:i] hold their tokens.

        known: row i is told the first known[i] of the order instead of the first i (drafting: all at once).
        """
        ...


@runtime_checkable
class Layered(Causal, Protocol):
    """Shows its states layer by layer and can stop, skip and go on."""

    @property
    def depth(self) -> int: ...

    def look(
        self,
        tokens: Sequence[int],
        after: Memory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
    ) -> Insight:
        """`read`, with the states. After a partial `layers` the new rows are shallow: see `complete`."""
        ...

    def complete(self, states: Tensor, memory: Memory, layers: Sequence[int]) -> Insight:
        """Run `layers` on the shallow rows of `memory`, from their states (R, D)."""
        ...

    def exit(self, layer: int, hidden: Tensor) -> Beliefs:
        """What the states (R, D) after `layer` layers would predict if the network ended there."""
        ...


@runtime_checkable
class Headed(Causal, Protocol):
    """Has extra heads: head i predicts i + 2 tokens ahead."""

    def heads(self, hidden: Tensor) -> tuple[Beliefs, ...]:
        """Beliefs of every head from the last states (R, D)."""
        ...


@runtime_checkable
class Latent(Model, Protocol):
    """Rewrites vectors instead of tokens."""

    def refine(self, vectors: Tensor, after: Memory | None) -> tuple[Tensor, Reading]:
        """New vectors (R, D) from the old, and what they would predict."""
        ...


CAPABILITIES: dict[str, type] = {
    "causal": Causal,
    "masked": Masked,
    "any-order": AnyOrder,
    "layered": Layered,
    "headed": Headed,
    "latent": Latent,
}


def capabilities(model: object) -> frozenset[str]:
    """The names of the capabilities that a model has."""
    return frozenset(name for name, protocol in CAPABILITIES.items() if isinstance(model, protocol))
