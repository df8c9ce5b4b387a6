"""WINO: write generously, and let every written token be judged by a mask in its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    ROUND_CAP,
    Recipe,
    Sampling,
    blocks,
)
from workbench.methods.loops.unmasking.wide import (
    NARROW_RULES,
    SHADOWS,
    WIDE_RULES,
    narrow_out,
    needs_own_rows,
    shadowed,
    wide_in,
)
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    wide: float = knob(
        0.7, 0, 1, 0.01, "confidence above which a token is written (paper: 0.5 to 0.8; calibrated: 0.7)"
    )
    narrow: float = knob(0.9, 0, 1, 0.01, "a written token is masked again below this; 0 never revokes")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP + " (paper: 128)")


@method(
    id="wino",
    title="WINO",
    family="diffusion",
    year=2025,
    paper="Wide-In, Narrow-Out: Revokable Decoding for Efficient and Effective DLLMs (Hong et al., 2025), "
    "arXiv 2507.18578",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Every round gains a token in the long run, so it ends; what a block's last round writes is never "
        "checked again.",
    ),
    params=Params,
    rules=(*WIDE_RULES, AT_LEAST_ONE, *NARROW_RULES, ROUND_CAP),
    sources=(SHADOWS,),
)
def wino(run: Run, p: Params) -> Iterator[Event]:
    """Write what passes a low bar; mask again what its shadow, in the same pass, would no longer write.

    Source: the authors' released code. Every position of the block has a shadow behind the canvas: a mask
    at the same position id that sees all real tokens but its own twin, and all shadows; real tokens see no
    shadow. So a shadow's belief about a written token is roughly that of the text without it (roughly: the
    other tokens have already seen it). Revoking needs two tokens written in the round, and may take back at
    most one fewer than the round before wrote, the least believed first.
    """
    needs_own_rows(run)
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length),
            wide_in(p.wide),
            CONFIDENCE,
            Sampling(p.temperature),
            shadowed,
            revise=narrow_out(p.narrow),
        ),
    )
