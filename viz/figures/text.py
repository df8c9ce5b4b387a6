"""The running text, token by token, with the birth of each."""

from viz.analysis import analyse
from viz.figure import Figure, figure
from viz.glyphs import plain
from workbench.trace import BLANK, HELD, Trace


@figure("text", "Text", "What is the text, and where did each token come from?", lambda trace: True)
def text(trace: Trace) -> Figure:
    built = analyse(trace)
    cells = []
    lane = built.state.lanes.get(0)
    for fill, birth in zip(lane.fills, lane.births, strict=True) if lane else ():
        origin = "given" if birth == HELD else "blank" if birth == BLANK else built.fates.birth[birth]
        cells.append({"text": plain(fill, trace.tokens), "origin": origin, "candidate": max(birth, -1)})
    return Figure("text", {"cells": cells})
