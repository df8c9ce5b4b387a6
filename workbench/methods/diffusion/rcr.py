"""Running-confidence remasking: write everything, then give back what is least believed."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    BLOCK_HELP,
    CONFIDENCE,
    Recipe,
    blocks,
    everything,
)
from workbench.methods.loops.unmasking.revises import KEPT, keep_best
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    steps: int = knob(0, 0, 512, 1, "rounds over the whole canvas; 0 takes one for every two tokens")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)
    schedule: str = knob(
        "linear", help="how many tokens are kept round by round", choices=("linear", "cosine")
    )


@method(
    id="rcr",
    title="Running-confidence remasking",
    family="diffusion",
    year=2025,
    paper="MDPO: Overcoming the Training-Inference Divide of Masked Diffusion Language Models "
    "(He et al., 2025), arXiv 2508.13148",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "As many rounds as a fixed schedule; a token stays as long as few others were surer when written.",
    ),
    params=Params,
    rules=(KEPT,),
)
def rcr(run: Run, p: Params) -> Iterator[Event]:
    """Write all masks with their likeliest token; mask again those that were least sure when written.

    Source: a public implementation in a benchmark of parallel decoding; the paper's own code was not read.
    A schedule says how many tokens each round adds; after a round as many positions as all later rounds
    will add become masks again, those of the lowest confidence *at the time they were written*, over
    everything generated so far, so that an early token can lose to a later one. Temperature 0 only.
    Differs: a token of an earlier block that was masked again is written together with the current block.
    """
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length, behind=True),
            everything,
            CONFIDENCE,
            revise=keep_best(p.steps or max(1, run.max_tokens // 2), p.schedule),
        ),
    )
