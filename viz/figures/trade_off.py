"""Quality against parallelism: the rows of a sweep as one chart, with the bound that no decoder can pass."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from viz import charts

Row = Mapping[str, Any]
Point = tuple[float, float]
"""(tokens per pass, score)"""

QUESTION = "How much quality does each decoder give for its parallelism?"
ENVELOPE = "best setting for each prompt"
COLOURS = ("@committed", "@rejected", "@accepted", "@remasked", "@residual", "@ink", "@pruned", "@muted")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")
DASHES = ("solid", "dash", "dot", "dashdot")
TICKS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128)
NEAR = 4
"""Where the fastest run is at most this many times the slowest, powers of two are too few to read by."""
NAMED = 12
"""With more methods than this, only the settings that no other beats are coloured and named."""
FEW = "Named are the settings that no other beats in both; a point says its name when it is pointed at."
BEND = 1.05
"""Along a log axis a straight line bends: it is drawn in steps of this ratio."""


def trade_off(rows: Sequence[Row], column: str = "score") -> dict[str, Any]:
    """The chart, and the settings that its points stand for (customdata: index of the setting).

    rows: as in the table of a sweep; those without a result are counted, not drawn. column: score or strict.
    """
    made = settings(rows, column)
    drawn = [setting for setting in made if setting["runs"]]
    data = [_envelope(rows, column)] if drawn else []
    methods = list(dict.fromkeys(setting["method"] for setting in made))
    for number, method in enumerate(methods):
        if members := [each for each in drawn if each["method"] == method]:
            data.append(_line(number, members))
    lay, said = _layout(column, _done(rows, column)), ""
    if len(methods) > NAMED:  # a legend would be larger than the picture, and its colours come round again
        data, said = [*map(_quiet, data), *_named(drawn)], FEW
        lay |= {"showlegend": False}
    panel = charts.panel("Trade-off", QUESTION, data, lay)
    return {"figure": panel | {"said": said}, "settings": made}


def settings(rows: Sequence[Row], column: str) -> list[dict[str, Any]]:
    """One entry per method and knobs: its means, and its mistakes by kind."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["method"], row["knobs"]), []).append(row)
    return [
        _setting(index, method, knobs, members, column)
        for index, ((method, knobs), members) in enumerate(groups.items())
    ]


def _setting(index: int, method: str, knobs: str, rows: Sequence[Row], column: str) -> dict[str, Any]:
    done = _done(rows, column)
    means = ("score", "strict", "tokens_per_round", "rounds", "sequences", "positions", "order")
    return {
        "index": index,
        "method": method,
        "knobs": knobs,
        "runs": len(done),
        "failed": len(rows) - len(done),
        "y": _mean([row[column] for row in done]),
        **{name: _mean([row[name] for row in done if row[name] is not None]) for name in means},
        "reasons": dict(Counter(row["reason"] for row in done if row["reason"]).most_common()),
    }


def envelope(rows: Sequence[Row], column: str = "score") -> list[Point]:
    """The most parallel and best averages that can be had by choosing a setting for each prompt by itself.

    Every average of any setting lies on or below this line: it is the upper hull of all such choices, the
    mean (as sets are added) of the hulls of the single prompts, least loss of score first.
    """
    prompts: dict[tuple[str, int], list[Point]] = {}
    for row in _done(rows, column):
        prompts.setdefault((row["task"], row["seed"]), []).append((row["tokens_per_round"], row[column]))
    hulls = [hull(points) for points in prompts.values()]
    if not hulls:
        return []
    x, y = (sum(points[0][axis] for points in hulls) / len(hulls) for axis in (0, 1))
    edges = [(b[0] - a[0], b[1] - a[1]) for points in hulls for a, b in pairwise(points)]
    line = [(x, y)]
    for dx, dy in sorted(edges, key=lambda edge: edge[1] / edge[0], reverse=True):
        x, y = x + dx / len(hulls), y + dy / len(hulls)
        line.append((x, y))
    return line


def hull(points: Sequence[Point]) -> list[Point]:
    """From the best score (the most parallel of those) to the most parallel, along the concave upper hull."""
    start = max(points, key=lambda point: (point[1], point[0]))
    line = [start]
    for point in sorted({each for each in points if each[0] > start[0]}):
        while len(line) > 1 and _slope(line[-2], line[-1]) <= _slope(line[-2], point):
            line.pop()
        if point[0] > line[-1][0]:
            line.append(point)
        elif point[1] > line[-1][1]:
            line[-1] = point
    return line


def _slope(a: Point, b: Point) -> float:
    return (b[1] - a[1]) / (b[0] - a[0]) if b[0] > a[0] else math.inf


def _done(rows: Sequence[Row], column: str) -> list[Row]:
    return [row for row in rows if row[column] is not None and row["tokens_per_round"]]


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 6) if values else None


def unbeaten(drawn: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The settings that no other one equals or passes in both means, by parallelism."""
    best: list[Mapping[str, Any]] = []
    for each in sorted(drawn, key=lambda each: (-each["tokens_per_round"], -each["y"])):
        if not best or each["y"] > best[-1]["y"]:
            best.append(each)
    return best[::-1]


# -- marks -------------------------------------------------------------------------------------------


def _line(number: int, members: Sequence[Mapping[str, Any]]) -> charts.Spec:
    ordered = sorted(members, key=lambda each: (each["tokens_per_round"], -each["y"]))
    colour, symbol = COLOURS[number % len(COLOURS)], SYMBOLS[number % len(SYMBOLS)]
    line = charts.line(
        [each["tokens_per_round"] for each in ordered],
        [each["y"] for each in ordered],
        ordered[0]["method"],
        colour,
    )
    line["line"]["dash"] = DASHES[number // len(COLOURS) % len(DASHES)]
    return line | {
        "mode": "lines+markers",
        "marker": {"symbol": symbol, "size": 10, "color": colour, "line": {"color": "@surface", "width": 1}},
        "customdata": [each["index"] for each in ordered],
        "text": [each["knobs"].replace("<", "‹") or "default knobs" for each in ordered],
        "hovertemplate": "%{text}<br>%{x:.2f} tokens per pass, score %{y:.3f}",
    }


def _quiet(line: charts.Spec) -> charts.Spec:
    """The same line in the background."""
    if line.get("hoverinfo") == "skip":
        return line
    thin = line["line"] | {"color": "@line", "width": 1}
    marker = line["marker"] | {"color": "@unexamined", "size": 8}
    return line | {"line": thin, "marker": marker}


def _named(drawn: Sequence[Mapping[str, Any]]) -> list[charts.Spec]:
    found: list[charts.Spec] = []
    for number, each in enumerate(unbeaten(drawn)):
        line = _line(number, [each])
        words = f"{each['method']} {each['knobs']}".strip().replace("<", "‹")
        found.append(
            line
            | {
                "mode": "markers+text",
                "text": [words],
                "textposition": "top left" if number % 2 else "bottom left",
                "textfont": {"size": 12, "color": "@ink"},
            }
        )
    return found


def _envelope(rows: Sequence[Row], column: str) -> charts.Spec:
    line: list[Point] = []
    slowest = min(row["tokens_per_round"] for row in _done(rows, column))
    for a, b in _pairs(envelope(rows, column)):
        slope = _slope(a, b) if b[0] > a[0] else 0.0
        steps = max(1, math.ceil(math.log(b[0] / a[0], BEND)))
        places = [a[0] * (b[0] / a[0]) ** (at / steps) for at in range(steps)]
        line += [*((x, a[1] + slope * (x - a[0])) for x in places), b]
    if slowest < line[0][0]:  # what is slower can always be had
        line = [(slowest, line[0][1]), *line]
    drawn = charts.line([round(x, 4) for x, _ in line], [round(y, 4) for _, y in line], ENVELOPE, "@faint")
    drawn["line"]["dash"] = "dot"
    look: charts.Spec = {"mode": "lines", "hoverinfo": "skip"}  # else it takes the clicks of points on it
    if len(set(line)) == 1:
        look |= {"mode": "markers", "marker": {"symbol": "line-ew-open", "size": 18, "color": "@faint"}}
    return drawn | look


def _pairs(line: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(pairwise(line)) or [(point, point) for point in line]


def _layout(column: str, done: Sequence[Row]) -> charts.Spec:
    title = "mean score" if column == "score" else "mean strict score"
    lay = charts.layout("tokens per pass", title, hovermode="closest")
    lay["xaxis"] |= {"type": "log"}
    rates = [row["tokens_per_round"] for row in done] or [1.0]
    if not min(rates) < max(rates) <= NEAR * min(rates):  # a lone point has decades around it
        lay["xaxis"] |= {"tickvals": list(TICKS), "ticktext": [f"{tick:g}" for tick in TICKS]}
    lay["yaxis"] |= {"range": [-0.03, 1.09], "tickformat": ".1f"}
    return lay
