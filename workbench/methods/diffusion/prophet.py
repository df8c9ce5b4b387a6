"""Prophet: stop looking once the answer is decided, and write all the rest at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    BLOCK_HELP,
    CONFIDENCE,
    STEPS_HELP,
    Recipe,
    Sampling,
    blocks,
    evenly,
    top,
)
from workbench.methods.loops.unmasking.early import DECIDED, GAP, decided
from workbench.methods.run import Run
from workbench.trace import Event

TAIL, ALL = "tail", "all"


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    steps: int = knob(0, 0, 512, 1, STEPS_HELP)
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP + " (paper: 32)")
    early: float = knob(
        15.0, 0, 100, 0.5, "mean logit gap that ends the run in the first third (paper: 7.5; calibrated: 15)"
    )
    middle: float = knob(10.5, 0, 100, 0.5, "the same in the second third (paper: 5; calibrated: 10.5)")
    late: float = knob(10.5, 0, 100, 0.5, "the same in the last third (paper: 2.5; calibrated: 10.5)")
    answer: str = knob(
        ALL, help="where the answer stands: the last positions before the end, or all", choices=(ALL, TAIL)
    )
    length: int = knob(5, 1, 128, 1, "positions of the answer, where it is the tail (paper: 5)")


@method(
    id="prophet",
    title="Prophet",
    family="diffusion",
    year=2025,
    paper="Diffusion Language Models Know the Answer Before Decoding (Li et al., 2025), arXiv 2508.19982",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Where it never fires it is low-confidence remasking; where it fires, all open positions are written "
        "independently at once.",
    ),
    params=Params,
    rules=(CONFIDENCE.quota, DECIDED),
    measures=(GAP,),
)
def prophet(run: Run, p: Params) -> Iterator[Event]:
    """Low-confidence remasking that writes everything as soon as the answer's logit gaps are wide enough.

    Source: the authors' released code. Before each round the gap between the two best logits is averaged
    over the answer, written positions included, and compared with a bar that falls with the share of rounds
    done (one third, two thirds). The prediction is the round's own, so looking costs nothing. Differs: the
    released code marks the answer by a suffix forced into the text; here it is the whole canvas, or the last
    positions that are not predicted to be end-of-text. Gaps depend on a model's logit scale: the
    defaults are for the embedded model, on which the paper's fire after the first look.
    """
    bars, tail = (p.early, p.middle, p.late), p.length if p.answer == TAIL else 0
    recipe = Recipe(
        blocks(p.block_length),
        top(evenly(p.steps)),
        CONFIDENCE,
        Sampling(p.temperature),
        stop=(decided(bars, p.steps or run.max_tokens, tail),),
        also=lambda board: board.region,
    )
    yield from unmask(run, recipe)
