"""Recursive speculative decoding with a constant tree: siblings drawn without replacement."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.noise import NOISY
from workbench.methods.loops.drafting.static_tree import WIDTHS_HELP, StaticTree
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event

RECURSIVE = VERIFICATIONS["recursive"]
WIDTHS = ("2,2,2", "2", "2,2", "3,2", "3,2,1", "3,3,1", "4,2,1,1")


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    widths: str = knob(WIDTHS[0], help=WIDTHS_HELP, choices=WIDTHS)
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="rsd_c",
    title="Recursive speculative decoding, constant tree",
    family="speculative",
    year=2024,
    paper="Recursive Speculative Decoding: Accelerating LLM Inference via Sampling Without Replacement "
    "(Jeon et al., 2024), arXiv 2402.14160",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: siblings are drawn without replacement and tested against what their predecessors left, "
        "so the output has exactly the target's distribution; at temperature 0 it is the target's greedy "
        "text.",
    ),
    params=Params,
    rules=(*RECURSIVE.rules, GREEDY_MATCH, DRAWN),
    measures=(NOISY, *RECURSIVE.measures),
    sources=RECURSIVE.sources,
)
def rsd_c(run: Run, p: Params) -> Iterator[Event]:
    """Draw different children for every node of a fixed tree, and test them in the order of the draws.

    Source: Jeon et al. 2024, RSD-C and recursive rejection. Each rejected sibling takes its draft away
    from the target, and the next one's draft no longer holds it. Nothing is sorted or pruned after it
    was drawn: by what a token is that would bend the output. Differs: siblings are drawn one after
    another from what is left, which has the law of the paper's Gumbel-top-k and needs no noise per
    token of the vocabulary; the perturbed log-probabilities are drawn afterwards, given that order.
    Rows: the target reads 1 + nodes rows per round.
    """
    drafter = StaticTree(run, p, p.widths, DraftKind.SAMPLED_WITHOUT, noise=True)
    yield from draft_verify(run, p, drafter, RECURSIVE.verify)
