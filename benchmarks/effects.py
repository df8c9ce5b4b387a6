"""docs/EFFECTS.md: every diffusion method beside its baseline, and whether the effect of its paper shows.

`python -m benchmarks.effects` answers the same held-out prompts with every method on the embedded models
and compares counts, never times, so that the page is the same on every machine. Where a paper compares at
equal cost, the baseline is set to it: 'ID knob=value' beside a method.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.methods.catalogue import catalogue
from workbench.models.shelf import Shelf
from workbench.run.sweep import Plan, sweep
from workbench.run.table import COMPLETE, Row, read

PAGE = Path(__file__).resolve().parents[1] / "docs" / "EFFECTS.md"
CLAIMS = Path(__file__).with_name("effects.json")
TASKS = ("copy", "reverse", "sort", "shuffle", "replace", "insert", "sudoku", "latin", "code", "story")
COSTS = ("rounds", "sequences", "positions")
SAVED, WORTH = 0.1, 0.05
"""A cost is lower if a tenth is saved; accuracy differs if three prompts of sixty do."""
READING = "The verdict is counted; the reasons are our reading of the counts and were not tested apart."
SHOWS, NOT, CANNOT = "shows", "does not show", "cannot show"


@dataclass(frozen=True)
class Claim:
    """What a paper reports. beside: the baseline's setting; of: score, or a cost at equal score, or ''
    where our models cannot show it. why: said on the page."""

    beside: str
    of: str
    reports: str
    why: str


@dataclass(frozen=True)
class Figures:
    """The means of one method over the prompts. runs: how many were completed."""

    runs: int
    score: float
    costs: Mapping[str, float]


def claims() -> dict[str, Claim]:
    """Method -> what its paper reports."""
    return {id: Claim(*fields) for id, fields in json.loads(CLAIMS.read_text(encoding="utf-8")).items()}


def measured(settings: Sequence[str], each: int, workers: int, kept: str) -> dict[str, Figures]:
    """The figures of every setting over `each` prompts of every task. kept: a folder to go on with."""
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as new:
        folder, shelf = Path(kept or new), Shelf()
        for place, setting in enumerate(dict.fromkeys(settings), 1):
            id, grid = _setting(setting)
            for done, total, _ in sweep(
                Plan((id,), TASKS, each, grid, detail="decisions"), folder, shelf, workers
            ):
                if sys.stderr.isatty():
                    print(f"\r{place} of {len(settings)}: {done} of {total}", end="", file=sys.stderr)
            found[setting] = _figures(read(folder))
    return found


def _setting(text: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """'ID knob=value' -> the id and a grid of one setting."""
    id, *knobs = text.split()
    return id, {name: (value,) for name, _, value in (knob.partition("=") for knob in knobs)}


def _figures(rows: Iterable[Row]) -> Figures:
    done = [row for row in rows if row.status == COMPLETE]
    if not done:
        return Figures(0, 0.0, dict.fromkeys(COSTS, 0.0))
    costs = {name: sum(getattr(row, name) or 0 for row in done) / len(done) for name in COSTS}
    return Figures(len(done), sum(row.score or 0.0 for row in done) / len(done), costs)


def verdict(claim: Claim, own: Figures, other: Figures) -> str:
    """Shows, does not show or cannot show, by the counts."""
    if not claim.of or not own.runs or not other.runs:
        return CANNOT
    gain = own.score - other.score
    if claim.of == "score":
        return SHOWS if gain >= WORTH - 1e-9 else NOT
    cheaper = own.costs[claim.of] <= (1 - SAVED) * other.costs[claim.of]
    return SHOWS if cheaper and gain > -WORTH + 1e-9 else NOT


def page(found: Mapping[str, Figures], said: Mapping[str, Claim], each: int) -> str:
    """The whole page."""
    lines = [
        "# Do the papers' effects show on the embedded models?",
        "",
        "Written by `python -m benchmarks.effects` (claims: `benchmarks/effects.json`); do not edit by hand.",
        "",
        f"{each * len(TASKS)} held-out prompts, the same for every method ({each} each of "
        f"{', '.join(TASKS)}), "
        "canvas 32, seed 0, each method's own defaults and model; baselines too, but for the knobs that are "
        "named. Means per prompt; in brackets the baseline's. An accuracy claim shows from "
        f"{WORTH:.0%} upwards; a claim of less work shows if a tenth is saved and less than {WORTH:.0%} of "
        "accuracy is lost. So few prompts and two small models say whether an effect appears here, no more: "
        "most of the papers used networks a thousand times larger and texts ten times longer.",
        "",
        "| method | beside | accuracy | rounds | sequences | positions | effect |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    tells: list[str] = []
    for id, claim in said.items():
        own, other = found[id], found[claim.beside]
        result = verdict(claim, own, other)
        cells = [_pair(own.score, other.score, 3)]
        cells += [_pair(own.costs[name], other.costs[name], 1) for name in COSTS]
        beside = claim.beside.replace(" ", ", ").replace("=", " ")
        lines.append(f"| {id} | {beside} | {' | '.join(cells)} | {result} |")
        tells.append(f"- **{id}**: {result}. {claim.reports} {claim.why}".rstrip())
    return "\n".join([*lines, "", "## What is reported, and what was seen", "", READING, "", *tells, ""])


def _pair(own: float, other: float, digits: int) -> str:
    return f"{own:.{digits}f} ({other:.{digits}f})"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write the page."""
    options = argparse.ArgumentParser("python -m benchmarks.effects", description=__doc__)
    options.add_argument("--each", type=int, default=6, help="prompts of each task")
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--out", default="", help="keep the runs in this folder, and go on with it")
    given = options.parse_args(argv)
    said = claims()
    ids = [id for id, method in catalogue().items() if method.family == "diffusion"]
    ids = [id for id in ids if id != "unmask_recipe"]  # whatever the user composes: no paper, no effect
    if missing := [id for id in ids if id not in said]:
        print(f"No claim is noted for {', '.join(missing)}; add it to {CLAIMS}.", file=sys.stderr)
        return 2
    said = {id: said[id] for id in ids}
    settings = [*ids, *(claim.beside for claim in said.values())]
    found = measured(settings, given.each, given.workers, given.out)
    PAGE.write_text(page(found, said, given.each), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
