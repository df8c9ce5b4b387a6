"""Many runs: every method and setting on the same prompts, one row and one trace each.

Deterministic: the rows and the traces do not depend on how many processes made them, or on how often the
sweep was interrupted. So that bytes can be compared, traces of a sweep carry no clock.
"""

import gzip
import hashlib
import itertools
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from workbench import tasks
from workbench.methods.api import Method
from workbench.methods.catalogue import find
from workbench.models.meter import never
from workbench.models.shelf import Shelf, usable
from workbench.run import table
from workbench.run.answer import answer_ids
from workbench.run.perfect import ORACLE, meant
from workbench.run.plan import CANVAS, MOST, OWN, Plan, own_knob, save
from workbench.run.prepare import prepare, usual_model
from workbench.run.prompts import Prompt, grade
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.run.spent import spent
from workbench.run.table import COMPLETE, TRACES, Row, Table
from workbench.trace import Value, WorkbenchError, encode

__all__ = ["CANVAS", "MOST", "OWN", "Cell", "Plan", "cells", "run_cell", "sweep"]

REFUSED = "refused"
TABLE_S = 5.0
"""The table is written about this often while the sweep goes on, in seconds."""
GONE = (
    "A worker process was ended from outside (often because memory ran out); what is complete is kept, and "
    "the same command goes on from there. Ask for fewer workers."
)


@dataclass(frozen=True)
class Cell:
    """One run to do. models: role -> name, those that were named; weights: all roles, with their digest.

    seed: that of the task, or the place in the file of prompts; run_seed: that of the run. prompt: None for
    a task. plan: without its prompts, because a cell travels to a worker process.
    """

    method: str
    knobs: Mapping[str, Value]
    models: Mapping[str, str]
    weights: str
    task: str
    seed: int
    plan: Plan
    run_seed: int = 0
    prompt: Prompt | None = None

    @property
    def key(self) -> str:
        """The digest of everything that determines the run, and of how the row names it.

        Defaults are part of it: a folder from before a default changed is not taken for a newer one.
        """
        plan, own = self.plan, self.prompt
        asked = self.seed if own is None else [own.id, own.text, own.answer]
        defaults = {knob.name: knob.default for knob in find(self.method).knobs}
        parts = [self.method, dict(self.knobs), defaults | dict(self.knobs), self.weights, self.task, asked,
                 self.run_seed, plan.max_tokens, plan.detail, plan.device, plan.dtype]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def named(self) -> Row:
        """The row with everything that is known before the run."""
        knobs = "; ".join(f"{name}={value}" for name, value in self.knobs.items())
        id = self.prompt.id if self.prompt else ""
        return Row(
            self.method, knobs, self.weights, self.task, self.seed, key=self.key, prompt=id,
            run_seed=self.run_seed,
        )  # fmt: skip

    @property
    def text(self) -> str:
        """What the run is asked."""
        return self.prompt.text if self.prompt else tasks.make(self.task, self.seed).prompt

    def graded(self, answer: str) -> tasks.Score | None:
        """How an answer is scored; None where nobody knows the right one."""
        if self.prompt:
            return grade(self.prompt, answer)
        return tasks.score(tasks.make(self.task, self.seed), answer)


def cells(plan: Plan, shelf: Shelf) -> list[Cell]:
    """Every run of a plan, setting by setting. Raises WorkbenchError for a model or a device that was named
    and is not there; a method that lacks its own default model is refused run by run."""
    plan = plan.checked()
    usable(plan.device, plan.dtype)
    asked: list[tuple[str, int, Prompt | None]] = [
        (name, seed, None) for name in dict.fromkeys(plan.tasks) for seed in _distinct(name, plan.count)
    ]
    asked += [(OWN, place, prompt) for place, prompt in enumerate(plan.prompts)]
    seeds, bare = range(plan.seed, plan.seed + plan.repeats), replace(plan, prompts=())
    found: list[Cell] = []
    for id in dict.fromkeys(plan.methods):
        method = find(id)
        models = {role: name for role, name in plan.models.items() if role in method.needs}
        weights = _weights(method, models, plan, shelf)
        for knobs in _settings(method, plan.grid):
            found += [
                Cell(id, knobs, models, weights, name, place, bare, seed, prompt)
                for name, place, prompt in asked
                for seed in seeds
            ]
            if len(found) > MOST:
                raise WorkbenchError(f"This sweep asks for more than {MOST} runs; ask for fewer prompts.")
    return found


def sweep(
    plan: Plan,
    folder: Path,
    shelf: Shelf,
    workers: int = 1,
    stop_requested: Callable[[], bool] = never,
) -> Generator[tuple[int, int, Row | None], None, None]:
    """Do what is missing; yields (done, all, the new row), first with None.

    Closing the generator, or a stop, leaves the folder ready to go on from. A folder may be asked for another
    plan: what both share is not run again, and the table then holds the rows of the last one.
    """
    wanted = {cell.key: cell for cell in cells(plan, shelf)}
    with Table(folder) as kept:
        save(plan, folder, len(wanted))
        missing = [cell for key, cell in wanted.items() if not kept.has(key)]
        done = len(wanted) - len(missing)
        yield done, len(wanted), None
        written = time.monotonic()
        try:
            with closing(_rows(missing, folder, shelf, min(workers, len(missing)), stop_requested)) as rows:
                for row in rows:
                    kept.add(row)
                    done += 1
                    if time.monotonic() - written > TABLE_S:  # a killed sweep has a table too
                        kept.write(wanted)
                        written = time.monotonic()
                    yield done, len(wanted), row
        finally:
            kept.write(wanted)


def run_cell(
    cell: Cell, folder: Path, shelf: Shelf, stop_requested: Callable[[], bool] = never
) -> Row | None:
    """One run: its trace is written, its row returned; None if it was stopped. Never raises for a run."""
    plan = cell.plan
    try:
        models = meant(cell.models, "" if cell.prompt else cell.task, cell.seed)
        request = Request(
            cell.method, cell.text, dict(cell.knobs), models, cell.run_seed, plan.max_tokens,
            plan.detail, plan.device, plan.dtype,
        )  # fmt: skip
        prepared = prepare(request, shelf, stop_requested)
    except WorkbenchError as error:
        return replace(cell.named, status=REFUSED, reason=REFUSED, sentence=str(error))
    trace = replace(Recording(prepared).run(), clock=())
    if trace.footer.status == "cancelled":
        return None
    name = f"{TRACES}/{cell.method}-{cell.task}-{cell.seed}-{cell.key}.json.gz"
    table.replace(folder / name, gzip.compress(encode(trace), mtime=0))
    row = replace(cell.named, trace=name, status=trace.footer.status, **_cost(trace))
    if trace.footer.status != COMPLETE:
        return replace(row, reason=trace.footer.status, sentence=trace.footer.message)
    text = prepared.tokens.decode(answer_ids(trace)).strip()
    score = cell.graded(text)
    if score is None:
        return replace(row, answer=text)
    return replace(
        row, answer=text, score=_short(score.points), strict=_short(score.points if score.strict else 0.0),
        reason=str(score.why), sentence=score.reason,
    )  # fmt: skip


def _cost(trace: Any) -> dict[str, Any]:
    found = spent(trace)
    figures = asdict(found) | {"tokens_per_round": found.tokens_per_round}
    return {name: _short(value) for name, value in figures.items()}


def _short(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


# -- what there is to do -----------------------------------------------------------------------------


def _distinct(name: str, count: int) -> list[int]:
    """The first seeds of a task whose prompts differ."""
    seen: dict[str, int] = {}
    for seed in range(20 * count):
        seen.setdefault(tasks.make(name, seed).prompt, seed)
        if len(seen) == count:
            break
    return list(seen.values())


def _settings(method: Method, grid: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, Value]]:
    """Every combination of the grid's knobs that the method has; values that it refuses stay as written."""
    knobs = {each.name: each for each in method.knobs}
    own: dict[str, tuple[str, ...]] = {}
    for name, values in sorted(grid.items(), key=lambda pair: "." in pair[0]):
        if knob := own_knob(method, name):
            own[knob] = values  # what names the method wins
    for values in itertools.product(*own.values()):
        setting: dict[str, Value] = {}
        for name, value in zip(own, values, strict=True):
            try:
                setting[name] = knobs[name].parse(value)
            except WorkbenchError:
                setting[name] = value
        yield setting


def _weights(method: Method, models: Mapping[str, str], plan: Plan, shelf: Shelf) -> str:
    """role=name@digest of every role: other weights are other runs."""
    said: list[str] = []
    for role in method.needs:
        name = models.get(role)
        if name == ORACLE:  # it is made from each prompt's answers
            said.append(f"{role}={name}")
            continue
        try:
            name = name or usual_model(method, role, shelf)
            loaded = shelf.open(name, plan.device, plan.dtype)
            said.append(f"{role}={loaded.entry.name}@{loaded.sha256[:12]}")
        except (WorkbenchError, KeyError):
            if role in models:
                raise
            said.append(f"{role}={name or 'none'}")
    return "; ".join(said)


# -- doing it ----------------------------------------------------------------------------------------


def _rows(
    missing: list[Cell], folder: Path, shelf: Shelf, workers: int, stop_requested: Callable[[], bool]
) -> Generator[Row, None, None]:
    if workers <= 1:
        for cell in missing:
            row = None if stop_requested() else run_cell(cell, folder, shelf, stop_requested)
            if row is None:
                return
            yield row
        return
    yield from _parallel(missing, folder, shelf, workers, stop_requested)


def _parallel(
    missing: Iterable[Cell], folder: Path, shelf: Shelf, workers: int, stop_requested: Callable[[], bool]
) -> Generator[Row, None, None]:
    """Rows as processes finish them; a few runs wait at each, so that a stop comes soon."""
    ahead, left = 4 * workers, iter(missing)
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), _begin, (shelf.roots, shelf.allow_hub, shelf.trusted)
    )
    try:
        waiting: set[Future[Row | None]] = set()
        while True:
            for cell in itertools.islice(left, ahead - len(waiting)):
                waiting.add(pool.submit(_work, cell, folder))
            if not waiting or stop_requested():
                return
            finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                if (row := future.result()) is not None:
                    yield row
    except BrokenProcessPool:
        raise WorkbenchError(GONE) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_SHELVES: list[Shelf] = []
"""The shelf of a worker process; empty elsewhere."""


def _begin(roots: tuple[Path, ...], allow_hub: bool, trusted: frozenset[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends the work in order
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _SHELVES.append(Shelf(roots, allow_hub, tuple(trusted)))


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _work(cell: Cell, folder: Path) -> Row | None:
    return run_cell(cell, folder, _SHELVES[0])
