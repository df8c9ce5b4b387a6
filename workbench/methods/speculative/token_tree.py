"""A dynamic draft tree with any drafter, in the manner of EAGLE-2."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.dynamic_tree import EXPAND, KEPT, PATH, DynamicTree
from workbench.methods.loops.verification.stepwise import point_mass, recursive
from workbench.methods.rules import (
    ACCEPT_RATIO,
    ACCEPT_RECURSIVE,
    DRAWN,
    GREEDY_MATCH,
    LEFT,
    POINT_MASS,
    RESIDUAL,
    TOP_K_HELP,
    TOP_P_HELP,
)
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event

POINT, WITHOUT = "point mass", "without replacement"


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    verification: str = knob(
        POINT, help="how siblings were chosen, and so how they are tested", choices=(POINT, WITHOUT)
    )
    branch: int = knob(3, 1, 10, 1, "children per expanded node, and nodes expanded per level")
    depth: int = knob(4, 1, 8, 1, "levels of the tree, one draft pass each")
    total: int = knob(12, 1, 60, 1, "nodes that are verified after reranking (point mass only)")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="token_tree",
    title="Token tree",
    family="speculative",
    year=2024,
    paper="EAGLE-2: Faster Inference of Language Models with Dynamic Draft Trees (Li et al., 2024), arXiv "
    "2406.16858; "
    "Recursive Speculative Decoding (Jeon et al., 2024), arXiv 2402.14160",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: top-k children are tested with the point-mass rule, sampled children with the residual "
        "rule for "
        "draws without replacement; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(EXPAND, KEPT, GREEDY_MATCH, POINT_MASS, ACCEPT_RATIO, ACCEPT_RECURSIVE, DRAWN),
    measures=(PATH, LEFT),
    sources=(RESIDUAL,),
)
def token_tree(run: Run, p: Params) -> Iterator[Event]:
    """Grow a tree where the drafter is surest, keep its likeliest nodes, verify all paths in one pass.

    Source: EAGLE-2, section 4 and its code: each level expands the `branch` nodes with the highest
    product of draft probabilities; the `total` best of all nodes are verified under a tree mask, with
    positions by depth. Differs: any causal model drafts, not a feature-level head; above temperature 0
    children may also be drawn without replacement, and then nothing is pruned after it was drawn,
    because dropping sampled nodes by their probability would bend the output (Jeon et al. 2024).
    """
    kind = DraftKind.POINT if p.verification == POINT else DraftKind.SAMPLED_WITHOUT
    drafter = DynamicTree(run, p, p.branch, p.depth, p.total, kind)
    yield from draft_verify(run, p, drafter, point_mass if p.verification == POINT else recursive)
