"""Draft and check on a canvas: ladders of drafted canvases, second opinions in two lanes, guesses."""

from viz import trials as checks
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "trials" in analyse(trace).offered()


@figure("trials", "Draft and check", checks.QUESTION, _asks)
def trials(trace: Trace) -> Figure:
    return Figure("trials", checks.panel(analyse(trace))["spec"])
