"""Bounded adaptive confidence decoding: the bar is as high as the block has been sure so far."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import AT_LEAST_ONE, BLOCK_HELP, CONFIDENCE, Recipe, Sampling
from workbench.methods.loops.unmasking.blockwise import BLOCK_MODEL, fitting
from workbench.methods.loops.unmasking.bounded import BOUNDED, RUNNING, bounded
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    low: float = knob(0.74, 0, 1, 0.01, "the bar never falls below this (paper: 0.6; calibrated: 0.74)")
    high: float = knob(0.93, 0, 1, 0.01, "the bar never rises above this (paper: 0.9; calibrated: 0.93)")
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP + " (paper: 16)")


def disorder(p: Params) -> str:
    """Why these knobs do not go together."""
    if p.low > p.high:
        return f"low = {p.low:g} is above high = {p.high:g}; give a low bound that is not above the high one."
    return ""


@method(
    id="bacd",
    title="Bounded adaptive confidence",
    family="diffusion",
    year=2026,
    paper="Advancing Block Diffusion Language Models for Test-Time Scaling (2026), arXiv 2602.09555",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "The threshold rule with a bar that moves: what is written in one round is still independent.",
    ),
    params=Params,
    rules=(BOUNDED, AT_LEAST_ONE),
    measures=(RUNNING,),
    models=BLOCK_MODEL,
    legal=disorder,
)
def bacd(run: Run, p: Params) -> Iterator[Event]:
    """Write what is as sure as the tokens of this block have been on average, within two bounds.

    Source: the authors' released code. The bar is the mean confidence of all tokens that the block has
    written; in its first round, the best confidence there is. An easy block keeps a high bar, a hard one
    lowers it. With equal bounds it is the threshold rule. Confidence is that of the drawn token at
    temperature 1. A block model is fed block by block, other models the whole canvas.
    """
    scope, compute, stop = fitting(run.masked("denoiser"), p.block_length)
    select = bounded(p.low, p.high)
    yield from unmask(run, Recipe(scope, select, CONFIDENCE, Sampling(p.temperature), compute, stop=stop))
