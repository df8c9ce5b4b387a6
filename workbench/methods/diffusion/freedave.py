"""FreeDave: draft several rounds from one prediction, verify them in one batch, lose nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import BLOCK_HELP, CONFIDENCE, Recipe, top
from workbench.methods.loops.unmasking.blockwise import fitting
from workbench.methods.loops.unmasking.drafts import DRAFTS_HELP, SAME_PLACE, SAME_TOKEN, drafted, surest_one
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    drafts: int = knob(4, 1, 32, 1, DRAFTS_HELP)
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP + " (paper: 32)")


@method(
    id="freedave",
    title="FreeDave",
    family="diffusion",
    year=2025,
    paper="Free Draft-and-Verification: Toward Lossless Parallel Decoding for Diffusion Large Language "
    "Models (Wu & Zhang, 2025), arXiv 2510.00294",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.SAME_GREEDY,
        "llada_low_confidence",
        "Same tokens in the same order as one token a round in the same blocks (static block diffusion, on a "
        "block model), in no more rounds; it pays with more canvases per round.",
    ),
    params=Params,
    rules=(CONFIDENCE.quota, SAME_PLACE, SAME_TOKEN),
)
def freedave(run: Run, p: Params) -> Iterator[Event]:
    """Write the surest mask, then guess the next ones from the same prediction and check them all at once.

    Source: the authors' released code. Draft k is the canvas with the k surest masks of the block written,
    so the first is the plain successor. The model looks at all drafts in one batch (one tick, a sequence
    each); draft k + 1 stands if k stands and the surest mask on canvas k is just its next token. The
    prediction of the last draft that stands is the next round's. Greedy: temperature 0. Differs: drafts run
    as separate sequences, not under one tree mask; the eager mode that drafts beyond the block is left out.
    """
    scope, compute, stop = fitting(run.masked("denoiser"), p.block_length)
    one, verify = top(lambda now: 1), drafted(p.drafts, surest_one)
    yield from unmask(run, Recipe(scope, one, CONFIDENCE, compute=compute, verify=verify, stop=stop))
