"""A tree of points: fixed tokens that are put on the table in one go, parents before children."""

import heapq
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod

from workbench.methods.loops.verification import Draft
from workbench.methods.run import Run
from workbench.trace import ROOT, DraftKind, Event, Propose

DECAY = 0.6
"""How much less a level deeper is worth than the one above it, beside the rank (see `template`)."""


@dataclass
class Points:
    """A tree under construction: node i is `tokens[i]` below node `parents[i]` (or ROOT)."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    probs: list[float] = field(default_factory=list)

    def add(self, token: int, parent: int = ROOT, prob: float = 1.0) -> int:
        """A new node below `parent`, a node that is there already; its number."""
        self.tokens.append(token)
        self.parents.append(parent)
        self.probs.append(prob)
        return len(self.tokens) - 1

    def path(self, node: int) -> list[int]:
        """The tokens from the root down to `node`."""
        tokens: list[int] = []
        while node != ROOT:
            tokens.append(self.tokens[node])
            node = self.parents[node]
        return tokens[::-1]

    def propose(self, run: Run, source: str, kind: DraftKind = DraftKind.POINT) -> Propose:
        """The event that puts all nodes on the table behind the committed text."""
        start = len(run.prompt) + len(run.answer)
        return run.tree(source, start, self.tokens, self.parents, self.probs, kind)

    def draft(self, ids: tuple[int, ...]) -> Draft:
        """The nodes as what is verified; `ids` are their candidates."""
        return Draft(ids, tuple(self.tokens), tuple(self.parents))

    def offer(self, run: Run, source: str) -> Generator[Event, None, Draft]:
        """Propose all nodes; the draft of them."""
        proposed = self.propose(run, source)
        yield proposed
        return self.draft(proposed.ids)


def siblings_together(parents: Sequence[int]) -> list[int]:
    """The nodes level by level, the children of a node side by side in their order, as `check` reads them."""
    children: dict[int, list[int]] = {}
    for node, parent in enumerate(parents):
        children.setdefault(parent, []).append(node)
    order = [ROOT]
    for node in order:
        order += children.get(node, [])
    return order[1:]


@lru_cache(maxsize=64)
def template(nodes: int, ranks: int, depth: int) -> tuple[tuple[int, int], ...]:
    """A fixed tree of (parent node, rank among its siblings), level by level.

    The `nodes` paths with the greatest DECAY^depth / product of (rank + 1), of at most `depth` ranks
    below `ranks`: a child is never worth more than its parent nor a sibling more than an earlier one,
    so best-first search finds them and every prefix of a path is among them.
    """
    kept: list[tuple[int, ...]] = []
    first: tuple[int, ...] = (0,)
    heap: list[tuple[float, int, tuple[int, ...]]] = [(-_worth(first), 1, first)]
    while heap and len(kept) < nodes:
        _, _, path = heapq.heappop(heap)
        kept.append(path)
        grown = [(*path, 0)] if len(path) < depth else []
        grown += [(*path[:-1], path[-1] + 1)] if path[-1] + 1 < ranks else []
        for other in grown:
            heapq.heappush(heap, (-_worth(other), len(other), other))
    kept.sort(key=lambda path: (len(path), path))
    place = {(): ROOT, **{path: i for i, path in enumerate(kept)}}
    return tuple((place[path[:-1]], path[-1]) for path in kept)


def _worth(path: tuple[int, ...]) -> float:
    return DECAY ** len(path) / prod(rank + 1 for rank in path)
