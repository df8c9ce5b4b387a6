"""The registry of figures: each is a pure function of a trace, and says whether it applies."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from workbench.trace import HELD, Fill, Trace, fold

Kind = Literal[
    "text", "tree", "map", "rounds", "overlap", "mask", "copies", "timeline", "measures", "trials", "plotly"
]


@dataclass(frozen=True, slots=True)
class Figure:
    """What to draw: plain data for the player (or plotly), never pixels."""

    kind: Kind
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """A registered figure of one trace."""

    id: str
    title: str
    question: str
    asks: Callable[[Trace], bool]
    draw: Callable[[Trace], Figure]


@dataclass(frozen=True, slots=True)
class KnownPair:
    """A registered figure of two traces."""

    id: str
    title: str
    question: str
    draw: Callable[[Trace, Trace, str], Figure]


_FIGURES: dict[str, Known] = {}
_PAIRS: dict[str, KnownPair] = {}
_TABS = "text tree map trials rounds acceptance lengths overlap mask copies timeline bits conflict"
_ORDER = tuple(f"{_TABS} confidence measures cost".split(" "))
"""As the player's tabs stand."""


def figure(
    id: str, title: str, question: str, asks: Callable[[Trace], bool]
) -> Callable[[Callable[[Trace], Figure]], Callable[[Trace], Figure]]:
    """Register a figure of one trace."""

    def keep(draw: Callable[[Trace], Figure]) -> Callable[[Trace], Figure]:
        _FIGURES[id] = Known(id, title, question, asks, draw)
        return draw

    return keep


def pair(id: str, title: str, question: str) -> Callable[[Any], Any]:
    """Register a figure of two traces on one clock."""

    def keep(draw: Callable[[Trace, Trace, str], Figure]) -> Callable[[Trace, Trace, str], Figure]:
        _PAIRS[id] = KnownPair(id, title, question, draw)
        return draw

    return keep


def figures() -> list[Known]:
    """All figures, in the order in which they are offered."""
    _load()
    rank = {id: at for at, id in enumerate(_ORDER)}
    return sorted(_FIGURES.values(), key=lambda known: (rank.get(known.id, len(rank)), known.id))


def pairs() -> list[KnownPair]:
    """All figures of two traces."""
    _load()
    return list(_PAIRS.values())


def offered(trace: Trace) -> list[Known]:
    """The figures that apply to this trace."""
    return [known for known in figures() if known.asks(trace)]


def draw(trace: Trace, id: str) -> Figure:
    """One figure of a trace by its id."""
    return next(known for known in figures() if known.id == id).draw(trace)


def first_divergence(a: Trace, b: Trace) -> int | None:
    """Index, after the prompt, of the first token in which the two answers differ; None if they agree."""
    left, right = _answer(a), _answer(b)
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return at
    return None if len(left) == len(right) else min(len(left), len(right))


def _answer(trace: Trace) -> list[Fill | None]:
    lane = fold(trace.events).lanes.get(0)
    return (
        [fill for fill, birth in zip(lane.fills, lane.births, strict=True) if birth != HELD] if lane else []
    )


def _load() -> None:
    """Import every module of viz.figures once: a new figure is one new file."""
    import viz.figures

    for module in pkgutil.iter_modules(viz.figures.__path__):
        importlib.import_module(f"viz.figures.{module.name}")
