"""Exports and imports: runs as files of other programs, and files as runs."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from workbench.exchange import Format, open_any
from workbench.trace import Trace, WorkbenchError
from workbench.ui.place import Place
from workbench.ui.replies import BROKEN, CONTRADICTIONS, answer, attached, file_name, reel_of, refusal
from workbench.ui.store import Record

MAX_IMPORT = 20 * 2**20
"""The largest file that may be imported, in bytes."""
TOO_LARGE = f"The file has more than {MAX_IMPORT // 2**20} MB, which is the most that can be imported."
JOURNAL = "trace.jsonl"


def exports(router: APIRouter, place: Place) -> None:
    """One route per format, and the list of them that menus are made from."""
    for kind in place.pictures.formats:
        router.add_api_route(f"/runs/{{id}}/{kind.file}", _exporter(place, kind), methods=["GET"])

    @router.get("/workbench/exports.json")
    def formats() -> Response:
        return JSONResponse([described(kind) for kind in place.pictures.formats])


def described(kind: Format) -> dict[str, Any]:
    """A format as a menu shows it."""
    told = {"file": kind.file, "title": kind.title, "purpose": kind.purpose}
    return told | {"pair": kind.pair, "coloured": kind.coloured, "opens": kind.opens}


def _exporter(place: Place, kind: Format) -> Any:
    def export(id: str, beside: str = "", theme: str = "light") -> Response:
        def made() -> Response:
            records = [place.store.get(each) for each in (id, beside if kind.pair else "") if each]
            name = file_name(records[0], kind.ending)
            return attached(name, kind.media, content(place, kind, records, theme))

        return answer(made)

    return export


def content(place: Place, kind: Format, records: Sequence[Record], theme: str = "light") -> bytes:
    """The exported file. Raises WorkbenchError for a run that contradicts itself."""
    path = place.store.journal(records[0].id)
    if kind.file == JOURNAL and path.is_file():
        return path.read_bytes()  # as it was written while the run went on
    try:
        return kind.write([record.trace() for record in records], theme)
    except CONTRADICTIONS as error:
        raise WorkbenchError(BROKEN.format(type(error).__name__)) from error


def imports(router: APIRouter, place: Place) -> None:
    """The route that takes a file of any kind that we know."""

    @router.post("/runs/import")
    async def import_file(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_IMPORT:
                return refusal(WorkbenchError(TOO_LARGE), 413)
        return await run_in_threadpool(_import, place, bytes(body))


def _import(place: Place, body: bytes) -> Response:
    """A run with what stands beside it, or counts of another program."""
    try:
        opened = open_any(body, MAX_IMPORT)
        if opened.counts:
            return JSONResponse({"counts": place.pictures.counts(opened.counts)})
        first, *more = [_kept(place, trace) for trace in opened.traces]
        return JSONResponse(first.described() | {"beside": [record.described() for record in more]})
    except WorkbenchError as error:
        return refusal(error)
    except RecursionError:
        return refusal(WorkbenchError("This file is nested too deeply to be a trace."))


def _kept(place: Place, trace: Trace) -> Record:
    """A trace from elsewhere as a run that can be drawn."""
    record = place.store.keep(trace)
    try:
        reel_of(place, record)
    except WorkbenchError as error:
        raise WorkbenchError(f"{error} {record.report.badge}") from error
    return record
