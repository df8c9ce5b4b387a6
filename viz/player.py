"""The player's files as the page needs them: one script, one style sheet, or one stand-alone page."""

import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from viz import summary, timeline
from viz.theme import css

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "player"
FILES: tuple[str, ...] = (
    "dom.js",
    "tips.js",
    "reading.js",
    "format.js",
    "sight.js",
    "reel.js",
    "passes.js",
    "text.js",
    "tree.js",
    "marks.js",
    "map.js",
    "charts.js",
    "race.js",
    "plots.js",
    "measures.js",
    "trials.js",
    "mass.js",
    "overlap.js",
    "drafts.js",
    "time.js",
    "moments.js",
    "evidence.js",
    "roundwhy.js",
    "why.js",
    "narrator.js",
    "byhand.js",
    "whatif.js",
    "controls.js",
    "align.js",
    "decisions.js",
    "compare.js",
    "batch.js",
    "report.js",
    "save.js",
    "strip.js",
    "pane.js",
    "player.js",
)
"""In the order in which they have to run."""
STYLES: tuple[str, ...] = (
    "player.css",
    "batch.css",
    "compare.css",
    "explain.css",
    "mass.css",
    "measures.css",
    "save.css",
    "strip.css",
    "trials.css",
    "whatif.css",
)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title><style>body{{margin:0;padding:16px}}body.dark{{background:#0f1216}}
{style}</style></head><body><main id="player"></main>
<script type="application/json" id="reels">{reels}</script>
<script type="application/json" id="traces">{traces}</script>
<script>{script}</script>
<script>
if (matchMedia("(prefers-color-scheme: dark)").matches) document.body.classList.add("dark");
const player = WorkbenchPlayer.mount(document.getElementById("player"));
JSON.parse(document.getElementById("reels").textContent).forEach((reel, at) => player.load("ab"[at], reel));
</script></body></html>
"""


@cache
def script() -> str:
    """All scripts joined; defines `window.WorkbenchPlayer`."""
    told = json.dumps(summary.tables() | {"presets": timeline.presets()}, ensure_ascii=False)
    tables = f"window.dw = window.dw || {{}};\ndw.tables = {told};"
    return "\n".join([tables, *((FOLDER / name).read_text("utf-8") for name in FILES)])


@cache
def style() -> str:
    """Colour tokens and the style sheets."""
    return css() + "\n".join((FOLDER / name).read_text("utf-8") for name in STYLES)


def standalone(reels: Sequence[Mapping[str, Any]], title: str = "Replay", packed: Sequence[str] = ()) -> str:
    """One HTML file that replays one or two reels offline; it can load nothing from anywhere.

    `packed` are their traces in plain letters, so that the file can be opened in the workbench again.
    """
    if not 1 <= len(reels) <= 2:
        raise ValueError(f"A replay holds one or two runs, not {len(reels)}.")
    data = json.dumps(list(reels), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return _PAGE.format(
        title=html.escape(title),
        style=style(),
        reels=safe,
        traces=json.dumps(list(packed)),
        script=script().replace("</", "<\\/"),
    )
