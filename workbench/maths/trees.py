"""Trees of drafted tokens: who hangs on whom, who sees whom, and which shape is worth its nodes."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

TOP = -1
"""The parent of the nodes that hang on the text itself; the text is certain and no node."""


@dataclass(frozen=True)
class Tree:
    """`parents[i]` is a node below i, or TOP; siblings stand in the order in which they are examined.

    Raises ValueError where a node does not follow its parent.
    """

    parents: tuple[int, ...]

    def __post_init__(self) -> None:
        for node, parent in enumerate(self.parents):
            if not TOP <= parent < node:
                raise ValueError(f"Node {node} cannot hang on {parent}: parents come before their children.")

    def __len__(self) -> int:
        return len(self.parents)

    def children(self, node: int) -> list[int]:
        """In the order in which they are examined; those of TOP hang on the text."""
        return [child for child, parent in enumerate(self.parents) if parent == node]

    def path(self, node: int) -> list[int]:
        """The nodes from the text down to `node`, itself included."""
        found: list[int] = []
        while node != TOP:
            found.append(node)
            node = self.parents[node]
        return found[::-1]

    @property
    def depths(self) -> list[int]:
        """1 for the nodes that hang on the text."""
        found: list[int] = []
        for parent in self.parents:
            found.append(1 if parent == TOP else found[parent] + 1)
        return found

    @property
    def ranks(self) -> list[int]:
        """How many siblings are examined before each node."""
        seen: dict[int, int] = {}
        found = []
        for parent in self.parents:
            found.append(seen.get(parent, 0))
            seen[parent] = found[-1] + 1
        return found

    def positions(self, length: int) -> list[int]:
        """Where each node stands behind a text of `length` tokens: by depth, never by index."""
        return [length + depth - 1 for depth in self.depths]

    def sees(self) -> Tensor:
        """(nodes, nodes) bool: row i sees itself and the nodes above it, and all rows see the text."""
        mask = torch.eye(len(self), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent != TOP:
                mask[node] |= mask[parent]
        return mask

    def reach(self, rates: Sequence[float]) -> list[float]:
        """The probability that each node is accepted, where the child of rank b is with `rates[b]`."""
        found: list[float] = []
        for parent, rank in zip(self.parents, self.ranks, strict=True):
            found.append(rates[rank] * (1.0 if parent == TOP else found[parent]))
        return found


def balanced(widths: Sequence[int]) -> Tree:
    """`widths[d]` children for every node of depth d, level by level; empty from the first zero on."""
    parents: list[int] = []
    level = [TOP]
    for width in widths:
        first = len(parents)
        parents += [node for node in level for _ in range(width)]
        level = list(range(first, len(parents)))
    return Tree(tuple(parents))


def best_first(rates: Sequence[float], nodes: int, depth: int) -> Tree:
    """The tree of at most `nodes` nodes and `depth` levels with the largest sum of `reach`.

    `rates` falls: rates[b] is the probability that the child of rank b is the accepted one. Then a
    node is never worth more than its parent or an earlier sibling, so taking the best open place
    again and again gives the optimum of Sequoia's dynamic program (Chen et al. 2024).
    Of equals the place that opened first.
    """
    parents: list[int] = []
    places = _Places()
    if depth > 0 and rates:
        places.open(rates[0], TOP, 0, 1)
    while len(parents) < nodes and places.heap:
        value, parent, rank, level = places.best()
        parents.append(parent)
        if level < depth:
            places.open(value * rates[0], len(parents) - 1, 0, level + 1)
        if rank + 1 < len(rates):
            above = 1.0 if parent == TOP else places.taken[parent]
            places.open(above * rates[rank + 1], parent, rank + 1, level)
        places.taken.append(value)
    return Tree(tuple(parents))


class _Places:
    """Where the next node may go, and what the nodes so far are worth."""

    def __init__(self) -> None:
        self.heap: list[tuple[float, int, int, int, int]] = []
        self.taken: list[float] = []
        self.opened = 0

    def open(self, value: float, parent: int, rank: int, level: int) -> None:
        heapq.heappush(self.heap, (-value, self.opened, parent, rank, level))
        self.opened += 1

    def best(self) -> tuple[float, int, int, int]:
        """Value, parent, rank among its siblings, level."""
        value, _, parent, rank, level = heapq.heappop(self.heap)
        return -value, parent, rank, level


def ranking(scores: Sequence[float]) -> list[int]:
    """0-based rank of each score, higher first, the earlier one on a tie (so a parent before its child)."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return [rank for rank, _ in sorted(enumerate(order), key=lambda pair: pair[1])]


def falling(rates: Sequence[float]) -> list[float]:
    """The nearest numbers (least squares) that never rise: neighbours that do are averaged."""
    pools: list[tuple[float, int]] = []
    for rate in rates:
        mean, count = rate, 1
        while pools and pools[-1][0] < mean:
            before, many = pools.pop()
            mean, count = (mean * count + before * many) / (count + many), count + many
        pools.append((mean, count))
    return list(_spread(pools))


def _spread(pools: Sequence[tuple[float, int]]) -> Iterator[float]:
    for mean, count in pools:
        yield from [mean] * count
