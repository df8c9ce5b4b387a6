"""The page "see what breaks": its place, and the routes that it asks; `workbench.lab` has the figures."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from workbench.trace import WorkbenchError
from workbench.ui.colours import firm
from workbench.ui.place import Place
from workbench.ui.routes import STATIC, refusal
from workbench.ui.waiting import placeholder, when_loaded

if TYPE_CHECKING:
    from workbench.lab.experiment import Experiment

STYLE = STATIC / "lab.css"
NAV = (
    "<nav class='wb-nav' aria-label='Pages'><a href='#decode' data-testid='tab-decode'>Decode</a>"
    "<a href='#breaks' data-testid='tab-lab'>See what breaks</a>"
    "<a href='#many' data-testid='tab-many'>Many prompts</a></nav>"
)
"""The views of one page; the script shows the one that the address names."""
WAITS = {
    "controls": ("Loading the rules…", 6),
    "figure": ("Working out the exact law of an example…", 9),
}
"""What stands in each part until the program has answered, and how many lines of it."""


def part(name: str) -> gr.HTML:
    """An empty place that the script fills: 'controls' (beside the stage) or 'figure' (above it)."""
    return gr.HTML(
        html_template=placeholder(f"wb-lab-{name}", *WAITS[name]),
        js_on_load=when_loaded(
            f"window.Workbench.lab.{name}(element.querySelector('.wb-lab-{name}') || element);"
        ),
        elem_id=f"lab-{name}",
        apply_default_css=False,
    )


def lab_routes(place: Place) -> APIRouter:
    """What can be chosen, the law of a choice, and a recorded run of it."""
    router = APIRouter(prefix="/lab")
    opened: dict[Any, str] = {}

    @router.get("/lab.css")
    def style() -> Response:
        sheet = firm(STYLE.read_text(encoding="utf-8"))
        return Response(sheet, media_type="text/css", headers={"cache-control": "no-cache"})

    @router.get("/options.json")
    def options() -> Response:
        from workbench.lab import describe

        return JSONResponse(describe.options())

    @router.get("/law.json")
    def law(request: Request) -> Response:
        from workbench.lab import describe
        from workbench.lab.experiment import explore

        return _answer(lambda: describe.finding(explore(_experiment(request))))

    @router.get("/caught.json")
    def caught(request: Request) -> Response:
        from workbench.lab import describe, record

        return _answer(lambda: describe.catching(record.caught(_experiment(request))))

    @router.post("/open")
    def open_trace(request: Request) -> Response:
        from workbench.lab import record

        def answer() -> dict[str, Any]:
            asked = _experiment(request)
            found = record.caught(asked)
            if asked not in opened or not place.store.journal(opened[asked]).is_file():
                opened[asked] = place.store.keep(found.trace).id
            return {"run": opened[asked], "event": found.event}

        return _answer(answer)

    return router


def _answer(answer: Callable[[], dict[str, Any]]) -> Response:
    try:
        return JSONResponse(answer())
    except WorkbenchError as error:
        return refusal(error)


def _experiment(request: Request) -> "Experiment":
    """The experiment that an address asks for."""
    from workbench.lab.experiment import Experiment

    said = request.query_params
    asked = Experiment(
        said.get("rule", ""),
        said.get("mistake", ""),
        _number("seed", said.get("seed", "0"), int),
        _number("size", said.get("size", "3"), int),
        _number("temperature", said.get("temperature", "1"), float),
        *(said.get(name, "") for name in ("drafter", "shape", "siblings")),
    )
    return asked.checked()


def _number(name: str, text: str, kind: type[int] | type[float]) -> Any:
    try:
        return kind(text)
    except ValueError:
        noun = "a whole number" if kind is int else "a number"
        raise WorkbenchError(f"{name} = '{text[:20]}' is not {noun}; give one.") from None
