"""Traversal verification: a sampled tree is judged from the leaves up."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import RECONSTRUCTION, Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.static_tree import StaticTree
from workbench.methods.loops.verification.traversal import TRAVERSAL
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event

WIDTHS = ("2,2,1", "1,1,1,1", "2,1,1", "2,2", "2,2,2", "3,2,1,1", "4,2,1")


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    widths: str = knob(WIDTHS[0], help="children per node, level by level", choices=WIDTHS)
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="traversal_verification",
    title="Traversal verification",
    family="speculative",
    year=2025,
    paper="Traversal Verification for Speculative Tree Decoding (Weng et al., 2025), arXiv 2505.12398",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: the output has exactly the target's distribution, for trees whose siblings were drawn "
        "without replacement; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(*TRAVERSAL.rules, GREEDY_MATCH, DRAWN),
    measures=TRAVERSAL.measures,
    sources=TRAVERSAL.sources,
    status=RECONSTRUCTION,
)
def traversal_verification(run: Run, p: Params) -> Iterator[Event]:
    """Judge a tree from the leaves up: a node is given up only after everything below it.

    Source: Weng et al. 2025; pieced together from a summary of the rule, and exact by enumeration. A
    child enters with the running product min(1, weight * target/draft) of its path. When it and all
    below it are given up, its draft is taken away from the weighted target of its parent, which goes on
    with the weight left / (left + 1 - weight); after its last child a node is accepted with the weight
    that it has then, with all nodes above it. The text so far always stands. On a chain this is block
    verification. Reconstruction: the paper's own pseudocode was not at hand.
    Rows: the target reads 1 + nodes rows per round.
    """
    drafter = StaticTree(run, p, p.widths, DraftKind.SAMPLED_WITHOUT)
    yield from draft_verify(run, p, drafter, TRAVERSAL.verify)
