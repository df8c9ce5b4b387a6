"""KLASS: write what is sure and has stopped moving."""

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
from workbench.methods.loops.unmasking.steady import MOVED, SETTLED, UNMOVED, steady
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(0.85, 0, 1, 0.01, THRESHOLD_HELP + " (paper: 0.9; calibrated: 0.85)")
    delta: float = knob(0.01, 0, 1, 0.005, "nats: a belief that changes by less has not moved (paper: 0.01)")
    history: int = knob(
        2, 0, 8, 1, "how many rounds in a row it must not have moved; 0 asks for confidence only"
    )
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)


@method(
    id="klass",
    title="KLASS",
    family="diffusion",
    year=2025,
    paper="KLASS: KL-Guided Fast Inference in Masked Diffusion Models (Kim et al., 2025), arXiv 2511.05664",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "A belief that is sure and steady is taken for final; what is written together is still independent.",
    ),
    params=Params,
    rules=(UNMOVED, SETTLED, THRESHOLD, AT_LEAST_ONE),
    measures=(MOVED,),
)
def klass(run: Run, p: Params) -> Iterator[Event]:
    """Write the masks of the block whose belief is sure and has not moved for some rounds; else the surest.

    Source: a public implementation of the paper's rule in a cache library; the authors' code was not read.
    A belief has moved by KL(now || before); a mask has settled once its last `history` moves were all below
    delta, so nothing is settled in the first rounds; the history begins
    with the block. With history 0 it is the threshold rule.
    """
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length),
            steady(p.threshold, p.delta, p.history),
            CONFIDENCE,
            Sampling(p.temperature),
        ),
    )
