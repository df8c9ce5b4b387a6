"""LLaDA's sampler in random order: which masks are lifted is left to chance."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    BLOCK_HELP,
    GUIDANCE_HELP,
    GUIDANCE_SOURCES,
    RANDOM,
    RANDOM_RULES,
    STEPS_HELP,
    Recipe,
    Sampling,
    blocks,
    chance,
    evenly,
    guided,
    top,
)
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    steps: int = knob(0, 0, 512, 1, STEPS_HELP)
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)
    guidance: float = knob(0.0, 0, 4, 0.1, GUIDANCE_HELP)


@method(
    id="llada_random_remask",
    title="LLaDA random remasking",
    family="diffusion",
    year=2025,
    paper="Large Language Diffusion Models (Nie et al., 2025), arXiv 2502.09992",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "One token a round at temperature 1 draws from the model's own any-order process; more tokens a "
        "round are chosen independently of each other.",
    ),
    params=Params,
    rules=RANDOM_RULES[:1],
    measures=(RANDOM,),
    sources=GUIDANCE_SOURCES,
)
def llada_random_remask(run: Run, p: Params) -> Iterator[Event]:
    """Guess every mask, write a random few, leave the rest masked, repeat; block by block.

    Source: the authors' generate.py (`remasking="random"`). The score of a mask is a fresh uniform number
    each round, so a token may be written that the model hardly believes in; tokens are still the likeliest
    ones (or drawn, above temperature 0). It explores more than the low-confidence order and errs more.
    Differs: as in the low-confidence method, lengths need not be divisible by block or steps.
    """
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length),
            top(evenly(p.steps)),
            chance(run.dice),
            Sampling(p.temperature),
            guided(p.guidance),
        ),
    )
