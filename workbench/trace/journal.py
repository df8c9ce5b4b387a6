"""Crash-safe recording: JSON lines, one batch per line, readable wherever the writing stopped.

`load` opens any file that this program writes: trace, journal, or either of them gzipped.
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from workbench.trace.codec import (
    CLOCK,
    assemble,
    decode,
    or_error,
    read_events,
    read_tokens,
    read_version,
    require_fields,
    top,
    upgrade,
    write_tokens,
)
from workbench.trace.codec_json import MAX_BYTES, dump, parse
from workbench.trace.codec_parts import Json, Misfit, as_object
from workbench.trace.codec_table import FOOTER, GLOSSARY, HEADER, write_event
from workbench.trace.errors import WorkbenchError
from workbench.trace.events import Event
from workbench.trace.glossary import Glossary
from workbench.trace.trace import VERSION, Footer, Header, Trace

JOURNAL = "decoding-workbench-journal"
MAX_LINES = 1_000_000
CANNOT_OPEN = "This journal cannot be opened: "
CANNOT_WRITE = "This journal cannot be written: "


class JournalWriter:
    """Writes a run while it runs. Without a footer (a crash) the journal reads as truncated.

    with JournalWriter(path) as journal:
        journal.open(header, glossary)
        journal.write(events, clock, tokens)   # once per batch; each is flushed
        journal.close(footer)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.events = 0
        self._file: IO[bytes] | None = None
        self._known: set[int] = set()

    def open(self, header: Header, glossary: Glossary) -> "JournalWriter":
        if self._file is not None:
            raise WorkbenchError(f"The journal '{self.path}' is open already; a journal holds one run.")
        first = lambda: {  # noqa: E731
            "format": JOURNAL,
            "version": VERSION,
            "header": top("header", HEADER.write, header),
            "glossary": top("glossary", GLOSSARY.write, glossary),
        }
        line = or_error(first, CANNOT_WRITE)
        try:
            self._file = self.path.open("wb")
        except OSError as error:
            raise WorkbenchError(f"{CANNOT_WRITE}{error}.") from None
        self._line(line)
        return self

    def write(
        self,
        events: Sequence[Event],
        clock: Sequence[float] = (),
        tokens: Mapping[int, bytes] | None = None,
    ) -> None:
        """Append a batch. Tokens that an earlier batch has named are not written again."""
        line = or_error(lambda: self._batch(events, clock, tokens or {}), CANNOT_WRITE)
        self._line(line)
        self.events += len(events)
        self._known.update(tokens or ())

    def _batch(self, events: Sequence[Event], clock: Sequence[float], tokens: Mapping[int, bytes]) -> Json:
        if clock and len(clock) != len(events):
            raise Misfit(f"a batch has {len(events)} events but {len(clock)} times")
        whole, partial = write_tokens({id: text for id, text in tokens.items() if id not in self._known})
        return {
            "events": [write_event(event, index) for index, event in enumerate(events, self.events)],
            "clock": top("clock", CLOCK.write, clock),
            "tokens": whole,
            "partial": partial,
        }

    def close(self, footer: Footer | None = None) -> None:
        """End the journal; without a footer it stays truncated. Closing twice is harmless."""
        if self._file is None:
            return
        if footer is not None:
            self._line({"footer": or_error(lambda: FOOTER.write(footer), CANNOT_WRITE)})
        self._file.close()
        self._file = None

    def _line(self, value: Json) -> None:
        if self._file is None:
            raise WorkbenchError(f"The journal '{self.path}' is not open; call open(header, glossary) first.")
        self._file.write(dump(value) + b"\n")
        self._file.flush()

    def __enter__(self) -> "JournalWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_journal(source: bytes | str | Path, limit: int = MAX_BYTES) -> Trace:
    """A journal as a Trace; what was cut off is left out, and the footer then says where."""
    data = _content(source, limit)
    return or_error(lambda: _read(data, limit), CANNOT_OPEN)


def _read(data: bytes, limit: int) -> Trace:
    if len(data) > limit:
        raise Misfit(f"the file has {len(data)} bytes, but at most {limit} are read")
    if data.count(b"\n") > MAX_LINES:
        raise Misfit(f"it has more than {MAX_LINES} lines")
    *lines, rest = data.split(b"\n")
    whole = [top(f"line {number}", parse, line, limit) for number, line in enumerate(lines, 1)]
    try:
        whole.append(parse(rest, limit))
    except Misfit:
        if not whole:
            raise Misfit("it ends inside its first line, so nothing was recorded") from None
    batches = _Batches(top("line 1", as_object, whole[0]))
    for number, line in enumerate(whole[1:], 2):
        top(f"line {number}", batches.add, line)
    return batches.trace(cut=bool(rest.strip()) and len(whole) == len(lines))


class _Batches:
    """The lines of a journal, gathered."""

    def __init__(self, first: dict[str, Json]) -> None:
        self.lenient = read_version(first, JOURNAL)
        require_fields(first, ("format", "version", "header", "glossary"), self.lenient)
        upgrade(first)
        self.header: Header = top("header", HEADER.read, first["header"], self.lenient)
        self.glossary: Glossary = top("glossary", GLOSSARY.read, first["glossary"], self.lenient)
        self.events: list[Event] = []
        self.clock: list[float] = []
        self.tokens: dict[int, bytes] = {}
        self.footer: Footer | None = None

    def add(self, line: Json) -> None:
        found = as_object(line)
        if self.footer is not None:
            raise Misfit("something follows the footer, which is the last line")
        if "footer" in found:
            require_fields(found, ("footer",), self.lenient)
            self.footer = top("footer", FOOTER.read, found["footer"], self.lenient)
            return
        require_fields(found, ("events", "clock", "tokens", "partial"), self.lenient)
        self.events += read_events(found["events"], self.lenient, len(self.events))
        self.clock += top("clock", CLOCK.read, found["clock"], self.lenient)
        for id, text in read_tokens(found["tokens"], found["partial"]).items():
            if self.tokens.setdefault(id, text) != text:
                raise Misfit(f"the token {id} has another text than before")

    def trace(self, cut: bool) -> Trace:
        count = len(self.events)
        how = "inside the next line" if cut else "without a footer"
        message = f"The recording was cut off {how}, after {count} event{'s' * (count != 1)}."
        return assemble(
            header=self.header,
            glossary=self.glossary,
            events=tuple(self.events),
            footer=self.footer or Footer("truncated", message, ()),
            tokens=self.tokens,
            clock=tuple(self.clock),
        )


def load(source: bytes | str | Path, limit: int = MAX_BYTES) -> Trace:
    """Open a trace or a journal, gzipped or not; the content decides, not the file name."""
    data = _content(source, limit)
    if data[:2] == b"\x1f\x8b":
        data = or_error(lambda: _unzip(data, limit), "This file cannot be opened: ")
    if not data.strip():
        raise WorkbenchError("This file cannot be opened: it is empty.")
    if re.search(rb'"format"\s*:\s*"%s"' % JOURNAL.encode(), data[:400]):
        return read_journal(data, limit)
    return decode(data, limit)


def _content(source: bytes | str | Path, limit: int) -> bytes:
    if isinstance(source, bytes):
        return source
    path = Path(source)
    try:
        if path.is_dir():
            raise WorkbenchError(f"'{path}' is a folder; name a file in it.")
        if not path.is_file():
            raise WorkbenchError(f"There is no file '{path}'.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise WorkbenchError(f"The file '{path}' cannot be read: {error}.") from None
    if len(data) > limit:
        raise WorkbenchError(
            f"The file '{path}' has more than {limit} bytes, which is the most that is read."
        )
    return data


def _unzip(data: bytes, limit: int) -> bytes:
    """At most `limit` bytes; a cut gzip file gives what it still holds (a journal can use it)."""
    pieces: list[bytes] = []
    size = 0
    while data:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            pieces.append(member.decompress(data, limit + 1 - size))
        except zlib.error:
            raise Misfit("it begins like a gzip file but is damaged") from None
        size += len(pieces[-1])
        if size > limit:
            raise Misfit(f"unpacked it has more than {limit} bytes, which is the most that is read")
        data = member.unused_data
    return b"".join(pieces)


def write_journal(path: str | Path, trace: Trace, batches: Iterable[slice] | None = None) -> None:
    """A finished trace as a journal (for tests and for converting)."""
    with JournalWriter(path) as journal:
        journal.open(trace.header, trace.glossary)
        for part in batches or [slice(None)]:
            journal.write(trace.events[part], trace.clock[part], trace.tokens)
        journal.close(trace.footer)
