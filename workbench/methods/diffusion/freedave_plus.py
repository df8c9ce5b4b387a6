"""FreeDave++: free drafts over threshold decoding."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    THRESHOLD,
    THRESHOLD_HELP,
    Recipe,
    above,
)
from workbench.methods.loops.unmasking.blockwise import fitting
from workbench.methods.loops.unmasking.drafts import (
    DRAFTS_HELP,
    SAME_PLACE,
    SAME_TOKEN,
    WHOLE_STEP,
    all_above,
    drafted,
)
from workbench.methods.run import Run
from workbench.trace import Event

SUBSET, WHOLE = "part", "whole"
JUMPS = Guarantee(
    Promise.LOSSY,
    "",
    "A draft stands if it is a part of what threshold decoding would write, so later tokens may see fewer "
    "neighbours than there.",
)
KEEPS = Guarantee(
    Promise.SAME_GREEDY,
    "fast_dllm_threshold",
    "Same tokens as threshold decoding in the same blocks: only its whole rounds are taken.",
)


@dataclass(frozen=True)
class Params:
    threshold: float = knob(
        0.85, 0, 1, 0.01, THRESHOLD_HELP + " (paper: 0.9 or 0.95; calibrated: 0.85); 1 is FreeDave"
    )
    drafts: int = knob(4, 1, 32, 1, DRAFTS_HELP)
    match: str = knob(
        SUBSET,
        help="how much of a round of threshold decoding a draft must hold (paper: part)",
        choices=(SUBSET, WHOLE),
    )
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP + " (paper: 32)")


def promised(p: Params) -> Guarantee:
    """Whole rounds of the baseline, or a text of its own."""
    return KEEPS if p.match == WHOLE else JUMPS


@method(
    id="freedave_plus",
    title="FreeDave++",
    family="diffusion",
    year=2025,
    paper="Free Draft-and-Verification: Toward Lossless Parallel Decoding for Diffusion Large Language "
    "Models (Wu & Zhang, 2025), arXiv 2510.00294",
    needs={"denoiser": "masked"},
    guarantee=JUMPS,
    params=Params,
    rules=(THRESHOLD, AT_LEAST_ONE, SAME_PLACE, SAME_TOKEN, WHOLE_STEP),
    holds=promised,
)
def freedave_plus(run: Run, p: Params) -> Iterator[Event]:
    """Write what passes the threshold, guess further tokens one by one, and check all guesses in one batch.

    Source: the authors' released code. The first draft is a round of threshold decoding, each further one
    adds the next surest mask. A draft stands if all it adds is what threshold decoding would write on the
    last canvas that stands; the largest such draft is taken, and the scan goes on from there. That may take
    a part of a round, so the text can differ from threshold decoding's; with `whole` it cannot. Differs: as
    FreeDave, and a confidence equal to the threshold passes.
    """
    scope, compute, stop = fitting(run.masked("denoiser"), p.block_length)
    verify = drafted(p.drafts, all_above(p.threshold), exact=p.match == WHOLE)
    recipe = Recipe(scope, above(p.threshold), CONFIDENCE, compute=compute, verify=verify, stop=stop)
    yield from unmask(run, recipe)
