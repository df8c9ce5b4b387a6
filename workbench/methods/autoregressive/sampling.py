"""Ancestral sampling with temperature, top-k and top-p."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.next_token import next_token
from workbench.methods.rules import DRAWN, LIKELIEST, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="sampling",
    title="Sampling",
    family="autoregressive",
    year=2019,
    paper="The Curious Case of Neural Text Degeneration (Holtzman et al., 2020), arXiv 1904.09751",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.REFERENCE,
        "",
        "It is the reference: one draw from the target's processed distribution at every step.",
    ),
    params=Params,
    rules=(DRAWN, LIKELIEST),
)
def sampling(run: Run, p: Params) -> Iterator[Event]:
    """Draw the next token from the target's distribution after temperature, top-k and top-p.

    Source: top-p from Holtzman et al. 2020, section 3.1; the order of the three filters is that of
    transformers. The draw inverts the cumulative distribution, so that one recorded number decides it.
    """
    yield from next_token(run, p)
