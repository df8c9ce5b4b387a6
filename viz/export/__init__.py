"""Runs as files of other programs: each format is one function of one or two traces."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from workbench.exchange import Format
from workbench.trace import Trace, encode
from workbench.trace.journal import write_journal


def _json(traces: Sequence[Trace], mode: str) -> bytes:
    return encode(traces[0])


def _journal(traces: Sequence[Trace], mode: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        write_journal(path, traces[0])
        return path.read_bytes()


def _tables(traces: Sequence[Trace], mode: str) -> bytes:
    from viz.tables import csv_tables

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        texts = {f"{name}.csv": table.encode() for name, table in csv_tables(traces[0]).items()}
        for name, content in (texts | {"trace.json": encode(traces[0])}).items():
            member = zipfile.ZipInfo(name)  # its date is 1980: the same trace gives the same bytes
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return buffer.getvalue()


def _replay(traces: Sequence[Trace], mode: str) -> bytes:
    from viz.export.html import replay

    return replay(traces)


def _animation(traces: Sequence[Trace], mode: str) -> bytes:
    from viz.export.gif import animation

    return animation(traces[0], "dark" if mode == "dark" else "light")


def _timeline(traces: Sequence[Trace], mode: str) -> bytes:
    from viz.export.perfetto import timeline

    return timeline(traces)


def _notebook(traces: Sequence[Trace], mode: str) -> bytes:
    from viz.export.notebook import notebook

    return notebook(traces[0])


FORMATS: tuple[Format, ...] = (
    Format(
        "trace.json", "json", "application/json", "JSON",
        "The whole trace: to check it, to repeat it, to open it here.", _json, True,
    ),
    Format(
        "trace.jsonl", "jsonl", "application/x-ndjson", "Journal",
        "The same as JSON lines, as it was written while the run went on.", _journal, True,
    ),
    Format(
        "tables.zip", "zip", "application/zip", "CSV",
        "A tidy table per entity for pandas or a spreadsheet, with the trace beside them.", _tables, True,
    ),
    Format(
        "replay.html", "html", "text/html; charset=utf-8", "Replay",
        "One page that replays offline; with two runs, both.", _replay, True, True,
    ),
    Format(
        "replay.gif", "gif", "image/gif", "GIF",
        "A moving picture for slides and chats, a frame per round.", _animation, False, coloured=True,
    ),
    Format(
        "timeline.json", "timeline.json", "application/json", "Perfetto",
        "Passes and decisions in time, for ui.perfetto.dev; with two runs, both.", _timeline, True, True,
    ),
    Format(
        "notebook.ipynb", "ipynb", "application/x-ipynb+json", "Notebook",
        "For Jupyter: opens, checks, tabulates, replays and repeats the run.", _notebook, True,
    ),
)  # fmt: skip
"""In the order of the menu."""
