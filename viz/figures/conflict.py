"""The round in which two positions took the same token: both marginals and the joint that was assumed."""

from viz import conflict as pairs
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "conflict" in analyse(trace).offered()


@figure("conflict", "Same token twice", "Did two positions of one round know of each other?", _asks)
def conflict(trace: Trace) -> Figure:
    return Figure("plotly", pairs.panel(analyse(trace))["spec"])
