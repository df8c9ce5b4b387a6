"""AdaBlock: blocks that end where a line or a sentence ends."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    CONFIDENCE,
    EXACT,
    THRESHOLD,
    THRESHOLD_HELP,
    Board,
    Recipe,
    Sampling,
    above,
    dual_cache,
    plain,
    prefix_cache,
)
from workbench.methods.loops.unmasking.adaptive import (
    ADAPTIVE_MEASURES,
    ADAPTIVE_RULES,
    MARKS,
    SENTENCES,
    adaptive,
    delimits,
)
from workbench.methods.loops.unmasking.audit import AUDIT_HELP, DRIFT, audited
from workbench.methods.run import Run
from workbench.trace import Event

CANVAS, WRITTEN = "canvas", "written"
CACHES = {"none": lambda audit: plain, "prefix": prefix_cache, "dual": dual_cache}


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(0.85, 0, 1, 0.01, THRESHOLD_HELP + " (paper: 0.9; calibrated: 0.85)")
    delimiter: float = knob(
        0.3,
        0,
        1.1,
        0.05,
        "probability from which a delimiter ends the block (paper: 0.3 or 0.5 by model); above 1 all "
        "blocks are fixed",
    )
    delimiters: str = knob(
        SENTENCES,
        help="what ends a block: line breaks (paper), also . ! ? ; or also , :",
        choices=tuple(MARKS),
    )
    block_length: int = knob(8, 1, 512, 1, "length of a block without a delimiter (paper: 16 to 64)")
    window: float = knob(0.25, 0, 1, 0.05, "how far ahead a delimiter is looked for, as a share")
    window_of: str = knob(
        CANVAS, help="a share of the canvas (code) or of what is written (paper)", choices=(CANVAS, WRITTEN)
    )
    cache: str = knob("none", help="stale rows: none, before the block, or outside it", choices=tuple(CACHES))
    audit: bool = knob(False, help=AUDIT_HELP)


@method(
    id="adablock",
    title="AdaBlock",
    family="diffusion",
    year=2025,
    paper="AdaBlock-dLLM: Semantic-Aware Diffusion LLM Inference via Adaptive Block Size (Lu et al., 2025)",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "The threshold rule in other blocks: what belongs together is finished before the next part begins; "
        "tokens of a round are still independent.",
    ),
    params=Params,
    rules=(*ADAPTIVE_RULES, THRESHOLD, AT_LEAST_ONE),
    measures=(*ADAPTIVE_MEASURES, DRIFT),
    sources=(EXACT,),
)
def adablock(run: Run, p: Params) -> Iterator[Event]:
    """Threshold decoding whose blocks end after the surest delimiter ahead, if there is a sure one.

    Source: the authors' released code. Where a block begins, the pass over the canvas (the block's first
    round too) is searched for delimiters among the likeliest tokens of the next positions; the surest one
    ends the block if it reaches the threshold of delimiters, even as the block's only token. Without one the
    block has its usual length. Differs: delimiters are told by their text, not by lists of ids; with
    temperature above 0 they are looked for among the likeliest tokens, not among the drawn ones.
    """

    def reach(board: Board, first: int) -> int:
        if p.window_of == CANVAS:
            return int(p.window * run.max_tokens)
        return max(1, int(p.window * (first - board.start)))

    scope = adaptive(p.block_length, delimits(run.spell, p.delimiters), p.delimiter, reach)
    sampling, cache = Sampling(p.temperature), CACHES[p.cache](p.audit)
    recipe = Recipe(scope, above(p.threshold), CONFIDENCE, sampling, cache, audited(p.audit))
    yield from unmask(run, recipe)
