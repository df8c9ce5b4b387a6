"""LLaDA's sampler: a fixed quota per round, the surest tokens first."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from workbench.maths.schedule import even_quota
from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import BLOCK_HELP, GUIDANCE_HELP, QUOTA, Recipe, Round, ranked, unmask
from workbench.methods.run import Run
from workbench.trace import Event, Source


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    steps: int = knob(0, 0, 512, 1, "rounds over the whole canvas; 0 writes one token a round")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)
    guidance: float = knob(0.0, 0, 4, 0.1, GUIDANCE_HELP)


def quota(run: Run, p: Params, now: Round) -> int:
    """Tokens due this round: the block's masks shared evenly over the block's rounds."""
    if not p.steps:
        return 1
    rounds = max(1, even_quota(p.steps, now.blocks)[now.block])
    return even_quota(now.masks, min(rounds, now.masks))[now.index]


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
    rules=(QUOTA,),
    sources=(
        Source("unconditional", "the model without the prompt", "draft"),
        Source("guided", "guided combination", "combined"),
    ),
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

    def select(now: Round) -> Generator[Event, None, list[int]]:
        due = quota(run, p, now)
        verdict = QUOTA.judge(now.candidates, ranked(now.confidence), [due] * len(now.holes))
        yield verdict
        return [i for i, passed in enumerate(verdict.passed) if passed]

    yield from unmask(run, Recipe(select, p.block_length, p.temperature, p.guidance))
