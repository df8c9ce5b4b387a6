"""Two runs on one clock: how many tokens each had, and when."""

from viz import charts
from viz.clocks import CLOCKS
from viz.figure import Figure, pair
from viz.reel import reel
from workbench.trace import Trace


@pair("race", "Race", "Which run is ahead, on the clock that matters to you?")
def race(a: Trace, b: Trace, clock: str = "passes") -> Figure:
    ids = [id for id, _, _ in CLOCKS]
    index, title = ids.index(clock), CLOCKS[ids.index(clock)][1]
    lines = []
    for name, trace in (("a", a), ("b", b)):
        beats = reel(trace)["beats"]
        line = charts.line(
            [beat["c"][index] for beat in beats], [beat["n"] for beat in beats], trace.header.title
        )
        look = {"color": f"@{name}", "width": 2, "shape": "hv", "dash": "solid" if name == "a" else "dash"}
        lines.append(line | {"line": look})
    lay = charts.layout(title.lower(), "tokens")
    return Figure("plotly", {"data": lines, "layout": lay, "config": charts.CONFIG})
