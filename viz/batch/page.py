"""A report as one HTML file that opens from disk: the settings, every figure, and no network."""

import html
import itertools
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from viz import player
from viz.batch import drafted
from viz.batch.gallery import FIGURES, figure, overview
from viz.batch.groups import METRICS, Batch
from viz.batch.parts import MOST
from viz.batch.spreads import SORTS

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title><style>body{{margin:0;padding:16px;background:#eef0f3}}body.dark{{background:#0f1216}}
{style}</style></head><body><main id="report" class="dw dw-batch-page"></main>
<script type="application/json" id="batch">{data}</script>
<script>{plotly}</script>
<script>{script}</script>
<script>
if (matchMedia("(prefers-color-scheme: dark)").matches) document.body.classList.add("dark");
dw.batchReport(document.getElementById("report"), JSON.parse(document.getElementById("batch").textContent));
</script></body></html>
"""


def page(batch: Batch, title: str, command: str = "") -> str:
    """The HTML text. command: the command line that made the sweep; '' where nobody knows it.

    Shown are the first settings with a result; all of them are in the table at the top.
    """
    panels = [
        {"id": id, "asked": asked, "panel": figure(batch, id, (), asked)} for id, asked in _asked(batch)
    ]
    data = json.dumps(
        {"title": title, "command": command, "overview": overview(batch), "panels": panels},
        ensure_ascii=False, separators=(",", ":"), allow_nan=False,
    )  # fmt: skip
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return _PAGE.format(
        title=html.escape(title), style=player.style(), data=safe, plotly=_plotly(),
        script=player.script().replace("</", "<\\/"),
    )  # fmt: skip


def _asked(batch: Batch) -> Iterator[tuple[str, dict[str, str]]]:
    """Which views of each figure the file holds: a file cannot ask for more."""
    shown = [str(each.index) for each in batch.shown((), MOST)]
    choices: dict[str, list[dict[str, str]]] = {
        "acceptance": [{"share": share} for share in drafted.SHARES],
        "lengths": [{"of": of} for of in drafted.WHAT],
        "survival": [{"of": of} for of in drafted.WHAT],
        "passes": [{"setting": id, "of": "written", "sort": sort} for id in shown for sort in SORTS],
        "spread": [{"metric": metric.id} for metric in METRICS],
        "differences": [
            {"a": a, "b": b, "metric": metric.id}
            for a, b in itertools.combinations(shown, 2)
            for metric in METRICS
        ],
    }
    for each in FIGURES:
        for asked in choices.get(each.id) or [{}]:
            yield each.id, asked


@cache
def _plotly() -> str:
    import plotly

    path = Path(str(plotly.__file__)).parent / "package_data" / "plotly.min.js"
    return path.read_text(encoding="utf-8").replace("</script", "<\\/script")
