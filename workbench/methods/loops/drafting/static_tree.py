"""A drafter whose tree has a fixed shape: so many children per node on every level."""

from collections.abc import Generator, Sequence

from torch import Tensor

from workbench.maths.accept import without
from workbench.methods.loops.drafting.levels import Child, Growth, Levels
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event


class StaticTree:
    """`widths[d]` children for every node of depth d, chosen as `kind` says; one draft pass per level.

    SAMPLED: independent draws, repeated ones kept. SAMPLED_WITHOUT: draws without replacement, fewer
    where the drafter allows fewer tokens. POINT: the likeliest tokens. At temperature 0 always those.
    Nothing grows behind an end-of-text.
    """

    def __init__(self, run: Run, sampling: Sampling, widths: Sequence[int], kind: DraftKind) -> None:
        self.levels = Levels(run, sampling)
        self.widths = tuple(widths)
        self.kind = DraftKind.POINT if sampling.temperature == 0 else kind

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        tree, widths = Growth(), self.widths[: max(room, 0)]
        if not widths:
            return Draft()
        level = self.levels.root(run)
        for depth, width in enumerate(widths, 1):
            families = [self._children(run, probs, width) for probs in level.probs]
            nodes = yield from self.levels.grow(run, tree, level, families, self.kind)
            going = [node for node in nodes if tree.tokens[node] not in run.eos_ids]
            if not going or depth == len(widths):
                break
            level = self.levels.read(tree, level, going)
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
