"""A trace as JSON (see docs/TRACE.md): small, byte-stable, and safe to read from a stranger."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from workbench.trace.codec_json import MAX_BYTES, dump, parse
from workbench.trace.codec_parts import NUMBER, Json, Misfit, as_list, as_object, at, many, shown
from workbench.trace.codec_table import FOOTER, GLOSSARY, HEADER, read_event, write_event
from workbench.trace.events import Close, Commit, Event, Fork
from workbench.trace.refs import ROOT
from workbench.trace.trace import VERSION, Trace

FORMAT = "decoding-workbench-trace"
MAX_CELLS = 20_000_000
"""Cells that all Forks and Closes of one trace may make: a small file must not fold into a huge state."""

Out = TypeVar("Out")


def encode(trace: Trace, clock: bool = True) -> bytes:
    """The trace as UTF-8 JSON. Without the clock, the bytes of one seed are always the same."""
    return or_error(lambda: dump(_document(trace, clock)), "This trace cannot be written: ")


def encode_events(events: Iterable[Event]) -> bytes:
    """The events alone: two runs are the same run when these bytes are the same."""
    return or_error(lambda: dump(write_events(events)), "These events cannot be written: ")


def decode(data: bytes, limit: int = MAX_BYTES) -> Trace:
    """Read a trace. Raises WorkbenchError with one sentence that names the place."""
    return or_error(lambda: _trace(_object(parse(data, limit))), "This trace cannot be opened: ")


def _object(raw: Json) -> dict[str, Json]:
    """The whole file; there is no place yet that a misfit could name."""
    if type(raw) is not dict:
        raise Misfit(f"it is {shown(raw)}, but an object is needed")
    return raw


def or_error(act: Callable[[], Out], prefix: str) -> Out:
    """What `act` returns; a misfit becomes one sentence for people, behind `prefix`."""
    try:
        return act()
    except Misfit as misfit:
        raise misfit.as_error(prefix) from None


def _document(trace: Trace, clock: bool) -> Json:
    whole, partial = write_tokens(trace.tokens)
    return {
        "format": FORMAT,
        "version": VERSION,
        "header": top("header", HEADER.write, trace.header),
        "glossary": top("glossary", GLOSSARY.write, trace.glossary),
        "tokens": whole,
        "partial": partial,
        "events": write_events(trace.events),
        "clock": top("clock", CLOCK.write, trace.clock if clock else ()),
        "footer": top("footer", FOOTER.write, trace.footer),
    }


CLOCK = many(NUMBER)
FIELDS = ("format", "version", "header", "glossary", "tokens", "partial", "events", "clock", "footer")


def _trace(found: dict[str, Json]) -> Trace:
    lenient = read_version(found, FORMAT)
    require_fields(found, FIELDS, lenient)
    upgrade(found)
    events = read_events(found["events"], lenient)
    clock = top("clock", CLOCK.read, found["clock"], lenient)
    return assemble(
        header=top("header", HEADER.read, found["header"], lenient),
        glossary=top("glossary", GLOSSARY.read, found["glossary"], lenient),
        events=events,
        footer=top("footer", FOOTER.read, found["footer"], lenient),
        tokens=read_tokens(found["tokens"], found["partial"]),
        clock=clock,
    )


def assemble(**parts: Any) -> Trace:
    """The parts as a Trace, after the bounds that only the whole can break."""
    events, clock = parts["events"], parts["clock"]
    if clock and len(clock) != len(events):
        raise Misfit(f"the clock has {len(clock)} times, the trace has {len(events)} events")
    refuse_huge(events)
    return Trace(**parts)


def top(name: str, act: Callable[..., Out], *values: Any) -> Out:
    """Read or write one top-level part; errors begin with its name."""
    try:
        return act(*values)
    except Misfit as misfit:
        raise misfit.within(name) from None


def read_version(found: dict[str, Json], format: str) -> bool:
    """Refuse what is no trace or of a newer major version; True when a newer minor asks for leniency."""
    if found.get("format") != format:
        raise Misfit(f"its 'format' is {shown(found.get('format'))}, but '{format}' is needed")
    version = found.get("version")
    if type(version) is not str or not re.fullmatch(r"\d{1,6}(\.\d{1,6}){2}", version, re.ASCII):
        raise Misfit(f"its 'version' is {shown(version)}, but three numbers such as '{VERSION}' are needed")
    (major, minor, _), (our_major, our_minor, _) = (map(int, v.split(".")) for v in (version, VERSION))
    if major != our_major:
        advice = "; update the program" if major > our_major else ""
        raise Misfit(f"it has version {version}, but this program reads version {our_major}.*{advice}")
    return minor > our_minor


def upgrade(found: dict[str, Json]) -> None:
    """Give a header of an earlier minor version the fields that came later, with what their absence meant."""
    minor, header = int(str(found["version"]).split(".")[1]), found["header"]
    if minor < 1 and isinstance(header, dict):
        header.setdefault("interventions", [])


def require_fields(found: dict[str, Json], names: Sequence[str], lenient: bool) -> None:
    """All of `names` are there, and nothing else unless a newer minor version may have added it."""
    for name in names:
        if name not in found:
            raise Misfit(f"it lacks the field '{name}'")
    for name in found:
        if name not in names and not lenient:
            raise Misfit(f"it has the unknown field {shown(name)}")


def write_events(events: Iterable[Event]) -> list[Json]:
    """Events as JSON values."""
    return [write_event(event, index) for index, event in enumerate(events)]


def read_events(raw: Json, lenient: bool, start: int = 0) -> tuple[Event, ...]:
    """Events from JSON values; `start` is the number of the first, for messages."""
    column = top("events", as_list, raw)
    return tuple(read_event(item, lenient, index) for index, item in enumerate(column, start))


def write_tokens(tokens: dict[int, bytes]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Readable text where a token's bytes are text, hex where they are part of a character."""
    whole: dict[str, Json] = {}
    partial: dict[str, Json] = {}
    for id, data in sorted(tokens.items()):
        try:
            whole[str(id)] = data.decode()
        except UnicodeDecodeError:
            partial[str(id)] = data.hex()
    return whole, partial


def read_tokens(raw: Json, raw_partial: Json) -> dict[int, bytes]:
    """Token bytes by id, from the two tables that `write_tokens` makes."""
    tokens: dict[int, bytes] = {}
    for table, value, to_bytes in (("tokens", raw, _text_bytes), ("partial", raw_partial, _hex_bytes)):
        for name, content in top(table, as_object, value).items():
            if not re.fullmatch(r"0|[1-9]\d{0,9}", name, re.ASCII):
                raise Misfit(f"{shown(name)} is no token id").within(table)
            if int(name) in tokens:
                raise Misfit(f"the token {name} is given twice").within(table)
            tokens[int(name)] = top(table, at, name, to_bytes, content)
    return tokens


def _text_bytes(raw: Json) -> bytes:
    if type(raw) is not str:
        raise Misfit(f"is {shown(raw)}, but text is needed")
    try:
        return raw.encode()
    except UnicodeEncodeError:
        raise Misfit("holds half of a surrogate pair, which is no text") from None


def _hex_bytes(raw: Json) -> bytes:
    if type(raw) is not str or not re.fullmatch(r"(?:[0-9a-f]{2})*", raw, re.ASCII):
        raise Misfit(f"is {shown(raw)}, but pairs of hex digits (0-9, a-f) are needed")
    return bytes.fromhex(raw)


def refuse_huge(events: Iterable[Event]) -> None:
    """Refuse events whose lanes would be far larger than the file that describes them."""
    lengths: dict[int, int] = {}
    made = 0
    for index, event in enumerate(events):
        match event:
            case Fork(lane, parent, kept, blanks, holds):
                lengths[lane] = min(max(kept, 0), lengths.get(parent, 0)) + blanks + len(holds)
                made += lengths[lane]
            case Commit(lane, candidates):
                lengths[lane] = lengths.get(lane, 0) + len(candidates)
            case Close(lane, _, into) if into not in (ROOT, lane):
                lengths[into] = lengths.get(lane, 0)
                made += lengths[into]
            case _:
                pass
        if made > MAX_CELLS:
            raise Misfit(f"the lanes hold more than {MAX_CELLS} cells in all").within(f"event {index}")
