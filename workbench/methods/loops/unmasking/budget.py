"""The select part that spends a budget of entropy (EB-Sampler)."""

from collections.abc import Generator
from itertools import accumulate

from workbench.maths.confidence import entropy
from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.selects import passed
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


def within_budget(gamma: float) -> Select:
    """Through the masks by score, while the entropies less the largest sum to `gamma` nats at most."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        entropies = entropy(now.probs).tolist()
        yield Score(ENTROPY.id, now.candidates, tuple(entropies))
        order = sorted(range(len(now.holes)), key=now.ranks.__getitem__)
        inside = [entropies[i] for i in order]
        sums = zip(accumulate(inside), accumulate(inside, max), strict=True)
        spent = [total - largest for total, largest in sums]
        values = [spent[rank] for rank in now.ranks]
        verdict = BUDGET.judge(now.candidates, values, [gamma] * len(values))
        yield verdict
        return passed(verdict)

    return select
