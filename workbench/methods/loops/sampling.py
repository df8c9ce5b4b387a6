"""The distribution that a method samples from, and how it is recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from workbench.maths.sample import warp
from workbench.methods.run import Rows, Run
from workbench.methods.thinning import FEW
from workbench.trace import Event, Refs


class Sampling(Protocol):
    """The knobs that shape the distribution, as every sampling method has them."""

    @property
    def temperature(self) -> float: ...
    @property
    def top_k(self) -> int: ...
    @property
    def top_p(self) -> float: ...


@dataclass(frozen=True)
class Plain:
    """Fixed values of the three knobs."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


GREEDY = Plain(temperature=0.0)


def process(logits: Tensor, sampling: Sampling) -> Tensor:
    """Probabilities (R, V) after temperature, top-k and top-p; at temperature 0 the model's own."""
    if sampling.temperature == 0:
        return warp(logits)
    return warp(logits, sampling.temperature, sampling.top_k, sampling.top_p)


def record(
    run: Run,
    source: str,
    of: Refs | Sequence[Refs],
    logits: Tensor,
    probs: Tensor,
    sampling: Sampling,
    also: Rows = (),
    most: int = FEW,
) -> Iterator[Event]:
    """Observe the raw and the processed belief, or one of them where they are the same numbers."""
    if not run.full:
        return
    if sampling.temperature == 0:
        yield from run.observe(source, of, probs, "vocabulary", also, most)
        return
    if sampling.temperature != 1 or sampling.top_k or sampling.top_p < 1:
        yield from run.observe(source, of, warp(logits), "vocabulary", also, most)
    yield from run.observe(source, of, probs, "processed", also, most)
