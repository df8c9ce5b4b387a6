"""The page in a real browser: how soon it is drawn, and how smoothly the player moves."""

import ast
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.runs import Bench

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120.0
"""Seconds after which a page that is not drawn is given up."""
PAIR = "a=big&b=big2"
"""Two runs of 256 positions x 256 rounds among the player's synthetic traces."""
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


class NoBrowser(Exception):
    """There is nothing to draw the page with."""


def chromium() -> str:
    """The path of a Chromium; raises NoBrowser."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise NoBrowser("there is no Chromium; install one (Debian: apt-get install chromium)")


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium, driven by playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser("playwright is missing; run 'make setup-dev'") from None
    path = chromium()
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, headless=True, args=list(SWITCHES))
        try:
            yield opened
        finally:
            opened.close()


def page_drawn(bench: Bench, turns: int) -> float:
    """Seconds from starting app.py to a page on which the recorded example is drawn; the median."""
    with browser() as opened:
        times = [_drawn_once(opened) for _ in range(min(turns, 3))]
    bench.note(f"page drawn after {', '.join(f'{seconds:.1f}' for seconds in times)} s")
    return statistics.median(times)


def _drawn_once(opened: Any) -> float:
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--no-open"]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as app:
        try:
            page = opened.new_page()
            visit(page, f"http://127.0.0.1:{port}/", app, began)
            page.wait_for_function(DRAWN, timeout=1000 * PATIENCE)
            seconds = time.perf_counter() - began
            page.close()
            return seconds
        finally:
            app.terminate()


DRAWN = """() => {
    const text = document.querySelector('[data-testid="text-a"]');
    return text && text.getClientRects().length > 0 && text.textContent.trim().length > 0;
}"""
"""The text of the first pane is laid out and not empty."""


def visit(page: Any, url: str, app: subprocess.Popen[bytes], began: float) -> None:
    """Open the page as soon as anybody answers."""
    while True:
        if app.poll() is not None:
            raise AssertionError(f"app.py ended with {app.returncode} before it served a page")
        if time.perf_counter() - began > PATIENCE:
            raise AssertionError(f"app.py served no page within {PATIENCE:.0f} s")
        try:
            socket.create_connection(("127.0.0.1", int(urlsplit(url).port or 80)), 0.2).close()
        except OSError:
            time.sleep(0.02)
            continue
        page.goto(url)
        return


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def player_frame(bench: Bench, turns: int) -> float:
    """Median milliseconds from one step of two panes (256 x 256 each) to the next frame."""
    chromium()
    script = ROOT / "tests" / "player" / "measure.py"
    command = [sys.executable, str(script), PAIR]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise AssertionError(f"{script.name} failed: {done.stderr.strip().splitlines()[-1]}")
    found = ast.literal_eval(done.stdout.strip().splitlines()[-1].removeprefix(PAIR))
    bench.note(f"player: {found}")
    return float(found["frame_ms"])
