"""The draft tree of each round, or the tree of all beams: nodes, places and verdicts."""

from typing import Any

from viz.analysis import analyse
from viz.figure import Figure, figure
from viz.glyphs import plain
from viz.reel import ReelBuilder
from viz.theme import LOOKS, STATUSES
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "tree" in analyse(trace).offered()


@figure("tree", "Draft tree", "Which candidates were tried, and what became of each?", _asks)
def draft_tree(trace: Trace) -> Figure:
    built = analyse(trace)
    return Figure("tree", {"trees": {key: _marks(built, tree) for key, tree in built.forest.all().items()}})


def _marks(built: ReelBuilder, tree: dict[str, Any]) -> dict[str, Any]:
    nodes = []
    for at, id in enumerate(tree["ids"]):
        proposal, status = built.state.proposals[id], STATUSES[built.fates.status[id]]
        failed = [verdict for verdict in proposal.verdicts if not verdict[3]]
        nodes.append(
            {
                "id": id,
                "text": plain(proposal.fill, built.tokens),
                "parent": tree["ids"][tree["parent"][at]] if tree["parent"][at] >= 0 else None,
                "x": tree["x"][at],
                "y": tree["y"][at],
                "status": status,
                "origin": built.fates.birth[id],
                "shape": LOOKS[status].shape,
                "draft": proposal.prob,
                "target": built.forest.target_probs.get(id),
                "cross": list(failed[-1][:3]) if status == "rejected" and failed else None,
            }
        )
    path = [node["id"] for node in nodes if node["status"] == "committed"]
    return {
        "root": tree["root"],
        "rows": tree["rows"],
        "depth": tree["depth"],
        "nodes": nodes,
        "ribbon": path,
    }
