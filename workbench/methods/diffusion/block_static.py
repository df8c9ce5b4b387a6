"""Block diffusion with a fixed quota: so many tokens of a block in every round."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, Recipe, Sampling, Scoring, top
from workbench.methods.loops.unmasking.blockwise import (
    BLOCK_MODEL,
    LENGTH_HELP,
    BlockCache,
    aligned,
    needs_blocks,
    shared_out,
    stop_after_block,
)
from workbench.methods.loops.unmasking.scores import LEFTMOST
from workbench.methods.rules import TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

ORDERS: dict[str, Scoring] = {"confidence": CONFIDENCE, "left to right": LEFTMOST}


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)
    block_length: int = knob(8, 1, 64, 1, LENGTH_HELP + " (SDAR: 4)")
    steps: int = knob(0, 0, 64, 1, "rounds of a block; 0 writes one token a round (paper: as many as tokens)")
    order: str = knob("confidence", help="which tokens of the block come first", choices=tuple(ORDERS))


@method(
    id="block_static",
    title="Block diffusion, static",
    family="diffusion",
    year=2025,
    paper="SDAR: A Synergistic Diffusion-AutoRegression Paradigm (Cheng et al., 2025), arXiv 2510.06303; "
    "block diffusion: Arriola et al., 2025, arXiv 2503.09573",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "In blocks of one it samples from the model token by token; in longer blocks, tokens written in one "
        "round are chosen independently, and the surest-first order is not the model's own.",
    ),
    params=Params,
    rules=(CONFIDENCE.quota, LEFTMOST.quota),
    measures=LEFTMOST.measures,
    models=BLOCK_MODEL,
)
def block_static(run: Run, p: Params) -> Iterator[Event]:
    """Decode block after block; in each, a fixed number of the surest (or leftmost) masks a round.

    Source: the authors' released generation script (static and sequential remasking). Only the block is fed,
    behind the kept rows of finished text; a finished block is fed once more, clean, before the next begins,
    and the run ends after a block that holds an end-of-text. Token and confidence come from the distribution
    after temperature, top-k and top-p. Differs: the last block is cut at the token budget, and its rows are
    not kept, for nobody reads them.
    """
    needs_blocks(run)
    recipe = Recipe(
        aligned(p.block_length),
        top(shared_out(p.block_length, p.steps)),
        ORDERS[p.order],
        Sampling(p.temperature, p.top_k, p.top_p, processed=True),
        BlockCache(p.block_length),
        stop=(stop_after_block,),
    )
    yield from unmask(run, recipe)
