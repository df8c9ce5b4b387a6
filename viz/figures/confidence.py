"""How sure the model was: over open positions per round, or token by token."""

from viz import charts
from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace


def _asks(trace: Trace) -> bool:
    return "confidence" in analyse(trace).offered()


@figure("confidence", "Confidence", "How sure was the model, and what did that release?", _asks)
def confidence(trace: Trace) -> Figure:
    built = analyse(trace)
    canvas = built.grid.width > 0
    return Figure("plotly", charts.confidence(built.lines(), built.born, canvas, built.grid.early())["spec"])
