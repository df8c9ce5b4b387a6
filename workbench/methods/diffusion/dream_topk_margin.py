"""Dream, the clearest decisions first."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, method
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import MARGIN
from workbench.methods.loops.unmasking.dream import DRAWN, DreamKnobs, recipe
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params(DreamKnobs):
    pass


@method(
    id="dream_topk_margin",
    title="Dream top-k margin",
    family="diffusion",
    year=2025,
    paper="Dream 7B: Diffusion Large Language Models (Ye et al., 2025), arXiv 2508.15487",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It defines its own output: tokens written in one round are chosen independently.",
    ),
    params=Params,
    rules=(MARGIN.rules[0], DRAWN),
    measures=MARGIN.measures,
)
def dream_topk_margin(run: Run, p: Params) -> Iterator[Event]:
    """Write the masks whose likeliest token leads by most, on a linear time grid.

    Source: the authors' released generation code (alg "topk_margin"). Temperature, top-p and top-k come
    before the softmax that the score is read from, unlike LLaDA. Of n masks, floor(n (1 - s/t)) are
    written in a round, all in the last; with alg_temp above 0 they are drawn by softmax(score / alg_temp).
    Any order over the whole canvas; a round that writes nothing costs no pass.
    Differs: one prompt at a time, so n is not a mean over a batch.
    """
    yield from unmask(run, recipe(run, p, MARGIN))
