"""The page "Many prompts": its places, and the routes that its script asks; `sweeps` holds what they tell."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from workbench import tasks
from workbench.trace import WorkbenchError
from workbench.ui.colours import firm
from workbench.ui.place import Place
from workbench.ui.replies import refusal, safe
from workbench.ui.routes import STATIC
from workbench.ui.sweeps import Sweeps
from workbench.ui.waiting import placeholder, when_loaded

if TYPE_CHECKING:
    from workbench.run.plan import Plan
    from workbench.run.prompts import Prompt

STYLE = STATIC / "sweep.css"
MAX_BODY = 20 * 2**20
"""The largest request: a file of prompts, as JSON text."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is computed by spreadsheets, unless it is a number."""
NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
RELOAD = "The request names no sweep; reload the page."


WAITS = {"controls": ("Loading methods and tasks…", 9), "figure": ("Looking for sets on this machine…", 12)}
"""What stands in each part until the program has answered, and how many lines of it."""


def part(name: str) -> gr.HTML:
    """An empty place that the script fills: 'controls' (beside the stage) or 'figure' (above it)."""
    return gr.HTML(
        html_template=placeholder(f"wb-sweep-{name}", *WAITS[name]),
        js_on_load=when_loaded(
            f"window.Workbench.sweep.{name}(element.querySelector('.wb-sweep-{name}') || element);"
        ),
        elem_id=f"sweep-{name}",
        apply_default_css=False,
    )


def sweep_routes(place: Place) -> APIRouter:
    """What lies here, the figures of one sweep, its traces and files, and the sweep that runs."""
    router, sweeps = APIRouter(prefix="/sweeps"), Sweeps(place)
    _looking(router, sweeps)
    _running(router, sweeps, place)
    _files(router, sweeps)
    return router


def _looking(router: APIRouter, sweeps: Sweeps) -> None:
    @router.get("/sweep.css")
    def style() -> Response:
        sheet = firm(STYLE.read_text(encoding="utf-8"))
        return Response(sheet, media_type="text/css", headers={"cache-control": "no-cache"})

    @router.get("/options.json")
    def options() -> Response:
        listed = [
            {"id": task.name, "title": task.title, "trained": task.in_mix} for task in tasks.TASKS.values()
        ]
        return JSONResponse({"sweeps": sweeps.names(), "tasks": listed, "job": _said(sweeps)})

    @router.get("/overview.json")
    def overview(name: str = "", task: str = "", column: str = "score") -> Response:
        return _answer(lambda: sweeps.overview(name, task, column))

    @router.get("/figure.json")
    def figure(request: Request, name: str = "", task: str = "", id: str = "", show: str = "") -> Response:
        own = {"name", "task", "id", "show"}
        asked = {key: value for key, value in request.query_params.items() if key not in own}
        chosen = [int(each) for each in show.split(",") if each.isdecimal() and len(each) < 9]
        return _answer(lambda: sweeps.figure(name, task, id, chosen, asked))

    @router.get("/runs.json")
    def runs(name: str = "", task: str = "", setting: int = 0) -> Response:
        return _answer(lambda: sweeps.runs(name, task, setting))

    @router.post("/open")
    def open_trace(name: str = "", key: str = "") -> Response:
        return _answer(lambda: {"run": sweeps.open(name, key)})


def _running(router: APIRouter, sweeps: Sweeps, place: Place) -> None:
    @router.post("/run")
    async def run(request: Request) -> Response:
        return await _posted(request, lambda body: _start(body, sweeps, place))

    @router.post("/prompts")
    async def prompts(request: Request, name: str = "") -> Response:
        """How many prompts a file holds, or what is wrong with it."""
        return await _posted(request, lambda body: _counted(body, name))

    @router.post("/resume")
    def resume(name: str = "") -> Response:
        return _answer(lambda: sweeps.resume(name).described())

    @router.get("/progress.json")
    def progress() -> Response:
        return JSONResponse({"job": _said(sweeps)})

    @router.post("/cancel")
    def cancel() -> Response:
        if sweeps.job:
            sweeps.job.stop.set()
        return JSONResponse({"job": _said(sweeps)})


def _files(router: APIRouter, sweeps: Sweeps) -> None:
    @router.get("/table.csv")
    def rows_csv(name: str = "") -> Response:
        return _file(name, "csv", "text/csv; charset=utf-8", lambda: _csv(sweeps.opened(name).rows))

    @router.get("/table.json")
    def rows_json(name: str = "") -> Response:
        def content() -> str:
            return json.dumps([asdict(row) for row in sweeps.opened(name).rows], ensure_ascii=False)

        return _file(name, "json", "application/json", content)

    @router.get("/report.json")
    def report(name: str = "") -> Response:
        batch = sweeps.place.pictures.batch
        return _file(
            f"{name}-report", "json", "application/json",
            lambda: json.dumps(batch.report(_whole_batch(sweeps, name)), ensure_ascii=False, indent=1),
        )  # fmt: skip

    @router.get("/report.html")
    def page(name: str = "") -> Response:
        def content() -> str:
            told = sweeps.overview(name, "", "score")
            return sweeps.place.pictures.batch.page(_whole_batch(sweeps, name), name, told["command"])

        return _file(name, "html", "text/html; charset=utf-8", content)


def _whole_batch(sweeps: Sweeps, name: str) -> Any:
    """The batch when every trace is read: a file must not hold half."""
    batch, left = sweeps.batch(name), sweeps.opened(name).left
    if left:
        raise WorkbenchError(f"{left} traces are still being read; try again in a moment.")
    return batch


def _file(name: str, ending: str, kind: str, content: Callable[[], str]) -> Response:
    try:
        said = {"content-disposition": f'attachment; filename="{safe(name)}.{ending}"'}
        return Response(content().encode("utf-8", "replace"), media_type=kind, headers=said)
    except WorkbenchError as error:
        return refusal(error)


def _csv(rows: Any) -> str:
    """Rows with a heading. A field that a spreadsheet would compute is given an apostrophe."""
    from workbench.run.table import COLUMNS

    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(value) for name, value in asdict(row).items()})
    return out.getvalue()


def _harmless(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(FORMULA):
        return value
    return value if NUMBER.fullmatch(value) else f"'{value}"


async def _posted(request: Request, answer: Callable[[bytes], dict[str, Any]]) -> Response:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return refusal(
                WorkbenchError(f"This is more than {MAX_BODY // 2**20} MB; use a smaller file."), 413
            )
    return await run_in_threadpool(_answer, lambda: answer(bytes(body)))


def _start(body: bytes, sweeps: Sweeps, place: Place) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise WorkbenchError("The request is no JSON; reload the page.") from None
    if not isinstance(asked, dict):
        raise WorkbenchError(RELOAD)
    name = str(asked.get("name") or "")
    sweeps.folder(name)
    return sweeps.start(name, _plan(asked, place)).described()


def _counted(body: bytes, name: str) -> dict[str, Any]:
    from workbench.run.prompts import parse

    found = parse(body, name)
    return {"count": len(found), "answered": sum(prompt.answer is not None for prompt in found)}


def _plan(asked: Mapping[str, Any], place: Place) -> "Plan":
    from workbench.run.plan import CANVAS, Plan

    models = asked.get("models") or {}
    if not isinstance(models, dict):
        raise WorkbenchError(RELOAD)
    return Plan(
        methods=_names(asked.get("methods")),
        tasks=_names(asked.get("tasks")),
        count=_whole("prompts", asked.get("count", 5)),
        grid=_grid(str(asked.get("grid") or "")),
        models={str(role): str(model) for role, model in models.items() if model},
        seed=_whole("seed", asked.get("seed", 0)),
        repeats=_whole("seeds", asked.get("repeats", 1)),
        max_tokens=_whole("max_tokens", asked.get("max_tokens", CANVAS)),
        device=place.settings.device,
        dtype=place.settings.dtype,
        prompts=_prompts(asked.get("prompts")),
    ).checked()


def _prompts(given: Any) -> "tuple[Prompt, ...]":
    """The prompts of a file that came as {name, text}."""
    from workbench.run.prompts import parse

    if given is None:
        return ()
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise WorkbenchError(RELOAD)
    return parse(given["text"].encode("utf-8", "surrogatepass"), str(given.get("name") or "prompts"))


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


def _said(sweeps: Sweeps) -> dict[str, Any] | None:
    return sweeps.job and sweeps.job.described()


def _answer(answer: Callable[[], Mapping[str, Any]]) -> Response:
    try:
        return JSONResponse(answer())
    except WorkbenchError as error:
        return refusal(error)
