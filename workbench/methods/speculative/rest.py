"""REST: drafts retrieved from a datastore of texts."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.retrieval import DATASTORE, RETRIEVAL_MEASURES, Retrieval
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, POINT_MASS, RESIDUAL, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    longest: int = knob(16, 2, 16, 1, "longest suffix that is looked for first; the shortest is 2 tokens")
    draft_length: int = knob(10, 1, 16, 1, "tokens of every continuation that are retrieved")
    nodes: int = knob(24, 1, 64, 1, "nodes that are verified: the commonest beginnings")
    matches: int = knob(1000, 1, 5000, 1, "continuations that are counted at most")
    texts: int = knob(640, 0, 640, 1, "texts of the corpus that are in the datastore")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="rest",
    title="REST",
    family="speculative",
    year=2023,
    paper="REST: Retrieval-Based Speculative Decoding (He et al., 2023), arXiv 2311.08252",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: retrieved drafts are a function of the text, so keeping each with the target's own "
        "probability is exact; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(GREEDY_MATCH, POINT_MASS, DRAWN),
    measures=RETRIEVAL_MEASURES,
    sources=(DATASTORE, RESIDUAL),
)
def rest(run: Run, p: Params) -> Iterator[Event]:
    """Look for the last tokens in a datastore, merge what followed them there into a tree, verify it.

    Source: He et al. 2023, section 3, and their code: the longest suffix with a hit, every beginning of
    the retrieved continuations counted in a trie, the most frequent ones verified under a tree mask.
    Differs: above temperature 0 the released code draws for every path of the tree by itself, which
    bends the output; here the point-mass rule judges each node once. Without a hit nothing is drafted.
    The datastore holds solved training tasks, without the one that is asked; the embedded models were
    trained on such texts, so hits are commoner than they would be in practice. It is made anew for
    every process and never changes, so a run starts cold and depends on no other run.
    Rows: the target reads 1 + nodes rows per round.
    """
    drafter = Retrieval(run.corpus[: p.texts], p.longest, p.matches, p.draft_length, p.nodes)
    yield from draft_verify(run, p, drafter, VERIFICATIONS["point_mass"].verify)
