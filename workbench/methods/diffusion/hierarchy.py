"""Divide and conquer: every run of masks writes one token, so the runs split and their number doubles."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    THRESHOLD,
    THRESHOLD_HELP,
    Recipe,
    Sampling,
    blocks,
)
from workbench.methods.loops.unmasking.winners import RUN_WINNER, run_winners
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(
        0.85, 0, 1, 0.01, THRESHOLD_HELP + " wherever it stands (paper: 0.9; calibrated: 0.85)"
    )
    low: float = knob(
        0.7,
        0,
        1,
        0.01,
        "confidence above which the surest of a run is written; 1 is the threshold rule "
        "(paper: 0.4; calibrated: 0.7)",
    )
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)


@method(
    id="hierarchy",
    title="Hierarchical decoding",
    family="diffusion",
    year=2025,
    paper="dInfer: An Efficient Inference Framework for Diffusion Language Models (Ma et al., 2025), "
    "arXiv 2510.08666",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Tokens that are written together stand apart, which makes them less dependent, not independent.",
    ),
    params=Params,
    rules=(THRESHOLD, RUN_WINNER, AT_LEAST_ONE),
)
def hierarchy(run: Run, p: Params) -> Iterator[Event]:
    """In each unbroken run of masks write the surest token if it passes a low bar, and all very sure ones.

    Source: the authors' released code. A written token splits its run in two, so that the number of tokens
    a round can double from round to round; the surest of the block is written in any case. Differs: equal
    confidences in a run write the leftmost only, where the released code writes them all; the upper
    threshold may be met exactly, so that with `low` at 1 this is the threshold rule.
    """

    select = run_winners(p.threshold, p.low)
    yield from unmask(run, Recipe(blocks(p.block_length), select, CONFIDENCE, Sampling(p.temperature)))
