"""A drafter whose tree has a fixed shape, planned before a token is known."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby

from workbench.maths.trees import TOP, Tree, balanced
from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.drafting.levels import Level, Levels
from workbench.methods.loops.drafting.noise import NOISY, noisy
from workbench.methods.loops.drafting.siblings import Family, families
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Score

WIDTHS_HELP = "children per node, level by level"


class StaticTree:
    """The children that `plan` gives every node, chosen as `kind` says (at temperature 0 the likeliest).

    plan: a tree, or how many children the nodes of each depth have, as numbers or as in "2,2,1".
    noise: record the NOISY values that draws without replacement belong to.
    """

    def __init__(
        self,
        run: Run,
        sampling: Sampling,
        plan: Tree | Sequence[int] | str,
        kind: DraftKind,
        noise: bool = False,
    ) -> None:
        self.levels = Levels(run, sampling)
        widths = map(int, plan.split(",")) if isinstance(plan, str) else plan
        self.plan = widths if isinstance(widths, Tree) else balanced(tuple(widths))
        self.kind = DraftKind.POINT if sampling.temperature == 0 else kind
        self.noise = noise and self.kind is DraftKind.SAMPLED_WITHOUT

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        depth = room if self.plan else 0
        tree = yield from self.levels.walk(run, depth, _Planned(self.plan, self.kind, self.noise))
        return tree.draft()

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""


@dataclass
class _Planned:
    """One round: where in the plan every node stands."""

    plan: Tree
    kind: DraftKind
    noise: bool
    places: list[int] = field(default_factory=list)

    def families(self, run: Run, level: Level) -> list[Family]:
        below = [self._below(node) for node in level.nodes]
        found = families(run.dice, level.probs, [len(places) for places in below], self.kind)
        for places, family in zip(below, found, strict=True):
            self.places += places[: len(family)]
        return found

    def onward(
        self, run: Run, tree: Growth, nodes: list[int], last: bool
    ) -> Generator[Event, None, list[int]]:
        if self.noise:
            siblings = groupby(nodes, key=tree.parents.__getitem__)
            values = [noisy(run.dice, [tree.probs[node] for node in group]) for _, group in siblings]
            of = Candidates(tuple(tree.ids[node] for node in nodes))
            yield Score(NOISY.id, of, tuple(chain.from_iterable(values)))
        return [node for node in nodes if self._below(node)]

    def _below(self, node: int) -> list[int]:
        return self.plan.children(TOP if node == ROOT else self.places[node])
