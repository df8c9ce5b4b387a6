"""S2D2: a block model drafts by diffusion and checks itself in blocks of one."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, THRESHOLD_HELP, Recipe, Sampling
from workbench.methods.loops.unmasking.blockwise import (
    BLOCK_MODEL,
    LENGTH_HELP,
    SURE,
    BlockCache,
    aligned,
    needs_blocks,
    shared_out,
    stop_after_block,
)
from workbench.methods.loops.unmasking.routing import (
    ESTIMATORS,
    HOPE,
    POLICIES,
    ROUTES,
    WORTH,
    Router,
    Routing,
)
from workbench.methods.loops.unmasking.selfcheck import (
    CHECKER,
    MATCH,
    RATIO,
    RESIDUAL,
    SelfCheck,
    needs_own_rows,
)
from workbench.methods.rules import DRAWN, LEFT, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

KEPT = {"one by one": 1, "in blocks": 0}
MIXED = Guarantee(
    Promise.LOSSY,
    "",
    "What is checked has the law of the model in blocks of one; what is not has that of dynamic block "
    "diffusion.",
)
CHECKED = Guarantee(
    Promise.SAME_DISTRIBUTION,
    "block_static",
    "Every token passes the check or is redrawn, so the text has the law of the same model in blocks of one.",
)


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)
    threshold: float = knob(
        0.93, 0, 1, 0.01, THRESHOLD_HELP + " without a check (paper: 0.85; calibrated: 0.93)"
    )
    block_length: int = knob(8, 1, 64, 1, LENGTH_HELP + " (paper: 4 to 32)")
    steps: int = knob(0, 0, 64, 1, "rounds of a block at most; 0 allows one for every token")
    policy: str = knob("score", help="when the drafts are checked", choices=POLICIES)
    estimator: str = knob("entropy", help="how acceptance is foreseen", choices=tuple(ESTIMATORS))
    sharpness: float = knob(4.0, 0.25, 20, 0.25, "how fast doubt lowers the estimate (ours)")
    cost: float = knob(1.0, 0, 8, 0.5, "tokens that a check must bring to be worth nothing (paper: 1 or 4)")
    per_token: bool = knob(False, help="take that cost once for every mask above the threshold")
    bar: float = knob(0.0, -32, 32, 0.5, "worth from which a check is made, or begins (paper: 0, 1 or -5)")
    low_bar: float = knob(-5.0, -32, 32, 0.5, "hysteresis: worth below which checking ends (paper: -5)")
    span: int = knob(2, 1, 64, 1, "policy span: fewest masks in a row that are checked (paper: 8)")
    explore: float = knob(0.5, 0, 4, 0.1, "policy bandit: weight of what was seldom tried")
    kept: str = knob("one by one", help="how finished text is read into the cache", choices=tuple(KEPT))


def promised(p: Params) -> Guarantee:
    """Exact where the check is the only rule that writes."""
    alone = p.policy == "always" and (p.steps == 0 or p.steps >= p.block_length)
    return CHECKED if alone and KEPT[p.kept] == 1 else MIXED


@method(
    id="s2d2",
    title="S2D2",
    family="diffusion",
    year=2026,
    paper="S2D2: self-speculation for block diffusion language models (2026)",
    needs={"denoiser": "masked"},
    guarantee=MIXED,
    params=Params,
    rules=(SURE, CONFIDENCE.quota, RATIO, MATCH, DRAWN, *ROUTES),
    measures=(HOPE, WORTH, LEFT),
    sources=(CHECKER, RESIDUAL),
    models=BLOCK_MODEL,
    holds=promised,
)
def s2d2(run: Run, p: Params) -> Iterator[Event]:
    """Draft all masks of a block at once; where it seems worth a second pass, verify them one after another.

    Source: the authors' released code. The check covers the first masks in a row. One pass holds the block
    twice, filled with the drafts and as masks at the same places; a mask sees the kept text, the drafts
    before it and itself, which is the same model in blocks of one. Drafts are accepted as in speculative
    sampling, the first rejected one is redrawn from the residual; what the round still owes, and every round
    without a check, is decided by the dynamic rule. Worth is the expected accepted length by an estimate per
    token, less a cost. At temperature 0 a draft stands if it is the check's own choice (the released code
    tosses coins there). Differs: ratio tempering and early acceptance are left out; the block is fed once
    more to be kept; the sharpness of the estimate is ours.
    """
    needs_blocks(run)
    needs_own_rows(run)
    cache, due = BlockCache(p.block_length, KEPT[p.kept]), shared_out(p.block_length, p.steps)
    how = Routing(
        p.policy, p.estimator, p.sharpness, p.cost, p.per_token, p.bar, p.low_bar, p.span, p.threshold,
        p.explore,
    )  # fmt: skip
    sampling = Sampling(p.temperature, p.top_k, p.top_p, processed=True)
    check = SelfCheck(Router(how), cache, sampling, p.threshold, due)
    recipe = Recipe(
        aligned(p.block_length),
        check.select,
        CONFIDENCE,
        sampling,
        cache,
        verify=check.verify,
        stop=(stop_after_block,),
    )
    yield from unmask(run, recipe)
