"""A drafter that writes several independent chains, merged where they agree."""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field

from torch import Tensor

from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import Sampling, process, record
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import ANSWER, Run
from workbench.models.api import Memory
from workbench.trace import ROOT, Candidates, Cells, DraftKind, Event, Refs


@dataclass(frozen=True)
class _Level:
    """Nodes whose next tokens come now: the chains that reach each, its cache row, its draft (nodes, V)."""

    nodes: list[int]
    chains: list[int]
    rows: list[int]
    probs: Tensor
    logits: Tensor
    memory: Memory


@dataclass
class _Merged:
    """The prefix tree of the chains, parents before children."""

    ids: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    drawn_from: list[Tensor] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


class IndependentPaths:
    """`chains` draws of up to `length` tokens from the draft model; one draft pass per level.

    Chains that begin alike share their nodes, and `Draft.counts` says how many run through each. A
    chain ends behind an end-of-text. At temperature 0 all are one likeliest chain.
    """

    def __init__(self, run: Run, sampling: Sampling, chains: int, length: int) -> None:
        self.reader = Reader(run.causal("draft"))
        self.sampling, self.chains, self.length = sampling, chains, length

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        tree, length = _Merged(), min(self.length, room)
        greedy = self.sampling.temperature == 0
        kind = DraftKind.POINT if greedy else DraftKind.SAMPLED
        if length < 1:
            return Draft()
        level = self._root(run)
        for depth in range(length):
            nodes = yield from self._draw(run, tree, level, depth, kind)
            going = [node for node in nodes if tree.tokens[node] not in run.eos_ids]
            if not going or depth + 1 == length:
                break
            level = self._read(tree, level, going)
        drawn_from = () if greedy else tuple(tree.drawn_from)
        columns = (tuple(tree.ids), tuple(tree.tokens), tuple(tree.parents), drawn_from)
        return Draft(*columns, kind, tuple(tree.counts))

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""

    def _root(self, run: Run) -> _Level:
        reading = self.reader.catch_up(run.text)
        logits = reading.beliefs.logits
        last = reading.memory.rows - 1
        probs = process(logits, self.sampling)
        return _Level([ROOT], [self.chains], [last], probs, logits, reading.memory)

    def _draw(
        self, run: Run, tree: _Merged, level: _Level, depth: int, kind: DraftKind
    ) -> Generator[Event, None, list[int]]:
        """The next token of every chain, equal ones behind one node merged; the new nodes."""
        first, asked, chances = len(tree.tokens), [], []
        for node, chains, probs in zip(level.nodes, level.chains, level.probs, strict=True):
            if kind is DraftKind.POINT:
                drawn = Counter({int(probs.argmax()): chains})
            else:
                drawn = Counter(run.dice.pick(probs).index for _ in range(chains))
            for token, count in drawn.items():
                tree.tokens.append(token)
                tree.parents.append(node)
                tree.drawn_from.append(probs)
                tree.counts.append(count)
                chances.append(float(probs[token]))
            asked.append(list(drawn))
        position = len(run.text) + depth
        of: Refs = Cells(ANSWER, (position,))
        if depth:
            of = Candidates(tuple(tree.ids[node] for node in level.nodes))
        yield from record(run, "draft", of, level.logits, level.probs, self.sampling, asked)
        parents = [ROOT if node == ROOT else tree.ids[node] for node in tree.parents[first:]]
        positions = [position] * len(chances)
        proposed = run.propose("draft", positions, tree.tokens[first:], chances, kind, parents)
        yield proposed
        tree.ids += proposed.ids
        return list(range(first, len(tree.tokens)))

    def _read(self, tree: _Merged, level: _Level, nodes: list[int]) -> _Level:
        """One draft pass over the new nodes."""
        row_of = dict(zip(level.nodes, level.rows, strict=True))
        parents = [row_of[tree.parents[node]] for node in nodes]
        tokens = [tree.tokens[node] for node in nodes]
        reading = self.reader.model.read(tokens, level.memory, parents=parents, want=len(tokens))
        logits = reading.beliefs.logits
        probs = process(logits, self.sampling)
        counts = [tree.counts[node] for node in nodes]
        return _Level(nodes, counts, list(reading.rows), probs, logits, reading.memory)
