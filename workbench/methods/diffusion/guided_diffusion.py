"""Guided diffusion: a small autoregressive model says how many of the drafts may be written at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    CONFIDENCE,
    EXACT,
    Recipe,
    blocks,
    everything,
    plain,
    stop_at_end,
)
from workbench.methods.loops.unmasking.audit import AUDIT_HELP, DRIFT, audited
from workbench.methods.loops.unmasking.growing import ALL, BLOCKS, growing_cache
from workbench.methods.loops.unmasking.guide import (
    AMONG,
    COIN,
    GUIDE,
    GUIDE_RULES,
    GUIDING,
    LIKELY,
    NEAR,
    SAME,
    Agreement,
    by_guide,
)
from workbench.methods.run import Run
from workbench.trace import Event

CACHES = ("none", BLOCKS, ALL)


@dataclass(frozen=True)
class Params:
    agreement: str = knob(
        SAME, help="when the guide lets a draft pass", choices=(SAME, LIKELY, AMONG, NEAR, COIN)
    )
    bar: float = knob(0.1, 0, 1, 0.01, "likely: the guide's probability must be above this")
    among: int = knob(5, 1, 50, 1, "top k: the draft must be among this many of the guide's best")
    share: float = knob(0.5, 0, 1, 0.05, "near: at least this share of the guide's best probability")
    chunk: int = knob(32, 1, 512, 1, "drafts that the guide reads in one pass")
    correct: bool = knob(
        False, help="write the guide's own token where it disagrees: speculative decoding, for comparison"
    )
    cache: str = knob("none", help="FreeCache: which finished rows are frozen", choices=CACHES)
    block_length: int = knob(8, 1, 512, 1, "FreeCache: positions of a frozen block (paper: 32)")
    audit: bool = knob(False, help=AUDIT_HELP)


DIFFUSION = Guarantee(
    Promise.LOSSY,
    "",
    "Every token is the diffusion model's own likeliest at the time; those written together are independent, "
    "and the guide only says how many.",
)
GREEDY = Guarantee(
    Promise.SAME_GREEDY,
    "greedy",
    "With corrections and the strict agreement it is the guide's greedy text; diffusion only drafts it.",
)


def promised(p: Params) -> Guarantee:
    """With corrections the guide decides."""
    return GREEDY if p.correct and p.agreement == SAME else DIFFUSION


@method(
    id="guided_diffusion",
    title="Guided diffusion",
    family="diffusion",
    year=2025,
    paper="FlashDLM: Accelerating Diffusion Language Model Inference via Efficient KV Caching and Guided "
    "Diffusion (Hu et al., 2025), arXiv 2505.21467",
    needs={"denoiser": "masked", GUIDE: "causal"},
    guarantee=DIFFUSION,
    holds=promised,
    params=Params,
    rules=GUIDE_RULES,
    measures=(DRIFT,),
    sources=(GUIDING, EXACT),
)
def guided_diffusion(run: Run, p: Params) -> Iterator[Event]:
    """Draft all masks at once; write those before the place where an autoregressive model first disagrees.

    Source: the authors' released code. The text grows from the left: the masks stand behind a finished text,
    the diffusion model's likeliest tokens are the drafts, and the guide, one row behind as such models are,
    reads the last finished token and the drafts, with a cache of its own. If it disagrees at once, the first
    draft is written all the same. The run ends with an end-of-text. Both models must share a vocabulary.
    Differs: cells behind the end-of-text stay blank; the least share of the best is 0.5 by default.
    """
    cache = plain if p.cache == "none" else growing_cache(p.cache, p.block_length, audit=p.audit)
    yield from unmask(
        run,
        Recipe(
            blocks(run.max_tokens),
            everything,
            CONFIDENCE,
            compute=cache,
            logits=audited(p.audit),
            verify=by_guide(run, Agreement(p.agreement, p.bar, p.among, p.share), p.chunk, p.correct),
            stop=(stop_at_end,),
        ),
    )
