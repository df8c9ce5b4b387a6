"""A drafter whose tree has a fixed shape, planned before a token is known."""

from collections.abc import Generator, Sequence

from torch import Tensor

from workbench.maths.accept import without
from workbench.maths.trees import Tree, balanced
from workbench.methods.loops.drafting.levels import Child, Growth, Levels
from workbench.methods.loops.drafting.noise import NOISY, noisy
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Score

WIDTHS_HELP = "children per node, level by level"


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
                values = [value for family in families for value in noisy(run.dice, _probs(family))]
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


def _probs(family: Sequence[Child]) -> list[float]:
    return [child.prob for child in family]
