"""How our routes answer: one sentence for a refusal, a reel, or a file to keep."""

import re
from collections.abc import Callable

from fastapi.responses import JSONResponse, Response

from workbench.trace import WorkbenchError
from workbench.ui.place import Place
from workbench.ui.store import Record

JSON_TYPE = "application/json"
BROKEN = "This trace contradicts itself, so it cannot be drawn ({}); the check says where it goes wrong."
CONTRADICTIONS = (KeyError, IndexError, ValueError, TypeError, AttributeError)
"""What drawing raises where events contradict each other."""


def refusal(error: Exception, status: int = 400) -> JSONResponse:
    """One sentence, as the page shows it."""
    return JSONResponse({"error": str(error)}, status)


def answer(make: Callable[[], Response]) -> Response:
    """What `make` answers, or its refusal."""
    try:
        return make()
    except WorkbenchError as error:
        return refusal(error, 404)


def reel_of(place: Place, record: Record) -> bytes:
    """The run as the player reads it. Raises WorkbenchError for one that contradicts itself."""
    try:
        return place.pictures.dumps(place.pictures.reel(record.trace()))
    except CONTRADICTIONS as error:
        raise WorkbenchError(BROKEN.format(type(error).__name__)) from error


def attached(name: str, media: str, content: bytes) -> Response:
    """A file to keep."""
    return Response(
        content, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def file_name(record: Record, ending: str) -> str:
    """The name of an exported run: its method, and the whole id, which opens it again."""
    return f"{safe(record.trace().header.method)}-{safe(record.id)}.{ending}"


def safe(name: str) -> str:
    """A name that can stand in a file name and a header, whatever it was."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "run"
