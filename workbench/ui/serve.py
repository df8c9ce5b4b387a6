"""The server: a FastAPI parent with its guards, our routes, and the gradio page mounted in it."""

import contextlib
import importlib.util
import logging
import shutil
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI

from workbench.trace import WorkbenchError
from workbench.ui import quick
from workbench.ui.exports import MAX_IMPORT
from workbench.ui.guards import allowed_hosts, guard
from workbench.ui.pictures import Pictures
from workbench.ui.place import Place, Settings
from workbench.ui.routes import routes

log = logging.getLogger(__name__)
TRIES = 20
NO_MCP = "The MCP mode needs one more package: pip install -r requirements-mcp.txt, then start again."
MCP_PATH = "gradio_api/mcp/"


@dataclass(frozen=True)
class Address:
    """Where the page is served. hosts: further names under which it may be asked for."""

    host: str = "127.0.0.1"
    port: int = 7860
    hosts: tuple[str, ...] = field(default=())


def build(settings: Settings, pictures: Pictures, hosts: Sequence[str], temporary: str) -> FastAPI:
    """The app; imports gradio."""
    quick.prepare(temporary)
    if settings.mcp and importlib.util.find_spec("mcp") is None:
        raise WorkbenchError(NO_MCP)
    import gradio as gr

    from workbench.ui.lab import lab_routes
    from workbench.ui.page import HEAD, page
    from workbench.ui.sweep import sweep_routes
    from workbench.ui.theme import theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    place = Place(settings, pictures)
    app.include_router(routes(place))
    app.include_router(lab_routes(place))
    app.include_router(sweep_routes(place))
    guard(app, hosts)
    app.state.place = place
    blocks = page(place)
    blocks.queue(max_size=64, default_concurrency_limit=4, api_open=True)
    return gr.mount_gradio_app(
        app, blocks, path="/", show_error=False, run_history=False, enable_monitoring=False, ssr_mode=False,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        max_file_size=MAX_IMPORT, footer_links=[], theme=theme(), head=HEAD, mcp_server=settings.mcp,
    )  # fmt: skip


def serve(settings: Settings, pictures: Pictures, address: Address, open_browser: bool) -> int:
    """Serve until interrupted."""
    import uvicorn

    listener = listen(address.host, address.port)
    port = listener.getsockname()[1]
    if address.port not in (0, port):
        print(f"Port {address.port} is taken; the page is on port {port} instead.", flush=True)
    temporary = tempfile.mkdtemp(prefix="decoding-workbench-")
    try:
        app = build(settings, pictures, allowed_hosts(address.host, address.hosts), temporary)
        shown = "127.0.0.1" if address.host in ("0.0.0.0", "::", "") else address.host
        url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
        print(f"The decoding workbench is at {url}   (Ctrl+C stops it)", flush=True)
        if settings.mcp:
            print(f"Its MCP tools are at {url}{MCP_PATH}", flush=True)
        if open_browser:
            threading.Timer(0.3, lambda: webbrowser.open(url)).start()
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()
        shutil.rmtree(temporary, ignore_errors=True)
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on a free one if it is taken (0 takes any)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (port, *range(port + 1, port + TRIES), 0):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(128)
            return listener
        except (OSError, OverflowError) as error:
            listener.close()
            problem = error
            if candidate == 0:
                break
    raise WorkbenchError(f"The address {host} cannot be used: {problem}. Give another --host.")
