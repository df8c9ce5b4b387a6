"""EAGLE-2's dynamic draft tree: expand where the drafter is sure, rerank, verify the best."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.dynamic_tree import EXPAND, KEPT, PATH, DynamicTree
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event

POINT_MASS = VERIFICATIONS["point_mass"]


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    branch: int = knob(4, 1, 10, 1, "children per expanded node, and nodes expanded per level (paper: 10)")
    depth: int = knob(5, 1, 8, 1, "levels of the tree, one draft pass each (paper: 8)")
    total: int = knob(16, 1, 60, 1, "nodes that are verified after reranking (paper: 59)")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="eagle2",
    title="EAGLE-2 dynamic tree",
    family="speculative",
    year=2024,
    paper="EAGLE-2: Faster Inference of Language Models with Dynamic Draft Trees (Li et al., 2024), arXiv "
    "2406.16858",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: the tree is a function of the text so far, and its tokens are kept with the target's own "
        "probability; at temperature 0 it is the target's greedy text. A causal model drafts here, not a "
        "feature-level head.",
    ),
    params=Params,
    rules=(EXPAND, KEPT, *POINT_MASS.rules, GREEDY_MATCH, DRAWN),
    measures=(PATH, *POINT_MASS.measures),
    sources=POINT_MASS.sources,
)
def eagle2(run: Run, p: Params) -> Iterator[Event]:
    """Expand the likeliest paths level by level, then verify the likeliest nodes of all that were seen.

    Source: Li et al. 2024, sections 4.1 (expansion) and 4.2 (reranking) and their code. A node's score
    is the product of the draft probabilities on its path; the `branch` best nodes of a level get
    `branch` children each, all of them stay candidates, and the `total` best of the whole tree are
    verified in one pass (of equals the earlier, so that a parent is never lost before its child).
    Siblings are fixed by the text, so each is kept with the target's own probability and else struck
    out. Differs: the drafter is any causal model and not EAGLE's feature-level head, so acceptance is
    not the paper's; "Token tree" is the more general form, with drawn siblings.
    Rows: the target reads 1 + total rows per round.
    """
    drafter = DynamicTree(run, p, p.branch, p.depth, p.total, DraftKind.POINT)
    yield from draft_verify(run, p, drafter, POINT_MASS.verify)
