"""EB-Sampler: as many tokens a round as a bound on their mutual dependence allows."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    BLOCK_HELP,
    CONFIDENCE,
    MARGIN,
    NEGATIVE_ENTROPY,
    Recipe,
    Sampling,
    blocks,
)
from workbench.methods.loops.unmasking.budget import BUDGET, ENTROPY, within_budget
from workbench.methods.run import Run
from workbench.trace import Event

ORDERS = {"entropy": NEGATIVE_ENTROPY, "confidence": CONFIDENCE, "margin": MARGIN}


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    gamma: float = knob(
        0.01,
        0,
        10,
        0.01,
        "nats of dependence that a round may ignore; 0 is one token a round (paper: 0.1; calibrated: 0.01)",
    )
    order: str = knob("entropy", help="which tokens come first", choices=tuple(ORDERS))
    block_length: int = knob(64, 1, 512, 1, BLOCK_HELP)


@method(
    id="eb_sampler",
    title="EB-Sampler",
    family="diffusion",
    year=2025,
    paper="Accelerated Sampling from Masked Diffusion Models via Entropy Bounded Unmasking "
    "(Ben-Hamu et al., 2025), arXiv 2505.24857",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "With an exact model every round differs from the joint distribution by at most gamma nats (KL).",
    ),
    params=Params,
    rules=(BUDGET,),
    measures=(ENTROPY, *NEGATIVE_ENTROPY.measures, *MARGIN.measures),
)
def eb_sampler(run: Run, p: Params) -> Iterator[Event]:
    """Go through the masks, surest first, and write while the entropies less the largest stay within gamma.

    Source: two public implementations of the paper's rule, corrected by its definition (the running
    maximum is taken over the positions, the entropy over the whole vocabulary). That sum bounds how far the
    product of the marginals is from the joint; the first token has 0, so each round writes one at least.
    Entropies are those of the distribution that is sampled: after temperature, at 0 that of the model.
    """

    select = within_budget(p.gamma)
    recipe = Recipe(blocks(p.block_length), select, ORDERS[p.order], Sampling(p.temperature, processed=True))
    yield from unmask(run, recipe)
