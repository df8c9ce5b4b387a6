"""Plotly specs as plain dicts (never go.Figure: its validation costs more than the drawing).

Colours are '@names' of viz.theme; the player or `viz.theme.resolve` puts the values in.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.trace import Glossary

CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}

Spec = dict[str, Any]


def layout(x: str, y: str, **more: Any) -> Spec:
    """The quiet base layout that all charts share."""
    axis = {"gridcolor": "@line", "zeroline": False, "linecolor": "@line", "ticks": "", "automargin": True}
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "@muted"},
        "margin": {"l": 52, "r": 16, "t": 8, "b": 40},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "@surface", "bordercolor": "@line", "font": {"color": "@ink"}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"},
        "xaxis": {**axis, "title": {"text": x, "font": {"size": 12}}, "showgrid": False},
        "yaxis": {**axis, "title": {"text": y, "font": {"size": 12}}},
        **more,
    }


def panel(title: str, question: str, data: list[Spec], lay: Spec, clock: str = "") -> Spec:
    """A chart as reels carry it; `clock` names the clock of its x axis, if it has one."""
    spec = {"data": data, "layout": lay, "config": CONFIG}
    return {"title": title, "question": question, "kind": "plotly", "clock": clock, "spec": spec}


def confidence(
    lines: Sequence[Mapping[str, Any]],
    born: Sequence[Sequence[Any]],
    canvas: bool,
    early: Sequence[int] = (),
) -> Spec:
    """How sure the model was: over the open positions of each round, or token by token.

    early: the rounds in which everything that was open was written at once.
    """
    return _open_positions(lines, early) if canvas else _per_token(born)


def _open_positions(lines: Sequence[Mapping[str, Any]], early: Sequence[int]) -> Spec:
    sure = [(at + 1, each["sure"]) for at, each in enumerate(lines) if each["sure"]]
    x = [at for at, _ in sure]
    low, q1, mean, q3, _ = ([round(five[i], 4) for _, five in sure] for i in range(5))
    data: list[Spec] = [
        _bar(list(range(1, len(lines) + 1)), [each["committed"] for each in lines], "commits"),
        {**line(x, q3, "upper quartile", "@confidence/0"), "showlegend": False, "hoverinfo": "skip"},
        {
            **line(x, q1, "middle half", "@confidence/0"),
            "fill": "tonexty",
            "fillcolor": "@confidence/0.18",
            "hoverinfo": "skip",
        },
        line(x, mean, "mean", "@confidence"),
        {**line(x, low, "lowest", "@rejected"), "line": {"color": "@rejected", "width": 1.5, "dash": "dot"}},
    ]
    several = any(each["lower"] is not None for each in lines)
    bars = [
        (at + 1, each["bound"], each["lower"]) for at, each in enumerate(lines) if each["bound"] is not None
    ]
    if bars:
        rounds, high, low = (list(column) for column in zip(*bars, strict=True))
        data.append(_steps(rounds, high, "highest threshold" if several else "threshold", "dash"))
        if several:
            lowest = [one if other is None else other for one, other in zip(high, low, strict=True)]
            data.append(_steps(rounds, lowest, "lowest threshold", "dashdot"))
    lay = layout("round", "confidence", bargap=0.35)
    lay["yaxis"]["range"] = [0, 1.02]
    lay["xaxis"] |= {
        "tick0": 1,
        "dtick": max(1, math.ceil(len(lines) / 12)),
        "range": [0.4, len(lines) + 0.6],
    }
    lay |= {
        "shapes": [_upright(at + 1) for at in early],
        "annotations": [_written(at + 1, len(lines)) for at in early],
    }
    lay["yaxis2"] = {
        "overlaying": "y",
        "side": "right",
        "title": {"text": "commits", "font": {"size": 12}},
        "showgrid": False,
        "rangemode": "tozero",
        "automargin": True,
        "tickformat": "d",
        "dtick": max(1, math.ceil(max((each["committed"] for each in lines), default=1) / 4)),
    }
    question = "How sure was the model of the positions that were still open, and what did that release?"
    return panel("Confidence", question, data, lay, "rounds")


def _steps(x: Sequence[Any], y: Sequence[Any], name: str, dash: str) -> Spec:
    return line(x, y, name) | {"line": {"color": "@ink", "width": 1.5, "dash": dash, "shape": "hvh"}}


def _upright(x: float) -> Spec:
    look = {"color": "@ink", "width": 1.5}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": look}


def _written(x: float, last: int) -> Spec:
    """Says at a round that it wrote everything; to the side that has room."""
    return {
        "text": "★ everything written early", "x": x, "y": 0.06, "yref": "paper", "showarrow": False,
        "xanchor": "right" if x > last / 2 else "left", "xshift": -5 if x > last / 2 else 5,
        "font": {"size": 11, "color": "@ink"}, "bgcolor": "@surface",
    }  # fmt: skip


def _per_token(born: Sequence[Sequence[Any]]) -> Spec:
    rows = sorted(born, key=lambda row: row[0])
    x = [row[0] for row in rows]
    surprise = [round(-math.log(max(row[4], 1e-9)), 4) for row in rows]
    data = [_bar(x, surprise, "surprise of the chosen token")]
    data[0]["yaxis"] = "y"
    if any(row[5] is not None for row in rows):
        data.append(line(x, [row[5] for row in rows], "entropy before the choice", "@confidence"))
    lay = layout("position", "nats", bargap=0.25)
    lay["yaxis"] |= {"rangemode": "tozero", "exponentformat": "none"}
    lay["hoverlabel"]["namelength"] = -1  # whole names
    return panel("Confidence", "Which tokens surprised the model, and where was it unsure?", data, lay)


def cost(costs: Mapping[str, Sequence[int]], glossary: Glossary, ms: float, told: str) -> Spec:
    """What each network was paid: passes, rows, layer-rows, side by side; time stays apart.

    told: the three totals in words.
    """
    names = [glossary.sources[id].title if id in glossary.sources else id for id in costs]
    data, lay = [], layout("", "")
    for at, (noun, column) in enumerate((("passes", 0), ("rows", 1), ("layer-rows", 2))):
        suffix = "" if at == 0 else str(at + 1)
        values = [counts[column] for counts in costs.values()]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": values,
                "y": names,
                "text": [f"{value:,}" for value in values],
                "textposition": "auto",
                "textangle": 0,
                "insidetextfont": {"color": "@surface"},
                "name": noun,
                "marker": {"color": ("@committed", "@bonus/0.75", "@pruned")[at]},
                "xaxis": f"x{suffix}",
                "hovertemplate": f"%{{y}}: %{{x:,}} {noun}<extra></extra>",
            }
        )
        left = at * 0.37
        ticks = {"dtick": whole_step(max(values, default=1)), "tickformat": "~s", "tickangle": 0}
        axis = {**layout("", "")["xaxis"], **ticks, "rangemode": "tozero", "domain": [left, left + 0.26]}
        lay[f"xaxis{suffix}"] = axis | {"title": {"text": noun, "font": {"size": 12}}}
    margin = {"l": 96, "r": 16, "t": 36, "b": 40}
    lay |= {"showlegend": False, "hovermode": "closest", "bargap": 0.4, "margin": margin}
    lay["annotations"] = [
        {
            "text": f"{ms:,.0f} ms on the machine that recorded it" if ms else "no times recorded",
            "showarrow": False,
            "xref": "paper",
            "yref": "paper",
            "x": 1,
            "y": 1,
            "yanchor": "bottom",
            "yshift": 8,
            "xanchor": "right",
            "font": {"color": "@muted"},
        }
    ]
    return panel("Cost", f"What did each network have to compute? {told}.", data, lay)


def whole_step(most: int, ticks: float = 2.5) -> int:
    """The distance of ticks of an axis of whole numbers up to `most`, `ticks` at most: 1, 2 or 5 * 10^n."""
    wanted = max(1.0, most / ticks)
    power = 10 ** math.floor(math.log10(wanted))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= wanted)


def label(text: str) -> str:
    """Foreign text as a chart's label: plotly reads tags and entities in labels, so there are none."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def line(x: Sequence[Any], y: Sequence[Any], name: str, colour: str = "@ink") -> Spec:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": {"color": colour, "width": 2},
    }


def _bar(x: Sequence[Any], y: Sequence[Any], name: str) -> Spec:
    marker = {"color": "@muted/0.45"}
    return {"type": "bar", "x": x, "y": y, "name": name, "marker": marker, "yaxis": "y2"}
