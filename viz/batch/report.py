"""A batch as one JSON document: every setting in numbers, and the tables of all figures, tidy.

What a figure offers as a choice is a column here; nothing is left out because there are many settings.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from viz.batch import drafted, spreads
from viz.batch.groups import METRICS, Batch, Setting, compare
from viz.batch.parts import INTERVAL, Drawn, looks

FORMAT = 1
ALL_PAIRS = 12
"""With more settings than this, each is compared with the first one only."""
PAIR = (
    "a",
    "b",
    "metric",
    "n",
    "mean a",
    "mean b",
    "difference",
    "low",
    "high",
    "b above",
    "equal",
    "b below",
)


def report(batch: Batch) -> dict[str, Any]:
    """The whole document. Tables: {columns, rows}."""
    settings = [each for each in batch.settings if each.runs]
    tables = {
        "acceptance": _stacked(settings, "share", drafted.SHARES, drafted.acceptance),
        "lengths": _stacked(settings, "of", drafted.WHAT, drafted.lengths),
        "survival": _stacked(settings, "of", drafted.WHAT, drafted.survival),
        "passes": _stacked(settings, "of", drafted.WHAT, _passes),
        "waste": _stacked(settings, "", {"": ""}, drafted.waste),
        "reliability": _stacked(settings, "", {"": ""}, spreads.reliability),
        "differences": {
            "columns": list(PAIR), "rows": [row for a, b in _pairs(settings) for row in _rows(a, b)],
        },
    }  # fmt: skip
    return {
        "report": FORMAT,
        "settings": [setting.summary for setting in batch.settings],
        "tables": {name: table for name, table in tables.items() if table["rows"]},
        "definitions": {metric.id: metric.definition for metric in METRICS},
        "interval": INTERVAL,
    }


def _stacked(settings: list[Setting], choice: str, options: Mapping[str, str], draw: Any) -> dict[str, Any]:
    """The first table of a figure for every setting and every option, with the option as first column."""
    columns: list[str] = []
    rows: list[list[Any]] = []
    for option, setting in itertools.product(options, settings):
        drawn: Drawn = draw([setting], looks([setting], [setting.method]), {choice: option})
        kept = {control.name: control.value for control in drawn.controls}
        if drawn.tables and (not choice or kept.get(choice, "written") == option):
            columns = [*([choice] if choice else []), *drawn.tables[0].columns]
            rows += [[*([option] if choice else []), *row] for row in drawn.tables[0].rows]
    return {"columns": columns, "rows": rows}


def _passes(settings: list[Setting], look: Any, asked: Mapping[str, str]) -> Drawn:
    """The figure's own table names the setting in its title: here it is a column."""
    drawn = spreads.passes(settings, look, asked)
    if not drawn.tables:
        return drawn
    table, name = drawn.tables[0], settings[0].name
    columns = ("setting", "prompt", "rounds", "tokens", "tokens per round", "longest", "score", "outlier")
    rows = [[name, *row] for row in table.rows]
    return Drawn(tables=[type(table)(table.title, columns, rows)], controls=drawn.controls)


def _pairs(settings: list[Setting]) -> Iterator[tuple[Setting, Setting]]:
    if len(settings) <= ALL_PAIRS:
        yield from itertools.combinations(settings, 2)
    else:
        yield from ((settings[0], other) for other in settings[1:])


def _rows(a: Setting, b: Setting) -> Iterator[list[Any]]:
    for metric in METRICS:
        found = compare(a, b, metric)[1]
        if found:
            mean = found.mean
            yield [a.name, b.name, metric.id, mean.n, found.a, found.b, mean.value, mean.low, mean.high,
                   found.ahead, found.level, found.behind]  # fmt: skip
