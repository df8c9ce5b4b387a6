"""CCD: write what stood in line one round before and is still believed to be the same token."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import NEGATIVE_ENTROPY, STEPS_HELP, Recipe, Sampling, blocks
from workbench.methods.loops.unmasking.coherence import TWO_STEP_RULES, two_step
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    steps: int = knob(0, 0, 512, 1, STEPS_HELP + "; coherent tokens come on top")
    dynamic: bool = knob(
        True, help="on: write all coherent tokens (CCD-DS); off: only as many as are due (CCD)"
    )
    widen: float = knob(
        4.0, 0, 16, 0.5, "the line grows to 1 + this many times the tokens due; 0 switches the rule off"
    )
    warm_up: int = knob(2, 0, 512, 1, "first rounds without the rule (paper: 5 of 256)")
    block_length: int = knob(512, 1, 512, 1, "blocks one after the other; the released code has one block")


@method(
    id="ccd",
    title="Coherent contextual decoding",
    family="diffusion",
    year=2025,
    paper="Beyond Confidence: Adaptive and Coherent Decoding for Diffusion Language Models (2025)",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "A token that was likeliest in two rounds running is taken for coherent; what is written together "
        "is still independent.",
    ),
    params=Params,
    rules=TWO_STEP_RULES,
    measures=NEGATIVE_ENTROPY.measures,
)
def ccd(run: Run, p: Params) -> Iterator[Event]:
    """Write the masks next in line that have kept their likeliest token; if the line has changed, the surest.

    Source: the authors' released code, which remembers one earlier round; the paper's own rule averages
    beliefs (`ccd_average`). A round owes its share of tokens, by negative entropy. The masks that come next
    stand in line; the line grows by one a round, and is short again for the last tenth of the masks. If one
    of the surest stood in line, the masks that stand there now and stood there before, with the same
    likeliest token, are written: all of them (CCD-DS) or as many as are due (CCD). If they are too few, or
    none of the surest stood in line, the surest are written as ever. Differs: it goes on until no mask is
    left, where the released code ends with its rounds; blocks are possible.
    """
    due = max(1, run.max_tokens // p.steps) if p.steps else 1
    select = two_step(due, due + int(due * p.widen), p.warm_up, p.dynamic)
    sampling = Sampling(p.temperature, processed=True)
    yield from unmask(run, Recipe(blocks(p.block_length), select, NEGATIVE_ENTROPY, sampling))
