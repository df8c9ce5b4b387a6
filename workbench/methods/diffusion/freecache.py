"""FreeCache: the text grows from the left, and the rows of what is finished are computed no more."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    CONFIDENCE,
    EXACT,
    THRESHOLD,
    THRESHOLD_HELP,
    Recipe,
    Sampling,
    above,
    blocks,
)
from workbench.methods.loops.unmasking.audit import AUDIT_HELP, DRIFT, audited
from workbench.methods.loops.unmasking.growing import BLOCKS, CUTS, SLIDING, growing_cache
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    cut: str = knob(BLOCKS, help="which rows are frozen: finished blocks, every finished token, or all that "
                    "are far from the first mask", choices=CUTS)  # fmt: skip
    threshold: float = knob(
        0.85, 0, 1, 0.01, THRESHOLD_HELP + ", calibrated: 0.85; 1 writes one token a round (paper)"
    )
    block_length: int = knob(
        8, 1, 512, 1, "positions that are unmasked together, and frozen together (paper: 32)"
    )
    window: int = knob(16, 2, 512, 1, "sliding window: positions to either side (paper: 128 to 512)")
    audit: bool = knob(False, help=AUDIT_HELP)


def disorder(p: Params) -> str:
    """Why these knobs do not go together."""
    if p.cut == SLIDING and p.window <= p.block_length:
        return (
            f"A sliding window of {p.window} does not reach over a block of {p.block_length}; give a window "
            "larger than the block."
        )
    return ""


@method(
    id="freecache",
    title="FreeCache",
    family="diffusion",
    year=2025,
    paper="FlashDLM: Accelerating Diffusion Language Model Inference via Efficient KV Caching and Guided "
    "Diffusion (Hu et al., 2025), arXiv 2505.21467",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "A frozen row stays as it was when its token stood first, although what is written to its right "
        "would change it.",
    ),
    params=Params,
    rules=(THRESHOLD, AT_LEAST_ONE),
    measures=(DRIFT,),
    sources=(EXACT,),
    legal=disorder,
)
def freecache(run: Run, p: Params) -> Iterator[Event]:
    """Decode in blocks from the left by threshold; feed only what comes after the finished text.

    Source: the authors' released code. One full pass keeps the keys and values of all positions. After that
    the pass begins at the last whole block before the first mask, or at the first mask, and what lies before
    is read from the cache, so that passes become cheaper as the text grows; the sliding window feeds only
    what is around the first mask and leaves far masks stale as well. Blocks to freeze are counted from
    position 0. Differs: a row is frozen only after it was fed with its token in place, so a block whose last
    tokens were just written is fed once more.
    """
    cache = growing_cache(p.cut, p.block_length, p.window, p.audit)
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length),
            above(p.threshold),
            CONFIDENCE,
            Sampling(p.temperature),
            cache,
            audited(p.audit),
        ),
    )
