"""Dream's original sampler: every mask by its own coin."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, method
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, ROUND_CAP, UNMASK_COIN, Recipe, coins, rounds
from workbench.methods.loops.unmasking.dream import DreamGrid, sampling, times
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params(DreamGrid):
    pass


@method(
    id="dream_origin",
    title="Dream origin",
    family="diffusion",
    year=2025,
    paper="Dream 7B: Diffusion Large Language Models (Ye et al., 2025), arXiv 2508.15487",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It approximates the model's reverse process; the finer the time grid, the nearer it comes.",
    ),
    params=Params,
    rules=(UNMASK_COIN, ROUND_CAP),
)
def dream_origin(run: Run, p: Params) -> Iterator[Event]:
    """Lift every mask with the chance that the reverse process gives it at this time.

    Source: the authors' released generation code (alg "origin"). Time runs from 1 to eps in equal steps;
    a mask is lifted with probability 1 - s/t, in the last round surely, and its token is drawn with
    temperature, top-p and top-k. A round may write nothing. The shift of Dream's logits is the adapter's
    business. Differs: the run ends once no mask is left.
    """
    grid = times(p.rounds(run), p.eps)
    lift = coins(run.dice, lambda now: [grid[now.index]] * len(now.holes))
    yield from unmask(run, Recipe(rounds(len(grid)), lift, CONFIDENCE, sampling(p), cap=len(grid)))
