"""EB-Sampler: as many tokens a round as a bound on their mutual dependence allows."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import accumulate

from workbench.maths.confidence import entropy
from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    BLOCK_HELP,
    CONFIDENCE,
    MARGIN,
    NEGATIVE_ENTROPY,
    Recipe,
    Round,
    Sampling,
    blocks,
    passed,
)
from workbench.methods.run import Run
from workbench.trace import Event, Measure, Rule, Score

ENTROPY = Measure("entropy", "entropy", "nats", "lower", "-sum of p ln p", "entropy(denoiser@processed)")
BUDGET = Rule(
    "entropy_budget",
    "within the entropy budget",
    "<=",
    "entropies up to it, less the largest",
    "budget in nats",
    "{what} is written: the entropies up to it, less the largest, sum to {left}, within {right}.",
    "{what} stays masked: the entropies up to it, less the largest, sum to {left}, above {right}.",
    bound_from="knob(gamma)",
)
ORDERS = {"entropy": NEGATIVE_ENTROPY, "confidence": CONFIDENCE, "margin": MARGIN}


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    gamma: float = knob(
        0.1, 0, 10, 0.01, "nats of dependence that a round may ignore; 0 is one token a round"
    )
    order: str = knob("entropy", help="which tokens come first", choices=tuple(ORDERS))
    block_length: int = knob(64, 1, 512, 1, BLOCK_HELP)


@method(
    id="eb_sampler",
    title="EB-Sampler",
    family="diffusion",
    year=2025,
    paper="Accelerated Sampling from Masked Diffusion Models via Entropy Bounded Unmasking "
    "(Ben-Hamu et al., 2025), arXiv 2505.24857",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "With an exact model every round differs from the joint distribution by at most gamma nats (KL).",
    ),
    params=Params,
    rules=(BUDGET,),
    measures=(ENTROPY, *NEGATIVE_ENTROPY.measures, *MARGIN.measures),
)
def eb_sampler(run: Run, p: Params) -> Iterator[Event]:
    """Go through the masks, surest first, and write while the entropies less the largest stay within gamma.

    Source: two public implementations of the paper's rule, corrected by its definition (the running
    maximum is taken over the positions, the entropy over the whole vocabulary). That sum bounds how far the
    product of the marginals is from the joint; the first token has 0, so each round writes one at least.
    Entropies are those of the distribution that is sampled: after temperature, at 0 that of the model.
    """

    def select(now: Round) -> Generator[Event, None, list[int]]:
        entropies = entropy(now.probs).tolist()
        yield Score(ENTROPY.id, now.candidates, tuple(entropies))
        order = sorted(range(len(now.holes)), key=now.ranks.__getitem__)
        inside = [entropies[i] for i in order]
        sums = zip(accumulate(inside), accumulate(inside, max), strict=True)
        spent = [total - largest for total, largest in sums]
        values = [spent[rank] for rank in now.ranks]
        verdict = BUDGET.judge(now.candidates, values, [p.gamma] * len(values))
        yield verdict
        return passed(verdict)

    recipe = Recipe(blocks(p.block_length), select, ORDERS[p.order], Sampling(p.temperature, processed=True))
    yield from unmask(run, recipe)
