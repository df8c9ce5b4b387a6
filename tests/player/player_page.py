"""A page that mounts the player with synthetic traces; `python tests/player/player_page.py` serves it."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests" / "viz")]

import fake_traces as fakes  # noqa: E402
from test_acceptance import overlapped  # noqa: E402
from test_canvas import canvas, told_pair  # noqa: E402
from test_drafts import ahead, compared, copied, rivals  # noqa: E402
from test_measures import fused  # noqa: E402
from test_trials import guesses, ladder, lanes  # noqa: E402

from viz import player  # noqa: E402
from viz.reel import ReelBuilder, dumps, reel  # noqa: E402
from workbench.trace import Trace, load  # noqa: E402

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Player</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/player/player.css">
<style>body{margin:0;padding:20px;background:#f3f4f6}body.dark{background:#0c0f13}</style>
<script src="/player/player.js"></script></head><body><main id="root"></main><script>
const params = new URLSearchParams(location.search);
if (params.get("dark")) document.body.classList.add("dark");
const player = WorkbenchPlayer.mount(document.getElementById("root"), {plotly: "/vendor/plotly.min.js"});
window.ready = (async () => {
  for (const name of ["a", "b"]) if (params.get(name)) await player.load(name, "/reel/" + params.get(name));
})();
</script></body></html>"""

TRACES = {
    "canvas": canvas,
    "fused": fused,
    "guesses": guesses,
    "ladder": ladder,
    "lanes": lanes,
    "pair": lambda: told_pair((0.0, 1.0, 1.0, 0.0)),
    "compared": compared,
    "copied": copied,
    "rivals": rivals,
    "ahead": ahead,
    "overlapped": overlapped,
    "sampled": lambda: load(REPOSITORY / "assets" / "examples" / "example-sampled.json.gz"),
    **{
        name: lambda name=name: dict(fakes.every())[name]
        for name in ("speculative", "tree", "masked", "beams", "greedy")
    },
    "hostile": lambda: fakes.masked(16, 6, 1, hostile=True),
    "wide": lambda: fakes.masked(128, 64, 4),
    "wide2": lambda: fakes.masked(128, 64, 4, seed=5),
    "big": lambda: fakes.masked(256, 256, 1, remask=False),
    "big2": lambda: fakes.masked(256, 256, 2, seed=9),
    "long": lambda: fakes.tree(60, 4, 5, 60),
    "huge": lambda: fakes.masked(512, 512, 1, remask=False),
    "huge2": lambda: fakes.masked(512, 512, 2, seed=9),
    "grove": lambda: fakes.tree(3, 10, 7, 60),
    "forest": lambda: fakes.tree(110, 10, 7, 60),
    "forest2": lambda: fakes.tree(110, 10, 7, 60, seed=5),
}


@cache
def trace_of(name: str) -> Trace:
    """A synthetic trace by its name."""
    return TRACES[name]()


@cache
def body_of(path: str) -> tuple[bytes, str] | None:
    """What a path answers: bytes and their type."""
    if path == "/":
        return PAGE.encode(), "text/html; charset=utf-8"
    if path == "/player/player.js":
        return player.script().encode(), "text/javascript; charset=utf-8"
    if path == "/player/player.css":
        return player.style().encode(), "text/css; charset=utf-8"
    if path == "/vendor/plotly.min.js":
        import plotly

        return (Path(plotly.__file__).parent / "package_data/plotly.min.js").read_bytes(), "text/javascript"
    name = path.rpartition("/")[2]
    if path.startswith("/reel/") and name in TRACES:
        return dumps(reel(trace_of(name))), "application/json"
    if path.startswith("/deltas/") and name in TRACES:
        return json.dumps(list(deltas(trace_of(name)))).encode(), "application/json"
    return None


def deltas(trace: Trace, every: int = 7) -> Iterator[dict]:
    """A trace as a live run would send it."""
    builder = ReelBuilder(trace.header, trace.glossary, trace.tokens)
    for at, (event, ms) in enumerate(zip(trace.events, trace.clock, strict=True)):
        builder.feed(event, ms)
        if at % every == 0:
            yield json.loads(dumps(builder.delta()))
    builder.finish(trace.footer)
    yield json.loads(dumps(builder.delta()))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = body_of(self.path.partition("?")[0])
        self.send_response(200 if answer else 404)
        content, kind = answer or (b"not here", "text/plain")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[str]:
    """The page's address while it is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with serving() as address:
        print(address + "/?a=speculative&b=masked")
        threading.Event().wait()
