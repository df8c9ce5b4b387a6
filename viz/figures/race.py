"""Two runs on one clock: how many tokens each had, and when."""

from typing import Any

from viz import charts, timeline
from viz.analysis import analyse
from viz.clocks import CLOCKS, MODELLED
from viz.figure import Figure, pair
from viz.reel import reel
from workbench.trace import Trace


@pair("race", "Race", "Which run is ahead, on the clock that matters to you?")
def race(a: Trace, b: Trace, clock: str = "passes") -> Figure:
    title = next(title for id, title, _ in (*CLOCKS, MODELLED) if id == clock)
    lines = []
    for name, trace in (("a", a), ("b", b)):
        beats = reel(trace)["beats"]
        line = charts.line(_times(trace, beats, clock), [beat["n"] for beat in beats], trace.header.title)
        look = {"color": f"@{name}", "width": 2, "shape": "hv", "dash": "solid" if name == "a" else "dash"}
        lines.append(line | {"line": look})
    lay = charts.layout(title.lower(), "tokens")
    return Figure("plotly", {"data": lines, "layout": lay, "config": charts.CONFIG})


def _times(trace: Trace, beats: list[dict[str, Any]], clock: str) -> list[float]:
    if clock == MODELLED[0]:
        return timeline.clock(analyse(trace), timeline.PRESETS["memory"], len(beats))
    index = [id for id, _, _ in CLOCKS].index(clock)
    return [beat["c"][index] for beat in beats]
