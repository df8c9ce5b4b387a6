"""Block diffusion by its reverse process: every mask of the block is lifted by its own coin."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.maths.schedule import lift_chances
from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, UNMASK_COIN, Recipe, Round, Sampling, coins
from workbench.methods.loops.unmasking.blockwise import (
    BLOCK_MODEL,
    LENGTH_HELP,
    BlockCache,
    aligned,
    needs_blocks,
    stop_after_block,
)
from workbench.methods.rules import TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)
    block_length: int = knob(8, 1, 64, 1, LENGTH_HELP + " (paper: 4 to 16)")
    steps: int = knob(0, 0, 512, 1, "rounds of a block's time grid; 0 takes one for every position")


@method(
    id="block_ancestral",
    title="Block diffusion, ancestral",
    family="diffusion",
    year=2025,
    paper="Block Diffusion: Interpolating Between Autoregressive and Diffusion Language Models "
    "(Arriola et al., 2025), arXiv 2503.09573",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It approximates the model's own process, in which no two masks are lifted at once: here those that "
        "one round lifts are drawn independently, and more rounds make that rarer.",
    ),
    params=Params,
    rules=(UNMASK_COIN,),
    models=BLOCK_MODEL,
)
def block_ancestral(run: Run, p: Params) -> Iterator[Event]:
    """Walk each block through time from 1 to 0; from t to s a mask is lifted with chance 1 - s/t.

    Source: the authors' released code (linear schedule). A round that lifts nothing costs no pass, for the
    prediction is still the same. Finished blocks are kept in the cache after one clean pass, and the run
    ends after a block that holds an end-of-text. Temperature is ours; the paper samples at 1.
    """
    needs_blocks(run)
    grid = lift_chances(p.steps or p.block_length, 0.0)

    def chances(now: Round) -> list[float]:
        return [grid[now.index]] * len(now.holes)

    recipe = Recipe(
        aligned(p.block_length),
        coins(run.dice, chances),
        CONFIDENCE,
        Sampling(p.temperature, 0, p.top_p, processed=True),
        BlockCache(p.block_length),
        stop=(stop_after_block,),
        cap=len(grid) * (run.max_tokens + 1),
    )
    yield from unmask(run, recipe)
