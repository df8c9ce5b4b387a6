"""Plain routes beside gradio: the player's files, reels and deltas, exports, imports."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from workbench.trace import WorkbenchError, encode, load
from workbench.trace.journal import write_journal
from workbench.ui.answer import Known
from workbench.ui.colours import firm, page_style
from workbench.ui.place import Place
from workbench.ui.store import Record

STATIC = Path(__file__).with_name("static")
SCRIPTS = ("dom.js", "setup.js", "compare.js", "stage.js", "lab.js", "sweep.js", "start.js")
MAX_IMPORT = 20 * 2**20
"""The largest file that may be imported, in bytes."""
JSON_TYPE = "application/json"
TOO_LARGE = f"The file has more than {MAX_IMPORT // 2**20} MB, which is the most that can be imported."
BROKEN = "This trace contradicts itself, so it cannot be drawn ({}); the check says where it goes wrong."


def routes(place: Place) -> APIRouter:
    """All routes of the page."""
    router = APIRouter()
    _files(router, place)
    _choices(router, place)
    _runs(router, place)
    _exports(router, place)
    _imports(router, place)
    return router


def refusal(error: Exception, status: int = 400) -> JSONResponse:
    """One sentence, as the page shows it."""
    return JSONResponse({"error": str(error)}, status)


def _files(router: APIRouter, place: Place) -> None:
    pictures = place.pictures

    @router.get("/player/player.js")
    def player_script() -> Response:
        return _text(pictures.script(), "text/javascript")

    @router.get("/player/player.css")
    def player_style() -> Response:
        return _text(firm(pictures.style()), "text/css")

    @router.get("/workbench/page.js")
    def page_script() -> Response:
        parts = [STATIC.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS]
        return _text("\n".join(parts), "text/javascript")

    @router.get("/workbench/page.css")
    def style() -> Response:
        return _text(page_style(pictures.colours), "text/css")

    @router.get("/vendor/plotly.min.js")
    def plotly() -> Response:
        import plotly

        path = Path(str(plotly.__file__)).parent / "package_data" / "plotly.min.js"
        return FileResponse(path, media_type="text/javascript", headers={"cache-control": "max-age=86400"})


def _text(content: str, kind: str) -> Response:
    return Response(content, media_type=f"{kind}; charset=utf-8", headers={"cache-control": "no-cache"})


def _choices(router: APIRouter, place: Place) -> None:
    @router.get("/workbench/choices.json")
    def choices() -> Response:
        return JSONResponse(place.choices())

    @router.get("/workbench/selection/{method}")
    def selection(method: str, request: Request) -> Response:
        return _answer(lambda: JSONResponse(place.selection(method, dict(request.query_params))))

    @router.get("/workbench/examples.json")
    def examples() -> Response:
        return JSONResponse(place.examples.views)

    @router.get("/workbench/task/{name}/{seed}")
    def task(name: str, seed: int) -> Response:
        try:
            instance = Known(name, seed).instance()
        except WorkbenchError as error:
            return refusal(error, 404)
        return JSONResponse({"prompt": instance.prompt, "answer": instance.answer})


def _runs(router: APIRouter, place: Place) -> None:
    store = place.store

    @router.get("/runs/{id}")
    def described(id: str) -> Response:
        return _answer(lambda: JSONResponse(store.get(id).described()))

    @router.get("/runs/{id}/reel")
    def reel(id: str) -> Response:
        return _answer(lambda: Response(_reel(place, store.get(id)), media_type=JSON_TYPE))

    @router.get("/runs/{id}/delta")
    def delta(id: str, start: int = 0) -> Response:
        def answer() -> Response:
            deltas = store.get(id).deltas[max(0, start) :]
            return Response(b"[" + b",".join(deltas) + b"]", media_type=JSON_TYPE)

        return _answer(answer)

    @router.post("/runs/{id}/stop")
    def stop(id: str) -> Response:
        return JSONResponse({"stopping": place.runner.stop(id)})


def _answer(answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except WorkbenchError as error:
        return refusal(error, 404)


def _reel(place: Place, record: Record) -> bytes:
    try:
        return place.pictures.dumps(place.pictures.reel(record.trace()))
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise WorkbenchError(BROKEN.format(type(error).__name__)) from error


def _exports(router: APIRouter, place: Place) -> None:
    store, pictures = place.store, place.pictures

    @router.get("/runs/{id}/trace.json")
    def trace(id: str) -> Response:
        return _answer(lambda: _download(store.get(id), "json", JSON_TYPE, encode(store.get(id).trace())))

    @router.get("/runs/{id}/trace.jsonl")
    def journal(id: str) -> Response:
        def answer() -> Response:
            record, path = store.get(id), store.journal(id)
            if not path.is_file():
                write_journal(path, record.trace())
            return _download(record, "jsonl", "application/x-ndjson", path.read_bytes())

        return _answer(answer)

    @router.get("/runs/{id}/tables.zip")
    def tables(id: str) -> Response:
        def answer() -> Response:
            record = store.get(id)
            return _download(record, "zip", "application/zip", _zipped(pictures.tables(record.trace())))

        return _answer(answer)

    @router.get("/runs/{id}/replay.html")
    def replay(id: str, beside: str = "") -> Response:
        def answer() -> Response:
            records = [store.get(each) for each in (id, beside) if each]
            page = pictures.standalone([pictures.reel(record.trace()) for record in records])
            return _download(records[0], "html", "text/html; charset=utf-8", page.encode())

        return _answer(answer)


def _zipped(tables: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            archive.writestr(f"{safe(name)}.csv", table)
    return buffer.getvalue()


def _download(record: Record, ending: str, kind: str, content: bytes) -> Response:
    name = f"{safe(record.trace().header.method)}-{safe(record.id)[:8]}.{ending}"
    return Response(
        content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def safe(name: str) -> str:
    """A name that can stand in a file name and a header, whatever it was."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "run"


def _imports(router: APIRouter, place: Place) -> None:
    @router.post("/runs/import")
    async def import_file(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_IMPORT:
                return refusal(WorkbenchError(TOO_LARGE), 413)
        return await run_in_threadpool(_import, place, bytes(body))


def _import(place: Place, body: bytes) -> Response:
    try:
        record = place.store.keep(load(body, MAX_IMPORT))
        try:
            _reel(place, record)
        except WorkbenchError as error:
            raise WorkbenchError(f"{error} {record.report.badge}") from error
        return JSONResponse(record.described())
    except WorkbenchError as error:
        return refusal(error)
    except RecursionError:
        return refusal(WorkbenchError("This file is nested too deeply to be a trace."))
