"""The attention mask with which a draft tree is verified: who sees whom."""

from typing import Any

from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "mask" in analyse(trace).offered()


@figure("mask", "Tree mask", "Which nodes does a node see when the tree is verified in one pass?", _asks)
def mask(trace: Trace) -> Figure:
    built = analyse(trace)
    drafted = {id for id, birth in built.fates.birth.items() if birth == "draft"}
    trees = built.forest.all()
    return Figure("mask", {"trees": {key: _matrix(tree, drafted) for key, tree in trees.items()}})


def _matrix(tree: dict[str, Any], drafted: set[int]) -> dict[str, Any]:
    """A row per verified node, in order of proposal: 1 where it sees the node of that column."""
    kept = [at for at, small in enumerate(tree["small"]) if not small and tree["ids"][at] in drafted]
    sees: dict[int, set[int]] = {}
    for at in kept:
        parent = tree["parent"][at]
        sees[at] = {at} | sees.get(parent, set())
    rows = ["".join("1" if other in sees[at] else "0" for other in kept) for at in kept]
    return {"ids": [tree["ids"][at] for at in kept], "depth": [tree["x"][at] for at in kept], "rows": rows}
