"""Runs as files of other programs: each format is one function of one or two traces."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from viz.theme import Mode
from workbench.trace import Trace, encode
from workbench.trace.journal import write_journal

Write = Callable[[Sequence[Trace], Mode], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """`file` names the export in an address, `ending` in a file name; `pair`: it can hold two runs."""

    file: str
    ending: str
    media: str
    title: str
    purpose: str
    write: Write
    opens: bool
    """Does the file open here again as the same trace?"""
    pair: bool = False


def _json(traces: Sequence[Trace], mode: Mode) -> bytes:
    return encode(traces[0])


def _journal(traces: Sequence[Trace], mode: Mode) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        write_journal(path, traces[0])
        return path.read_bytes()


def _tables(traces: Sequence[Trace], mode: Mode) -> bytes:
    from viz.tables import csv_tables

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        texts = {f"{name}.csv": table.encode() for name, table in csv_tables(traces[0]).items()}
        for name, content in (texts | {"trace.json": encode(traces[0])}).items():
            member = zipfile.ZipInfo(name)  # its date is 1980: the same trace gives the same bytes
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return buffer.getvalue()


def _replay(traces: Sequence[Trace], mode: Mode) -> bytes:
    from viz.export.html import replay

    return replay(traces)


def _animation(traces: Sequence[Trace], mode: Mode) -> bytes:
    from viz.export.gif import animation

    return animation(traces[0], mode)


def _timeline(traces: Sequence[Trace], mode: Mode) -> bytes:
    from viz.export.perfetto import timeline

    return timeline(traces)


def _notebook(traces: Sequence[Trace], mode: Mode) -> bytes:
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
        "A moving picture for slides and chats, a frame per round.", _animation, False,
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
