"""LLaDA's sampler: a fixed quota per round, the surest tokens first."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    BLOCK_HELP,
    CONFIDENCE,
    GUIDANCE_HELP,
    GUIDANCE_SOURCES,
    STEPS_HELP,
    Recipe,
    Sampling,
    blocks,
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
    id="llada_low_confidence",
    title="LLaDA low-confidence remasking",
    family="diffusion",
    year=2025,
    paper="Large Language Diffusion Models (Nie et al., 2025), arXiv 2502.09992",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It defines its own output: tokens written in one round are chosen independently, so fewer rounds "
        "can cost "
        "accuracy.",
    ),
    params=Params,
    rules=CONFIDENCE.rules[:1],
    sources=GUIDANCE_SOURCES,
)
def llada_low_confidence(run: Run, p: Params) -> Iterator[Event]:
    """Guess every mask, write the surest few, leave the rest masked, repeat; block by block.

    Source: the authors' generate.py. Confidence is the probability of the chosen token at temperature
    1, whatever the sampling temperature; above 0 tokens are drawn from softmax(logits / temperature),
    which has the law of the paper's Gumbel noise. Guidance runs a second pass with the prompt masked.
    Differs: lengths need not be divisible by block or steps; the last block may be shorter, and the
    steps are shared over the blocks as evenly as can be. All blocks are decoded; text after the first
    end-of-text is not part of the answer.
    """
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length),
            top(evenly(p.steps)),
            CONFIDENCE,
            Sampling(p.temperature),
            guided(p.guidance),
        ),
    )
