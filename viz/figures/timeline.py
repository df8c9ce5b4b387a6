"""Passes by tick, by measured time, and under a cost model."""

from viz.analysis import analyse
from viz.figure import Figure, figure
from viz.timeline import panel as timeline_of
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "timeline" in analyse(trace).offered()


@figure("timeline", "Time", "What ran at the same time, and what would it take on another machine?", _asks)
def timeline(trace: Trace) -> Figure:
    return Figure("timeline", timeline_of(analyse(trace))["spec"])
