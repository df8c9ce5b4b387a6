"""Drafts found by a tree search over a tri-gram table that adapts to the text (ADED)."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import log, sqrt

import torch
from torch import Tensor

from workbench.maths.trees import ranking
from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import ANSWER, Corpus, Run
from workbench.trace import ROOT, Candidates, Cells, Event, Measure, Rule, Score, Source

PER_PAIR = 12
"""Next tokens that the table keeps per pair of tokens."""
RECENT, STEP, CAP = 16, 0.04, 3.0
"""Every tri-gram among the last RECENT tokens gains STEP in every round, up to CAP."""
C1, C2 = 32.0, 8.0
"""Constants of the search: how much, and how fast growing, the pull to what was rarely visited is."""

TRIGRAMS = Source("trigrams", "tree search over the tri-gram table", "match")
RAISED = Measure(
    "raised", "tri-grams raised", "tri-grams", "neither", "tri-grams of the last tokens that gained"
)
ROWS = Measure("table_rows", "rows of the table", "rows", "neither", "pairs of tokens that the table knows")
VISITS = Measure("visits", "visits", "count", "higher", "simulations that went through the node")
VALUE = Measure("value", "mean value", "share", "higher", "mean over its visits of the share of a simulation")
PRIORITY = Measure(
    "priority",
    "priority in the search",
    "",
    "higher",
    "value + (c1 + ln((N + c2 + 1)/c2)) * share * sqrt(N) / (1 + visits), N the visits of its parent",
)
SEARCH_MEASURES = (RAISED, ROWS, VISITS, VALUE, PRIORITY)
CHOSEN = Rule(
    "chosen",
    "among the most visited",
    "<",
    "rank by visits",
    "nodes verified",
    "{what} is verified: rank {left} by visits is below {right}.",
    "{what} is pruned before verification: rank {left} by visits is not below {right}.",
    value_from="rank(score:visits)",
    bound_from="knob(nodes)",
)

Pair = tuple[int, int]
Weights = dict[int, float]


@lru_cache(maxsize=4)
def counted(texts: Corpus) -> dict[Pair, Weights]:
    """Pair of tokens -> the commonest next tokens and their share of what followed the pair in `texts`."""
    counts: dict[Pair, dict[int, int]] = {}
    for text in texts:
        for first, second, third in zip(text, text[1:], text[2:], strict=False):
            row = counts.setdefault((first, second), {})
            row[third] = row.get(third, 0) + 1
    table = {}
    for pair, row in counts.items():
        best = sorted(row.items(), key=lambda item: (-item[1], item[0]))[:PER_PAIR]
        table[pair] = {token: count / sum(row.values()) for token, count in best}
    return table


class Trigrams:
    """The table of a run: the corpus' shares, raised by what the run itself wrote."""

    def __init__(self, texts: Corpus) -> None:
        self._base = counted(texts)
        self._raised: dict[Pair, Weights] = {}
        self._new = 0

    def __len__(self) -> int:
        return len(self._base) + self._new

    def after(self, pair: Pair) -> Weights:
        """Next tokens with their weights, which need not sum to 1."""
        return self._raised.get(pair) or self._base.get(pair, {})

    def raise_recent(self, text: Sequence[int]) -> int:
        """Raise every tri-gram among the last RECENT tokens; how many there were."""
        recent = text[-RECENT:]
        seen = dict.fromkeys(zip(recent, recent[1:], recent[2:], strict=False))
        for first, second, third in seen:
            pair = (first, second)
            if pair not in self._raised:
                self._raised[pair] = dict(self.after(pair))
                self._new += pair not in self._base
            row = self._raised[pair]
            row[third] = min(CAP, row.get(third, 0.0) + STEP)
        return len(seen)


@dataclass
class Node:
    """A node of the search: the two tokens it ends with, its share of its parent's row, who was visited."""

    pair: Pair
    share: float
    depth: int
    visits: int = 0
    total: float = 0.0
    children: list["Node"] = field(default_factory=list)

    def priorities(self) -> list[float]:
        """How much a search that is here wants to go on to each visited child."""
        pull = (C1 + log((self.visits + C2 + 1) / C2)) * sqrt(self.visits)
        return [c.total / c.visits + pull * c.share / (1 + c.visits) for c in self.children]


class Search:
    """Monte Carlo tree search from the last two tokens, `depth` tokens deep (ADED, PUCT as in AlphaZero)."""

    def __init__(self, run: Run, table: Trigrams, pair: Pair, depth: int) -> None:
        self.run, self.table, self.depth = run, table, depth
        self.root = Node(pair, 1.0, 0)
        self._rows: dict[Pair, tuple[list[int], list[float], Tensor]] = {}

    def simulate(self) -> None:
        """One visit: down to a node never visited, on from there at random, and the mean share back up."""
        path = [self.root]
        while path[-1].depth < self.depth:
            node = path[-1]
            tokens, shares, _ = self.row(node.pair)
            if not tokens:
                break
            opened = len(node.children)
            if opened < len(tokens):  # those never visited go first, by falling share
                node.children.append(Node((node.pair[1], tokens[opened]), shares[opened], node.depth + 1))
                path.append(node.children[opened])
                break
            wanted = node.priorities()
            path.append(node.children[wanted.index(max(wanted))])
        seen = [node.share for node in path[1:]] + self._roll_out(path[-1])
        value = sum(seen) / len(seen) if seen else 0.0
        for node in path:
            node.visits += 1
            node.total += value

    def _roll_out(self, node: Node) -> list[float]:
        """The shares of tokens that are drawn on from `node` to the full depth."""
        pair, seen = node.pair, list[float]()
        for _ in range(self.depth - node.depth):
            tokens, shares, row = self.row(pair)
            if not tokens:
                break
            at = self.run.dice.pick(row).index if len(tokens) > 1 else 0
            seen.append(shares[at])
            pair = (pair[1], tokens[at])
        return seen

    def row(self, pair: Pair) -> tuple[list[int], list[float], Tensor]:
        """Next tokens by falling share, and their shares of the row, twice; empty after an end-of-text."""
        if pair not in self._rows:
            weights = {} if pair[1] in self.run.eos_ids else self.table.after(pair)
            best = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
            total = sum(weights.values())
            shares = [weight / total for _, weight in best]
            self._rows[pair] = [token for token, _ in best], shares, torch.tensor(shares, dtype=torch.float64)
        return self._rows[pair]

    def likeliest(self, pair: Pair) -> tuple[int, float] | None:
        """The token with the greatest share after `pair`, and that share."""
        tokens, shares, _ = self.row(pair)
        return (tokens[0], shares[0]) if tokens else None


class Adaptive:
    """Searches anew in every round; the most visited nodes are drafted.

    chosen: the rule that names them. longer: whether every path of full depth is drafted one token longer.
    """

    def __init__(
        self,
        texts: Corpus,
        simulations: int,
        depth: int,
        nodes: int,
        chosen: Rule = CHOSEN,
        longer: bool = True,
    ) -> None:
        self.table = Trigrams(texts)
        self.simulations, self.depth, self.nodes = simulations, depth, nodes
        self.chosen, self.longer = chosen, longer

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """A tree that depends on the text and on the dice of the search, not on those of verification."""
        text = run.text
        here = Cells(ANSWER, (len(text),))
        yield Score(RAISED.id, here, (self.table.raise_recent(text),))
        yield Score(ROWS.id, here, (len(self.table),))
        if room < 1 or len(text) < 2:
            return Draft()
        search = Search(run, self.table, (text[-2], text[-1]), min(self.depth, room))
        for _ in range(self.simulations):
            search.simulate()
        tree, nodes = _visited(search.root)
        if not tree:
            return Draft()
        yield tree.propose(run, TRIGRAMS.id)
        ids = Candidates(tuple(tree.ids))
        yield Score(VISITS.id, ids, tuple(node.visits for node in nodes))
        yield Score(VALUE.id, ids, tuple(node.total / node.visits for node in nodes))
        yield Score(PRIORITY.id, ids, _priorities(search.root, nodes))
        # a parent has at least the visits of its child and comes first, so it is kept before it
        verdict = self.chosen.judge(ids, ranking([node.visits for node in nodes]), [self.nodes] * len(nodes))
        yield verdict
        kept = [node for node, passed in enumerate(verdict.passed) if passed]
        if self.longer and self.depth < room:
            yield from self._lengthen(run, search, tree, nodes, kept)
        return tree.draft().only([*kept, *range(len(nodes), len(tree))])

    def _lengthen(
        self, run: Run, search: Search, tree: Growth, nodes: list[Node], kept: list[int]
    ) -> Iterator[Event]:
        """Behind every kept path of the full depth the table's likeliest next token."""
        for node in kept:
            if nodes[node].depth == self.depth and (best := search.likeliest(nodes[node].pair)):
                tree.add(best[0], node, best[1])
        if len(tree) > len(nodes):
            yield tree.propose(run, TRIGRAMS.id)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn here: the table is raised by the text itself, before the next search."""


def _visited(root: Node) -> tuple[Growth, list[Node]]:
    """The visited nodes as a tree, siblings side by side in the order of their shares, and themselves."""
    tree, nodes, open_ = Growth(), list[Node](), [(ROOT, root)]
    for number, node in open_:
        for child in node.children:
            open_.append((tree.add(child.pair[1], number, child.share), child))
            nodes.append(child)
    return tree, nodes


def _priorities(root: Node, nodes: Sequence[Node]) -> tuple[float, ...]:
    """What each node's parent would give it next; `nodes` as `_visited` orders them."""
    return tuple(priority for node in (root, *nodes) for priority in node.priorities())
