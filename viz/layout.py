"""A tidy tree from left to right: leaves in order, a parent at the middle of its children.

Iterative, because a draft chain or a beam can be thousands of nodes deep.
"""

from collections.abc import Mapping, Sequence


def tidy(ids: Sequence[int], parents: Mapping[int, int]) -> tuple[dict[int, int], dict[int, float], int]:
    """Depth (roots at 1) and row of every node, and the number of rows.

    `ids` are in order of proposal: a parent stands before its children, siblings in their own order.
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
    rows = _rows(roots, children)
    return depth, rows, max(1, sum(not kids for kids in children.values()))


def _rows(roots: Sequence[int], children: Mapping[int, Sequence[int]]) -> dict[int, float]:
    rows: dict[int, float] = {}
    leaf = 0.0
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
            rows[id] = leaf
            leaf += 1
    return rows
