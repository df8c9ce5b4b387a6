"""Block diffusion with a threshold: as many tokens of a block as are sure, the quota at least."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, THRESHOLD_HELP, Recipe, Sampling
from workbench.methods.loops.unmasking.blockwise import (
    BLOCK_MODEL,
    ENTROPY,
    LENGTH_HELP,
    SURE,
    TOGETHER,
    BlockCache,
    aligned,
    dynamic,
    needs_blocks,
    shared_out,
    stop_after_block,
    together,
)
from workbench.methods.rules import TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

THRESHOLD, BUDGET = "threshold", "budget"


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)
    threshold: float = knob(0.93, 0, 1, 0.01, THRESHOLD_HELP + " (paper: 0.85 to 0.9; calibrated: 0.93)")
    block_length: int = knob(8, 1, 64, 1, LENGTH_HELP + " (SDAR: 4)")
    steps: int = knob(0, 0, 64, 1, "rounds of a block at most; 0 allows one for every token")
    by: str = knob(
        THRESHOLD, help="what is sure: a confidence, or few entropies", choices=(THRESHOLD, BUDGET)
    )
    budget: float = knob(
        0.36, 0, 10, 0.01, "nats that may be written in one round, by budget (paper: 0.35; calibrated: 0.36)"
    )


@method(
    id="block_dynamic",
    title="Block diffusion, dynamic",
    family="diffusion",
    year=2025,
    paper="SDAR: A Synergistic Diffusion-AutoRegression Paradigm (Cheng et al., 2025), arXiv 2510.06303; "
    "block diffusion: Arriola et al., 2025, arXiv 2503.09573",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Tokens that pass the threshold together are chosen independently; what is sure may still be wrong.",
    ),
    params=Params,
    rules=(SURE, TOGETHER, CONFIDENCE.quota),
    measures=(ENTROPY,),
    models=BLOCK_MODEL,
)
def block_dynamic(run: Run, p: Params) -> Iterator[Event]:
    """Decode block after block; in each, all masks surer than a bar, or the quota's best if fewer are.

    Source: the authors' released generation script (dynamic low-confidence remasking). The threshold asks for
    more than, the quota is the block's tokens shared over its rounds. By budget, the most certain are written
    while their entropies sum to it at most; the released script's own sum reads the chosen tokens only, so
    that rule is made from its definition. Blocks, kept rows and the end are as in static block diffusion,
    which it is with a threshold of 1.
    """
    needs_blocks(run)
    due = shared_out(p.block_length, p.steps)
    recipe = Recipe(
        aligned(p.block_length),
        dynamic(p.threshold, due) if p.by == THRESHOLD else together(p.budget, due),
        CONFIDENCE,
        Sampling(p.temperature, p.top_k, p.top_p, processed=True),
        BlockCache(p.block_length),
        stop=(stop_after_block,),
    )
    yield from unmask(run, recipe)
