"""ADED: drafts found by a tree search over a tri-gram table that adapts while it decodes."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.adaptive import CHOSEN, SEARCH_MEASURES, TRIGRAMS, Adaptive
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

MATCHING = VERIFICATIONS["sample_match"]


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    simulations: int = knob(40, 1, 150, 1, "simulations of the search per round")
    depth: int = knob(4, 1, 8, 1, "tokens that the search looks ahead; a full path is drafted one longer")
    nodes: int = knob(24, 1, 64, 1, "nodes that are verified: the most visited")
    texts: int = knob(640, 0, 640, 1, "texts of the corpus that the table is counted from")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="aded",
    title="ADED",
    family="speculative",
    year=2024,
    paper="Adaptive Draft-Verification for Efficient Large Language Model Decoding (Liu et al., 2024), arXiv "
    "2407.12021",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: every token is the target's own draw and the search does not see it; at temperature 0 it "
        "is the target's greedy text.",
    ),
    params=Params,
    rules=(CHOSEN, GREEDY_MATCH, *dict.fromkeys((*MATCHING.rules, DRAWN))),
    measures=(*SEARCH_MEASURES, *MATCHING.measures),
    sources=(TRIGRAMS, *MATCHING.sources),
)
def aded(run: Run, p: Params) -> Iterator[Event]:
    """Search a tri-gram table for likely continuations, raise the table by what was written, repeat.

    Source: Liu et al. 2024 and their code: a table of the 12 likeliest next tokens per pair from a
    corpus; in every round each tri-gram of the last 16 tokens gains 0.04, up to 3; a Monte Carlo search
    from the last two tokens picks a child never visited, else the greatest value + (32 + ln((N + 9)/8))
    share sqrt(N) / (1 + visits), and rolls out by the table. Differs: the value of a simulation is the
    mean share of its own tokens (the released code looks up the word before); of so small a search the
    most visited nodes are verified, not the most visited sequences, and a path of full depth gains the
    table's likeliest token; above temperature 0 sample-and-match judges every node once, where the code
    draws for every path by itself, which bends the output. The corpus is of solved training tasks without
    the one that is asked; what the run adds to the table is forgotten with it, so it starts cold.
    Rows: the target reads 1 + at most 2 nodes rows per round.
    """
    drafter = Adaptive(run.corpus[: p.texts], p.simulations, p.depth, p.nodes)
    yield from draft_verify(run, p, drafter, MATCHING.verify)
