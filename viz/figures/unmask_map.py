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
        {"round": number, "confidence": values, "states": letters} for number, values, letters in grid.rows
    ]
    return Figure("map", {**grid.described(), "rows": rows})
