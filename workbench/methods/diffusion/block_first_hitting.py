"""Block diffusion, first hitting: jump to the moment at which the next mask would be lifted."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, Recipe, Sampling
from workbench.methods.loops.unmasking.blockwise import (
    BLOCK_MODEL,
    LENGTH_HELP,
    BlockCache,
    aligned,
    needs_blocks,
    stop_after_block,
)
from workbench.methods.loops.unmasking.hits import HIT, TIME, first_hit
from workbench.methods.rules import TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)
    block_length: int = knob(8, 1, 64, 1, LENGTH_HELP + " (paper: 4 to 16)")


@method(
    id="block_first_hitting",
    title="Block diffusion, first hitting",
    family="diffusion",
    year=2025,
    paper="Block Diffusion: Interpolating Between Autoregressive and Diffusion Language Models "
    "(Arriola et al., 2025), arXiv 2503.09573; first hitting: Zheng et al., 2024, arXiv 2409.02908",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.REFERENCE,
        "",
        "At temperature 1 it is exact: its text has the law of the block model's own process in continuous "
        "time, one mask after another in random order.",
    ),
    params=Params,
    rules=(HIT,),
    measures=(TIME,),
    models=BLOCK_MODEL,
)
def block_first_hitting(run: Run, p: Params) -> Iterator[Event]:
    """Lift exactly one mask a round: a uniformly chosen one, its token drawn from the model.

    Source: the authors' released code. In continuous time no two masks are lifted at once; with n masks left
    the next is lifted at t * u^(1/n), and it may be any of them. The model has no clock, so that time decides
    nothing; it is recorded for the picture. Blocks, kept rows and the end are as in ancestral sampling.
    """
    needs_blocks(run)
    recipe = Recipe(
        aligned(p.block_length),
        first_hit(run.dice),
        CONFIDENCE,
        Sampling(p.temperature, 0, p.top_p, processed=True),
        BlockCache(p.block_length),
        stop=(stop_after_block,),
    )
    yield from unmask(run, recipe)
