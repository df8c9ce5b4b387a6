"""Speculative sampling with one draft chain."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafters import ModelChain
from workbench.methods.loops.verification.stepwise import recursive
from workbench.methods.rules import (
    ACCEPT_RATIO,
    DRAFT_LENGTH_HELP,
    DRAWN,
    GREEDY_MATCH,
    LEFT,
    RESIDUAL,
    TOP_K_HELP,
    TOP_P_HELP,
)
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    draft_length: int = knob(4, 1, 16, 1, DRAFT_LENGTH_HELP)
    stop_below: float = knob(0.0, 0, 1, 0.05, "end a draft after a token less likely than this; 0 never does")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="speculative_sampling",
    title="Speculative sampling",
    family="speculative",
    year=2023,
    paper="Fast Inference from Transformers via Speculative Decoding (Leviathan et al., 2023), arXiv "
    "2211.17192; "
    "Accelerating LLM Decoding with Speculative Sampling (Chen et al., 2023), arXiv 2302.01318",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: the output has exactly the target's distribution, whatever the drafter; "
        "at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(ACCEPT_RATIO, GREEDY_MATCH, DRAWN),
    measures=(LEFT,),
    sources=(RESIDUAL,),
)
def speculative_sampling(run: Run, p: Params) -> Iterator[Event]:
    """A small model drafts a chain; the target reads it in one pass and keeps what it would have drawn.

    Source: Leviathan et al. 2023, Algorithm 1. A draft token is kept when u < min(1, target/draft);
    the first rejection is replaced by a draw from norm(max(target - draft, 0)); a fully kept chain
    earns one more token from the target. Both sides are compared after the same temperature, top-k
    and top-p. Differs from the paper: a draft may stop early after an unlikely token, which is kept.
    Rows: the target reads 1 + drafts rows per round.
    """
    yield from draft_verify(run, p, ModelChain(run, p, p.draft_length, p.stop_below), recursive)
