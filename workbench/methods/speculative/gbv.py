"""Greedy multi-path block verification: the best of several drawn chains, judged as a block."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.paths import CHAIN_ENDS, IndependentPaths
from workbench.methods.loops.verification.multipath import MULTIPATH_BLOCK
from workbench.methods.rules import DRAFT_LENGTH_HELP, DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    chains: int = knob(3, 1, 8, 1, "chains that are drawn; 1 is block verification")
    draft_length: int = knob(4, 1, 16, 1, DRAFT_LENGTH_HELP + " in every chain")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="gbv",
    title="Greedy multi-path block verification",
    family="speculative",
    year=2026,
    paper="Greedy Multi-Path Block Verification (Thomas & Pal, 2026), arXiv 2602.16961",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: the chosen chain is judged by how likely it was to be chosen, so the output has exactly "
        "the target's distribution; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(*MULTIPATH_BLOCK.rules, GREEDY_MATCH, DRAWN),
    measures=(CHAIN_ENDS, *MULTIPATH_BLOCK.measures),
    sources=MULTIPATH_BLOCK.sources,
)
def gbv(run: Run, p: Params) -> Iterator[Event]:
    """Draw several chains, follow the tokens that the target likes best among them, judge that one path.

    Source: Thomas & Pal 2026, with the rule as in public code that derives from their release. At every
    node the vocabulary is ordered by target/draft (the lower id on a tie) and the highest drawn child is
    followed; that path is the highest of all chains, and the law of its tokens is known: the skewed draft
    ((A+y+z)^K - (A+y)^K) / ((A+x)^K - A^K), with x and z the probabilities of the path before and with
    the token, A and A+y those of all chains that rank below, K the number of chains. Block verification
    then runs on that path with the skewed draft. More chains are not always better: near draft = target
    the order is decided by ties, and one chain does best. Differs from the paper: four tokens by default.
    Rows: the target reads 1 + distinct nodes rows per round.
    """
    yield from draft_verify(
        run, p, IndependentPaths(run, p, p.chains, p.draft_length), MULTIPATH_BLOCK.verify
    )
