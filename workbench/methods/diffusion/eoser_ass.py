"""EOSER and ASS together: rounds that double, and ends of text held back while little is written."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.maths.schedule import doubling_quota
from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import Recipe, Sampling
from workbench.methods.loops.unmasking.ascending import (
    BLOCKS_HELP,
    GAMMA,
    GAMMA_HELP,
    LATE_END,
    QUOTA_LATE,
    doubling,
    doubling_blocks,
    late_end,
    with_share,
)
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    blocks: int = knob(1, 1, 8, 1, BLOCKS_HELP)
    gamma_min: float = knob(0.01, 0, 1, 0.01, GAMMA_HELP.format("first") + " (paper: 0.01)")
    gamma_max: float = knob(1.0, 0, 1, 0.01, GAMMA_HELP.format("last") + " (paper: 1)")


@method(
    id="eoser_ass",
    title="EOSER and ASS",
    family="diffusion",
    year=2025,
    paper="Taming Masked Diffusion Language Models via Consistency Trajectory Reinforcement Learning with "
    "Fewer Decoding Step (Yang et al., 2025), arXiv 2509.23924",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It takes exactly floor(log2 n) rounds for n positions; with gamma 1 it is the ascending step size "
        "alone.",
    ),
    params=Params,
    rules=(QUOTA_LATE,),
    measures=(LATE_END, GAMMA),
)
def eoser_ass(run: Run, p: Params) -> Iterator[Event]:
    """Write 1, 2, 4, ... of the surest masks a round, ends of text counted as less sure while it is early.

    Source: the authors' released code. In round s of S = floor(log2 n) the confidence of an end-of-text is
    multiplied by gamma_min + (gamma_max - gamma_min) (2^(s + 1) - 1) / 2^S, so the factor rises with the
    share of the text that is written. Differs: any length is taken, not only powers of two.
    """
    gamma = with_share(p.gamma_min, p.gamma_max, len(doubling_quota(run.max_tokens)))
    scope, select = doubling_blocks(run.max_tokens, p.blocks), doubling(run.max_tokens)
    yield from unmask(run, Recipe(scope, select, late_end(gamma), Sampling(p.temperature)))
