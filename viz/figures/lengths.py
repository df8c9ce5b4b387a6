"""How long accepted drafts were, with and without the target's own token."""

from viz import counts
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "lengths" in analyse(trace).offered()


@figure("lengths", "Accepted lengths", "How many drafts did a verifying pass accept?", _asks)
def lengths(trace: Trace) -> Figure:
    return Figure("plotly", counts.lengths(analyse(trace).drafts())["spec"])
