"""Guided tours: a few plain sentences per family, told on recorded examples (`assets/tours.json`).

A step names a moment (a finder of `viz.scenes`), the part of the page that it points at (a
data-testid), the figure that is opened first, and a text. Whatever a text says of the run (tokens,
numbers, counts) stands in braces and is filled from the trace.
"""

import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from viz import scenes
from viz.scenes import Film
from workbench.trace import Trace

TABLE = Path(__file__).resolve().parents[1] / "assets" / "tours.json"
FINDERS: dict[str, scenes.Finder] = {
    find.__name__: find
    for find in (
        scenes.start,
        scenes.end,
        scenes.drafted,
        scenes.rejected,
        scenes.replaced,
        scenes.bought,
        scenes.richest,
        scenes.guessed,
        scenes.held_back,
        scenes.let_through,
        scenes.taken_back,
        scenes.ranked_low,
        scenes.chosen,
    )
}
"""What `at` of a step may say."""


@cache
def table() -> list[dict[str, Any]]:
    """The tours as they are written down; each ends with the same last step."""
    read = json.loads(TABLE.read_text("utf-8"))
    return [tour | {"steps": [*tour["steps"], read["last"]]} for tour in read["tours"]]


def told(trace_of: Callable[[str], Trace], known: Collection[str]) -> list[dict[str, Any]]:
    """All tours whose examples are known, with their texts filled in, JSON-ready."""
    return [tell(tour, trace_of) for tour in table() if {tour["a"], tour["b"] or tour["a"]} <= set(known)]


def tell(tour: Mapping[str, Any], trace_of: Callable[[str], Trace]) -> dict[str, Any]:
    """One tour: every step with its place in the run."""
    film = Film(trace_of(tour["a"]), trace_of(tour["b"]) if tour["b"] else None)
    return {**tour, "steps": [_step(step, film) for step in tour["steps"]]}


def _step(step: Mapping[str, Any], film: Film) -> dict[str, Any]:
    scene = FINDERS[step["at"]](film)
    text = step["text"].format_map({**film.models, **scene.facts})
    where = {
        "event": scene.event,
        "select": scene.select,
        "target": step["target"],
        "tab": step.get("tab", ""),
    }
    return {"title": step["title"], "text": text} | where
