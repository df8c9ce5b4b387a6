"""A tidy tree from left to right: leaves in order, a parent at the middle of its children.

Iterative, because a draft chain or a beam can be thousands of nodes deep.
"""

from collections.abc import Mapping, Sequence, Set

SMALL = 0.58
"""The height of a leaf that is drawn small, in rows."""


def tidy(
    ids: Sequence[int], parents: Mapping[int, int], small: Set[int] = frozenset()
) -> tuple[dict[int, int], dict[int, float], float]:
    """Depth (roots at 1) and row of every node, and the number of rows.

    In `ids` a parent stands before its children, and siblings in the order in which they are drawn.
    A parent that is not among the ids counts as the root.
    """
    inside = set(ids)
    children: dict[int, list[int]] = {id: [] for id in ids}
    roots: list[int] = []
    depth: dict[int, int] = {}
    for id in ids:
        parent = parents[id]
        if parent in inside:
            children[parent].append(id)
            depth[id] = depth[parent] + 1
        else:
            roots.append(id)
            depth[id] = 1
    rows, height = _rows(roots, children, small)
    return depth, rows, max(1.0, height)


def lanes(
    ids: Sequence[int], parents: Mapping[int, int], small: Set[int]
) -> tuple[dict[int, int], dict[int, float], float]:
    """Beams: at every depth the survivors stand in the order of their parents, the dropped below them."""
    depth: dict[int, int] = {}
    levels: dict[int, list[int]] = {}
    for id in ids:
        depth[id] = depth.get(parents[id], 0) + 1
        levels.setdefault(depth[id], []).append(id)
    rows: dict[int, float] = {}
    height = 1.0
    for level in sorted(levels):
        top = 0.0
        for id in sorted(levels[level], key=lambda id: (id in small, rows.get(parents[id], 0.0))):
            size = SMALL if id in small else 1.0
            rows[id] = top + (size - 1) / 2
            top += size
        height = max(height, top)
    return depth, rows, height


def _rows(
    roots: Sequence[int], children: Mapping[int, Sequence[int]], small: Set[int]
) -> tuple[dict[int, float], float]:
    rows: dict[int, float] = {}
    top = 0.0
    stack = [(id, False) for id in reversed(roots)]
    while stack:
        id, below = stack.pop()
        kids = children[id]
        if below:
            rows[id] = (rows[kids[0]] + rows[kids[-1]]) / 2
        elif kids:
            stack.append((id, True))
            stack.extend((kid, False) for kid in reversed(kids))
        else:
            height = SMALL if id in small else 1.0
            rows[id] = top + (height - 1) / 2
            top += height
    return rows, top
