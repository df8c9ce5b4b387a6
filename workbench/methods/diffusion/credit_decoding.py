"""CreditDecoding: a token that keeps being the likeliest earns credit, and is written sooner."""

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
    above,
    blocks,
)
from workbench.methods.loops.unmasking.credit import CREDIT, CREDIT_SOURCE, credit
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(
        0.85, 0, 1, 0.01, THRESHOLD_HELP + ", credit included (paper: 0.8 to 0.9; calibrated: 0.85)"
    )
    alpha: float = knob(0.7, 0, 4, 0.05, "weight of the credit; 0 is the threshold rule")
    gamma: float = knob(0.2, 0, 2, 0.05, "power of a probability when it earns credit; low lifts weak ones")
    beta: float = knob(0.8, 0, 1, 0.05, "how much of the credit is kept from round to round")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)


@method(
    id="credit_decoding",
    title="CreditDecoding",
    family="diffusion",
    year=2025,
    paper="CreditDecoding: Accelerating Parallel Decoding in Diffusion Large Language Models with Trace "
    "Credits (Wang et al., 2025), arXiv 2510.06133",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Credit moves confidence toward what was likeliest before, a steady mistake included.",
    ),
    params=Params,
    rules=(THRESHOLD, AT_LEAST_ONE),
    measures=(CREDIT,),
    sources=(CREDIT_SOURCE,),
)
def credit_decoding(run: Run, p: Params) -> Iterator[Event]:
    """Threshold decoding on logits to which the logarithm of earned credit is added.

    Source: the implementation by the authors' organisation. Each round of a block: old credit is multiplied
    by beta, then the likeliest token of every masked position (by the model alone) earns p^gamma, then
    alpha ln(1 + credit) is added to the logits; token and confidence are read from those. Credit lives as
    long as its block. Differs: with temperature above 0 it is the credited distribution that is sampled.
    """
    recipe = Recipe(
        blocks(p.block_length),
        above(p.threshold),
        CONFIDENCE,
        Sampling(p.temperature),
        logits=(credit(p.alpha, p.gamma, p.beta),),
    )
    yield from unmask(run, recipe)
