"""What every verification rule takes and returns, and how one is declared."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from workbench.maths.sample import argmax
from workbench.maths.trees import Tree
from workbench.methods.dice import Pick
from workbench.methods.run import Run
from workbench.trace import ROOT, DraftKind, Event, Measure, Rule, Source

CHAIN, TREE, PATHS = "chain", "tree", "paths"
"""Shapes of a draft: one token after another; siblings; independent chains merged where they agree."""


@dataclass(frozen=True)
class Draft:
    """What a drafter put on the table: node i is candidate `ids[i]` for the token `tokens[i]`.

    `parents[i]` is a node number below i, or ROOT. `drawn_from[i]` (V,) is the distribution that
    node i was drawn from; empty where the drafts are points. Siblings stand in draw order.
    `counts[i]` is how many independent chains were merged into node i; empty where none were.
    The last `looked` nodes are read with the others for what the target says there, and never judged.
    """

    ids: tuple[int, ...] = ()
    tokens: tuple[int, ...] = ()
    parents: tuple[int, ...] = ()
    drawn_from: tuple[Tensor, ...] = ()
    kind: DraftKind = DraftKind.POINT
    counts: tuple[int, ...] = ()
    looked: int = 0

    @cached_property
    def shape(self) -> Tree:
        """Who hangs on whom among the nodes that are judged."""
        return Tree(self.parents[: len(self.parents) - self.looked])

    def children(self, node: int) -> list[int]:
        return self.shape.children(node)

    def only(self, nodes: Sequence[int]) -> "Draft":
        """The draft of these nodes alone, in their order; the parents of all are among them."""
        place = {ROOT: ROOT, **{node: i for i, node in enumerate(nodes)}}
        return replace(
            self,
            ids=tuple(self.ids[node] for node in nodes),
            tokens=tuple(self.tokens[node] for node in nodes),
            parents=tuple(place[self.parents[node]] for node in nodes),
            drawn_from=tuple(self.drawn_from[node] for node in nodes) if self.drawn_from else (),
            counts=tuple(self.counts[node] for node in nodes) if self.counts else (),
        )


@dataclass(frozen=True)
class Outcome:
    """The accepted path (node numbers), and the distribution (V,) of the token that follows it.

    `rejected` says whether a test failed at the end of the path, so that the distribution is a
    residual. `drawn` is the following token itself where the rule has drawn it already.
    """

    path: list[int]
    after: Tensor
    rejected: bool
    rows: Tensor
    """What the drafts were judged by, (1 + nodes, V)."""
    drawn: Pick | None = None

    @property
    def choices(self) -> list[int]:
        """The target's likeliest token in each context, (1 + nodes,)."""
        return argmax(self.rows)


Verify = Callable[[Run, Draft, Tensor], Generator[Event, None, Outcome]]
"""Judge a draft. The target's rows (1 + nodes, V): row 0 after the committed text, row i + 1 after node i."""

SHAPED = {CHAIN: "a chain", TREE: "a tree", PATHS: "independent paths"}
DRAWN_HOW = {
    DraftKind.SAMPLED: "drawn independently of their siblings",
    DraftKind.SAMPLED_WITHOUT: "drawn without replacement",
    DraftKind.POINT: "fixed by the text so far",
}


@dataclass(frozen=True)
class Verification:
    """An interchangeable rule and what it is legal for above temperature 0.

    `lossless` promises the target's distribution for every draft that `refuse` lets pass.
    """

    id: str
    title: str
    sentence: str
    verify: Verify
    kinds: tuple[DraftKind, ...]
    shapes: tuple[str, ...]
    lossless: bool
    rules: tuple[Rule, ...]
    measures: tuple[Measure, ...] = ()
    sources: tuple[Source, ...] = ()

    def refuse(self, kind: DraftKind, shape: str) -> str:
        """'' where drafts of this kind and shape may be judged, else the reason in one sentence."""
        if shape not in self.shapes:
            judged = " or ".join(SHAPED[each] for each in self.shapes)
            return f"{self.title} judges {judged}, not {SHAPED[shape]}."
        if kind in self.kinds or (shape == CHAIN and self._without_siblings(kind)):
            return ""
        needed = " or ".join(DRAWN_HOW[each] for each in self.kinds)
        return f"{self.title} needs drafts {needed}; these are {DRAWN_HOW[kind]}."

    def _without_siblings(self, kind: DraftKind) -> bool:
        """Where no node has a sibling, drawing with and without replacement are the same."""
        sampled = {DraftKind.SAMPLED, DraftKind.SAMPLED_WITHOUT}
        return kind in sampled and not sampled.isdisjoint(self.kinds)
