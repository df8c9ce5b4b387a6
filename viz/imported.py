"""Counts of another program as the same charts that a trace has: what they support, and no more."""

from collections.abc import Mapping
from typing import Any

from viz.charts import Spec, layout, panel
from viz.counts import EVERY, lengths_of
from workbench.exchange import Counts


def report(counts: Counts) -> dict[str, Any]:
    """The counts as plain data, with figures as plotly specs in theme colours ('@name')."""
    told = counts.described()
    about = f"{told['source']}; {len(told['requests'])} request{'s' * (len(told['requests']) != 1)}."
    figures: dict[str, Spec] = {}
    if any(told["histogram"]):
        figures["lengths"] = lengths_of(told["histogram"], about)
    if told["per_position"]:
        figures["acceptance"] = positions(told["per_position"], about)
    if told["steps"]:
        figures["steps"] = steps(told["steps"], about)
    return told | {"figures": figures}


def positions(rows: list[Mapping[str, Any]], about: str) -> Spec:
    """The share of passes that accepted at least so many drafts."""
    x = list(range(1, len(rows) + 1))
    bar = {"type": "bar", "x": x, "y": [row["rate"] for row in rows], "marker": {"color": "@draft"}}
    bar |= {"customdata": [[row["accepted"], row["of"]] for row in rows], "showlegend": False}
    bar["hovertemplate"] = (
        f"position %{{x}}: %{{customdata[0]}} of %{{customdata[1]}}<br>{EVERY}<extra></extra>"
    )
    lay = layout("position in the draft", "accepted share", bargap=0.3, hovermode="closest")
    lay["yaxis"] |= {"range": [0, 1.08], "tickformat": ".0%"}
    lay["xaxis"] |= {"dtick": max(1, len(x) // 12)}
    return panel(
        "Acceptance", f"How often was a position of the draft accepted, {EVERY}? {about}", [bar], lay
    )


def steps(rows: list[list[Any]], about: str) -> Spec:
    """Accepted drafts pass by pass; a mark shows how many were drafted, where that is known."""
    x = list(range(1, len(rows) + 1))
    bar = {
        "type": "bar",
        "x": x,
        "y": [row[0] for row in rows],
        "marker": {"color": "@draft"},
        "name": "accepted",
    }
    data: list[dict[str, Any]] = [bar]
    if all(row[1] is not None for row in rows):
        mark = {"symbol": "line-ew", "size": 8, "line": {"width": 2, "color": "@ink"}}
        drafted = {
            "type": "scatter",
            "mode": "markers",
            "x": x,
            "y": [row[1] for row in rows],
            "name": "drafted",
        }
        data.append(drafted | {"marker": mark})
    lay = layout("verifying pass", "tokens", bargap=0.15)
    lay["yaxis"] |= {"rangemode": "tozero", "tickformat": "d"}
    return panel("Passes", f"How many drafts did each pass accept? {about}", data, lay)
