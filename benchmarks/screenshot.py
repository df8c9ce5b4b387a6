"""`python -m benchmarks.screenshot`: the picture of the README, from the running page."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.page import DRAWN, PATIENCE, ROOT, browser, free_port, visit

PICTURE = ROOT / "docs" / "screenshot.png"


def take(path: Path = PICTURE) -> None:
    """Open the page in the light theme at 1440 x 1080, go to the first rejection, and photograph it."""
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--no-open"]
    with browser() as opened, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as app:
        try:
            page: Any = opened.new_page(viewport={"width": 1440, "height": 1080}, color_scheme="light")
            visit(page, f"http://127.0.0.1:{port}/?__theme=light", app, time.perf_counter())
            page.wait_for_function(DRAWN, timeout=1000 * PATIENCE)
            page.keyboard.press("Home")
            page.keyboard.press("j")  # the first draft that failed
            page.get_by_text("Loading the methods").first.wait_for(state="detached", timeout=1000 * PATIENCE)
            page.evaluate("window.scrollTo(0, 0)")
            page.wait_for_timeout(1000)
            page.screenshot(path=path)
        finally:
            app.terminate()


if __name__ == "__main__":
    take()
