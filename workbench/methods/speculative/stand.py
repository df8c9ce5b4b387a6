"""STAND: drafts drawn from what the target believed when it wrote the same n-gram before."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import RECONSTRUCTION, Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.memory import MEMORY, MEMORY_MEASURES, Memory, Remembering
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

WITHOUT, LIKELIEST = "without replacement", "likeliest"
DRAWS, POINTS = VERIFICATIONS["recursive"], VERIFICATIONS["point_mass"]


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(0.6)
    siblings: str = knob(
        WITHOUT, help="how children are chosen from the memory, and so tested", choices=(WITHOUT, LIKELIEST)
    )
    longest: int = knob(4, 2, 8, 1, "longest n-gram that is looked for first")
    shortest: int = knob(2, 1, 2, 1, "shortest n-gram that is looked for")
    kept: int = knob(10, 1, 50, 1, "tokens that are remembered per n-gram")
    nodes: int = knob(20, 1, 80, 1, "nodes of the fixed tree")
    branch: int = knob(4, 1, 8, 1, "children per node at most")
    depth: int = knob(6, 1, 10, 1, "levels of the fixed tree")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="stand",
    title="STAND",
    family="speculative",
    year=2025,
    paper="Accelerated Test-Time Scaling with Model-Free Speculative Sampling (2025), arXiv 2506.04708",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: children are drawn without replacement from the remembered distribution and tested "
        "against it, the likeliest ones as fixed tokens; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(*DRAWS.rules, *POINTS.rules, GREEDY_MATCH, DRAWN),
    measures=(*MEMORY_MEASURES, *DRAWS.measures, *POINTS.measures),
    sources=(MEMORY, *dict.fromkeys((*DRAWS.sources, *POINTS.sources))),
    status=RECONSTRUCTION,
)
def stand(run: Run, p: Params) -> Iterator[Event]:
    """Average the target's distributions per n-gram, and draw a tree of drafts from the averages.

    Source: arXiv 2506.04708, read in secondary accounts only: per n-gram the mean of the target's
    likeliest probabilities, back-off from long to short n-grams, children by the Gumbel top-k trick, a
    fixed tree. Inferred, not read: the n-gram is the context that is looked up; verification is recursive
    rejection for draws without replacement with the renormalised row as the draft's distribution, which
    is exact also where that row is zero. Differs: children are drawn one after another without
    replacement, which has the law of Gumbel top-k, and the perturbed values are drawn afterwards; the shape
    of the tree is computed, not calibrated on problems; the memory learns from kept text only, after
    verification, and starts cold in every run, where the paper keeps it over the samples of a problem.
    At temperature 0 the likeliest children are drafted. Rows: the target reads 1 + nodes rows per round.
    """
    memory = Memory(p.shortest, p.longest, p.kept)
    drawn = p.siblings == WITHOUT and p.temperature > 0
    drafter = Remembering(memory, (p.nodes, p.branch, p.depth), drawn, greedy=p.temperature == 0)
    yield from draft_verify(run, p, drafter, (DRAWS if drawn else POINTS).verify)
