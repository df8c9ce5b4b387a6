"""Fast-dLLM's factor rule: the more tokens a round writes, the surer each must be."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    Recipe,
    Sampling,
    blocks,
)
from workbench.methods.loops.unmasking.factor import FACTOR, SLIP, by_factor
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    factor: float = knob(
        0.6,
        0,
        4,
        0.05,
        "rank r (from 1) needs a confidence above 1 - factor / (r + 1) (paper: 1; calibrated: 0.6)",
    )
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)
    as_released: bool = knob(
        False, help="repeat the released code's slip: a failing last rank is written too"
    )


@method(
    id="fast_dllm_factor",
    title="Fast-dLLM factor",
    family="diffusion",
    year=2025,
    paper="Fast-dLLM: Training-free Acceleration of Diffusion LLM by Enabling KV Cache and Parallel Decoding "
    "(Wu et al., 2025), arXiv 2505.22618",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Up to factor 1 every round meets the condition of the paper's theorem 1, which assumes a coherent "
        "joint distribution; a real model need not have one.",
    ),
    params=Params,
    rules=(FACTOR, AT_LEAST_ONE, SLIP),
)
def fast_dllm_factor(run: Run, p: Params) -> Iterator[Event]:
    """Write the n surest masks of the block, n as large as (r + 1) (1 - c_r) < factor allows for all r <= n.

    Source: the authors' later code, read in four descendants of it, and theorem 1 of the paper. The bar
    1 - factor / (r + 1) rises with the rank while confidence falls, so the first rank that fails ends the
    list; rank 1 is written in any case. Differs: the widely copied code also writes a failing token when
    its rank is the very last; that is the switch `as_released`.
    """

    select = by_factor(p.factor, p.as_released)
    yield from unmask(run, Recipe(blocks(p.block_length), select, CONFIDENCE, Sampling(p.temperature)))
