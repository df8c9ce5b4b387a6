"""`python -m benchmarks.screenshot`: the picture of the README, from the running page."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.page import DRAWN, PATIENCE, ROOT, browser, free_port, visit

PICTURE = ROOT / "docs" / "screenshot.png"
STEPS = 15
"""How far into the recorded example the picture is taken."""


def take(path: Path = PICTURE) -> None:
    """Open the page in the light theme at 1440 x 900, step into the example, and photograph it."""
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--no-open"]
    with browser() as opened, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as app:
        try:
            page: Any = opened.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            visit(page, f"http://127.0.0.1:{port}/?__theme=light", app, time.perf_counter())
            page.wait_for_function(DRAWN, timeout=1000 * PATIENCE)
            page.get_by_test_id("player-first").click()
            for _ in range(STEPS):
                page.get_by_test_id("player-next").click()
            page.wait_for_timeout(1000)
            page.screenshot(path=path)
        finally:
            app.terminate()


if __name__ == "__main__":
    take()
