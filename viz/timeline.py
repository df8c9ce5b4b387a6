"""Passes on a time axis: counted, measured, and modelled under costs that the reader sets.

The model: a pass of the target over n rows takes a + b * max(0, n - n0), a pass of a drafter takes
c * a, and passes of one tick run side by side. Its times are modelled, never measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from viz.fate import JUDGES, PRUNED, REJECTED, UNEXAMINED
from viz.records import Pass
from workbench.trace import HELD, ROOT

if TYPE_CHECKING:
    from viz.reel import ReelBuilder

GONE = frozenset({REJECTED, UNEXAMINED, PRUNED})
"""What became of drafts that did not become text."""


@dataclass(frozen=True, slots=True)
class Costs:
    """a: base time of a target pass; b: per row beyond n0 free rows; c: a draft pass over a target pass."""

    title: str
    a: float
    b: float
    n0: int
    c: float

    def time(self, rows: int, judges: bool) -> float:
        """Modelled time of one pass, in the unit of `a`."""
        return self.a + self.b * max(0, rows - self.n0) if judges else self.c * self.a


PRESETS: Mapping[str, Costs] = {
    "memory": Costs("memory-bound GPU, one request", 1.0, 0.002, 64, 0.1),
    "compute": Costs("compute-bound, large batch", 1.0, 0.25, 1, 0.1),
}
"""Round numbers that show the two regimes; no machine was measured for them."""


def presets() -> list[dict[str, Any]]:
    """The presets as the page lists them."""
    return [
        {"id": id, "title": costs.title, "a": costs.a, "b": costs.b, "n0": costs.n0, "c": costs.c}
        for id, costs in PRESETS.items()
    ]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a pass stands on the modelled clock."""

    start: float
    stop: float


def schedule(passes: Sequence[Pass], judges: Sequence[bool], costs: Costs) -> list[Slot]:
    """Passes of one tick start together, and a tick waits for all that ran before it.

    Except that a drafter whose pass shared its tick with the target's writes on beside it: only the
    next pass of the target waits for both (overlapped drafting).
    """
    free: dict[str, float] = {}
    slots: list[Slot] = []
    beside: set[str] = set()
    tick, began = None, 0.0
    for at, (each, judge) in enumerate(zip(passes, judges, strict=True)):
        if each.tick != tick:
            tick = each.tick
            together = _together(passes, at)
            alone = each.source in beside and not any(judges[i] for i in together)
            began = free[each.source] if alone else max(free.values(), default=0.0)
            if not alone:
                beside = {passes[i].source for i in together if len(together) > 1 and not judges[i]}
        stop = began + costs.time(each.rows, judge)
        slots.append(Slot(round(began, 6), round(stop, 6)))
        free[each.source] = stop
    return slots


def _together(passes: Sequence[Pass], at: int) -> range:
    """The passes from `at` on that share its tick."""
    stop = at
    while stop < len(passes) and passes[stop].tick == passes[at].tick:
        stop += 1
    return range(at, stop)


def judging(built: "ReelBuilder") -> list[bool]:
    """Is each pass one of the target?"""
    return [built.fates.role(each.source) in JUDGES for each in built.records.passes]


def modelled(built: "ReelBuilder", costs: Costs) -> dict[str, float]:
    """Modelled time of the run, of the same tokens one target pass each (the first reads the prompt), and
    their ratio."""
    passes = built.records.passes
    slots = schedule(passes, judging(built), costs)
    total = max((slot.stop for slot in slots), default=0.0)
    tokens = built.clocks.tokens
    plain = costs.time(prompt(built), True) + (tokens - 1) * costs.time(1, True) if tokens else 0.0
    return {
        "run": round(total, 4),
        "one_by_one": round(plain, 4),
        "speedup": round(plain / total, 4) if total else 0.0,
    }


def clock(built: "ReelBuilder", costs: Costs, beats: int) -> list[float]:
    """Modelled time at each beat: when the last of the passes up to it stops."""
    times = [0.0] * beats
    for each, slot in zip(
        built.records.passes, schedule(built.records.passes, judging(built), costs), strict=True
    ):
        times[each.beat] = max(times[each.beat], slot.stop)
    return list(accumulate(times, max))


def thrown(built: "ReelBuilder", each: Pass) -> bool:
    """Was all that a pass drafted thrown away: is a draft of its own rejected, or one that they hang on?"""
    status, above = built.fates.status, built.forest.above
    if not each.drafts or any(status[id] not in GONE for id in each.drafts):
        return False
    path = set(each.drafts)
    for id in each.drafts:
        while (id := above.get(id, ROOT)) != ROOT and id not in path and status[id] in GONE:
            path.add(id)
    return any(status[id] == REJECTED for id in path)


def prompt(built: "ReelBuilder") -> int:
    """How many cells of the answer's lane were given."""
    return built.state.lanes[0].births.count(HELD) if 0 in built.state.lanes else 0


def panel(built: "ReelBuilder") -> dict[str, Any]:
    """The passes as columns, the presets, and the totals that every preset gives."""
    ids = list(dict.fromkeys(each.source for each in built.records.passes))
    known = built.glossary.sources
    spec = {
        "sources": [
            {
                "id": id,
                "title": known[id].title if id in known else id,
                "judges": built.fates.role(id) in JUDGES,
            }
            for id in ids
        ],
        "passes": [
            [
                each.beat,
                each.round,
                ids.index(each.source),
                each.tick,
                each.rows,
                each.cached,
                round(each.began, 3),
                round(each.ended, 3),
                each.drafts,
            ]
            for each in built.records.passes
        ],
        "thrown": sum(thrown(built, each) for each in built.records.passes),
        "tokens": built.clocks.tokens,
        "prompt": prompt(built),
        "presets": [preset | modelled(built, PRESETS[preset["id"]]) for preset in presets()],
    }
    question = "What ran at the same time, and what would it take on another machine?"
    return {"title": "Time", "question": question, "kind": "timeline", "clock": "", "spec": spec}
