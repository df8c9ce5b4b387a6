"""A strip of rounds: what each target pass accepted, added and wasted."""

from viz.analysis import analyse
from viz.figure import Figure, figure
from workbench.trace import Trace

COUNTS = ("drafted", "accepted", "bonus", "rejected", "unexamined", "pruned", "unused", "committed")


def _asks(trace: Trace) -> bool:
    return "rounds" in analyse(trace).offered()


@figure("rounds", "Rounds", "What did each target pass accept, add and waste?", _asks)
def rounds(trace: Trace) -> Figure:
    lines = analyse(trace).lines()
    columns = [{"title": line["title"], **{name: line[name] for name in COUNTS}} for line in lines]
    return Figure("rounds", {"columns": columns})
