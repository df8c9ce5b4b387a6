"""`sweep`: every method and setting on the same prompts, into one table; goes on where it was stopped."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from workbench.cli.files import target
from workbench.cli.parser import Usage, asking
from workbench.models.shelf import Shelf
from workbench.run import prompts
from workbench.run.digests import Digests
from workbench.run.plan import command as plan_command
from workbench.run.prompts import Prompt
from workbench.run.sweep import Plan, sweep
from workbench.run.table import COMPLETE, TABLE, Row, read, replace
from workbench.trace import WorkbenchError

MOST_WORKERS = 64
REPORTS = (".json", ".html")


def command(options: argparse.Namespace) -> int:
    """Run what is missing, print the means; 0, or 1 if a run could not be done."""
    from tqdm import tqdm

    plan, shelf, folder = _plan(options), Shelf(), Path(options.out)
    files = [_report_file(name) for name in options.report]
    steps = sweep(plan, folder, shelf, options.workers)
    with asking():
        begun = next(steps)  # the plan is understood, and the folder is ours
    new = 0
    with closing(steps), tqdm(unit="run", disable=not sys.stderr.isatty(), file=sys.stderr) as bar:
        try:
            for done, all, row in chain([begun], steps):
                bar.total, bar.n, new = all, done, new + (row is not None)
                if row is not None:
                    bar.set_postfix_str(f"{row.method} {row.task}", refresh=False)
                bar.refresh()
        except KeyboardInterrupt:
            steps.close()
            print(f"\nWhat is complete stays in '{folder}'; the same command goes on.", file=sys.stderr)
            raise
    rows = read(folder)
    print(summary(rows))
    if files:
        _report(plan, folder, rows, files)
    failed = [row for row in rows if row.status != COMPLETE]
    noun = "row" if len(rows) == 1 else "rows"
    print(f"{len(rows)} {noun} in {folder / TABLE}, {new} new.", file=sys.stderr)
    if failed:
        first = f"{failed[0].method} {failed[0].knobs}".strip()
        number = len(failed)
        count = "1 run gave no result," if number == 1 else f"{number} runs gave no result; the first,"
        raise WorkbenchError(f"{count} {first}: {failed[0].sentence}")
    return 0


def _report_file(name: str) -> Path:
    path = Path(name)
    if path.suffix not in REPORTS:
        raise Usage(f"A report is a file that ends in {' or '.join(REPORTS)}, not '{path.name}'.")
    return target(name)


def _report(plan: Plan, folder: Path, rows: Sequence[Row], files: Iterable[Path]) -> None:
    """Read the traces that nobody has read, and write what they say together."""
    from tqdm import tqdm

    from app import PICTURES  # the pictures see traces only: this package must not know them

    batch = PICTURES.batch
    digests = Digests(folder, batch.digest, batch.FORMAT)
    with tqdm(unit="trace", desc="reading", disable=not sys.stderr.isatty(), file=sys.stderr) as bar:
        for left in digests.fill(rows):
            bar.total, bar.n = bar.total or left, (bar.total or left) - left
            bar.refresh()
    found = batch.Batch.of([asdict(row) for row in rows], digests.known)
    for path in files:
        if path.suffix == ".json":
            text = json.dumps(batch.report(found), ensure_ascii=False, indent=1)
        else:
            text = batch.page(found, folder.name, plan_command(plan, str(folder)))
        replace(path, text.encode())
        print(f"The report is in '{path}'.", file=sys.stderr)


def _plan(options: argparse.Namespace) -> Plan:
    if not 1 <= options.workers <= MOST_WORKERS:
        raise Usage(f"workers = {options.workers} is out of range; give 1 to {MOST_WORKERS}.")
    return Plan(
        methods=_names(options.methods),
        tasks=_names(options.tasks),
        count=options.n,
        grid={name: _names(values) for name, values in options.grid},
        models=dict(options.model),
        seed=options.seed,
        max_tokens=options.max_tokens,
        detail=options.detail,
        device=options.device,
        dtype=options.dtype,
        prompts=_prompts(options.prompts),
        repeats=options.repeats,
    )


def _prompts(name: str | None) -> tuple[Prompt, ...]:
    with asking():
        return prompts.read(Path(name)) if name is not None else ()


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def summary(rows: Iterable[Row]) -> str:
    """The mean of every setting over its prompts, as lines."""
    settings: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        settings.setdefault((row.method, row.knobs), []).append(row)
    names = {setting: " ".join(filter(None, setting)) for setting in settings}
    width = max(map(len, names.values()), default=0)
    lines = [
        f"{'setting':{width}}  {'runs':>5} {'score':>6} {'strict':>6} {'rounds':>7} {'positions':>9} "
        f"{'tokens/round':>12} {'order':>6}"
    ]
    for setting, members in settings.items():
        columns = (("score", 6, 3), ("strict", 6, 3), ("rounds", 7, 1), ("positions", 9, 1),
                   ("tokens_per_round", 12, 2), ("order", 6, 2))  # fmt: skip
        figures = " ".join(_mean(members, name, size, digits) for name, size, digits in columns)
        lines.append(f"{names[setting]:{width}}  {len(members):>5} {figures}")
    return "\n".join(lines)


def _mean(rows: Iterable[Row], column: str, size: int, digits: int) -> str:
    values = [value for row in rows if (value := getattr(row, column)) is not None]
    return f"{sum(values) / len(values):>{size}.{digits}f}" if values else f"{'-':>{size}}"
