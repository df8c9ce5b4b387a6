"""EOSER: an end of text is held back at first, so that the tail does not decide the length."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import BLOCK_HELP, STEPS_HELP, Recipe, Sampling, blocks, evenly, top
from workbench.methods.loops.unmasking.ascending import (
    GAMMA,
    GAMMA_HELP,
    LATE_END,
    QUOTA_LATE,
    late_end,
    linear,
)
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    steps: int = knob(0, 0, 512, 1, STEPS_HELP)
    block_length: int = knob(512, 1, 512, 1, BLOCK_HELP + " (paper: the whole canvas)")
    gamma_min: float = knob(0.4, 0, 1, 0.01, GAMMA_HELP.format("first") + " (paper: 0.4)")
    gamma_max: float = knob(1.0, 0, 1, 0.01, GAMMA_HELP.format("last") + " (paper: 1)")


@method(
    id="eoser",
    title="EOS early rejection",
    family="diffusion",
    year=2025,
    paper="Taming Masked Diffusion Language Models via Consistency Trajectory Reinforcement Learning with "
    "Fewer Decoding Step (Yang et al., 2025), arXiv 2509.23924",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Only the order changes: every token is the model's own choice in its round; with gamma 1 it is "
        "low-confidence remasking.",
    ),
    params=Params,
    rules=(QUOTA_LATE,),
    measures=(LATE_END, GAMMA),
)
def eoser(run: Run, p: Params) -> Iterator[Event]:
    """Low-confidence remasking in which the confidence of an end-of-text is multiplied by a rising factor.

    Source: the authors' released code. A model that was trained on padded answers is surest of its padding,
    writes it first and so fixes the length before the content. In round s of S the factor is
    gamma_min + (gamma_max - gamma_min) s / (S - 1); it enters the ranking only. Differs: rounds are counted
    over the whole run, where the released code counts them within a block.
    """
    rounds = p.steps or run.max_tokens
    scoring = late_end(linear(p.gamma_min, p.gamma_max, rounds))
    recipe = Recipe(blocks(p.block_length), top(evenly(p.steps)), scoring, Sampling(p.temperature))
    yield from unmask(run, recipe)
