"""What each network had to compute."""

from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return bool(analyse(trace).costs)


@figure("cost", "Cost", "What did each network have to compute?", _asks)
def cost(trace: Trace) -> Figure:
    return Figure("plotly", analyse(trace).figures()["cost"]["spec"])
