"""The page "Many prompts": sweeps that lie on this machine, a small one that runs here, and its traces."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from workbench import tasks
from workbench.run import table
from workbench.trace import WorkbenchError, load
from workbench.ui.answer import Known
from workbench.ui.colours import firm
from workbench.ui.place import Place
from workbench.ui.routes import STATIC, refusal
from workbench.ui.waiting import when_loaded

if TYPE_CHECKING:
    from workbench.run.sweep import Plan

STYLE = STATIC / "sweep.css"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,59}")
TRACE = re.compile(r"traces/[A-Za-z0-9_][A-Za-z0-9._-]*\.json\.gz")
COLUMNS = ("score", "strict")
MOST = 2000
"""The most runs that are done from the page; the command line has worker processes and no such limit."""


def part(name: str) -> gr.HTML:
    """An empty place that the script fills: 'controls' (beside the stage) or 'figure' (above it)."""
    return gr.HTML(
        html_template=f'<div class="wb-sweep-{name}"></div>',
        js_on_load=when_loaded(
            f"window.Workbench.sweep.{name}(element.querySelector('.wb-sweep-{name}') || element);"
        ),
        elem_id=f"sweep-{name}",
        apply_default_css=False,
    )


@dataclass
class Job:
    """A sweep that runs here. status: running, done, stopped or failed; sentence: why it failed."""

    name: str
    status: str = "running"
    done: int = 0
    all: int = 0
    sentence: str = ""
    stop: Event = field(default_factory=Event)

    def described(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "status", "done", "all", "sentence")}


class Sweeps:
    """The sweeps below one folder; one at a time runs here, in a thread of its own."""

    def __init__(self, place: Place) -> None:
        self.place, self.root = place, place.settings.traces / "sweeps"
        self.job: Job | None = None
        self._lock = Lock()
        self._opened: dict[tuple[str, str], str] = {}

    def names(self) -> list[str]:
        """The newest first."""
        tables = self.root.glob(f"*/{table.TABLE}")
        newest = sorted(tables, key=lambda path: path.stat().st_mtime, reverse=True)
        return [path.parent.name for path in newest if NAME.fullmatch(path.parent.name)]

    def folder(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise WorkbenchError("A sweep's name has letters, digits, '.', '_' and '-', 60 at most.")
        return self.root / name

    def figure(self, name: str, task: str, column: str) -> dict[str, Any]:
        """The chart and the settings of one sweep; of one task, or of all ('')."""
        if column not in COLUMNS:
            raise WorkbenchError(f"There is no column '{column[:20]}'; choose one of: {', '.join(COLUMNS)}.")
        rows = [asdict(row) for row in table.read(self.folder(name))]
        asked = list(dict.fromkeys(row["task"] for row in rows))
        rows = [row for row in rows if task in ("", row["task"])]
        return {"name": name, "tasks": asked, "task": task, **self.place.pictures.trade_off(rows, column)}

    def open(self, name: str, key: str) -> str:
        """The run in the store that a row's trace became."""
        folder = self.folder(name)
        row = next((row for row in table.read(folder) if row.key == key), None)
        if row is None or not TRACE.fullmatch(row.trace):
            raise WorkbenchError("This row has no trace; run the sweep again.")
        known, store = self._opened.get((name, key)), self.place.store
        if known and store.journal(known).is_file():
            return known
        try:
            record = store.keep(load(folder / row.trace))
        except OSError:
            raise WorkbenchError(f"The trace '{row.trace}' is gone; run the sweep again.") from None
        record.known = Known(row.task, row.seed)
        store.remember(record.id, record.known)
        self._opened[name, key] = record.id
        return record.id

    def start(self, asked: Mapping[str, Any]) -> Job:
        """Begin a sweep; what is wrong with it is said before anything runs."""
        name = str(asked.get("name") or "")
        folder, plan = self.folder(name), _plan(asked, self.place)
        with self._lock:
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
            Thread(target=self._work, args=(self.job, plan, folder, shelf), name="sweep", daemon=True).start()
            return self.job

    def _work(self, job: Job, plan: "Plan", folder: Path, shelf: Any) -> None:
        from workbench.run.sweep import sweep

        try:
            for done, all, _ in sweep(plan, folder, shelf, stop_requested=job.stop.is_set):
                job.done, job.all = done, all
            job.status = "done" if job.done == job.all else "stopped"
        except WorkbenchError as error:
            job.status, job.sentence = "failed", str(error)
        except Exception as error:
            job.status, job.sentence = "failed", f"Something unexpected happened ({type(error).__name__})."
            raise


def _plan(asked: Mapping[str, Any], place: Place) -> "Plan":
    from workbench.run.perfect import ORACLE
    from workbench.run.sweep import CANVAS, Plan

    return Plan(
        methods=_names(asked.get("methods")),
        tasks=_names(asked.get("tasks")),
        count=_whole("prompts", asked.get("count", 5)),
        grid=_grid(str(asked.get("grid") or "")),
        models={"denoiser": ORACLE} if asked.get("perfect") is True else {},
        max_tokens=_whole("max_tokens", asked.get("max_tokens", CANVAS)),
        device=place.settings.device,
        dtype=place.settings.dtype,
    ).checked()


def _names(given: Any) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else ()


def _grid(text: str) -> dict[str, tuple[str, ...]]:
    """'threshold=0.5,0.9; steps=8': values by knob."""
    grid: dict[str, tuple[str, ...]] = {}
    for item in filter(None, map(str.strip, re.split(r"[;\n]", text))):
        name, mark, values = item.partition("=")
        if not mark:
            raise WorkbenchError(f"'{item[:40]}' is not of the form KNOB=V1,V2; write threshold=0.5,0.9.")
        grid[name.strip()] = tuple(filter(None, map(str.strip, values.split(","))))
    return grid


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WorkbenchError(f"{name} is not a whole number; give one.")
    return value


def sweep_routes(place: Place) -> APIRouter:
    """What lies here, the figure of one sweep, its traces, and the sweep that runs."""
    router, sweeps = APIRouter(prefix="/sweeps"), Sweeps(place)

    @router.get("/sweep.css")
    def style() -> Response:
        sheet = firm(STYLE.read_text(encoding="utf-8"))
        return Response(sheet, media_type="text/css", headers={"cache-control": "no-cache"})

    @router.get("/options.json")
    def options() -> Response:
        listed = [
            {"id": task.name, "title": task.title, "trained": task.in_mix} for task in tasks.TASKS.values()
        ]
        return JSONResponse({"sweeps": sweeps.names(), "tasks": listed, "job": _said(sweeps.job)})

    @router.get("/figure.json")
    def figure(name: str = "", task: str = "", column: str = "score") -> Response:
        return _answer(lambda: sweeps.figure(name, task, column))

    @router.post("/open")
    def open_trace(name: str = "", key: str = "") -> Response:
        return _answer(lambda: {"run": sweeps.open(name, key)})

    @router.post("/run")
    async def run(request: Request) -> Response:
        try:
            asked = await request.json()
        except ValueError:
            return refusal(WorkbenchError("The request is no JSON; reload the page."))
        if not isinstance(asked, dict):
            return refusal(WorkbenchError("The request names no sweep; reload the page."))
        return await run_in_threadpool(_answer, lambda: sweeps.start(asked).described())

    @router.get("/progress.json")
    def progress() -> Response:
        return JSONResponse({"job": _said(sweeps.job)})

    @router.post("/cancel")
    def cancel() -> Response:
        if sweeps.job:
            sweeps.job.stop.set()
        return JSONResponse({"job": _said(sweeps.job)})

    return router


def _said(job: Job | None) -> dict[str, Any] | None:
    return job and job.described()


def _answer(answer: Callable[[], dict[str, Any]]) -> Response:
    try:
        return JSONResponse(answer())
    except WorkbenchError as error:
        return refusal(error)
