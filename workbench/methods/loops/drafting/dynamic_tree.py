"""A drafter that grows a tree level by level where it is surest (EAGLE-2, sections 4.1 and 4.2)."""

from collections.abc import Generator
from dataclasses import dataclass, field

from workbench.maths.trees import ranking
from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.drafting.levels import Level, Levels
from workbench.methods.loops.drafting.siblings import Family, families
from workbench.methods.loops.sampling import GREEDY, Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Measure, Rule, Score

PATH = Measure(
    "path_probability",
    "path probability",
    "probability",
    "higher",
    "product of the draft probabilities from the root to the node",
    value_from="path(proposed)",
)
EXPAND = Rule(
    "expand",
    "among the nodes to expand",
    "<",
    "rank in its level",
    "nodes expanded per level",
    "{what} is expanded: rank {left} by path probability is below {right}.",
    "{what} stays a leaf: rank {left} by path probability is not below {right}.",
    value_from="rank(score:path_probability)",
    bound_from="knob(branch)",
)
KEPT = Rule(
    "kept",
    "kept by reranking",
    "<",
    "rank in the tree",
    "nodes verified",
    "{what} is verified: rank {left} by path probability is below {right}.",
    "{what} is pruned before verification: rank {left} by path probability is not below {right}.",
    value_from="rank(score:path_probability)",
    bound_from="knob(total)",
)


class DynamicTree:
    """The `branch` likeliest paths of a level get `branch` children each; one draft pass per level.

    Points (kind POINT, and always at temperature 0) are ranked by the drafter's raw belief, whatever the
    temperature, and the `total` best of all levels are verified. Drawn nodes are all verified: to drop
    some by what they are would bend the output.
    """

    def __init__(
        self, run: Run, sampling: Sampling, branch: int, depth: int, total: int, kind: DraftKind
    ) -> None:
        self.kind = kind if sampling.temperature > 0 else DraftKind.POINT
        self.levels = Levels(run, GREEDY if self.kind is DraftKind.POINT else sampling)
        self.branch, self.depth, self.total = branch, depth, total

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        surest = _Surest(self.branch, self.kind)
        tree = yield from self.levels.walk(run, min(self.depth, room), surest)
        draft = tree.draft()
        if self.kind is not DraftKind.POINT or not draft.ids:
            return draft
        verdict = KEPT.judge(Candidates(draft.ids), ranking(surest.paths), [self.total] * len(draft.ids))
        yield verdict
        return draft.only([node for node, kept in enumerate(verdict.passed) if kept])

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""


@dataclass
class _Surest:
    """One round: what the path to every node is worth."""

    branch: int
    kind: DraftKind
    paths: list[float] = field(default_factory=list)

    def families(self, run: Run, level: Level) -> list[Family]:
        return families(run.dice, level.probs, [self.branch] * len(level.nodes), self.kind)

    def onward(
        self, run: Run, tree: Growth, nodes: list[int], last: bool
    ) -> Generator[Event, None, list[int]]:
        """Judge which of the new nodes are expanded."""
        for node in nodes:
            above = tree.parents[node]
            self.paths.append(tree.probs[node] * (1.0 if above == ROOT else self.paths[above]))
        of, paths = Candidates(tuple(tree.ids[node] for node in nodes)), [self.paths[node] for node in nodes]
        yield Score(PATH.id, of, tuple(paths))
        if last:
            return []
        verdict = EXPAND.judge(of, ranking(paths), [self.branch] * len(nodes))
        yield verdict
        return [node for node, good in zip(nodes, verdict.passed, strict=True) if good]
