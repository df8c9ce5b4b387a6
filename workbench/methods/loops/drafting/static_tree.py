"""A drafter whose tree has a fixed shape, planned before a token is known."""

import math
from collections.abc import Generator, Sequence

from torch import Tensor

from workbench.maths.accept import without
from workbench.maths.trees import Tree, balanced
from workbench.methods.loops.drafting.levels import Child, Growth, Levels
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Measure, Score

WIDTHS_HELP = "children per node, level by level"
NOISY = Measure(
    "noisy_log_probability",
    "perturbed log-probability",
    "nats",
    "higher",
    "log of the draft probability plus Gumbel noise; siblings are the highest of their node, in this order",
)


class StaticTree:
    """The children that `plan` gives every node, chosen as `kind` says; one draft pass per level.

    plan: a tree, or how many children the nodes of each depth have. SAMPLED: independent draws,
    repeated ones kept. SAMPLED_WITHOUT: draws without replacement, fewer where the drafter allows fewer
    tokens. POINT: the likeliest tokens. At temperature 0 always those. Nothing grows behind an end-of-text.
    noise: record the NOISY values that draws without replacement belong to.
    """

    def __init__(
        self,
        run: Run,
        sampling: Sampling,
        plan: Tree | Sequence[int],
        kind: DraftKind,
        noise: bool = False,
    ) -> None:
        self.levels = Levels(run, sampling)
        self.plan = plan if isinstance(plan, Tree) else balanced(plan)
        self.kind = DraftKind.POINT if sampling.temperature == 0 else kind
        self.noise = noise and self.kind is DraftKind.SAMPLED_WITHOUT

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        tree, places = Growth(), [ROOT]
        if room < 1 or not self.plan:
            return Draft()
        level = self.levels.root(run)
        for left in range(room - 1, -1, -1):
            planned = [self.plan.children(place) for place in places]
            pairs = zip(level.probs, planned, strict=True)
            families = [self._children(run, probs, len(below)) for probs, below in pairs]
            nodes = yield from self.levels.grow(run, tree, level, families, self.kind)
            if self.noise and nodes:
                values = [value for family in families for value in noisy(run, family)]
                yield Score(NOISY.id, Candidates(tuple(tree.ids[node] for node in nodes)), tuple(values))
            pairs = zip(planned, families, strict=True)
            stands = [place for below, family in pairs for place in below[: len(family)]]
            place_of = dict(zip(nodes, stands, strict=True))
            going = [
                n for n in nodes if self.plan.children(place_of[n]) and tree.tokens[n] not in run.eos_ids
            ]
            if not going or not left:
                break
            level = self.levels.read(tree, level, going)
            places = [place_of[node] for node in going]
        return tree.draft(self.kind)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""

    def _children(self, run: Run, probs: Tensor, width: int) -> list[Child]:
        """Siblings in the order in which they will be examined."""
        if self.kind is DraftKind.SAMPLED:
            picks = (run.dice.pick(probs) for _ in range(width))
            return [Child(pick.index, pick.prob, probs) for pick in picks]
        if self.kind is DraftKind.POINT:
            ranked = probs.sort(descending=True, stable=True)
            pairs = zip(ranked.indices[:width].tolist(), ranked.values[:width].tolist(), strict=True)
            return [Child(token, prob, probs) for token, prob in pairs]
        family: list[Child] = []
        while len(family) < width and probs.any():
            pick = run.dice.pick(probs)
            family.append(Child(pick.index, pick.prob, probs))
            probs = without(probs, pick.index)
        return family


def noisy(run: Run, family: Sequence[Child]) -> list[float]:
    """The perturbed log-probabilities of siblings drawn without replacement, given what was drawn.

    -log of the k-th arrival in a race of exponential clocks whose rates are the draft probabilities: the
    gaps are exponential with the rate that is left, whoever arrives (Gumbel-top-k, Kool et al. 2019).
    """
    now, left, values = 0.0, 1.0, []
    for child in family:
        now -= math.log1p(-run.dice.uniform(1.0)) / left
        left *= 1 - child.prob
        values.append(-math.log(max(now, 1e-300)))
        if left <= 0:
            left = 1e-300
    return values
