"""Figures of prompts: passes of each, how a metric spreads, paired differences, and claimed certainty."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from viz.batch import stats
from viz.batch.drafted import NOTHING, UNITS, WHAT, diagonal, run_lengths
from viz.batch.groups import BY_ID, METRICS, Batch, Key, Metric, Run, Setting, compare
from viz.batch.parts import (
    INTERVALS,
    Control,
    Drawn,
    Look,
    Table,
    layout,
    line,
    picked,
    plain_text,
    share_axis,
    spelled,
    whole_ticks,
)
from viz.batch.stats import Interval
from viz.charts import Spec

SORTS = {"order": "as asked", "passes": "most rounds first", "parallel": "fewest tokens a round first",
         "score": "worst score first"}  # fmt: skip
LABELS = 60
"""The most prompts that get a label of their own in the map."""
BINS = 10
ONE = "Choose a second setting in the table above: a difference needs two."
SIGNS = {1: ("B above A", "triangle-up", "@b"), 0: ("equal", "circle", "@muted"),
         -1: ("B below A", "triangle-down", "@a")}  # fmt: skip


def passes(settings: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
    """Prompt x round: how many tokens each round accepted or wrote, one setting at a time."""
    able = {str(each.index): each for each in settings if any(run.digest for run in each.runs)}
    if not able:
        return Drawn(empty=NOTHING)
    setting = able[picked(asked, "setting", able)]
    drafts = any(run.drafts for run in setting.runs)
    of = picked(asked, "of", ["written", "accepted"] if drafts else ["written"])
    sort = picked(asked, "sort", SORTS)
    controls = [
        Control("setting", "Setting", {id: each.name for id, each in able.items()}, str(setting.index)),
        *(
            [Control("of", "Cells", {each: WHAT[each] for each in ("written", "accepted")}, of)]
            if drafts
            else []
        ),
        Control("sort", "Order", SORTS, sort),
    ]
    runs = [run for run in setting.runs if run_lengths(run, of)]
    counts = [run_lengths(run, of) for run in runs]
    odd = [
        slow or fast
        for slow, fast in zip(stats.outliers([len(each) for each in counts]),
                              stats.outliers([_rate(each) for each in counts]), strict=True)
    ]  # fmt: skip
    order = sorted(range(len(runs)), key=lambda at: _rank(sort, at, runs[at], counts[at]))
    widest = max(map(len, counts), default=0)
    cells = [counts[at] + [None] * (widest - len(counts[at])) for at in order]
    labels = [f"{'◆ ' if odd[at] else ''}{plain_text(runs[at].name)}" for at in order]
    most = max(map(max, filter(None, counts)), default=1)
    data: Spec = {
        "type": "heatmap", "z": cells, "x": list(range(1, widest + 1)), "y": list(range(len(order))),
        "xgap": 1, "ygap": 1, "hoverongaps": False, "zmin": 0, "zmax": max(1, most),
        "colorscale": [[0, "@ramp-low"], [0.5, "@ramp-mid"], [1, "@ramp-high"]],
        "colorbar": {"title": {"text": "tokens", "side": "right", "font": {"size": 12}}, "thickness": 10,
                     "outlinewidth": 0, "dtick": max(1, -(-most // 5))},
        "hovertemplate": "%{y}<br>round %{x}: %{z} " + WHAT[of] + "<extra></extra>",
    }  # fmt: skip
    lay = layout(f"round{'' if of == 'written' else ' with a verified draft'}", "")
    lay["xaxis"] |= {"dtick": whole_ticks(widest)}
    lay["yaxis"] |= {
        "autorange": "reversed", "showgrid": False, "tickvals": list(range(len(order))), "ticktext": labels,
        "showticklabels": len(order) <= LABELS,
    }  # fmt: skip
    lay["height"] = min(120 + 16 * len(order), 900)
    rows = [
        [runs[at].name, len(counts[at]), sum(counts[at]), round(_rate(counts[at]), 4), max(counts[at]),
         runs[at].row["score"], "yes" if odd[at] else ""]
        for at in order
    ]  # fmt: skip
    columns = ("prompt", UNITS[of], "tokens", f"tokens per {UNITS[of][:-1]}", "longest", "score", "outlier")
    table = Table(
        f"Requests of {setting.name}", columns, rows, [{"run": runs[at].row["key"]} for at in order]
    )
    strange = sum(odd)
    said = f"{len(runs)} requests, {strange} of them outliers (◆)." if strange else f"{len(runs)} requests."
    return Drawn([data], lay, [table], controls, said, cells=[runs[at].row["key"] for at in order])


def spread(settings: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
    """The ECDF of a metric over prompts: a stair per setting, a point per prompt."""
    able = [metric for metric in METRICS if any(each.values(metric) for each in settings)]
    metric = BY_ID[picked(asked, "metric", ["tokens_per_round", *(each.id for each in able)])]
    control = Control("metric", "Metric", {each.id: each.title for each in able}, metric.id)
    data: list[Spec] = []
    rows: list[list[Any]] = []
    opens: list[dict[str, Any]] = []
    for setting, own in zip(settings, look, strict=True):
        values = setting.values(metric)
        keys = sorted(values, key=lambda key: values[key])
        if not keys:
            continue
        x, y = stats.ecdf([values[key] for key in keys])
        firsts = [setting.prompts[key][0] for key in keys]
        # equal values stand above each other, so that each of them can be chosen
        stair = line([x[0], *x], [0, *((at + 1) / len(x) for at in range(len(x)))], setting, own)
        stair["line"]["shape"] = "hv"
        stair["marker"] |= {"size": [0] + [7] * len(x), "opacity": 1, "line": {"width": 0}}
        stair["customdata"] = [
            {"run": run.row["key"], "prompt": plain_text(run.name), "share": f"{share:.0%}"}
            for run, share in zip([firsts[0], *firsts], [y[0], *y], strict=True)
        ]
        stair["hovertemplate"] = "%{customdata.prompt}: " + (
            f"%{{x:.{metric.digits}f}}; %{{customdata.share}} of the prompts have no more"
        )
        data.append(stair)
        rows += [
            [setting.name, run.name, value, share] for run, value, share in zip(firsts, x, y, strict=True)
        ]
        opens += [{"run": run.row["key"]} for run in firsts]
    if not data:
        return Drawn(controls=[control] if able else [], empty=NOTHING)
    lay = share_axis(layout(metric.title.lower(), "share of the prompts with no more"))
    table = Table("Prompts", ("setting", "prompt", metric.title.lower(), "share with no more"), rows, opens)
    return Drawn(data, lay, [table], [control], words=[(metric.title, metric.definition)])


def differences(batch: Batch, settings: Sequence[Setting], asked: Mapping[str, str]) -> Drawn:
    """Paired differences b - a of a metric, a point per prompt, with the mean and its interval."""
    able = {str(each.index): each for each in batch.settings if each.runs}
    if len(able) < 2:
        return Drawn(empty=ONE)
    first, second = ([str(each.index) for each in settings] + list(able))[:2]
    if first == second:
        second = next(id for id in able if id != first)
    names = {id: each.name for id, each in able.items()}
    a = able[asked["a"] if asked.get("a") in able else first]
    b = able[asked["b"] if asked.get("b") in able else second]
    measured = [metric for metric in METRICS if compare(a, b, metric)[0]]
    chosen = [
        Control("a", "A", names, str(a.index)),
        Control("b", "B", names, str(b.index)),
    ]
    if not measured:
        return Drawn(controls=chosen, empty="These two settings have no prompt in common.")
    metric = BY_ID[picked(asked, "metric", [each.id for each in measured])]
    chosen.append(Control("metric", "Metric", {each.id: each.title for each in measured}, metric.id))
    both, found = compare(a, b, metric)
    if found is None:  # cannot be: the metric was chosen among those that both have
        return Drawn(controls=chosen, empty="These two settings have no prompt in common.")
    left, right = a.values(metric), b.values(metric)
    ordered = sorted(both, key=lambda key: right[key] - left[key])
    lay = layout("prompts, by their difference", f"{metric.title.lower()}: B − A")
    lay["xaxis"] |= {"showticklabels": False}
    lay["shapes"] = _mean_band(found.mean)
    better = {"higher": "higher is better", "lower": "lower is better", "": "neither side is better"}
    said = (
        f"B − A = {spelled(found.mean, metric.digits + 1, sign=True)}, n = {found.mean.n}: B above on "
        f"{found.ahead}, equal on {found.level}, below on {found.behind} ({better[metric.better]})."
    )
    tables = [_metrics(a, b, measured), _prompts(a, b, ordered, left, right)]
    told = [(metric.title, metric.definition), INTERVALS]
    return Drawn(_points(a, b, metric, ordered), lay, tables, chosen, said, words=told)


def _points(a: Setting, b: Setting, metric: Metric, ordered: Sequence[Key]) -> list[Spec]:
    left, right = a.values(metric), b.values(metric)
    gaps = [right[key] - left[key] for key in ordered]
    data: list[Spec] = []
    for sign, (name, symbol, colour) in SIGNS.items():
        mine = [at for at, gap in enumerate(gaps) if (0 if abs(gap) < 1e-12 else np.sign(gap)) == sign]
        told = [
            _pair(a, b, ordered[at]) | {
                "prompt": plain_text(a.prompts[ordered[at]][0].name),
                "from": f"{left[ordered[at]]:.{metric.digits}f}",
                "to": f"{right[ordered[at]]:.{metric.digits}f}",
            }
            for at in mine
        ]  # fmt: skip
        if mine:
            data.append(
                {"type": "scatter", "mode": "markers", "x": [at + 1 for at in mine], "name": name,
                 "y": [round(gaps[at], 6) for at in mine], "customdata": told,
                 "marker": {"symbol": symbol, "size": 10, "color": colour},
                 "hovertemplate": "%{customdata.prompt}: A %{customdata.from}, B %{customdata.to}"}
            )  # fmt: skip
    return data


def _metrics(a: Setting, b: Setting, measured: Sequence[Metric]) -> Table:
    rows: list[list[Any]] = []
    for metric in measured:
        found = compare(a, b, metric)[1]
        if found:
            mean = found.mean
            rows.append(
                [metric.title, mean.n, found.a, found.b, mean.value, mean.low, mean.high, found.ahead,
                 found.level, found.behind]
            )  # fmt: skip
    columns = ("metric", "n", "A", "B", "B − A", "low", "high", "B above", "equal", "B below")
    return Table("Paired differences of every metric", columns, rows)


def _prompts(
    a: Setting, b: Setting, ordered: Sequence[Key], left: Mapping[Key, float], right: Mapping[Key, float]
) -> Table:
    rows = [
        [a.prompts[key][0].name, round(left[key], 4), round(right[key], 4), round(right[key] - left[key], 4)]
        for key in ordered
    ]
    return Table("Prompts", ("prompt", "A", "B", "B − A"), rows, [_pair(a, b, key) for key in ordered])


def _pair(a: Setting, b: Setting, key: Key) -> dict[str, Any]:
    return {"a": a.prompts[key][0].row["key"], "b": b.prompts[key][0].row["key"]}


def _mean_band(mean: Interval) -> list[Spec]:
    across: Spec = {"xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
    zero = across | {"type": "line", "y0": 0, "y1": 0, "line": {"color": "@faint", "width": 1}}
    middle = across | {"type": "line", "y0": mean.value, "y1": mean.value,
                       "line": {"color": "@ink", "width": 1.5, "dash": "dash"}}  # fmt: skip
    if mean.low is None:
        return [zero, middle]
    box = across | {
        "type": "rect",
        "y0": mean.low,
        "y1": mean.high,
        "line": {"width": 0},
        "fillcolor": "@ink/0.08",
    }
    return [box, zero, middle]


def reliability(settings: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
    """What the commits claimed against what was right, in ten bins of the claim."""
    data: list[Spec] = [diagonal(1, "right as often as claimed")]
    rows: list[list[Any]] = []
    for setting, own in zip(settings, look, strict=True):
        claims, hits, sums = calibration(setting)
        if not claims.size:
            continue
        found = stats.shares(hits, claims)
        counts = claims.sum(axis=0)
        bins = [at for at, each in enumerate(found) if each]
        x = [round(float(sums[:, at].sum() / counts[at]), 4) for at in bins]
        kept = [each for each in found if each]
        y = [each.value for each in kept]
        error = sum(counts[at] * abs(each - where) for at, each, where in zip(bins, y, x, strict=True))
        drawn = line(x, y, setting, own, kept)
        drawn["marker"]["size"] = [7 + 3 * float(np.sqrt(counts[at])) for at in bins]
        drawn["error_y"] = {
            "type": "data", "symmetric": False, "color": own.colour, "thickness": 1, "width": 3,
            "array": [each.high - each.value if each.high is not None else 0 for each in kept],
            "arrayminus": [each.value - each.low if each.low is not None else 0 for each in kept],
        }  # fmt: skip
        told = "claimed %{x:.1%}, right %{y:.1%}<br>%{customdata.span}, n = %{customdata.n}"
        data.append(drawn | {"hovertemplate": told})
        rows += [
            [setting.name, f"{at / BINS:.1f} to {(at + 1) / BINS:.1f}", int(counts[at]), where, each.value,
             each.low, each.high, round(float(error / counts.sum()), 4)]
            for at, where, each in zip(bins, x, kept, strict=True)
        ]  # fmt: skip
    if not rows:
        return Drawn(empty="No run of the chosen settings has both a score and a committed answer.")
    lay = share_axis(layout("claimed: product of the commits' probabilities", "share of right answers"))
    lay["xaxis"] |= {"range": [-0.03, 1.03], "tickformat": ".0%"}
    columns = (
        "setting",
        "claimed",
        "answers",
        "mean claim",
        "share right",
        "low",
        "high",
        "calibration error",
    )
    return Drawn(data, lay, [Table("Reliability", columns, rows)], words=[INTERVALS])


def calibration(setting: Setting) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers, right answers and the sum of claims by bin of the claim: (prompts, BINS) each."""
    said = [
        [(run.digest["claimed"], run.row["score"] >= 1) for run in runs
         if run.digest and run.digest["claimed"] is not None and run.row["score"] is not None]
        for runs in setting.prompts.values()
    ]  # fmt: skip
    said = [each for each in said if each]
    claims, hits, sums = (np.zeros((len(said), BINS)) for _ in range(3))
    for row, pairs in enumerate(said):
        for claim, right in pairs:
            at = min(int(claim * BINS), BINS - 1)
            claims[row, at] += 1
            hits[row, at] += right
            sums[row, at] += claim
    return claims, hits, sums


def _rate(counts: Sequence[int]) -> float:
    return sum(counts) / len(counts)


def _rank(sort: str, at: int, run: Run, counts: Sequence[int]) -> tuple[float, int]:
    score = run.row["score"]
    keys = {
        "order": 0.0,
        "passes": -len(counts),
        "parallel": _rate(counts),
        "score": 2.0 if score is None else score,
    }
    return keys[sort], at
