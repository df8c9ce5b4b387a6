"""Window-Diffusion: only the nearest masks are computed, the next ones are cached, the far ones unseen."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    CONFIDENCE,
    EXACT,
    STEPS_HELP,
    Recipe,
    Sampling,
    stop_at_end,
    top,
)
from workbench.methods.loops.unmasking.audit import AUDIT_HELP, DRIFT, audited
from workbench.methods.loops.unmasking.windows import Windows, rest_evenly
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    steps: int = knob(0, 0, 512, 1, STEPS_HELP)
    window: int = knob(16, 1, 512, 1, "masks from the left that can be seen in a phase (paper: 64 or 128)")
    active: int = knob(
        8, 1, 512, 1, "masks from the left that are computed and may be written (paper: 16 or 32)"
    )
    refresh: int = knob(
        4, 1, 128, 1, "rounds of a phase; each begins with a pass over everything (paper: 32)"
    )
    end_stop: bool = knob(False, help="end once the text written so far holds an end-of-text")
    audit: bool = knob(False, help=AUDIT_HELP)


def disorder(p: Params) -> str:
    """Why these knobs do not go together."""
    if p.active > p.window:
        return f"{p.active} active masks do not fit a window of {p.window}; give a window at least as large."
    return ""


@method(
    id="window_diffusion",
    title="Window-Diffusion",
    family="diffusion",
    year=2026,
    paper="Window-Diffusion: Accelerating Diffusion Language Model Inference with Windowed Token Pruning and "
    "Caching (Zuo et al., 2026), arXiv 2601.20332",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Between refreshes far masks do not exist for the model and the rows of older text are stale.",
    ),
    params=Params,
    rules=(CONFIDENCE.quota,),
    measures=(DRIFT,),
    sources=(EXACT,),
    legal=disorder,
)
def window_diffusion(run: Run, p: Params) -> Iterator[Event]:
    """Low-confidence remasking on a moving window; the number of rounds stays, the rows per round shrink.

    Source: the authors' released code, the version for LLaDA. The first round of a phase feeds the whole
    canvas, may write anywhere and fixes the window: the text and its first masks. The rounds after it feed
    the nearest masks and whatever was written in this phase, and see the window only; their rows overwrite
    the cached ones. Differs: rows that are fed are always seen, also where the window was too small for a
    phase's progress; the tokens due are those left over the rounds left, since a window may hold back more
    than a fixed quota allows.
    """
    windows = Windows(p.window, p.active, p.refresh, p.audit)
    yield from unmask(
        run,
        Recipe(
            windows.scope,
            top(rest_evenly(p.steps)),
            CONFIDENCE,
            Sampling(p.temperature),
            windows,
            audited(p.audit),
            stop=(stop_at_end,) if p.end_stop else (),
        ),
    )
