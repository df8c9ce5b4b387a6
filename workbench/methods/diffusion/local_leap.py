"""LocalLeap: near a token that is very sure, a lower bar is enough."""

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
    stop_at_end,
)
from workbench.methods.loops.unmasking.leap import LEAP_RULES, near_anchors
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(
        0.85,
        0,
        1,
        0.01,
        "confidence of an anchor; away from anchors the only bar (paper: 0.9; calibrated: 0.85)",
    )
    relaxed: float = knob(
        0.7,
        0,
        1,
        0.01,
        "lower bar near an anchor; the threshold itself switches it off (paper: 0.75; calibrated: 0.7)",
    )
    reach: int = knob(4, 0, 64, 1, "positions to either side of an anchor; 0 switches it off")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)
    end_stop: bool = knob(False, help="end once the text written so far holds an end-of-text")


@method(
    id="local_leap",
    title="LocalLeap",
    family="diffusion",
    year=2025,
    paper="Accelerating Diffusion LLM Inference via Local Determinism Propagation (Kong et al., 2025), "
    "arXiv 2510.07081",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It assumes that what stands near a sure token is decided too; agreement with the final text falls "
        "with the distance.",
    ),
    params=Params,
    rules=(*LEAP_RULES, AT_LEAST_ONE),
)
def local_leap(run: Run, p: Params) -> Iterator[Event]:
    """Write the masks that are very sure, and their neighbours if they are fairly sure.

    Source: a third-party file that carries the authors' function and settings; their repository was not
    available. Anchors are masks of the block at or above the threshold in this round; a mask within `reach`
    of one, by position, is tested against the lower bar. What is written so becomes no anchor, neither
    now nor later: anchors are masks. Without an anchor the surest mask alone is written.
    """

    select = near_anchors(p.threshold, p.relaxed, p.reach)
    stop = (stop_at_end,) if p.end_stop else ()
    yield from unmask(
        run, Recipe(blocks(p.block_length), select, CONFIDENCE, Sampling(p.temperature), stop=stop)
    )
