"""Block verification: a drawn chain is judged as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafters import ModelChain
from workbench.methods.loops.verification.block import BLOCK
from workbench.methods.rules import DRAFT_LENGTH_HELP, DRAWN, GREEDY_MATCH, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    draft_length: int = knob(8, 1, 16, 1, DRAFT_LENGTH_HELP)
    stop_below: float = knob(0.0, 0, 1, 0.05, "end a draft after a token less likely than this; 0 never does")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="block_verification",
    title="Block verification",
    family="speculative",
    year=2025,
    paper="Block Verification Accelerates Speculative Decoding (Sun et al., 2025), arXiv 2403.10444",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: the output has exactly the target's distribution, and on average no fewer drafts are "
        "kept than by speculative sampling; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(*BLOCK.rules, GREEDY_MATCH, DRAWN),
    measures=BLOCK.measures,
    sources=BLOCK.sources,
)
def block_verification(run: Run, p: Params) -> Iterator[Event]:
    """Draft a chain as speculative sampling does, but judge all of it before anything is given up.

    Source: Sun et al. 2025. The running product of target/draft, cut at 1 after every token, says what
    the chain is worth so far; each place passes with left / (left + 1 - product), where `left` is the
    mass that the next draft leaves of the weighted target, and the last place with the product itself.
    The last passed test ends the block, so a token whose own test failed can be rescued by a later one.
    The correction is drawn from norm(max(product * target - draft, 0)) behind the block. One token of
    draft is ordinary speculative sampling. Beside the block stands how many of the same tokens
    speculative sampling would have kept: its tests read the same dice, place by place, up to its first
    rejection. No decision hangs on that number, and in a single round it may be the greater one. Differs
    from the paper: a draft may stop early after an unlikely token, which is kept.
    Rows: the target reads 1 + drafts rows per round.
    """
    yield from draft_verify(run, p, ModelChain(run, p, p.draft_length, p.stop_below), BLOCK.verify)
