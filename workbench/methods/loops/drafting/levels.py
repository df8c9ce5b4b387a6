"""What drafters share that write a tree of fixed shape: one draft pass per level, siblings side by side."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor

from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import Sampling, process, record
from workbench.methods.loops.verification.base import Draft
from workbench.methods.run import ANSWER, Run
from workbench.models.api import Memory, Reading
from workbench.trace import ROOT, Candidates, Cells, DraftKind, Event, Refs


class Child(NamedTuple):
    """A chosen token, its probability, what it was drawn from (V,), and how many chains run through it."""

    token: int
    prob: float
    drawn_from: Tensor
    count: int = 1


@dataclass(frozen=True)
class Level:
    """Nodes that get children now: their cache rows, and what the drafter believes behind each (nodes, V)."""

    nodes: list[int]
    rows: list[int]
    logits: Tensor
    probs: Tensor
    memory: Memory


@dataclass
class Growth:
    """A tree under construction, parents before children."""

    ids: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    drawn_from: list[Tensor] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def draft(self, kind: DraftKind, merged: bool = False) -> Draft:
        """What goes to verification."""
        return Draft(
            tuple(self.ids),
            tuple(self.tokens),
            tuple(self.parents),
            () if kind is DraftKind.POINT else tuple(self.drawn_from),
            kind,
            tuple(self.counts) if merged else (),
        )


class Levels:
    """Reads and proposes a tree level by level; the tree is thrown away, the cached text stays."""

    def __init__(self, run: Run, sampling: Sampling) -> None:
        self.reader = Reader(run.causal("draft"))
        self.sampling = sampling

    def root(self, run: Run) -> Level:
        """The belief behind the text."""
        reading = self.reader.catch_up(run.text)
        return self._level([ROOT], [reading.memory.rows - 1], reading)

    def read(self, tree: Growth, level: Level, nodes: list[int]) -> Level:
        """One draft pass over nodes whose parents stand in `level`."""
        row_of = dict(zip(level.nodes, level.rows, strict=True))
        parents = [row_of[tree.parents[node]] for node in nodes]
        tokens = [tree.tokens[node] for node in nodes]
        reading = self.reader.model.read(tokens, level.memory, parents=parents, want=len(tokens))
        return self._level(nodes, list(reading.rows), reading)

    def grow(
        self, run: Run, tree: Growth, level: Level, families: Sequence[Sequence[Child]], kind: DraftKind
    ) -> Generator[Event, None, list[int]]:
        """Propose the children of every node of the level; their node numbers."""
        first, depth = len(tree.tokens), self._depth(tree, level)
        for node, family in zip(level.nodes, families, strict=True):
            for child in family:
                tree.tokens.append(child.token)
                tree.parents.append(node)
                tree.drawn_from.append(child.drawn_from)
                tree.counts.append(child.count)
        asked = [[child.token for child in family] for family in families]
        position = len(run.text) + depth
        of: Refs = Cells(ANSWER, (position,))
        if depth:
            of = Candidates(tuple(tree.ids[node] for node in level.nodes))
        yield from record(run, "draft", of, level.logits, level.probs, self.sampling, asked)
        probs = [child.prob for family in families for child in family]
        if not probs:
            return []
        parents = [ROOT if node == ROOT else tree.ids[node] for node in tree.parents[first:]]
        proposed = run.propose("draft", [position] * len(probs), tree.tokens[first:], probs, kind, parents)
        yield proposed
        tree.ids += proposed.ids
        return list(range(first, len(tree.tokens)))

    def _level(self, nodes: list[int], rows: list[int], reading: Reading) -> Level:
        logits = reading.beliefs.logits
        return Level(nodes, rows, logits, process(logits, self.sampling), reading.memory)

    @staticmethod
    def _depth(tree: Growth, level: Level) -> int:
        node, depth = level.nodes[0], 0
        while node != ROOT:
            node, depth = tree.parents[node], depth + 1
        return depth
