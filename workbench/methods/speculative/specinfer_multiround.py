"""Multi-round verification: a tree of independent draws, siblings tried one after another."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.static_tree import WIDTHS_HELP, StaticTree
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event

MULTIROUND = VERIFICATIONS["multiround"]
WIDTHS = ("2,2,1", "2", "1,1,3,1,1,1,1,1", "2,2", "2,2,2", "3,2", "3,2,1", "4,2,1")


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    widths: str = knob(WIDTHS[0], help=WIDTHS_HELP, choices=WIDTHS)
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="specinfer_multiround",
    title="SpecInfer multi-round",
    family="speculative",
    year=2023,
    paper="SpecInfer: Accelerating Large Language Model Serving with Tree-based Speculative Inference and "
    "Verification (Miao et al., 2023), arXiv 2305.09781",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: siblings are independent draws and a rejected one takes the draft away from the target, "
        "so the output has exactly the target's distribution; at temperature 0 it is the target's greedy "
        "text.",
    ),
    params=Params,
    rules=(*MULTIROUND.rules, GREEDY_MATCH, DRAWN),
    measures=MULTIROUND.measures,
    sources=MULTIROUND.sources,
)
def specinfer_multiround(run: Run, p: Params) -> Iterator[Event]:
    """Draw several children of a node independently, and try them in turn on what the last one left.

    Source: Miao et al. 2023, multi-step speculative sampling. Children are drawn with
    replacement: a token that was drawn twice is two nodes, the second is tried after the first (and
    always fails, since the first left nothing of it), and its rejection takes the draft away once more.
    Dropping it would bend the output. Differs: one drafter; the paper also merges trees of several, and
    its widths are the second choice of the knob.
    Rows: the target reads 1 + nodes rows per round.
    """
    yield from draft_verify(run, p, StaticTree(run, p, p.widths, DraftKind.SAMPLED), MULTIROUND.verify)
