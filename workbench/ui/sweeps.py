"""The sweeps that lie on this machine: what they hold, the one that runs here, and their traces."""

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import tasks
from workbench.run import table
from workbench.trace import WorkbenchError, load
from workbench.ui.answer import Known
from workbench.ui.place import Place

if TYPE_CHECKING:
    from workbench.run.digests import Digests
    from workbench.run.plan import Plan

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,59}")
TRACE = re.compile(r"traces/[A-Za-z0-9_][A-Za-z0-9._-]*\.json\.gz")
COLUMNS = ("score", "strict")
MOST = 5000
"""The most runs that are done from the page; the command line has worker processes and no such limit."""
KEPT = 4
"""How many sweeps stay in memory, read."""


@dataclass
class Job:
    """A sweep that runs here. status: running, done, stopped or failed; sentence: why it failed.

    begun: when its first new run began, and how many were there before, for the estimate.
    """

    name: str
    status: str = "running"
    done: int = 0
    all: int = 0
    sentence: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    begun: tuple[float, int] | None = None

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; None where nothing is known yet."""
        if self.status != "running" or self.begun is None or self.done <= self.begun[1]:
            return None
        each = (time.monotonic() - self.begun[0]) / (self.done - self.begun[1])
        return round(each * (self.all - self.done), 1)

    def described(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("name", "status", "done", "all", "sentence")}
        return named | {"seconds_left": self.seconds_left}


@dataclass
class Opened:
    """A sweep in memory. stamp: the table's time and size, which say whether it is still the same."""

    stamp: tuple[int, int]
    rows: list[table.Row]
    digests: "Digests"
    batches: dict[tuple[str, int], Any] = field(default_factory=dict[tuple[str, int], Any])
    reading: threading.Thread | None = None
    left: int = 0


class Sweeps:
    """The sweeps below one folder; one at a time runs here, in a thread of its own."""

    def __init__(self, place: Place) -> None:
        self.place, self.root = place, place.settings.traces / "sweeps"
        self.job: Job | None = None
        self._lock, self._starting = threading.Lock(), threading.Lock()
        self._opened: dict[str, Opened] = {}
        self._digests: dict[str, Digests] = {}
        self._runs: dict[tuple[str, str], str] = {}

    # -- what lies here ------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The newest first."""
        tables = self.root.glob(f"*/{table.TABLE}")
        newest = sorted(tables, key=lambda path: path.stat().st_mtime, reverse=True)
        return [path.parent.name for path in newest if NAME.fullmatch(path.parent.name)]

    def folder(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise WorkbenchError("A sweep's name has letters, digits, '.', '_' and '-', 60 at most.")
        return self.root / name

    def opened(self, name: str) -> Opened:
        """The rows and digests of a sweep; read again when its table has changed."""
        folder = self.folder(name)
        try:
            found = (folder / table.TABLE).stat()
            stamp = (found.st_mtime_ns, found.st_size)
        except OSError:
            stamp = (0, 0)
        with self._lock:
            kept = self._opened.get(name)
            if kept is None or kept.stamp != stamp:
                rows, reading = table.read(folder), kept.reading if kept else None
                kept = Opened(stamp, rows, self._digests_of(name), reading=reading)
                self._opened[name] = kept
                while len(self._opened) > KEPT:
                    del self._opened[next(iter(self._opened))]
            return kept

    def _digests_of(self, name: str) -> "Digests":
        """The same ones for whoever reads this sweep: the page, or the sweep that runs. Held: the lock."""
        from workbench.run.digests import Digests

        if name not in self._digests:
            batch = self.place.pictures.batch
            for other in list(self._digests)[: max(0, len(self._digests) - KEPT)]:
                del self._digests[other]
            self._digests[name] = Digests(self.folder(name), batch.digest, batch.FORMAT)
        return self._digests[name]

    def batch(self, name: str, task: str = "") -> Any:
        """The statistics of a sweep, of one task or of all (''); what is unread is read in the background."""
        opened = self.opened(name)
        self._read(name, opened)
        known = opened.digests.known
        found = opened.batches.get((task, len(known)))
        if found is None:
            opened.batches.clear()
            rows = [asdict(row) for row in opened.rows if task in ("", row.task)]
            found = opened.batches[task, len(known)] = self.place.pictures.batch.Batch.of(rows, known)
        return found

    def _read(self, name: str, opened: Opened) -> None:
        """Begin to read the traces that nobody has read; a sweep that runs here reads its own."""
        running = self.job is not None and self.job.status == "running" and self.job.name == name
        with self._lock:
            if running or (opened.reading and opened.reading.is_alive()):
                return
            missing = opened.digests.missing(opened.rows)
            opened.left = len(missing)
            if missing:
                opened.reading = threading.Thread(target=self._fill, args=(opened,), daemon=True)
                opened.reading.start()

    def _fill(self, opened: Opened) -> None:
        for left in opened.digests.fill(opened.rows):
            opened.left = left

    def overview(self, name: str, task: str, column: str) -> dict[str, Any]:
        """The chart, the settings and the set-up of one sweep."""
        from workbench.run import plan

        if column not in COLUMNS:
            raise WorkbenchError(f"There is no column '{column[:20]}'; choose one of: {', '.join(COLUMNS)}.")
        batch, opened, folder = self.batch(name, task), self.opened(name), self.folder(name)
        try:
            asked = plan.saved(folder)
            again = {"command": plan.command(asked, str(folder)), "setup": setup(asked)}
        except WorkbenchError:
            again = {"command": "", "setup": None}
        done = sum(row.status == table.COMPLETE for row in opened.rows)
        return {
            "name": name, "tasks": list(dict.fromkeys(row.task for row in opened.rows)), "task": task,
            "done": done, "all": max(plan.runs(folder), len(opened.rows)), "unread": opened.left,
            **again, **self.place.pictures.batch.overview(batch, column),
        }  # fmt: skip

    def figure(
        self, name: str, task: str, id: str, chosen: Sequence[int], asked: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """One figure of the chosen settings."""
        try:
            found = self.place.pictures.batch.figure(self.batch(name, task), id, chosen, asked)
        except KeyError:
            raise WorkbenchError(f"There is no figure '{id[:20]}'; reload the page.") from None
        return {**found, "unread": self.opened(name).left}

    def runs(self, name: str, task: str, setting: int) -> dict[str, Any]:
        """The rows of one setting."""
        batch = self.batch(name, task)
        if not 0 <= setting < len(batch.settings):
            raise WorkbenchError("This setting is not in the sweep any more; reload the page.")
        return {"runs": self.place.pictures.batch.runs(batch, setting)}

    def open(self, name: str, key: str) -> str:
        """The run in the store that a row's trace became."""
        folder = self.folder(name)
        row = next((row for row in self.opened(name).rows if row.key == key), None)
        if row is None or not TRACE.fullmatch(row.trace):
            raise WorkbenchError("This row has no trace; run the sweep again.")
        known, store = self._runs.get((name, key)), self.place.store
        if known and store.journal(known).is_file():
            return known
        try:
            record = store.keep(load(folder / row.trace))
        except OSError:
            raise WorkbenchError(f"The trace '{row.trace}' is gone; run the sweep again.") from None
        if row.task in tasks.TASKS:
            record.known = Known(row.task, row.seed)
            store.remember(record.id, record.known)
        self._runs[name, key] = record.id
        return record.id

    # -- the one that runs ---------------------------------------------------------------------------

    def start(self, name: str, plan: "Plan") -> Job:
        """Begin a sweep, or go on with it; what is wrong with it is said before anything runs."""
        folder = self.folder(name)
        with self._starting:
            if self.job and self.job.status == "running":
                raise WorkbenchError("A sweep is running; wait for it, or cancel it.")
            from workbench.models.shelf import Shelf
            from workbench.run.sweep import cells

            shelf = Shelf(self.place.shelf.roots)  # its own: networks are not shared between threads
            count = len(cells(plan, shelf))
            if count > MOST:
                raise WorkbenchError(
                    f"These are {count} runs, and the page does {MOST} at most; ask for fewer prompts, or "
                    "use 'python -m workbench sweep'."
                )
            self.job = Job(name, all=count)
        work = threading.Thread(
            target=self._work, args=(self.job, plan, folder, shelf), name="sweep", daemon=True
        )
        work.start()
        return self.job

    def resume(self, name: str) -> Job:
        """Go on with a sweep as it was asked for."""
        from workbench.run.plan import saved

        return self.start(name, saved(self.folder(name)).checked())

    def _work(self, job: Job, plan: "Plan", folder: Path, shelf: Any) -> None:
        from workbench.run.sweep import sweep

        digests: Digests | None = None
        try:
            for done, all, row in sweep(plan, folder, shelf, stop_requested=job.stop.is_set):
                job.done, job.all = done, all
                if digests is None:  # the folder is ours now
                    job.begun = (time.monotonic(), done)
                    with self._lock:
                        digests = self._digests_of(job.name)
                if row is not None and row.status == table.COMPLETE:
                    digests.add(row)
            job.status = "done" if job.done == job.all else "stopped"
        except WorkbenchError as error:
            job.status, job.sentence = "failed", str(error)
        except Exception as error:
            job.status, job.sentence = "failed", f"Something unexpected happened ({type(error).__name__})."
            raise


def setup(plan: "Plan") -> dict[str, Any]:
    """A plan as the page's form holds it; the prompts of a file are named, not sent."""
    return {
        "methods": list(plan.methods), "tasks": list(plan.tasks), "count": plan.count,
        "grid": "; ".join(f"{name}={','.join(values)}" for name, values in plan.grid.items()),
        "models": dict(plan.models), "seed": plan.seed, "repeats": plan.repeats,
        "max_tokens": plan.max_tokens, "prompts": len(plan.prompts),
    }  # fmt: skip
