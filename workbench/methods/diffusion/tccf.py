"""Think coarse, critic fine: wide blocks for the thinking, narrow blocks for the answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import AT_LEAST_ONE, CONFIDENCE, Recipe, Sampling, stop_at_end
from workbench.methods.loops.unmasking.blockwise import BLOCK_MODEL
from workbench.methods.loops.unmasking.bounded import BOUNDED, RUNNING, bounded
from workbench.methods.loops.unmasking.stages import BUDGET, CUE, MARKED, MARKS, THOUGHT, Stages
from workbench.methods.run import Run
from workbench.trace import Event

CUES = {"none": b"", "line break": b"\n", "check": b"\nCheck it, then answer:\n"}


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    coarse: int = knob(8, 1, 512, 1, "positions of a block in the first stage (paper: 16)")
    fine: int = knob(
        1, 1, 512, 1, "positions of a block in the second stage; 1 writes token by token (paper)"
    )
    think: float = knob(0.5, 0, 1, 0.05, "share of the canvas after which the first stage ends")
    mark: str = knob(
        BUDGET, help="what ends the first stage early, where the text holds it", choices=tuple(MARKS)
    )
    cue: str = knob(
        "none", help="what is written between the stages (paper: a request to check)", choices=tuple(CUES)
    )
    low: float = knob(0.74, 0, 1, 0.01, "lower bound of the moving bar (paper: 0.6; calibrated: 0.74)")
    high: float = knob(0.93, 0, 1, 0.01, "upper bound of the moving bar (paper: 0.9; calibrated: 0.93)")


def disorder(p: Params) -> str:
    """Why these knobs do not go together."""
    if p.low > p.high:
        return f"low = {p.low:g} is above high = {p.high:g}; give a low bound that is not above the high one."
    return ""


@method(
    id="tccf",
    title="Think coarse, critic fine",
    family="diffusion",
    year=2026,
    paper="Advancing Block Diffusion Language Models for Test-Time Scaling (2026), arXiv 2602.09555",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "A schedule of block lengths: the first stage writes several tokens at once, the second hardly ever.",
    ),
    params=Params,
    rules=(THOUGHT, MARKED, BOUNDED, AT_LEAST_ONE),
    measures=(RUNNING,),
    sources=(CUE,),
    models=BLOCK_MODEL,
    legal=disorder,
)
def tccf(run: Run, p: Params) -> Iterator[Event]:
    """Decode in wide blocks up to the end of the thinking, write a cue, go on in narrow blocks.

    Source: the authors' released code. Both stages write by the moving bar (bounded adaptive confidence);
    with blocks of one token the second stage is autoregressive. The rows of the first stage were computed
    under wide blocks, so a block model is fed the whole text anew when the stages change. Differs: the
    embedded models write no mark for the end of thinking, so a share of the canvas ends the first stage, or
    a line break; the cue is short, and the answer is all that is written.
    """
    stages = Stages(p.coarse, p.fine, p.think, MARKS[p.mark], CUES[p.cue])
    yield from unmask(
        run,
        Recipe(
            stages.scope,
            bounded(p.low, p.high),
            CONFIDENCE,
            Sampling(p.temperature),
            stages,
            stop=(stop_at_end,),
        ),
    )
