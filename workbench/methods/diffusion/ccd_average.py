"""CCD by averages: what is sure in one context alone is held back."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import RECONSTRUCTION, Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import NEGATIVE_ENTROPY, STEPS_HELP, Recipe, Sampling, blocks
from workbench.methods.loops.unmasking.coherence import AVERAGED, AVERAGING_RULES, SPREAD, Averaging
from workbench.methods.run import Run
from workbench.trace import Event, Source


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    steps: int = knob(0, 0, 512, 1, STEPS_HELP + "; what is within the limit comes on top")
    dynamic: bool = knob(
        True, help="on: write all within the limit (CCD-DS); off: only as many as are due (CCD)"
    )
    limit: float = knob(0.1, 0, 5, 0.01, "nats of entropy that a mean belief may have (CCD-DS)")
    depth: int = knob(3, 1, 8, 1, "rounds that a belief is averaged over (paper: 2 or 3); 1 is no average")
    line: int = knob(8, 1, 64, 1, "masks that are remembered from round to round (paper: 4)")
    block_length: int = knob(512, 1, 512, 1, "blocks one after the other; 512 is one block")


@method(
    id="ccd_average",
    title="Coherent contextual decoding, by averages",
    family="diffusion",
    year=2025,
    paper="Beyond Confidence: Adaptive and Coherent Decoding for Diffusion Language Models (2025)",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Tokens are taken from the mean of beliefs in different contexts, which no single pass of the model "
        "has given.",
    ),
    params=Params,
    rules=AVERAGING_RULES,
    measures=(*NEGATIVE_ENTROPY.measures, SPREAD),
    sources=(Source(AVERAGED, "mean belief of the last rounds", "combined"),),
    status=RECONSTRUCTION,
)
def ccd_average(run: Run, p: Params) -> Iterator[Event]:
    """Average the beliefs of the masks next in line over the last rounds; write by the entropy of the means.

    Source: a summary of the paper, not its text or code (the released code has another rule, `ccd`). From
    it: a line of the masks that come next, their beliefs of the last rounds, the mean, its entropy as the
    order and its likeliest token; that a surplus of the mean's entropy over the mean entropy shows how much
    the token still depends on its context. Reconstructed: that a mask leaving the line is forgotten, that a
    mask without a mean waits while another has one, and that the limit of CCD-DS is a constant.
    """
    due = max(1, run.max_tokens // p.steps) if p.steps else 1
    how = Averaging(due, p.depth, p.line, p.limit if p.dynamic else -1.0)
    recipe = Recipe(
        blocks(p.block_length), how.select, NEGATIVE_ENTROPY, Sampling(p.temperature), logits=(how.logits,)
    )
    yield from unmask(run, recipe)
