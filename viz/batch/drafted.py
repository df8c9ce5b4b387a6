"""Figures of what was drafted and written in each pass: acceptance, lengths, survival, waste."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from viz.batch import stats
from viz.batch.groups import Run, Setting
from viz.batch.parts import (
    INTERVALS,
    Control,
    Drawn,
    Look,
    Table,
    band,
    layout,
    line,
    picked,
    plain_text,
    share_axis,
    whole_ticks,
)
from viz.batch.stats import Interval
from viz.charts import Spec

NO_DRAFTS = "None of the chosen settings verifies drafts; choose a speculative method in the table above."
NOTHING = "None of the chosen settings has a run whose passes could be read."
SHARES = {"unconditional": "of all drafts", "conditional": "of the drafts that got there"}
WHAT = {"accepted": "accepted draft tokens", "written": "tokens written"}
UNITS = {"accepted": "drafts", "written": "rounds"}
PATTERNS = ("", "/", ".", "x", "-", "+")
"""Of bars, by their order in the figure: colour never speaks alone."""
TOLD = "<br>%{customdata.span}, n = %{customdata.n}"
LONGEST = 64
"""Lengths beyond are left out of figures: a whole canvas that was written at once says itself."""


def acceptance(settings: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
    """A line per setting over the positions of a draft, with its interval."""
    share = picked(asked, "share", SHARES)
    control = Control("share", "Share", SHARES, share)
    data: list[Spec] = []
    rows: list[list[Any]] = []
    for setting, own in zip(settings, look, strict=True):
        taken, tried = by_position(setting, share == "conditional")
        if not taken.shape[1]:
            continue
        found = stats.shares(taken, tried)
        x = [at for at, each in enumerate(found, 1) if each]
        kept = [each for each in found if each]
        data += band(x, kept, setting, own, "linear")
        drawn = line(x, [each.value for each in kept], setting, own, kept)
        data.append(drawn | {"hovertemplate": f"position %{{x}}: %{{y:.1%}} {SHARES[share]}{TOLD}"})
        rows += [
            [setting.name, at, int(taken[:, at - 1].sum()), int(tried[:, at - 1].sum()), each.value, each.low,
             each.high, each.n]
            for at, each in zip(x, kept, strict=True)
        ]  # fmt: skip
    if not data:
        return Drawn(controls=[control], empty=NO_DRAFTS)
    lay = share_axis(layout("position in the draft", f"accepted, {SHARES[share]}"))
    lay["xaxis"] |= {"dtick": whole_ticks(max(row[1] for row in rows))}
    columns = ("setting", "position", "accepted", "tried", "share", "low", "high", "n")
    return Drawn(data, lay, [Table("Acceptance by position", columns, rows)], [control], words=[INTERVALS])


def by_position(setting: Setting, given: bool) -> tuple[np.ndarray, np.ndarray]:
    """Drafts accepted at each position, and drafts tried: (prompts, positions) both.

    given: tried are the drafts that were open at the position; else all drafts of the prompt.
    """
    prompts = [[each for run in runs for each in run.drafts] for runs in setting.prompts.values()]
    prompts = [drafts for drafts in prompts if drafts]
    deepest = max((draft[1] for drafts in prompts for draft in drafts), default=0)
    taken, tried = np.zeros((len(prompts), deepest)), np.zeros((len(prompts), deepest))
    for row, drafts in enumerate(prompts):
        for accepted, reached, _ in drafts:
            taken[row, :accepted] += 1
            tried[row, : reached if given else deepest] += 1
    return taken, tried


def lengths(settings: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
    """A bar per length and setting: the share of its drafts, or of its rounds."""
    control, of = _what(settings, asked)
    data: list[Spec] = []
    rows: list[list[Any]] = []
    for setting, own in zip(settings, look, strict=True):
        found = [length for run in setting.runs for length in run_lengths(run, of)]
        if not found:
            continue
        counts = stats.histogram(found)[: LONGEST + 1]
        x, mean = list(range(len(counts))), sum(found) / len(found)
        data.append(
            {"type": "bar", "x": x, "y": [round(many / len(found), 6) for many in counts],
             "name": plain_text(setting.name), "text": counts, "textposition": "none",
             "marker": {"color": own.colour, "pattern": {"shape": PATTERNS[len(data) % len(PATTERNS)],
                                                         "fgcolor": "@surface", "size": 6,
                                                         "fillmode": "overlay"}},
             "customdata": [{"setting": setting.index}] * len(x),
             "hovertemplate": f"%{{x}} {WHAT[of]}: %{{text}} of {len(found)} {UNITS[of]}, %{{y:.1%}}"}
        )  # fmt: skip
        rows += [
            [setting.name, length, many, len(found), round(many / len(found), 6), round(mean, 4)]
            for length, many in enumerate(counts)
        ]
    if not data:
        return Drawn(controls=control, empty=NO_DRAFTS if of == "accepted" else NOTHING)
    lay = share_axis(layout(f"{WHAT[of]} in one {UNITS[of][:-1]}", f"share of {UNITS[of]}", bargap=0.25))
    del lay["yaxis"]["range"]
    lay["xaxis"] |= {"dtick": whole_ticks(max(row[1] for row in rows))}
    lay["yaxis"] |= {"rangemode": "tozero"}
    columns = ("setting", "length", "count", "of", "share", "mean of the setting")
    return Drawn(data, lay, [Table("Lengths", columns, rows)], control)


def survival(settings: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
    """A falling stair per setting: the share of drafts (rounds) with at least so many tokens."""
    control, of = _what(settings, asked)
    data: list[Spec] = []
    rows: list[list[Any]] = []
    for setting, own in zip(settings, look, strict=True):
        found = surviving(setting, of)
        if not found:
            continue
        x = list(range(len(found)))
        data += band(x, found, setting, own, "hv")
        stair = line(x, [each.value for each in found], setting, own, found)
        stair["line"]["shape"] = "hv"
        told = f"%{{x}} or more {WHAT[of]}: %{{y:.1%}} of {UNITS[of]}{TOLD}"
        data.append(stair | {"hovertemplate": told})
        rows += [
            [setting.name, at, each.value, each.low, each.high, each.n]
            for at, each in zip(x, found, strict=True)
        ]
    if not data:
        return Drawn(controls=control, empty=NO_DRAFTS if of == "accepted" else NOTHING)
    lay = share_axis(layout(f"{WHAT[of]}, at least", f"share of {UNITS[of]}"))
    lay["xaxis"] |= {"dtick": whole_ticks(max(row[1] for row in rows))}
    columns = ("setting", "at least", "share", "low", "high", "n")
    return Drawn(data, lay, [Table("Survival", columns, rows)], control, words=[INTERVALS])


def surviving(setting: Setting, of: str) -> list[Interval]:
    """Entry n: the share of lengths that are n or more, over all drafts (rounds); entry 0 is 1."""
    prompts = [[n for run in runs for n in run_lengths(run, of)] for runs in setting.prompts.values()]
    prompts = [found for found in prompts if found]
    longest = min(max((max(found) for found in prompts), default=-1), LONGEST)
    if longest < 0:
        return []
    parts = np.array([[sum(n >= at for n in found) for at in range(longest + 1)] for found in prompts], float)
    wholes = np.repeat(np.array([[len(found)] for found in prompts], float), longest + 1, axis=1)
    return [each for each in stats.shares(parts, wholes) if each]


def waste(settings: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
    """A point per run: how many candidates were drafted, how many of them became text."""
    data: list[Spec] = []
    rows: list[list[Any]] = []
    most = 0
    for setting, own in zip(settings, look, strict=True):
        runs = [run for run in setting.runs if run.drafts and run.digest]
        if not runs:
            continue
        drafted = [int(run.digest["proposed"]) if run.digest else 0 for run in runs]
        verified = [sum(draft[2] for draft in run.drafts) for run in runs]
        accepted = [sum(draft[0] for draft in run.drafts) for run in runs]
        most = max(most, *drafted)
        data.append(
            {"type": "scatter", "mode": "markers", "x": drafted, "y": accepted,
             "name": plain_text(setting.name),
             "marker": {"symbol": own.symbol, "color": f"{own.colour}/0.75", "size": 9},
             "customdata": [{"run": run.row["key"], "prompt": plain_text(run.name)} for run in runs],
             "hovertemplate": "%{customdata.prompt}: %{y} of %{x} drafted became text"}
        )  # fmt: skip
        whole, right = sum(drafted), sum(accepted)
        pruned = sum(int(run.digest["pruned"]) for run in runs if run.digest)
        rows.append(
            [setting.name, whole, pruned, sum(verified), right, whole - right,
             round(1 - right / whole, 4) if whole else None]
        )  # fmt: skip
    if not data:
        return Drawn(empty=NO_DRAFTS)
    data.insert(0, diagonal(most, "nothing wasted"))
    lay = layout("candidates drafted in a request", "of them became text")
    lay["xaxis"] |= {"rangemode": "tozero"}
    lay["yaxis"] |= {"range": [0, 1.15 * max(max(line["y"]) for line in data[1:]) + 0.5]}
    columns = ("setting", "drafted", "pruned", "verified", "became text", "wasted", "share wasted")
    return Drawn(data, lay, [Table("Drafts of all requests together", columns, rows)])


def run_lengths(run: Run, of: str) -> list[int]:
    """Accepted candidates of every draft, or tokens written in every round."""
    return [draft[0] for draft in run.drafts] if of == "accepted" else list(run.written)


def _what(settings: Sequence[Setting], asked: Mapping[str, str]) -> tuple[list[Control], str]:
    """Accepted tokens where somebody drafts, else what was written."""
    able = any(run.drafts for setting in settings for run in setting.runs)
    of = picked(asked, "of", WHAT if able else ["written"])
    return ([Control("of", "Length", WHAT, of)] if able else []), of


def diagonal(most: float, name: str) -> Spec:
    return {
        "type": "scatter", "mode": "lines", "x": [0, most], "y": [0, most], "name": name,
        "line": {"color": "@faint", "width": 1.5, "dash": "dot"}, "hoverinfo": "skip",
    }  # fmt: skip
