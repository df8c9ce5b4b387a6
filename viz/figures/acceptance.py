"""Acceptance by position, and by depth and rank; both conventions."""

from viz import counts
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "acceptance" in analyse(trace).offered()


@figure("acceptance", "Acceptance", "How often was a position of the draft accepted?", _asks)
def acceptance(trace: Trace) -> Figure:
    return Figure("plotly", counts.acceptance(analyse(trace).drafts())["spec"])
