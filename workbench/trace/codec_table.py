"""The table: which codec serves which type. Everything else about the format follows from it."""

from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from workbench.trace.codec_parts import (
    NUMBER,
    TEXT,
    TRUTH,
    VALUE,
    WHOLE,
    Codec,
    Json,
    Misfit,
    as_object,
    at,
    choice,
    closed,
    declared,
    many,
    one_of,
    pair,
    record,
    shown,
    table,
)
from workbench.trace.events import VERBS, Event, Fork, Judge, Observe, Propose, Score
from workbench.trace.fills import Blend, Fill, Label, Token, Vector
from workbench.trace.glossary import OPERATORS, Glossary, Measure, Rule
from workbench.trace.refs import Candidates, Cells, Lanes, Layers, Refs
from workbench.trace.trace import ACTS, Footer, Header, Intervention, Value

MAX_BLANKS = 1_000_000
"""One small Fork must not make a reader allocate the earth."""

SAME_LENGTH: dict[Any, tuple[str, ...]] = {
    Observe: ("of", "keys", "probs", "entropies"),
    Propose: ("positions", "fills", "parents", "probs"),
    Score: ("of", "values"),
    Judge: ("of", "values", "bounds", "passed"),
    Blend: ("ids", "weights"),
}
"""Columns of one event: entry i of each speaks of the same address."""

CHOICES: dict[tuple[type, str], tuple[str, ...]] = {
    (Rule, "op"): tuple(OPERATORS),
    (Measure, "better"): ("higher", "lower", "neither"),
    (Intervention, "act"): ACTS,
    (Footer, "status"): ("complete", "cancelled", "failed", "truncated", "running"),
}
"""Text fields whose words are a closed set."""


def uneven(value: Any) -> str | None:
    """What is wrong with the lengths of the columns, or None."""
    names = SAME_LENGTH.get(type(value), ())
    sizes = {name: len(getattr(value, name)) for name in names}
    if len(set(sizes.values())) > 1:
        first, *others = names
        odd = next(name for name in others if sizes[name] != sizes[first])
        return (
            f"'{odd}' has {sizes[odd]} entries, '{first}' has {sizes[first]}; "
            "columns of one event are equally long"
        )
    if isinstance(value, Observe):
        for index, (keys, probs) in enumerate(zip(value.keys, value.probs, strict=True)):
            if len(keys) != len(probs):
                return f"'keys' entry {index} has {len(keys)} entries, 'probs' entry {index} has {len(probs)}"
    return None


def _oversized(value: Any) -> str | None:
    if isinstance(value, Fork) and not 0 <= value.blanks <= MAX_BLANKS:
        return f"'blanks' is {shown(value.blanks)}, but a lane has 0 to {MAX_BLANKS} blank cells"
    return uneven(value)


KIND_NAMES: dict[type, str] = {Token: "token", Blend: "blend", Vector: "vector", Label: "label"}


def _fill_parts() -> dict[str, Codec]:
    """Token and Label as their bare value, Vector as its list; a Blend has two columns."""
    bare: dict[str, tuple[Any, str, Codec]] = {
        "token": (Token, "id", WHOLE),
        "vector": (Vector, "xs", many(NUMBER)),
        "label": (Label, "text", TEXT),
    }
    parts = {
        name: Codec(
            lambda fill, f=field, c=codec: c.write(getattr(fill, f)),
            lambda raw, lenient, k=kind, c=codec: k(c.read(raw, lenient)),
            codec.schema,
        )
        for name, (kind, field, codec) in bare.items()
    }
    parts["blend"] = record(Blend, {"ids": many(WHOLE), "weights": many(NUMBER)}, inspect=uneven)
    return parts


def _fills() -> Codec:
    """A column of fills: by kind where all are of one kind (they nearly always are), else tagged."""
    parts = _fill_parts()
    options = {f"{name}s": many(parts[name]) for name in KIND_NAMES.values()}
    options["mixed"] = many(one_of(parts, lambda fill: KIND_NAMES[type(fill)], "the kinds of fill"))

    def name_of(fills: tuple[Fill, ...]) -> str:
        kinds = {type(fill) for fill in fills}
        if not kinds <= KIND_NAMES.keys():
            raise Misfit("hold something that is no fill")
        return f"{KIND_NAMES[kinds.pop()]}s" if len(kinds) == 1 else "mixed" if kinds else "tokens"

    return one_of(options, name_of, "a column of fills")


REF_KINDS: dict[str, tuple[Any, str]] = {
    "candidates": (Candidates, "ids"),
    "cells": (Cells, "positions"),
    "lanes": (Lanes, "ids"),
    "layers": (Layers, "indices"),
}
REF_NAMES: dict[Any, str] = {cls: name for name, (cls, _) in REF_KINDS.items()}


def _refs(*names: str) -> Codec:
    """Addresses: `{"candidates": [...]}`, `{"cells": [...], "lane": 0}`, ...; one kind per event."""
    column = many(WHOLE)

    def write(refs: Any) -> Json:
        name = REF_NAMES.get(type(refs))
        if name not in names:
            raise Misfit(f"is {shown(refs)}, but addresses are needed ({', '.join(names)})")
        lane: dict[str, Json] = {"lane": WHOLE.write(refs.lane)} if name == "cells" else {}
        return {name: at(name, column.write, getattr(refs, REF_KINDS[name][1])), **lane}

    def read(raw: Json, lenient: bool) -> Any:
        found = as_object(raw)
        name = next((name for name in names if name in found), "")
        wanted = {name, "lane"} if name == "cells" else {name}
        if not wanted <= found.keys() or (len(found) != len(wanted) and not lenient):
            raise Misfit(f"must hold one kind of address ({', '.join(names)}; cells name their lane)")
        values = at(name, column.read, found[name], lenient)
        if name == "cells":
            return Cells(at("lane", WHOLE.read, found["lane"], lenient), values)
        return REF_KINDS[name][0](values)

    lane = {"lane": WHOLE.schema}
    shapes = [closed({name: column.schema} | (lane if name == "cells" else {})) for name in names]
    return Codec(write, read, shapes[0] if len(shapes) == 1 else {"oneOf": shapes})


def codec_for(kind: Any, owner: type | None = None, name: str = "") -> Codec:
    """The codec of a type; of dataclasses by their fields."""
    if owner and (owner, name) in CHOICES:
        return choice(CHOICES[owner, name])
    if kind in COLUMNS:
        return COLUMNS[kind]
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        return many(codec_for(arguments[0])) if arguments[-1] is Ellipsis else pair(codec_for(arguments[0]))
    if get_origin(kind) is dict:
        return (declared if is_dataclass(arguments[1]) else table)(codec_for(arguments[1]))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return choice([str(word) for word in kind], kind)
    return dataclass_codec(kind)


def dataclass_codec(cls: Any, tag: tuple[str, str] | None = None) -> Codec:
    """A codec made from a dataclass's own field types."""
    hints = get_type_hints(cls)
    return record(cls, {name: codec_for(kind, cls, name) for name, kind in hints.items()}, tag, _oversized)


COLUMNS: dict[Any, Codec] = {
    int: WHOLE,
    float: NUMBER,
    str: TEXT,
    bool: TRUTH,
    Value: VALUE,
    Refs: _refs(*REF_KINDS),
    Cells: _refs("cells"),
    tuple[Fill, ...]: _fills(),
}
"""Types that are columns of their own; every other type is built from its parts."""

HEADER = codec_for(Header)
GLOSSARY = codec_for(Glossary)
FOOTER = codec_for(Footer)
EVENTS: dict[str, Codec] = {
    verb.__name__.lower(): dataclass_codec(verb, ("verb", verb.__name__.lower())) for verb in VERBS
}


def verb_of(event: object) -> str:
    """The verb of an event as it stands in the file."""
    return type(event).__name__.lower()


def read_event(raw: Json, lenient: bool, index: int) -> Event:
    """One event; errors name its number and its verb."""
    place = f"event {index}"
    try:
        verb = as_object(raw).get("verb")
        if type(verb) is not str or verb not in EVENTS:
            raise Misfit(f"the verb is {shown(verb)}, but one of {', '.join(EVENTS)} is needed")
        place += f" ({verb})"
        return EVENTS[verb].read(raw, lenient)
    except Misfit as misfit:
        raise misfit.within(place) from None


def write_event(event: Event, index: int) -> Json:
    """One event as JSON; `index` is for messages."""
    codec = EVENTS.get(verb_of(event))
    if codec is None:
        raise Misfit(f"is {shown(event)}, which is no verb").within(f"event {index}")
    try:
        return codec.write(event)
    except Misfit as misfit:
        raise misfit.within(f"event {index} ({verb_of(event)})") from None
