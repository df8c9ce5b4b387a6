"""A drafter whose tree is a stochastic beam: on every level the first arrivals of a race."""

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import chain

import torch
from torch import Tensor

from workbench.maths.accept import without
from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.drafting.levels import Level, Levels
from workbench.methods.loops.drafting.siblings import Child, Family
from workbench.methods.loops.drafting.static_tree import StaticTree
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Measure, Rule, Score

JOINT = Measure(
    "draft_joint",
    "path probability",
    "probability",
    "higher",
    "draft probability of all tokens from the root to the node, each from its own full distribution",
)
PERTURBED = Measure(
    "perturbed",
    "perturbed log-probability",
    "nats",
    "higher",
    "log of the path probability plus Gumbel noise, given that the best child keeps its parent's value; "
    "-log of the time of arrival",
)
BRANCHES = Rule(
    "branches_on",
    "still in the beam",
    ">=",
    "perturbed log-probability",
    "least of those kept on the next level",
    "{what} has children: its perturbed log-probability {left} is at least the cut at {right}.",
    "{what} has no children: its perturbed log-probability {left} is below the cut at {right}.",
    value_from="score(perturbed)",
)


@dataclass
class Race:
    """The nodes of one level that may have children, and the children that arrived, both by arrival.

    A node of path probability w is an alarm clock of rate w: it arrives when the first of its
    continuations does. Once it has arrived its other children are clocks of their own.
    """

    starts: list[float]
    weights: list[float]
    rows: list[Tensor]
    """What each node's next child is drawn from, (V,): those that came are struck out."""
    rates: list[float] = field(default_factory=list)
    """Of the nodes that have arrived: how much of their weight has not yet come as a child."""
    now: float = 0.0

    def next(self, run: Run) -> tuple[int, Child] | None:
        """The next child and whose it is; None when all have come."""
        node = self._who(run)
        if node is None:
            return None
        pick = run.dice.pick(self.rows[node])
        child = Child(pick.index, pick.prob, self.rows[node])
        self.rows[node] = without(self.rows[node], pick.index)
        self.rates[node] = self.rates[node] * (1 - pick.prob) if self.rows[node].any() else 0.0
        return node, child

    def _who(self, run: Run) -> int | None:
        """Either a later child of a node that has arrived, or the first child of the next to arrive."""
        rate, coming = math.fsum(self.rates), len(self.rates)
        arrives = self.starts[coming] if coming < len(self.starts) else math.inf
        if rate > 0:
            before = -math.expm1(-rate * (arrives - self.now))
            u = run.dice.uniform(before)
            if u < before:
                self.now -= math.log1p(-u) / rate
                return run.dice.pick(torch.tensor(self.rates, dtype=torch.float64) / rate).index
        if arrives == math.inf:
            return None
        self.now = arrives
        self.rates.append(self.weights[coming])
        return coming


class StochasticBeam:
    """`width` different paths per level, drawn without replacement; one draft pass per level.

    At temperature 0 the likeliest tokens: `width` behind the text, then one behind each.
    """

    def __init__(self, run: Run, sampling: Sampling, width: int, depth: int) -> None:
        self.levels = Levels(run, sampling)
        self.width, self.depth = width, depth
        self.fixed = None
        if sampling.temperature == 0:
            self.fixed = StaticTree(run, sampling, [width] + [1] * (depth - 1), DraftKind.POINT)

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        if self.fixed:
            return (yield from self.fixed.draft(run, room))
        tree = yield from self.levels.walk(run, min(self.depth, room), _Arrivals(self.width))
        return tree.draft()

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""


@dataclass
class _Arrivals:
    """One round: when every node of the tree arrived, and its path probability. The text arrived at 1."""

    width: int
    kind: DraftKind = DraftKind.SAMPLED_WITHOUT
    time: dict[int, float] = field(default_factory=lambda: {ROOT: 1.0})
    joint: dict[int, float] = field(default_factory=lambda: {ROOT: 1.0})
    came: list[float] = field(default_factory=list)
    """Times of the children of this level, in their order."""
    level: Level | None = None

    def families(self, run: Run, level: Level) -> list[Family]:
        """A race among the nodes, which stand by arrival."""
        starts, weights = ([of[node] for node in level.nodes] for of in (self.time, self.joint))
        found, times = self._first(run, Race(starts, weights, list(level.probs)))
        self.level, self.came = level, list(chain.from_iterable(times))
        return found

    def _first(self, run: Run, race: Race) -> tuple[list[Family], list[list[float]]]:
        """The first `width` children of the level and when they came, a list per node."""
        found: list[Family] = [[] for _ in race.starts]
        times: list[list[float]] = [[] for _ in race.starts]
        for _ in range(self.width):
            if (came := race.next(run)) is None:
                break
            found[came[0]].append(came[1])
            times[came[0]].append(race.now)
        return found, times

    def onward(
        self, run: Run, tree: Growth, nodes: list[int], last: bool
    ) -> Generator[Event, None, list[int]]:
        """Record what the new nodes are worth, and say which of their parents branched; all by arrival."""
        assert self.level is not None
        above = self.level.nodes
        full = dict(zip(above, self.level.probs, strict=True))
        for node, time in zip(nodes, self.came, strict=True):
            parent = tree.parents[node]
            self.time[node] = time
            self.joint[node] = self.joint[parent] * float(full[parent][tree.tokens[node]])
        of = Candidates(tuple(tree.ids[node] for node in nodes))
        yield Score(JOINT.id, of, tuple(self.joint[node] for node in nodes))
        yield Score(PERTURBED.id, of, tuple(self._gumbel(node) for node in nodes))
        if above != [ROOT]:
            cut = min(self._gumbel(node) for node in nodes)
            raced = Candidates(tuple(tree.ids[node] for node in above))
            values = [self._gumbel(node) for node in above]
            yield BRANCHES.judge(raced, values, [cut] * len(values))
        return sorted(nodes, key=self.time.__getitem__)

    def _gumbel(self, node: int) -> float:
        """The perturbed log-probability, 0 for the text."""
        return -math.log(self.time[node])
