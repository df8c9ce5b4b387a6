"""Quantities over rounds: what rules read against their bounds, and every declared measure."""

from viz import measures as quantities
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "measures" in analyse(trace).offered()


@figure("measures", "Measures", quantities.QUESTION, _asks)
def measures(trace: Trace) -> Figure:
    return Figure("measures", quantities.panel(analyse(trace))["spec"])
