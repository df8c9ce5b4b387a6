"""Drafts from a memory of the target's own distributions, one per n-gram that the text has shown (STAND)."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor

from workbench.maths.accept import without
from workbench.maths.sample import warp
from workbench.methods.loops.drafting.noise import NOISY, noisy
from workbench.methods.loops.drafting.points import Points, template
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import ANSWER, Run
from workbench.trace import ROOT, Candidates, Cells, DraftKind, Event, Measure, Refs, Score, Source

MEMORY = Source("memory", "the n-gram memory", "draft")
MEMORY_ROWS = Measure("memory_rows", "n-grams in the memory", "n-grams", "higher", "different n-grams so far")
CONTEXT = Measure("context_length", "n-gram used", "tokens", "higher", "tokens of the n-gram that was found")
SEEN = Measure("seen", "times seen", "count", "higher", "distributions that were averaged for this n-gram")
MEMORY_MEASURES = (MEMORY_ROWS, CONTEXT, SEEN, NOISY)


@dataclass
class Remembered:
    """The mean of the target's distributions after an n-gram, cut to its likeliest tokens."""

    probs: dict[int, float]
    seen: int = 1


class Memory:
    """n-gram -> Remembered; `kept` tokens per n-gram."""

    def __init__(self, shortest: int, longest: int, kept: int) -> None:
        self.shortest, self.longest, self.kept = shortest, longest, kept
        self._rows: dict[tuple[int, ...], Remembered] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, text: Sequence[int]) -> tuple[int, Remembered | None]:
        """(n, what is known after the longest known n-gram at the end of `text`); (0, None) if none is."""
        for n in range(min(self.longest, len(text)), self.shortest - 1, -1):
            if row := self._rows.get(tuple(text[len(text) - n :])):
                return n, row
        return 0, None

    def learn(self, text: Sequence[int], probs: dict[int, float]) -> None:
        """Average `probs`, the target's likeliest tokens after `text`, into every n-gram at its end."""
        for n in range(self.shortest, min(self.longest, len(text)) + 1):
            gram = tuple(text[len(text) - n :])
            row = self._rows.get(gram)
            if row is None:
                self._rows[gram] = Remembered(self._cut(probs))
                continue
            k = row.seen
            both = {t: (k * row.probs.get(t, 0.0) + probs.get(t, 0.0)) / (k + 1) for t in row.probs | probs}
            row.probs, row.seen = self._cut(both), k + 1

    def _cut(self, probs: dict[int, float]) -> dict[int, float]:
        """The `kept` likeliest, likeliest first, the lower id on a tie."""
        return dict(sorted(probs.items(), key=_likeliest)[: self.kept])


@dataclass
class _Round:
    """What one draft is made of: its nodes, and the contexts with a known distribution."""

    points: Points = field(default_factory=Points)
    drawn_from: list[Tensor] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    contexts: list[int] = field(default_factory=list)
    beliefs: list[Tensor] = field(default_factory=list)
    asked: list[list[int]] = field(default_factory=list)
    noise: list[float] = field(default_factory=list)


class Remembering:
    """Fills a fixed tree from the memory: `drawn` without replacement, else with the likeliest tokens."""

    def __init__(self, memory: Memory, shape: tuple[int, int, int], drawn: bool, greedy: bool) -> None:
        """shape: nodes, children per node and levels of the tree. greedy: passes give logits."""
        self.memory, self.drawn, self.greedy = memory, drawn, greedy
        self.nodes, self.branch, self.depth = shape
        self._text: list[int] = []
        self._like = torch.empty(0)

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """As much of the tree as the memory knows; empty after an n-gram that it has not seen."""
        self._text = run.text
        here = Cells(ANSWER, (len(self._text),))
        yield Score(MEMORY_ROWS.id, here, (len(self.memory),))
        if room < 1:
            return Draft()
        made = self._grow(run, min(room, self.depth))
        if not made.points.tokens:
            return Draft()
        kind = DraftKind.SAMPLED_WITHOUT if self.drawn else DraftKind.POINT
        proposed = made.points.propose(run, MEMORY.id, kind)
        yield proposed
        ids = Candidates(proposed.ids)
        yield Score(CONTEXT.id, ids, tuple(made.lengths))
        yield Score(SEEN.id, ids, tuple(made.counts))
        if self.drawn:
            yield Score(NOISY.id, ids, tuple(made.noise))
        inner = tuple(proposed.ids[node] for node in made.contexts[1:])
        of: list[Refs] = [here, Candidates(inner)] if inner else [here]
        space = "vocabulary" if self.greedy else "processed"
        yield from run.observe(MEMORY.id, of, torch.stack(made.beliefs), space, made.asked)
        drawn_from = tuple(made.drawn_from) if self.drawn else ()
        return Draft(proposed.ids, tuple(made.points.tokens), tuple(made.points.parents), drawn_from, kind)

    def _grow(self, run: Run, depth: int) -> _Round:
        """Children of every node that is there; their number is the template's, whatever they read."""
        made, place = _Round(), {ROOT: ROOT}
        numbered = enumerate(template(self.nodes, self.branch, depth))
        for parent, slots in groupby(numbered, key=lambda slot: slot[1][0]):
            node = place.get(parent)
            if node is None or (node != ROOT and made.points.tokens[node] in run.eos_ids):
                continue
            above = made.points.path(node)
            n, row = self.memory.find([*self._text[-self.memory.longest :], *above])
            if row is None:
                continue
            belief = self._dense(row)
            wanted = [slot for slot, _ in slots]
            children = (
                self._drawn(run, belief, len(wanted)) if self.drawn else _best(row, belief, len(wanted))
            )
            for slot, (token, prob, drawn_from) in zip(wanted, children, strict=False):
                place[slot] = made.points.add(token, node, prob)
                made.drawn_from.append(drawn_from)
                made.lengths.append(n)
                made.counts.append(row.seen)
            if self.drawn:
                made.noise += noisy(run.dice, [prob for _, prob, _ in children])
            made.contexts.append(node)
            made.beliefs.append(belief)
            made.asked.append([token for token, _, _ in children])
        return made

    def _dense(self, row: Remembered) -> Tensor:
        """The remembered distribution (V,), renormalised."""
        belief = torch.zeros_like(self._like)
        belief[list(row.probs)] = belief.new_tensor(list(row.probs.values()))
        return belief / belief.sum()

    def _drawn(self, run: Run, belief: Tensor, count: int) -> list[tuple[int, float, Tensor]]:
        """Draws without replacement: token, its probability among those left, that distribution (V,)."""
        children: list[tuple[int, float, Tensor]] = []
        while len(children) < count and belief.any():
            pick = run.dice.pick(belief)
            children.append((pick.index, pick.prob, belief))
            belief = without(belief, pick.index)
        return children

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """What the target believed along the text that was kept; only now, so that no draft foresees it."""
        rows = outcome.rows[[node + 1 for node in (ROOT, *outcome.path)]]
        probs = warp(rows) if self.greedy else rows
        self._like = probs[0]
        best = probs.topk(min(self.memory.kept, probs.shape[-1]), dim=-1)
        text = [*self._text, *(draft.tokens[node] for node in outcome.path)]
        start = len(self._text)
        for i, (values, ids) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
            pairs = zip(ids, values, strict=True)
            self.memory.learn(text[: start + i], {token: prob for token, prob in pairs if prob > 0})


def _best(row: Remembered, belief: Tensor, count: int) -> list[tuple[int, float, Tensor]]:
    """The likeliest tokens of a row, likeliest first."""
    return [(token, float(belief[token]), belief) for token in list(row.probs)[:count]]


def _likeliest(pair: tuple[int, float]) -> tuple[float, int]:
    return -pair[1], pair[0]
