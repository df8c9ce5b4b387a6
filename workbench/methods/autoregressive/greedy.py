"""Greedy decoding: the reference text of every method that promises the same greedy output."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, method
from workbench.methods.loops.next_token import next_token
from workbench.methods.rules import LIKELIEST
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    """Greedy decoding has nothing to set."""


@method(
    id="greedy",
    title="Greedy decoding",
    family="autoregressive",
    year=0,
    paper="",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.REFERENCE, "", "It is the reference: the target's likeliest token at every step."
    ),
    params=Params,
    rules=(LIKELIEST,),
)
def greedy(run: Run, p: Params) -> Iterator[Event]:
    """Commit the likeliest next token, one per forward pass.

    Source: the standard autoregressive decoder; no single paper. Ties go to the lower token id.
    """
    yield from next_token(run)
