"""Sample and match: the target draws, and a draft is kept while it reads the same."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafters import ModelChain
from workbench.methods.loops.drafting.dynamic_tree import EXPAND, KEPT, PATH, DynamicTree
from workbench.methods.loops.verification import CHAIN, TREE
from workbench.methods.loops.verification.stepwise import sample_match
from workbench.methods.rules import DRAWN, GREEDY_MATCH, SAMPLE_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    shape: str = knob(CHAIN, help="one drawn chain, or a tree of the likeliest tokens", choices=(CHAIN, TREE))
    depth: int = knob(4, 1, 16, 1, "tokens drafted ahead: length of the chain, levels of the tree")
    branch: int = knob(3, 1, 10, 1, "children per expanded node, and nodes expanded per level (tree only)")
    total: int = knob(12, 1, 60, 1, "nodes that are verified after reranking (tree only)")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="sample_and_match",
    title="Sample and match",
    family="speculative",
    year=2023,
    paper="Assisted Generation (Gante, 2023), huggingface.co/blog/assisted-generation",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: every token is the target's own draw, and drafts only decide how many are drawn in one "
        "pass; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(EXPAND, KEPT, SAMPLE_MATCH, GREEDY_MATCH, DRAWN),
    measures=(PATH,),
)
def sample_and_match(run: Run, p: Params) -> Iterator[Event]:
    """Draw the next token from the target at every node that is reached; a matching draft saves a pass.

    Source: the rule that transformers' assisted generation uses where a drafter has no probabilities:
    accept while the target's draw equals the draft. It is lossless for drafts of any origin, and under
    any pruning that does not look at the draw; the target draws once per node, not once per path.
    Differs: the drafts may be a tree of the likeliest tokens, whose best nodes are verified.
    Rows: the target reads 1 + drafts rows per round.
    """
    drafter = ModelChain(run, p, p.depth, 0.0)
    if p.shape == TREE:
        drafter = DynamicTree(run, p, p.branch, p.depth, p.total, DraftKind.POINT)
    yield from draft_verify(run, p, drafter, sample_match)
