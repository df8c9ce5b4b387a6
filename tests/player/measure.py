"""How long opening and one step of large reels take in the browser: `python tests/player/measure.py`."""

import sys
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from opened import CHROMIUM, FLAGS
from player_page import serving

LARGE = ("a=big&b=big2", "a=huge&b=huge2", "a=forest&b=forest2")
"""256 positions x 256 rounds; 512 x 512; trees of 610 nodes in 110 rounds."""
_STEPS = """async (steps) => {
  const js = [], frames = [], drawn = player.step.bind(player);
  player.first();
  player.setSpeed(60);
  player.step = (by) => {
    const from = performance.now(), went = drawn(by);
    js.push(performance.now() - from);
    return went;
  };
  player.play();
  let before = await new Promise(requestAnimationFrame);
  while (js.length < steps && player.playing) {
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  delete player.step;
  const rest = player.pace.rest, cursor = player.cursor;
  player.pause();
  return {js, frames, cursor, rest};
}"""


_READ = "Object.values(player.panes).every((pane) => pane.indexed === pane.reel.beats.length)"
"""A run that was opened is read while the page has nothing else to do."""


def measure(steps: int = 200, query: str = "a=big&b=big2") -> dict[str, Any]:
    """Milliseconds per step of playing at 60 steps a second, between frames, and to load the last reel.

    `rest_ms`: for how long a costly picture is left as it is at the end (0: it is drawn with every step).
    `work_ms` is what the main thread computes per step, without waiting: a busy machine falsifies it least.
    """
    from playwright.sync_api import sync_playwright

    with serving() as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(address + "/")
        sizes = []
        for pane, name in (pair.split("=") for pair in query.split("&")):
            sizes.append(len(page.request.get(f"{address}/reel/{name}", timeout=600_000).body()))
            loads = page.evaluate(
                "async ([p, n]) => { const t = performance.now(); await player.load(p, '/reel/' + n);"
                " return performance.now() - t; }",
                [pane, name],
            )
        page.wait_for_function(_READ)
        clock = page.context.new_cdp_session(page)
        clock.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _work(clock)
        told = page.evaluate(_STEPS, steps)
        work = _work(clock) - before
        browser.close()
    ordered, frames = sorted(told["js"]), sorted(told["frames"])
    return {
        "reel_mb": round(max(sizes) / 1e6, 2),
        "load_ms": round(loads, 1),
        "step_js_ms": round(median(ordered), 2),
        "step_js_p95_ms": round(ordered[int(len(ordered) * 0.95)], 2),
        "rest_ms": round(told["rest"], 1),
        "frame_ms": round(median(frames), 2),
        "frame_p95_ms": round(frames[int(len(frames) * 0.95)], 2),
        "work_ms": round(1000 * work / steps, 2),
        "steps": len(ordered),
        "cursor": told["cursor"],
    }


def _work(clock: Any) -> float:
    """Seconds that the page's main thread has computed: script, style, layout and paint, not waiting."""
    metrics = clock.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


if __name__ == "__main__":
    for pair in sys.argv[1:] or LARGE:
        print(pair, measure(query=pair))
