"""Both beliefs about a drafted position: shared area, over-proposal, residual."""

from viz import gallery
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "overlap" in analyse(trace).offered()


@figure("overlap", "p against q", "Where do target and draft agree, and what is left?", _asks)
def overlap(trace: Trace) -> Figure:
    return Figure("overlap", gallery.overlap(analyse(trace))["spec"])
