"""One HTML file that replays one or two runs offline, and carries their traces."""

from collections.abc import Sequence

from viz.player import standalone
from viz.reel import reel
from workbench.exchange import pack
from workbench.trace import Trace


def replay(traces: Sequence[Trace]) -> bytes:
    """The page; it can load nothing from anywhere, and it opens here again as the same traces."""
    page = standalone([reel(trace) for trace in traces], packed=[pack(trace) for trace in traces])
    return page.encode()
