"""The one walk of every drafter that writes a tree with a model: level by level, one draft pass each."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.drafting.siblings import Family
from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import Sampling, process, record
from workbench.methods.run import ANSWER, Run
from workbench.models.api import Memory, Reading
from workbench.trace import ROOT, Candidates, Cells, DraftKind, Event, Refs


@dataclass(frozen=True)
class Level:
    """Nodes that get children now: their cache rows, and what the drafter believes behind each (nodes, V)."""

    nodes: list[int]
    rows: list[int]
    logits: Tensor
    probs: Tensor
    memory: Memory


class Branching(Protocol):
    """What the drafters differ in: which children a node gets, and which nodes get children."""

    @property
    def kind(self) -> DraftKind: ...

    def families(self, run: Run, level: Level) -> Sequence[Family]:
        """The children of every node of the level; new nodes are numbered in this order."""
        ...

    def onward(
        self, run: Run, tree: Growth, nodes: list[int], last: bool
    ) -> Generator[Event, None, list[int]]:
        """What is to be said of the new nodes, and which of them have children in turn.

        The walk leaves out those that end the text, and all of them on the last level.
        """
        ...


class Levels:
    """Reads and proposes a tree level by level; the tree is thrown away, the cached text stays."""

    def __init__(self, run: Run, sampling: Sampling) -> None:
        self.reader = Reader(run.causal("draft"))
        self.sampling = sampling

    def walk(self, run: Run, depth: int, branching: Branching) -> Generator[Event, None, Growth]:
        """A tree of at most `depth` levels behind the text; nothing grows behind an end-of-text."""
        tree = Growth(branching.kind)
        if depth < 1:
            return tree
        reading = self.reader.catch_up(run.text)
        level = self._level([ROOT], [reading.memory.rows - 1], reading)
        for left in range(depth - 1, -1, -1):
            nodes = yield from self._grow(run, tree, level, branching.families(run, level))
            if not nodes:
                break
            chosen = yield from branching.onward(run, tree, nodes, last=not left)
            going = [node for node in chosen if tree.tokens[node] not in run.eos_ids]
            if not going or not left:
                break
            level = self._read(tree, level, going)
        return tree

    def _read(self, tree: Growth, level: Level, nodes: list[int]) -> Level:
        """One draft pass over nodes whose parents stand in `level`."""
        row_of = dict(zip(level.nodes, level.rows, strict=True))
        parents = [row_of[tree.parents[node]] for node in nodes]
        tokens = [tree.tokens[node] for node in nodes]
        reading = self.reader.model.read(tokens, level.memory, parents=parents, want=len(tokens))
        return self._level(nodes, list(reading.rows), reading)

    def _grow(
        self, run: Run, tree: Growth, level: Level, families: Sequence[Family]
    ) -> Generator[Event, None, list[int]]:
        """Propose the children of every node of the level; their node numbers."""
        of: Refs = Candidates(tuple(tree.ids[node] for node in level.nodes if node != ROOT))
        if level.nodes == [ROOT]:
            of = Cells(ANSWER, (len(run.text),))
        asked = [[child.token for child in family] for family in families]
        yield from record(run, "draft", of, level.logits, level.probs, self.sampling, asked)
        pairs = zip(level.nodes, families, strict=True)
        nodes = [tree.take(child, node) for node, family in pairs for child in family]
        if nodes:
            yield tree.propose(run, "draft")
        return nodes

    def _level(self, nodes: list[int], rows: list[int], reading: Reading) -> Level:
        logits = reading.beliefs.logits
        return Level(nodes, rows, logits, process(logits, self.sampling), reading.memory)
