"""Fast-dLLM's approximate caches: most rows are computed once a block and are stale after that."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    EXACT,
    THRESHOLD,
    THRESHOLD_HELP,
    Recipe,
    Sampling,
    above,
    blocks,
    dual_cache,
    prefix_cache,
)
from workbench.methods.loops.unmasking.audit import AUDIT_HELP, DRIFT, audited
from workbench.methods.run import Run
from workbench.trace import Event

CACHES = {"prefix": prefix_cache, "dual": dual_cache}


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    cache: str = knob(
        "prefix", help="prefix: block and suffix are fed again; dual: the block alone", choices=tuple(CACHES)
    )
    threshold: float = knob(0.85, 0, 1, 0.01, THRESHOLD_HELP + " (paper: 0.9; calibrated: 0.85)")
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP + "; also how long rows may be stale (paper: 32)")
    audit: bool = knob(False, help=AUDIT_HELP)


@method(
    id="fast_dllm_cache",
    title="Fast-dLLM cache",
    family="diffusion",
    year=2025,
    paper="Fast-dLLM: Training-free Acceleration of Diffusion LLM by Enabling KV Cache and Parallel Decoding "
    "(Wu et al., 2025), arXiv 2505.22618",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Rows outside the block are those of the block's first pass, although every written token would "
        "change them.",
    ),
    params=Params,
    rules=(THRESHOLD, AT_LEAST_ONE),
    measures=(DRIFT,),
    sources=(EXACT,),
)
def fast_dllm_cache(run: Run, p: Params) -> Iterator[Event]:
    """Decode by threshold, and feed the whole canvas only when a block begins.

    Source: the authors' released code and section 3.2 of the paper. That first pass is the block's first
    round too. Later rounds see its keys and values: the prefix cache before the block, feeding block and
    suffix again; the dual cache everywhere but in the block, which alone is fed and overwrites its rows. A
    model that speaks one position ahead is fed one row more, to the left. The audit records, beside what
    the cached pass believes, what an exact pass would. Differs: no extra pass once a block is complete.
    """
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length),
            above(p.threshold),
            CONFIDENCE,
            Sampling(p.temperature),
            CACHES[p.cache](p.audit),
            audited(p.audit),
        ),
    )
