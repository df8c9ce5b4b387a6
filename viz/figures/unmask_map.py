"""When each position of a canvas was filled, and how sure the model was until then."""

from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "map" in analyse(trace).offered()


@figure("map", "Unmask map", "In which order were the masks lifted, and how sure was each?", _asks)
def unmask_map(trace: Trace) -> Figure:
    grid = analyse(trace).grid
    grid.freeze()
    rows = [
        {
            "round": row[0],
            "confidence": row[1],
            "states": row[2],
            "rows": row[3],
            "marks": row[4],
            "early": row[5],
        }
        for row in grid.rows
    ]
    return Figure("map", {**grid.described(), "rows": rows})
