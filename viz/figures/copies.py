"""Arcs from a match in the text to the draft that was copied behind it."""

from viz import gallery
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "copies" in analyse(trace).offered()


@figure("copies", "Copies", "Where in the text was the draft found?", _asks)
def copies(trace: Trace) -> Figure:
    return Figure("copies", gallery.copies(analyse(trace))["spec"])
