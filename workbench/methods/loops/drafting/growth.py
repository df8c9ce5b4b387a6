"""A draft tree under construction, and the fixed shape that drafters without a model fill."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from torch import Tensor

from workbench.maths.trees import TOP, Tree, best_first
from workbench.methods.loops.drafting.siblings import Child
from workbench.methods.loops.verification.base import Draft
from workbench.methods.run import Run
from workbench.trace import ROOT, DraftKind, Event, Propose

DECAY = 0.6
"""How much less a level deeper is worth than the one above it, beside the rank (see `template`)."""


@dataclass
class Growth:
    """Parents before children: node i is `tokens[i]` below node `parents[i]` (or ROOT).

    ids: the candidates of the nodes that are on the table already, which are the first ones.
    drawn_from: what each node was drawn from, (V,); empty where the tree is of points.
    """

    kind: DraftKind = DraftKind.POINT
    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    probs: list[float] = field(default_factory=list)
    drawn_from: list[Tensor] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def shape(self) -> Tree:
        return Tree(tuple(self.parents))

    def add(self, token: int, parent: int = ROOT, prob: float = 1.0) -> int:
        """A new node below `parent`, a node that is there already; its number."""
        return self.take(Child(token, prob), parent)

    def take(self, child: Child, parent: int) -> int:
        """The same for a child that was chosen."""
        self.tokens.append(child.token)
        self.parents.append(parent)
        self.probs.append(child.prob)
        if child.drawn_from is not None:
            self.drawn_from.append(child.drawn_from)
        return len(self.tokens) - 1

    def path(self, node: int) -> list[int]:
        """The tokens from the root down to `node`."""
        return [self.tokens[each] for each in self.shape.path(node)]

    def propose(self, run: Run, source: str) -> Propose:
        """The event that puts all nodes that are not there yet on the table, behind the committed text."""
        proposed = run.tree(source, len(run.text), self.tokens, self.parents, self.probs, self.kind, self.ids)
        self.ids += proposed.ids
        return proposed

    def draft(self, looked: int = 0) -> Draft:
        """What is verified: all nodes but the last `looked`, which are read beside them."""
        return Draft(
            tuple(self.ids),
            tuple(self.tokens),
            tuple(self.parents),
            tuple(self.drawn_from),
            self.kind,
            looked=looked,
        )

    def offer(self, run: Run, source: str) -> Generator[Event, None, Draft]:
        """Propose all nodes; the draft of them."""
        yield self.propose(run, source)
        return self.draft()


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
def template(nodes: int, ranks: int, depth: int) -> Tree:
    """A fixed tree, level by level, of the `nodes` places that are worth most, `ranks` per node at most.

    A place is worth the product of DECAY / (rank + 1) on its path: the best tree for acceptance rates
    that fall so, of which nothing is measured.
    """
    found = best_first([DECAY / (rank + 1) for rank in range(ranks)], nodes, depth)
    order = siblings_together(found.parents)
    place = {TOP: TOP, **{node: i for i, node in enumerate(order)}}
    return Tree(tuple(place[found.parents[node]] for node in order))
