"""ASS: the number of tokens a round doubles, so a canvas of n positions takes log2 n rounds."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, Recipe, Sampling
from workbench.methods.loops.unmasking.ascending import BLOCKS_HELP, doubling, doubling_blocks
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    blocks: int = knob(1, 1, 8, 1, BLOCKS_HELP)


@method(
    id="ass",
    title="Ascending step size",
    family="diffusion",
    year=2025,
    paper="Taming Masked Diffusion Language Models via Consistency Trajectory Reinforcement Learning with "
    "Fewer Decoding Step (Yang et al., 2025), arXiv 2509.23924",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It takes exactly floor(log2 n) rounds for n positions, whatever the model believes; half the text "
        "is written at once in the last.",
    ),
    params=Params,
    rules=CONFIDENCE.rules[:1],
)
def ass(run: Run, p: Params) -> Iterator[Event]:
    """Write the surest mask, then the 2 surest, then 4, and so on: confidence rises as the text fills.

    Source: the authors' released code. Round s writes 2^s tokens; there are S = floor(log2 n) rounds, and the
    last writes all that is left. With k blocks the last k - 1 rounds are a block each, and the small rounds
    share the first. Differs: any length is taken, not only powers of two.
    """
    scope = doubling_blocks(run.max_tokens, p.blocks)
    recipe = Recipe(scope, doubling(run.max_tokens), CONFIDENCE, Sampling(p.temperature))
    yield from unmask(run, recipe)
