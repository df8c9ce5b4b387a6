"""Open any file that may hold runs: what we export, and what other programs counted.

The content decides, never the name. Whatever is unpacked stays below a limit, and every refusal is
one sentence that says what to open instead.
"""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from workbench.exchange.counts import Counts
from workbench.exchange.engines import read_counts
from workbench.exchange.packed import KEY, unpack
from workbench.trace import Trace, WorkbenchError, load
from workbench.trace.codec import or_error
from workbench.trace.codec_json import MAX_BYTES, parse

MEMBER = "trace.json"
"""The file of an archive of tables that is the trace itself."""
SCRIPT = re.compile(rb'<script type="application/json" id="traces">([^<]*)</script>')
CELL = re.compile(r'TRACE = "([A-Za-z0-9+/=]+)"')
OURS = re.compile(rb'"format"\s*:\s*"decoding-workbench-')
MAX_LINES = 20_000
PICTURES = {b"\x89PNG": "PNG", b"GIF8": "GIF", b"\xff\xd8\xff": "JPEG"}

PICTURE = (
    "A {} is a picture and holds no trace; open the JSON, the journal, the replay or the notebook of the run."
)
NO_TRACE = "This {} carries no trace: export it again with this program, or open the JSON of the run."
UNKNOWN = (
    "This file is neither a trace nor counts of vLLM, SGLang, llama.cpp or Spec-Bench; "
    "open a trace (JSON, JSONL, either gzipped), a replay, a notebook, an archive of tables or a timeline."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file held: one or two traces, or counts of another program."""

    traces: tuple[Trace, ...] = ()
    counts: Counts | None = None


def open_any(data: bytes, limit: int = MAX_BYTES) -> Opened:
    """The traces or counts in a file's bytes. Raises WorkbenchError with one sentence."""
    if len(data) > limit:
        raise WorkbenchError(
            f"The file has more than {limit // 2**20} MB, which is the most that can be opened."
        )
    for start, name in PICTURES.items():
        if data.startswith(start):
            raise WorkbenchError(PICTURE.format(name))
    if data.startswith(b"PK\x03\x04"):
        return Opened((_archive(data, limit),))
    if data[:2] == b"\x1f\x8b" or OURS.search(data[:400]):
        return Opened((load(data, limit),))
    if data.lstrip()[:1] == b"<":
        return Opened(_page(data, limit))
    if not data.strip():
        raise WorkbenchError("This file cannot be opened: it is empty.")
    return _json(data, limit)


def _archive(data: bytes, limit: int) -> Trace:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if MEMBER not in archive.namelist():
                raise WorkbenchError(
                    f"This archive holds no {MEMBER}, and tables alone are not the run; open its JSON."
                )
            with archive.open(MEMBER) as member:
                inside = member.read(limit + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise WorkbenchError(f"This archive is damaged: {error}.") from None
    if len(inside) > limit:
        raise WorkbenchError(
            f"Unpacked, the archive's trace has more than {limit // 2**20} MB, the most that is read."
        )
    return load(inside, limit)


def _page(data: bytes, limit: int) -> tuple[Trace, ...]:
    if data.lstrip()[:5].lower() in (b"<svg ", b"<?xml"):
        raise WorkbenchError(PICTURE.format("SVG"))
    found = SCRIPT.search(data)
    if found is None:
        raise WorkbenchError(NO_TRACE.format("page"))
    packed = or_error(lambda: parse(found[1], limit), "The traces in this page cannot be read: ")
    if (
        not isinstance(packed, list)
        or not 1 <= len(packed) <= 2
        or not all(isinstance(each, str) for each in packed)
    ):
        raise WorkbenchError(NO_TRACE.format("page"))
    return tuple(unpack(str(each), limit) for each in packed)


def _json(data: bytes, limit: int) -> Opened:
    items = _values(data, limit)
    first: Any = items[0] if len(items) == 1 else None
    if isinstance(first, dict):
        if str(first.get("format")).startswith("decoding-workbench-"):
            return Opened((load(data, limit),))
        if isinstance(first.get("cells"), list) and "nbformat" in first:
            return Opened((_cell(first["cells"], limit),))
        if "traceEvents" in first:
            return Opened((_carried(first, "timeline", limit),))
    counts = read_counts(items[0] if len(items) == 1 and isinstance(items[0], list) else items)
    if counts is None:
        raise WorkbenchError(UNKNOWN)
    return Opened(counts=counts)


def _cell(cells: list[Any], limit: int) -> Trace:
    """The trace in a notebook's own cell; also after other cells were written around it."""
    for cell in cells:
        source = cell.get("source") if isinstance(cell, dict) else None
        lines = source if isinstance(source, list) else [source]
        found = CELL.fullmatch("".join(line for line in lines if isinstance(line, str)).strip())
        if found:
            return unpack(found[1], limit)
    raise WorkbenchError(NO_TRACE.format("notebook"))


def _carried(holder: Any, what: str, limit: int) -> Trace:
    packed = holder.get(KEY) if isinstance(holder, dict) else None
    packed = packed.get("trace") if isinstance(packed, dict) else None
    if not isinstance(packed, str):
        raise WorkbenchError(NO_TRACE.format(what))
    return unpack(packed, limit)


def _values(data: bytes, limit: int) -> list[Any]:
    """The JSON value of the file, or those of its lines (JSON lines, or a recorded event stream)."""
    lines = [line.removeprefix(b"data:").strip() for line in data.splitlines()]
    lines = [line for line in lines if line and line != b"[DONE]"]
    if 1 < len(lines) <= MAX_LINES and _is_json(lines[0]):
        return or_error(lambda: [parse(line, limit) for line in lines], "These JSON lines cannot be opened: ")
    return [
        or_error(
            lambda: parse(b"\n".join(lines) if len(lines) == 1 else data, limit),
            "This file cannot be opened: ",
        )
    ]


def _is_json(line: bytes) -> bool:
    """Whether a first line stands for itself; a pretty-printed file begins with an open bracket only."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
