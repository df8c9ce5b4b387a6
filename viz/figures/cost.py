"""What each network had to compute."""

from viz import charts
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return bool(analyse(trace).costs)


@figure("cost", "Cost", "What did each network have to compute?", _asks)
def cost(trace: Trace) -> Figure:
    built = analyse(trace)
    return Figure("plotly", charts.cost(built.costs, trace.glossary, built.clocks.ms)["spec"])
