"""Token Recycling: the candidates that a pass throws away are the drafts of later rounds."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.recycling import RECYCLED, RECYCLING_MEASURES, Recycling
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, POINT_MASS, RESIDUAL, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    ranks: int = knob(4, 1, 8, 1, "next tokens that a row of the table keeps")
    nodes: int = knob(20, 1, 80, 1, "nodes of the fixed tree")
    depth: int = knob(6, 1, 8, 1, "levels of the fixed tree")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="token_recycling",
    title="Token Recycling",
    family="speculative",
    year=2024,
    paper="Turning Trash into Treasure: Accelerating Inference of Large Language Models with Token Recycling "
    "(Luo et al., 2024), arXiv 2408.08696",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: drafts depend on earlier rounds only, so keeping each with the target's own probability "
        "is exact; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(GREEDY_MATCH, POINT_MASS, DRAWN),
    measures=RECYCLING_MEASURES,
    sources=(RECYCLED, RESIDUAL),
)
def token_recycling(run: Run, p: Params) -> Iterator[Event]:
    """Remember for every token what the target last thought likely after it, and draft a tree from that.

    Source: Luo et al. 2024, section 3, and their code: a table of the k likeliest next tokens per token;
    a fixed tree is filled level by level from the last token on; after the pass the row of every token
    that was read is written, those of rejected nodes too, and a later node overwrites an earlier one.
    The prompt's own logits are not used. Differs: the shape of the tree is computed (the paper's 8 ranks,
    80 nodes, depth 6 give nearly its levels), a cold row gives no drafts where the paper's zeros give
    token 0, and the table starts cold in every run, so that a run depends on no other; above
    temperature 0 the point-mass rule verifies, and rows hold what temperature, top-k and top-p left.
    Rows: the target reads 1 + nodes rows per round.
    """
    drafter = Recycling(p.ranks, p.nodes, p.depth, greedy=p.temperature == 0)
    yield from draft_verify(run, p, drafter, VERIFICATIONS["point_mass"].verify)
