"""Plain routes beside gradio: the player's files, reels and deltas."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from workbench.trace import WorkbenchError
from workbench.ui.answer import Known
from workbench.ui.colours import firm, page_style
from workbench.ui.exports import exports, imports
from workbench.ui.place import Place
from workbench.ui.replies import JSON_TYPE, answer, reel_of, refusal

STATIC = Path(__file__).with_name("static")
SCRIPTS = (
    "dom.js",
    "line.js",
    "setup.js",
    "compare.js",
    "counts.js",
    "share.js",
    "tours.js",
    "fork.js",
    "stage.js",
    "lab_pair.js",
    "lab.js",
    "sweep_form.js",
    "sweep.js",
    "start.js",
)


def routes(place: Place) -> APIRouter:
    """All routes of the page."""
    router = APIRouter()
    _files(router, place)
    _choices(router, place)
    _runs(router, place)
    exports(router, place)
    imports(router, place)
    return router


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
        return answer(lambda: JSONResponse(place.selection(method, dict(request.query_params))))

    @router.get("/workbench/examples.json")
    def examples() -> Response:
        return JSONResponse(place.examples.views)

    @router.get("/workbench/tours.json")
    def tours() -> Response:
        return JSONResponse(place.tours)

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
        return answer(lambda: JSONResponse(store.get(id).described()))

    @router.get("/runs/{id}/reel")
    def reel(id: str) -> Response:
        return answer(lambda: Response(reel_of(place, store.get(id)), media_type=JSON_TYPE))

    @router.get("/runs/{id}/delta")
    def delta(id: str, start: int = 0) -> Response:
        def made() -> Response:
            deltas = store.get(id).deltas[max(0, start) :]
            return Response(b"[" + b",".join(deltas) + b"]", media_type=JSON_TYPE)

        return answer(made)

    @router.post("/runs/{id}/stop")
    def stop(id: str) -> Response:
        return JSONResponse({"stopping": place.runner.stop(id)})
