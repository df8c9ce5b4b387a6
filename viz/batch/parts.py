"""What the figures of a batch are made of: looks, bands, controls, and tables beside the marks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from viz import charts
from viz.batch.groups import Setting
from viz.batch.stats import Interval
from viz.charts import Spec
from viz.figures.trade_off import COLOURS, DASHES, SYMBOLS

MOST = 6
"""The most settings that one figure shows: more lines cannot be told apart."""
INTERVAL = (
    "Intervals: 95 % percentile bootstrap, prompts drawn again with replacement (2,000 draws, fixed seed); n "
    "is the number of prompts that say something."
)
INTERVALS = ("Intervals", INTERVAL)


@dataclass(frozen=True, slots=True)
class Look:
    """How a setting is drawn, wherever it is drawn."""

    colour: str
    symbol: str
    dash: str


def looks(settings: Sequence[Setting], methods: Sequence[str]) -> list[Look]:
    """A look for every setting: the colour of its method, and a dash that nobody else has with it while
    there is one left."""
    found: list[Look] = []
    taken: set[tuple[str, str]] = set()
    for setting in settings:
        number = methods.index(setting.method)
        pair = (COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)])
        free = (
            (COLOURS[(number + turn // len(DASHES)) % len(COLOURS)], DASHES[turn % len(DASHES)])
            for turn in range(len(COLOURS) * len(DASHES))
        )
        if pair in taken:
            pair = next((each for each in free if each not in taken), pair)
        taken.add(pair)
        found.append(Look(pair[0], SYMBOLS[len(found) % len(SYMBOLS)], pair[1]))
    return found


@dataclass(frozen=True)
class Table:
    """The figures as text. opens: what each row opens, {'run': key} or {'a': key, 'b': key}; or none does."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    opens: Sequence[Mapping[str, Any]] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        rows = [list(row) for row in self.rows]
        return {"title": self.title, "columns": list(self.columns), "rows": rows, "opens": list(self.opens)}


@dataclass(frozen=True)
class Control:
    """A choice that a figure offers. options: id -> text."""

    name: str
    label: str
    options: Mapping[str, str]
    value: str

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        options = [list(pair) for pair in self.options.items()]
        return {"name": self.name, "label": self.label, "options": options, "value": self.value}


@dataclass(frozen=True)
class Drawn:
    """One figure. said: its result in a sentence. empty: why there is nothing to draw. cells: the run of each
    row of a map, whose columns are its rounds. words: definitions that this choice needs."""

    data: Sequence[Spec] = ()
    layout: Spec = field(default_factory=dict[str, Any])
    tables: Sequence[Table] = ()
    controls: Sequence[Control] = ()
    said: str = ""
    empty: str = ""
    cells: Sequence[str] = ()
    words: Sequence[tuple[str, str]] = ()


def picked(asked: Mapping[str, str], name: str, options: Iterable[str]) -> str:
    """What was asked for if it is an option, else the first one."""
    known = list(options)
    return asked[name] if asked.get(name) in known else known[0]


def plain_text(text: str) -> str:
    """Text for plotly, which reads a few tags in names and labels."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def line(
    x: Sequence[Any], y: Sequence[Any], setting: Setting, look: Look, told: Sequence[Interval] = ()
) -> Spec:
    """A line of a setting; a click on it means the setting, a hover tells the interval of each point."""
    drawn = charts.line(list(x), list(y), plain_text(setting.name), look.colour)
    drawn["line"]["dash"] = look.dash
    spans = [{"span": span(each), "n": each.n} for each in told] or [{}] * len(x)
    return drawn | {
        "mode": "lines+markers",
        "marker": {"symbol": look.symbol, "size": 7, "color": look.colour},
        "legendgroup": str(setting.index),
        "customdata": [{"setting": setting.index} | each for each in spans],
    }


def span(interval: Interval) -> str:
    """A share's interval in words."""
    return "no interval" if interval.low is None else f"{interval.low:.1%} to {interval.high:.1%}"


def band(
    x: Sequence[Any], of: Sequence[Interval | None], setting: Setting, look: Look, shape: str
) -> list[Spec]:
    """The interval around a line: two edges, the space between them filled."""
    known = [(at, each) for at, each in zip(x, of, strict=True) if each and each.low is not None]
    if len(known) < 2:
        return []
    base: Spec = {
        "type": "scatter", "mode": "lines", "x": [at for at, _ in known], "showlegend": False,
        "hoverinfo": "skip", "legendgroup": str(setting.index),
        "line": {"width": 0, "color": look.colour, "shape": shape},
    }  # fmt: skip
    low, high = [each.low for _, each in known], [each.high for _, each in known]
    return [base | {"y": low}, base | {"y": high, "fill": "tonexty", "fillcolor": f"{look.colour}/0.13"}]


def spelled(interval: Interval | None, digits: int = 3, sign: bool = False) -> str:
    """'0.512 [0.480, 0.544]'."""
    if interval is None:
        return "–"
    plus = "+" if sign else ""
    value = f"{interval.value:{plus}.{digits}f}"
    if interval.low is None:
        return value
    return f"{value} [{interval.low:{plus}.{digits}f}, {interval.high:{plus}.{digits}f}]"


def layout(x: str, y: str, **more: Any) -> Spec:
    """The layout of a figure of a batch: nothing unified."""
    return charts.layout(x, y, hovermode="closest", **more)


def share_axis(lay: Spec) -> Spec:
    """The y axis as a share from 0 to 1."""
    lay["yaxis"] |= {"range": [-0.02, 1.04], "tickformat": ".0%"}
    return lay


def whole_ticks(last: int) -> int:
    """The distance of ticks on an axis of whole numbers up to `last`."""
    return max(1, -(-last // 16))
