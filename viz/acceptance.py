"""Acceptance, counted from the fates: by position, and by depth and rank among siblings.

A *draft* is what one verifying pass judged: all candidates of it that were not pruned before, nor
dropped by overlapped drafting before a pass had read or a test had reached them. Only what became
part of the text is accepted, whichever tests it failed or passed on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viz import fate
from viz.fate import Fates
from viz.ledger import Round
from workbench.trace import Proposal


@dataclass(frozen=True, slots=True)
class Node:
    """A judged candidate: `depth` from 1, `rank` among its siblings from 1, in the order of proposal."""

    id: int
    parent: int
    depth: int
    rank: int
    examined: bool
    accepted: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What one verifying pass judged."""

    round: int
    nodes: tuple[Node, ...]

    @property
    def accepted(self) -> int:
        """How many of its candidates became text."""
        return sum(node.accepted for node in self.nodes)

    @property
    def reached(self) -> int:
        """The deepest position that was open to acceptance: one below the accepted path, where a node is."""
        path = {node.id for node in self.nodes if node.accepted}
        return max((node.depth for node in self.nodes if node.depth == 1 or node.parent in path), default=0)


@dataclass(frozen=True, slots=True)
class Share:
    """Accepted out of tried."""

    accepted: int
    tried: int

    @property
    def rate(self) -> float | None:
        """None where nothing was tried."""
        return round(self.accepted / self.tried, 4) if self.tried else None


def drafts(rounds: Sequence[Round], fates: Fates, proposals: Mapping[int, Proposal]) -> list[Draft]:
    """One per verifying pass, in order."""
    found: list[Draft] = []
    for each in rounds:
        pool = fates.round_drafts if each.settled is None else each.settled
        away = (fate.PROPOSED, fate.PRUNED)
        judged = [id for id in pool if fates.status[id] not in away and id not in fates.dropped]
        if judged:
            taken = set(each.committed)
            found.append(Draft(each.number, tuple(_nodes(judged, fates, proposals, taken))))
    return found


def by_position(told: Sequence[Draft]) -> list[tuple[Share, Share]]:
    """Per position from 1: of all drafts, and of the drafts that got there."""
    deepest = max((node.depth for draft in told for node in draft.nodes), default=0)
    rows: list[tuple[Share, Share]] = []
    for depth in range(1, deepest + 1):
        accepted = sum(draft.accepted >= depth for draft in told)
        rows.append(
            (Share(accepted, len(told)), Share(accepted, sum(draft.reached >= depth for draft in told)))
        )
    return rows


def by_rank(told: Sequence[Draft]) -> dict[tuple[int, int], tuple[Share, Share]]:
    """Per depth and rank: of the nodes that stood there, and of those that were examined."""
    counts: dict[tuple[int, int], list[int]] = {}
    for draft in told:
        for node in draft.nodes:
            cell = counts.setdefault((node.depth, node.rank), [0, 0, 0])
            cell[0] += 1
            cell[1] += node.examined
            cell[2] += node.accepted
    return {
        key: (Share(taken, stood), Share(taken, looked))
        for key, (stood, looked, taken) in sorted(counts.items())
    }


def _nodes(
    judged: Sequence[int], fates: Fates, proposals: Mapping[int, Proposal], taken: set[int]
) -> list[Node]:
    depth: dict[int, int] = {}
    siblings: dict[int, int] = {}
    nodes: list[Node] = []
    for id in judged:
        parent = proposals[id].parent
        depth[id] = depth.get(parent, 0) + 1
        family = parent if parent in depth else -1
        siblings[family] = siblings.get(family, 0) + 1
        examined = fates.status[id] != fate.UNEXAMINED
        nodes.append(Node(id, family, depth[id], siblings[family], examined, id in taken))
    return nodes
