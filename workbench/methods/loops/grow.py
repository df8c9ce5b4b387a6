"""A drafter that grows a tree level by level where it is surest (EAGLE-2, sections 4.1 and 4.2)."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from workbench.maths.accept import without
from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import GREEDY, Sampling, process, record
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import ANSWER, Run
from workbench.models.api import Memory
from workbench.trace import ROOT, Candidates, Cells, DraftKind, Event, Measure, Refs, Rule, Score

POINT, WITHOUT = "point mass", "without replacement"

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


class Shape(Sampling, Protocol):
    """The knobs of a grown tree."""

    @property
    def verification(self) -> str: ...
    @property
    def branch(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def total(self) -> int: ...


@dataclass
class Tree:
    """Nodes in the order in which they were proposed, so that parents precede children."""

    ids: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    paths: list[float] = field(default_factory=list)
    drawn_from: list[Tensor] = field(default_factory=list)


@dataclass(frozen=True)
class Frontier:
    """The nodes whose children come next: their cache rows and what the drafter believes after each."""

    nodes: list[int]
    rows: list[int]
    probs: Tensor  # (nodes, V)
    memory: Memory


Family = list[tuple[int, float, Tensor]]
"""The children of one node: token, probability, and the distribution (V,) it was drawn from (if it was)."""


def ranks(scores: Sequence[float]) -> list[int]:
    """0-based rank of each score, higher first, the earlier one on a tie (so a parent before its child)."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return [rank for rank, _ in sorted(enumerate(order), key=lambda pair: pair[1])]


class TreeDrafter:
    """One draft pass per level; the tree is thrown away after the round, the cached text stays."""

    def __init__(self, run: Run, shape: Shape) -> None:
        self.reader = Reader(run.causal("draft"))
        self.shape = shape
        self.drawn = shape.verification == WITHOUT and shape.temperature > 0

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        if room < 1:
            return Draft()
        tree = Tree()
        frontier = yield from self._root(run)
        for level in range(min(self.shape.depth, room)):
            nodes = yield from self._children(run, tree, frontier, level)
            if not nodes or level + 1 == min(self.shape.depth, room):
                break
            grown = yield from self._expand(run, tree, frontier, nodes)
            if grown is None:
                break
            frontier = grown
        return (yield from self._draft(tree))

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""

    def _root(self, run: Run) -> Generator[Event, None, Frontier]:
        reading = self.reader.catch_up(run.text)
        probs = yield from self._believe(run, Cells(ANSWER, (len(run.text),)), reading.beliefs.logits)
        return Frontier([ROOT], [reading.memory.rows - 1], probs, reading.memory)

    def _believe(self, run: Run, of: Refs, logits: Tensor) -> Generator[Event, None, Tensor]:
        """What the drafter draws from; points are ranked by its raw belief, whatever the temperature."""
        sampling = self.shape if self.drawn else GREEDY
        probs = process(logits, sampling)
        yield from record(run, "draft", of, logits, probs, sampling)
        return probs

    def _children(
        self, run: Run, tree: Tree, frontier: Frontier, level: int
    ) -> Generator[Event, None, list[int]]:
        """Propose the children of every frontier node; their node numbers."""
        first, probs = len(tree.tokens), []
        families = self._drawn(run, frontier.probs) if self.drawn else self._likeliest(frontier.probs)
        for node, family in zip(frontier.nodes, families, strict=True):
            for token, prob, drawn_from in family:
                tree.tokens.append(token)
                tree.parents.append(node)
                tree.paths.append(prob * (tree.paths[node] if node != ROOT else 1.0))
                tree.drawn_from.append(drawn_from)
                probs.append(prob)
        parents = [ROOT if p == ROOT else tree.ids[p] for p in tree.parents[first:]]
        kind = DraftKind.SAMPLED_WITHOUT if self.drawn else DraftKind.POINT
        positions = [len(run.text) + level] * len(probs)
        proposed = run.propose("draft", positions, tree.tokens[first:], probs, kind, parents)
        tree.ids += proposed.ids
        yield proposed
        yield Score(PATH.id, Candidates(proposed.ids), tuple(tree.paths[first:]))
        return list(range(first, len(tree.tokens)))

    def _likeliest(self, probs: Tensor) -> list[Family]:
        """The `branch` likeliest tokens after every node (rows of probs), likeliest first."""
        best = probs.topk(min(self.shape.branch, probs.shape[-1]), dim=-1)
        rows = zip(best.values.tolist(), best.indices.tolist(), strict=True)
        families = (sorted(zip(ps, ts, strict=True), key=_first) for ps, ts in rows)
        return [[(token, prob, probs) for prob, token in family] for family in families]

    def _drawn(self, run: Run, probs: Tensor) -> list[Family]:
        """`branch` draws without replacement after every node, in draw order."""
        families = []
        for row in probs:
            family: Family = []
            while len(family) < self.shape.branch and row.any():
                pick = run.dice.pick(row)
                family.append((pick.index, pick.prob, row))
                row = without(row, pick.index)
            families.append(family)
        return families

    def _expand(
        self, run: Run, tree: Tree, frontier: Frontier, nodes: list[int]
    ) -> Generator[Event, None, Frontier | None]:
        """Judge which of the new nodes are expanded, and read those in one pass; None if all are final."""
        ids = Candidates(tuple(tree.ids[node] for node in nodes))
        order = ranks([tree.paths[node] for node in nodes])
        verdict = EXPAND.judge(ids, order, [self.shape.branch] * len(nodes))
        yield verdict
        winners = [
            n for n, ok in zip(nodes, verdict.passed, strict=True) if ok and tree.tokens[n] not in run.eos_ids
        ]
        if not winners:
            return None
        row_of = dict(zip(frontier.nodes, frontier.rows, strict=True))
        parents = [row_of[tree.parents[node]] for node in winners]
        tokens = [tree.tokens[node] for node in winners]
        reading = self.reader.model.read(tokens, frontier.memory, parents=parents, want=len(tokens))
        of = Candidates(tuple(tree.ids[node] for node in winners))
        probs = yield from self._believe(run, of, reading.beliefs.logits)
        return Frontier(winners, list(reading.rows), probs, reading.memory)

    def _draft(self, tree: Tree) -> Generator[Event, None, Draft]:
        """The nodes to verify: reranked and pruned if they are points, all of them if they were drawn."""
        kept = list(range(len(tree.tokens)))
        if not self.drawn:
            verdict = KEPT.judge(
                Candidates(tuple(tree.ids)), ranks(tree.paths), [self.shape.total] * len(kept)
            )
            yield verdict
            kept = [node for node in kept if verdict.passed[node]]
        place = {ROOT: ROOT, **{node: i for i, node in enumerate(kept)}}
        return Draft(
            tuple(tree.ids[n] for n in kept),
            tuple(tree.tokens[n] for n in kept),
            tuple(place[tree.parents[n]] for n in kept),
            tuple(tree.drawn_from[n] for n in kept) if self.drawn else (),
            DraftKind.SAMPLED_WITHOUT if self.drawn else DraftKind.POINT,
        )


def _first(pair: tuple[float, int]) -> tuple[float, int]:
    return -pair[0], pair[1]
