"""Bits committed per round beside the three costs of the round."""

from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "bits" in analyse(trace).offered()


@figure("bits", "Bits", "How much was decided in each round, and at which cost?", _asks)
def bits(trace: Trace) -> Figure:
    return Figure("plotly", analyse(trace).figures()["bits"]["spec"])
