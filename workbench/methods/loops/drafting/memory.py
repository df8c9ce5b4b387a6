"""Drafts from a memory of the target's own distributions, one per n-gram that the text has shown (STAND)."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor

from workbench.maths.sample import warp
from workbench.methods.loops.drafting.growth import Growth, template
from workbench.methods.loops.drafting.noise import NOISY, noisy
from workbench.methods.loops.drafting.siblings import families
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

    tree: Growth
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
        self.memory, self.greedy = memory, greedy
        self.kind = DraftKind.SAMPLED_WITHOUT if drawn else DraftKind.POINT
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
        if not made.tree:
            return Draft()
        draft = yield from made.tree.offer(run, MEMORY.id)
        ids = Candidates(draft.ids)
        yield Score(CONTEXT.id, ids, tuple(made.lengths))
        yield Score(SEEN.id, ids, tuple(made.counts))
        if made.noise:
            yield Score(NOISY.id, ids, tuple(made.noise))
        inner = tuple(draft.ids[node] for node in made.contexts[1:])
        of: list[Refs] = [here, Candidates(inner)] if inner else [here]
        space = "vocabulary" if self.greedy else "processed"
        yield from run.observe(MEMORY.id, of, torch.stack(made.beliefs), space, made.asked)
        return draft

    def _grow(self, run: Run, depth: int) -> _Round:
        """Children of every node that is there; their number is the template's, whatever they read."""
        made, place = _Round(Growth(self.kind)), {ROOT: ROOT}
        tree, plan = made.tree, template(self.nodes, self.branch, depth)
        for parent, slots in groupby(range(len(plan)), key=plan.parents.__getitem__):
            node = place.get(parent)
            if node is None or (node != ROOT and tree.tokens[node] in run.eos_ids):
                continue
            above = tree.path(node)
            n, row = self.memory.find([*self._text[-self.memory.longest :], *above])
            if row is None:
                continue
            belief, wanted = self._dense(row), list(slots)
            [children] = families(run.dice, belief.unsqueeze(0), [len(wanted)], self.kind)
            for slot, child in zip(wanted, children, strict=False):
                place[slot] = tree.take(child, node)
                made.lengths.append(n)
                made.counts.append(row.seen)
            if self.kind is not DraftKind.POINT:
                made.noise += noisy(run.dice, [child.prob for child in children])
            made.contexts.append(node)
            made.beliefs.append(belief)
            made.asked.append([child.token for child in children])
        return made

    def _dense(self, row: Remembered) -> Tensor:
        """The remembered distribution (V,), renormalised."""
        belief = torch.zeros_like(self._like)
        belief[list(row.probs)] = belief.new_tensor(list(row.probs.values()))
        return belief / belief.sum()

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


def _likeliest(pair: tuple[int, float]) -> tuple[float, int]:
    return -pair[1], pair[0]
