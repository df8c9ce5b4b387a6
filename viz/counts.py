"""Acceptance as charts: by position and by depth and rank, and how long accepted drafts were."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from viz.acceptance import Draft, Share, by_position, by_rank
from viz.charts import Spec, layout, panel

EVERY = "of all drafts (unconditional)"
GIVEN = "of the drafts that got there (conditional)"
OWN = "Without the target's own token; this request only."


def acceptance(drafts: Sequence[Draft]) -> Spec:
    """Bars by position; beside them, where drafts have siblings, a grid of depth and rank."""
    positions, ranks = by_position(drafts), by_rank(drafts)
    x = list(range(1, len(positions) + 1))
    data = [
        _bars(x, [every for every, _ in positions], EVERY, "@draft", ""),
        _bars(x, [given for _, given in positions], GIVEN, "@committed/0.55", "/"),
    ]
    lay = layout("position in the draft", "accepted share", barmode="group", bargap=0.3, hovermode="closest")
    lay["yaxis"] |= {"range": [0, 1.08], "tickformat": ".0%"}
    lay["xaxis"] |= {"dtick": max(1, len(x) // 12)}
    if max((rank for _, rank in ranks), default=1) > 1:
        data += _grid(ranks)
        lay["xaxis"]["domain"] = [0, 0.56]
        lay["xaxis2"] = lay["xaxis"] | {
            "domain": [0.68, 1],
            "title": {"text": "depth", "font": {"size": 12}},
            "anchor": "y2",
        }
        lay["yaxis2"] = lay["yaxis"] | {
            "anchor": "x2",
            "autorange": "reversed",
            "dtick": 1,
            "showgrid": False,
        }
        lay["yaxis2"] |= {
            "title": {"text": "rank among siblings", "font": {"size": 12}},
            "tickformat": "d",
            "showgrid": False,
        }
        del lay["yaxis2"]["range"]
    return panel("Acceptance", f"How often was a position of the draft accepted? {OWN}", data, lay)


def lengths(drafts: Sequence[Draft]) -> Spec:
    """How long accepted drafts were, of one run."""
    counts = Counter(draft.accepted for draft in drafts)
    return lengths_of([counts[n] for n in range(max(counts) + 1)], "This request only.")


def lengths_of(y: Sequence[int], about: str) -> Spec:
    """A bar per accepted length; the axis below counts drafts alone, the one above the target's own too.

    `y[n]`: verifying passes of which n drafts were accepted; at least one pass.
    """
    x = list(range(len(y)))
    mean = sum(n * many for n, many in enumerate(y)) / sum(y)
    text = [str(many) if many else "" for many in y]
    bar = {"type": "bar", "x": x, "y": y, "text": text, "textposition": "outside", "showlegend": False}
    bar |= {"marker": {"color": "@draft"}, "cliponaxis": False}
    bar["hovertemplate"] = "accepted %{x}: %{y} ×<extra></extra>"
    above = {"type": "scatter", "x": [n + 1 for n in x], "y": y, "xaxis": "x2", "mode": "markers"}
    above |= {"marker": {"opacity": 0}, "showlegend": False, "hoverinfo": "skip"}
    lay = layout("accepted drafts, without the target's own token", "drafts", bargap=0.3, hovermode="closest")
    span = [-0.6, len(x) - 0.4]
    lay["xaxis"] |= {"range": span, "dtick": 1}
    lay["xaxis2"] = lay["xaxis"] | {"range": [span[0] + 1, span[1] + 1], "overlaying": "x", "side": "top"}
    lay["xaxis2"]["title"] = {"text": "with the target's own token", "font": {"size": 12}}
    lay["yaxis"] |= {"rangemode": "tozero", "tickformat": "d", "range": [0, max(y) * 1.15]}
    lay["yaxis"] |= {"dtick": 1} if max(y) <= 6 else {}  # left alone, an axis so short is cut at halves
    lay["margin"] = lay["margin"] | {"t": 48}
    lay["shapes"] = [_mean_line(mean)]
    asked = f"How many drafts did a verifying pass accept? On average {mean:.2f}; {mean + 1:.2f}"
    return panel(
        "Accepted lengths",
        f"{asked} if each is counted with one of the target's own. {about}",
        [bar, above],
        lay,
    )


def _bars(x: Sequence[int], shares: Sequence[Share], name: str, colour: str, hatch: str) -> dict[str, Any]:
    marker: dict[str, Any] = {"color": colour}
    if hatch:
        marker["pattern"] = {"shape": hatch, "fgcolor": "@surface", "size": 6, "fillmode": "overlay"}
    return {
        "type": "bar",
        "x": x,
        "y": [share.rate for share in shares],
        "name": name,
        "marker": marker,
        "customdata": [[share.accepted, share.tried] for share in shares],
        "hovertemplate": "position %{x}: %{customdata[0]} of %{customdata[1]}"
        f"<br>{name}<extra></extra>",
    }


def _grid(ranks: dict[tuple[int, int], tuple[Share, Share]]) -> list[dict[str, Any]]:
    """Conditional share as colour and number: of the nodes at this depth and rank that were examined."""
    depths, highest = max(depth for depth, _ in ranks), max(rank for _, rank in ranks)
    cells = [[ranks.get((depth, rank)) for depth in range(1, depths + 1)] for rank in range(1, highest + 1)]
    rates = [[cell[1].rate if cell else None for cell in row] for row in cells]
    words = [[_words(cell) for cell in row] for row in cells]
    few = depths * highest <= 40
    return [
        {
            "type": "heatmap",
            "x": list(range(1, depths + 1)),
            "y": list(range(1, highest + 1)),
            "z": rates,
            "zmin": 0,
            "zmax": 1,
            "xaxis": "x2",
            "yaxis": "y2",
            "colorscale": [[0, "@ramp-low"], [0.5, "@ramp-mid"], [1, "@ramp-high"]],
            "showscale": False,
            "xgap": 2,
            "ygap": 2,
            "text": [[f"{rate:.0%}" if rate is not None else "" for rate in row] for row in rates],
            "texttemplate": "%{text}" if few else "",
            "hovertext": words,
            "hovertemplate": "depth %{x}, rank %{y}: %{hovertext}<extra></extra>",
        }
    ]


def _words(cell: tuple[Share, Share] | None) -> str:
    if cell is None:
        return "no candidate"
    every, looked = cell
    return (
        f"{looked.accepted} accepted of {looked.tried} examined (conditional), of {every.tried} that stood "
        "there (unconditional)"
    )


def _mean_line(mean: float) -> dict[str, Any]:
    look = {"color": "@ink", "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": mean, "x1": mean, "y0": 0, "y1": 1, "yref": "paper", "line": look}
