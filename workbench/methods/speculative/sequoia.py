"""Sequoia: the static tree with the largest expected number of accepted tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.optimal import RATE, REACH, OptimalTree
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event

RECURSIVE = VERIFICATIONS["recursive"]


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(0.6)
    nodes: int = knob(16, 1, 128, 1, "nodes of the tree, all of them verified (paper: 64 to 768)")
    ranks: int = knob(4, 1, 16, 1, "children of a node at most, and children of the one-level test")
    depth: int = knob(6, 1, 16, 1, "levels at most, one draft pass each")
    calibration: int = knob(4, 1, 32, 1, "solved tasks that the one-level test reads before the first round")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="sequoia",
    title="Sequoia",
    family="speculative",
    year=2024,
    paper="Sequoia: Scalable, Robust, and Hardware-aware Speculative Decoding (Chen et al., 2024), arXiv "
    "2402.12374",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: the tree is planned before a token is drawn, siblings are drawn without replacement with "
        "fresh noise in every round; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(*RECURSIVE.rules, GREEDY_MATCH, DRAWN),
    measures=(RATE, REACH, *RECURSIVE.measures),
    sources=RECURSIVE.sources,
)
def sequoia(run: Run, p: Params) -> Iterator[Event]:
    """Measure how often a child of each rank is accepted, and draft the tree that makes the most of it.

    Source: Chen et al. 2024, tree construction and sampling without replacement, and their code.
    A one-level test on solved tasks, at the temperature of the run, gives the acceptance rate of the
    b-th child; a node is worth the product of the rates on its path, and the best tree of `nodes` nodes
    takes the most valuable open place again and again, which equals the paper's dynamic program.
    Differs: rates are averaged over all places of those texts, the prompts' too, with the rule's own
    acceptance probabilities instead of tosses, and made to fall with the rank; the number of nodes is
    given and not chosen by timing (the paper's hardware-aware part); the noise is fresh in every round,
    where the released code draws it once per prompt. The test starts cold in every run; its passes count.
    Rows: the target reads 1 + nodes rows per round, and each calibration text once.
    """
    size = (p.nodes, p.ranks, p.depth)
    drafter = OptimalTree(run, p, size, p.calibration, DraftKind.SAMPLED_WITHOUT)
    yield from draft_verify(run, p, drafter, RECURSIVE.verify)
