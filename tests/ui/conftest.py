"""A page in this process for the routes, and one in a process of its own for the browser."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

import tiny  # noqa: E402

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
HARMLESS = ("svelte-i18n",)


@pytest.fixture(scope="session")
def shelf_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.shelf_of(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def web(shelf_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of the whole app: guards, routes and gradio."""
    from fastapi.testclient import TestClient

    import app
    from workbench.ui.guards import allowed_hosts
    from workbench.ui.place import Settings
    from workbench.ui.serve import build

    settings = Settings(device="cpu", folders=(shelf_folder,), traces=tmp_path_factory.mktemp("traces"))
    temporary = str(tmp_path_factory.mktemp("gradio"))
    with TestClient(
        build(settings, app.PICTURES, allowed_hosts("127.0.0.1"), temporary), base_url="http://127.0.0.1"
    ) as client:
        yield client


@pytest.fixture
def place(web: Any) -> Any:
    return web.app.state.place


@pytest.fixture(scope="module")
def address(shelf_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page as a person starts it."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "app.py", "--no-open", "--port", "0", "--device", "cpu"]
    command += ["--models", str(shelf_folder), "--traces", str(tmp_path_factory.mktemp("served"))]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout
        said = served.stdout.readline()
        yield said.split(" at ")[1].split()[0]
        served.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Any]:
    """Opens pages; afterwards, none of them has asked another machine or thrown an error."""
    from visitor import Visitor

    visitor = Visitor(browser, address)
    yield visitor
    visitor.leave()
