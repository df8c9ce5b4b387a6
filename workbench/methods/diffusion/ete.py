"""Explore-then-exploit: sure tokens carry little information, so open ones are guessed on purpose."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import RECONSTRUCTION, Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    THRESHOLD,
    THRESHOLD_HELP,
    Recipe,
    Sampling,
)
from workbench.methods.loops.unmasking.explore import (
    EXPLORE_MEASURES,
    EXPLORE_RULES,
    FAR,
    Exploring,
    across,
    exploit,
    explore,
)
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(0.85, 0, 1, 0.01, THRESHOLD_HELP + " (ours: as for the threshold rule)")
    far: float = knob(0.95, 0, 1, 0.01, "the same in the blocks behind the current one")
    ahead: int = knob(1, 0, 16, 1, "blocks behind the current one that are open too")
    fewest: int = knob(2, 0, 32, 1, "a round that writes fewer guesses one token more")
    branches: int = knob(3, 1, 8, 1, "tokens that are tried out for a guess; 1 never guesses")
    weight: float = knob(0.1, 0, 5, 0.05, "nats that every token settled by a guess is worth")
    among: int = knob(0, 0, 64, 1, "guess among the block's first masks only; 0 all, 1 the leftmost")
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP)


@method(
    id="ete",
    title="Explore then exploit (ETE-style)",
    family="diffusion",
    year=2025,
    paper="From Bits to Rounds: Parallel Decoding with Exploration for Diffusion Language Models (2025)",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "A guess is written where the model is least sure, and it is never taken back; it is meant to make "
        "the others sure.",
    ),
    params=Params,
    rules=(THRESHOLD, FAR, AT_LEAST_ONE, *EXPLORE_RULES),
    measures=EXPLORE_MEASURES,
    status=RECONSTRUCTION,
)
def ete(run: Run, p: Params) -> Iterator[Event]:
    """Write what is sure, also in the next block; if that is little, guess the most open token of the block.

    Source: the paper's abstract alone, which names the bound (rounds are at least the information of the
    text over what a round can carry) and two means: decoding across blocks, and exploring open tokens so
    that others become sure. Everything else here is our reconstruction: which token is guessed (highest
    entropy), that its likeliest tokens are tried out side by side in one batch, that a guess is worth its
    log probability plus a weight for every mask it makes sure (ties: more information gained), and all
    defaults. The batch serves as the next round's pass, so exploring costs sequences, not rounds.
    """
    how = Exploring(p.fewest, p.branches, p.threshold, p.weight, p.among)
    scope, select = across(p.block_length, p.ahead), exploit(p.threshold, p.far, how.off)
    yield from unmask(run, Recipe(scope, select, CONFIDENCE, Sampling(p.temperature), verify=explore(how)))
