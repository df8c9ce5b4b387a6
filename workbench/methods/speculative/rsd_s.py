"""Recursive speculative decoding with stochastic beam search: a tree of the likeliest draws."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import RECONSTRUCTION, Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.beam import BRANCHES, JOINT, PERTURBED, StochasticBeam
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

RECURSIVE = VERIFICATIONS["recursive"]


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    width: int = knob(4, 1, 30, 1, "paths of the beam: nodes that are kept on every level")
    depth: int = knob(4, 1, 12, 1, "levels of the tree, one draft pass each")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="rsd_s",
    title="Recursive speculative decoding, stochastic beam",
    family="speculative",
    year=2024,
    paper="Recursive Speculative Decoding: Accelerating LLM Inference via Sampling Without Replacement "
    "(Jeon et al., 2024), arXiv 2402.14160; Stochastic Beams and Where to Find Them (Kool et al., 2019), "
    "arXiv 1903.06059",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: which nodes get children is decided by noise that knows nothing of the next token, and "
        "siblings are tested in the order of their draws; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(BRANCHES, *RECURSIVE.rules, GREEDY_MATCH, DRAWN),
    measures=(JOINT, PERTURBED, *RECURSIVE.measures),
    sources=RECURSIVE.sources,
    status=RECONSTRUCTION,
)
def rsd_s(run: Run, p: Params) -> Iterator[Event]:
    """Keep the `width` paths with the highest perturbed log-probability on every level, and test them.

    Source: Jeon et al. 2024, RSD-S, with the stochastic beams of Kool et al. 2019. A path's log-probability
    is perturbed by Gumbel noise, conditioned so that the best child keeps its parent's value; the
    best of a level are that many different paths drawn without replacement, and a node's children are
    those that stayed, best first. Differs: the noise is drawn as a race, in which a path arrives at
    the time exp(-perturbed value); arrivals come in order, by what is left of each node's children, so
    that no noise per token of the vocabulary is needed and the law is the same. No public code was
    found. At temperature 0: the `width` likeliest first tokens, one greedy path behind each.
    Rows: the target reads 1 + width * depth rows per round.
    """
    yield from draft_verify(run, p, StochasticBeam(run, p, p.width, p.depth), RECURSIVE.verify)
