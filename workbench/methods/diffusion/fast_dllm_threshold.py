"""Fast-dLLM's parallel decoding: write every token that is sure enough."""

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
from workbench.methods.loops.unmasking.pairs import ASKED, PAIRS_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(0.85, 0, 1, 0.01, THRESHOLD_HELP + " (paper: 0.9; calibrated: 0.85)")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)
    pairs: bool = knob(False, help=PAIRS_HELP)


@method(
    id="fast_dllm_threshold",
    title="Fast-dLLM threshold",
    family="diffusion",
    year=2025,
    paper="Fast-dLLM: Training-free Acceleration of Diffusion LLM by Enabling KV Cache and Parallel Decoding "
    "(Wu et al., 2025), arXiv 2505.22618",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Close to one token a round where all written tokens are very sure (the paper's theorem 1 assumes "
        "a coherent "
        "joint distribution), and not the same where they are not.",
    ),
    params=Params,
    rules=(THRESHOLD, AT_LEAST_ONE),
    sources=(ASKED,),
)
def fast_dllm_threshold(run: Run, p: Params) -> Iterator[Event]:
    """Write all masks of the block whose confidence reaches the threshold, the surest one in any case.

    Source: the authors' released code (generate.py of the LLaDA variant) and section 3.3 of the paper.
    Confidence is the probability of the chosen token at temperature 1 in float64. How many rounds it
    takes depends on the text. No caching here: every round computes the whole canvas.
    """
    select, sampling = above(p.threshold), Sampling(p.temperature)
    yield from unmask(run, Recipe(blocks(p.block_length), select, CONFIDENCE, sampling, pairs=p.pairs))
