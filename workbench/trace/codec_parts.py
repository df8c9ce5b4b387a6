"""Column codecs: how each type of the contract is written as JSON, read back and described.

One `Codec` serves three readers (the writer, the reader of hostile files, the published
schema), so they cannot drift apart. Dataclasses get theirs from their field types: a new
field of an event needs no line here.
"""

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from workbench.trace.errors import WorkbenchError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Schema: TypeAlias = dict[str, Any]

MAX_WHOLE = 2**53 - 1
"""Beyond it readers that hold numbers as doubles (every browser) lose digits silently."""


class Misfit(Exception):
    """A value that does not fit its column; `places` grows outwards while the error travels up."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.places: list[str] = []

    def within(self, place: str) -> "Misfit":
        self.places.insert(0, place)
        return self

    def sentence(self) -> str:
        if not self.places:
            return f"{self.what}."
        first, *rest = self.places
        return f"{first}: {' '.join([*rest, self.what])}."

    def as_error(self, prefix: str = "") -> WorkbenchError:
        return WorkbenchError(prefix + self.sentence())


@dataclass(frozen=True, slots=True)
class Codec:
    """`read(json, lenient)`; lenient reads past unknown fields, as a newer minor version may have."""

    write: Callable[[Any], Json]
    read: Callable[[Json, bool], Any]
    schema: Schema


def shown(value: object) -> str:
    """A short, harmless picture of a foreign value for an error sentence."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if abs(value) > MAX_WHOLE:
            return f"a whole number of {value.bit_length()} bits"
        case int() | float():
            return repr(value)
        case str():
            cut = value if len(value) <= 40 else value[:40] + "…"
            return ascii(cut) if not cut.isprintable() else f"'{cut}'"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return f"a {type(value).__name__}"


def _write_whole(value: Any) -> int:
    if type(value) is not int:
        try:
            value = operator.index(value) if not isinstance(value, bool) else None
        except TypeError:
            value = None
        if value is None:
            raise Misfit("is not a whole number")
    return _read_whole(value, False)


def _read_whole(value: Json, lenient: bool) -> int:
    if type(value) is not int:
        raise Misfit(f"is {shown(value)}, but a whole number is needed")
    if not -MAX_WHOLE <= value <= MAX_WHOLE:
        raise Misfit(f"is {shown(value)}, but whole numbers end at 2^53")
    return value


def _write_number(value: Any) -> float:
    if type(value) is float:
        return _read_number(value, False)
    if isinstance(value, bool | str | bytes):
        raise Misfit(f"is {shown(value)}, but a number is needed")
    try:
        return _read_number(float(value), False)
    except (TypeError, ValueError, OverflowError):
        raise Misfit(f"is {shown(value)}, but a finite number is needed") from None


def _read_number(value: Json, lenient: bool) -> float:
    if type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if type(value) is not float:
        raise Misfit(f"is {shown(value)}, but a number is needed")
    if not math.isfinite(value):
        raise Misfit("is not a finite number")
    return value


def _read_text(value: Json, lenient: bool = False) -> str:
    if type(value) is not str:
        raise Misfit(f"is {shown(value)}, but text is needed")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Misfit("holds half of a surrogate pair, which is no text") from None
    return value


def _read_truth(value: Json, lenient: bool = False) -> bool:
    if type(value) is not bool:
        raise Misfit(f"is {shown(value)}, but true or false is needed")
    return value


def _write_truth(value: Any) -> bool:
    if type(value) is not bool and type(value).__name__ not in ("bool_", "bool"):  # numpy's own
        raise Misfit(f"is {shown(value)}, but true or false is needed")
    return bool(value)


def _read_value(value: Json, lenient: bool = False) -> bool | int | float | str:
    for kind, read in ((bool, _read_truth), (int, _read_whole), (float, _read_number), (str, _read_text)):
        if type(value) is kind:
            return read(value, lenient)
    raise Misfit(f"is {shown(value)}, but true/false, a number or text is needed")


WHOLE = Codec(_write_whole, _read_whole, {"type": "integer", "minimum": -MAX_WHOLE, "maximum": MAX_WHOLE})
NUMBER = Codec(_write_number, _read_number, {"type": "number"})
TEXT = Codec(lambda value: _read_text(str(value)), _read_text, {"type": "string"})
TRUTH = Codec(_write_truth, _read_truth, {"type": "boolean"})
VALUE = Codec(_read_value, _read_value, {"type": ["boolean", "number", "string"]})


def choice(names: Iterable[str], build: Callable[[str], Any] = str) -> Codec:
    """One of a closed set of words."""
    known = tuple(names)

    def read(raw: Json, lenient: bool = False) -> Any:
        if type(raw) is not str or raw not in known:
            raise Misfit(f"is {shown(raw)}, but one of {', '.join(known)} is needed")
        return build(raw)

    return Codec(lambda value: str(read(str(value))), read, {"enum": list(known)})


def as_list(raw: Json) -> list[Json]:
    """`raw`, which must be a list."""
    if type(raw) is not list:
        raise Misfit(f"is {shown(raw)}, but a list is needed")
    return raw


def as_object(raw: Json) -> dict[str, Json]:
    """`raw`, which must be an object."""
    if type(raw) is not dict:
        raise Misfit(f"is {shown(raw)}, but an object is needed")
    return raw


def many(item: Codec) -> Codec:
    """A column: a list of any length, all entries of one kind."""

    def each(act: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        done: list[Any] = []
        try:
            for value in values:
                done.append(act(value))
        except Misfit as misfit:
            raise misfit.within(f"entry {len(done)}") from None
        return done

    def read(raw: Json, lenient: bool) -> tuple[Any, ...]:
        return tuple(each(lambda value: item.read(value, lenient), as_list(raw)))

    return Codec(lambda values: each(item.write, values), read, {"type": "array", "items": item.schema})


def pair(item: Codec) -> Codec:
    """Exactly two of a kind, such as a (start, stop) span."""
    column = many(item)

    def sized(values: Any) -> Any:
        if len(values) != 2:
            raise Misfit(f"has {len(values)} entries, but a (start, stop) pair has 2")
        return values

    schema = column.schema | {"minItems": 2, "maxItems": 2}

    def read(raw: Json, lenient: bool) -> Any:
        return column.read(sized(as_list(raw)), lenient)

    return Codec(lambda values: column.write(sized(values)), read, schema)


def table(item: Codec) -> Codec:
    """Values by name, in the order in which they were given."""

    def each(act: Callable[[Any], Any], values: dict[str, Any]) -> dict[str, Any]:
        done: dict[str, Any] = {}
        for name, value in values.items():
            try:
                done[_read_text(name)] = act(value)
            except Misfit as misfit:
                raise misfit.within(shown(name)) from None
        return done

    def read(raw: Json, lenient: bool) -> dict[str, Any]:
        return each(lambda value: item.read(value, lenient), as_object(raw))

    return Codec(
        lambda values: each(item.write, values), read, {"type": "object", "additionalProperties": item.schema}
    )


def declared(item: Codec) -> Codec:
    """Nouns: a list in the file, a table by id in memory; an id stands for one thing only."""
    column = many(item)

    def write(nouns: dict[str, Any]) -> Json:
        for id, noun in nouns.items():
            if noun.id != id:
                raise Misfit(f"lists {shown(noun.id)} under another id, {shown(id)}")
        return column.write(nouns.values())

    def read(raw: Json, lenient: bool) -> dict[str, Any]:
        nouns: dict[str, Any] = {}
        for noun in column.read(raw, lenient):
            if nouns.setdefault(noun.id, noun) is not noun:
                raise Misfit(f"declares the id {shown(noun.id)} twice")
        return nouns

    return Codec(write, read, column.schema)


def record(
    cls: Any,
    columns: dict[str, Codec],
    tag: tuple[str, str] | None = None,
    inspect: Callable[[Any], str | None] = lambda value: None,
) -> Codec:
    """An object with exactly the fields of a dataclass, and a tag; `inspect` judges it as a whole."""
    names = [field.name for field in fields(cls)]
    tags: dict[str, Json] = {tag[0]: tag[1]} if tag else {}

    def write(value: Any) -> Json:
        if complaint := inspect(value):
            raise Misfit(complaint)
        return tags | {name: at(name, columns[name].write, getattr(value, name)) for name in names}

    def read(raw: Json, lenient: bool) -> Any:
        found = as_object(raw)
        _refuse_fields(found, names, tags, lenient)
        value = cls(**{name: at(name, columns[name].read, found[name], lenient) for name in names})
        if complaint := inspect(value):
            raise Misfit(complaint)
        return value

    properties: Schema = {key: {"const": word} for key, word in tags.items()}
    properties |= {name: columns[name].schema for name in names}
    return Codec(write, read, closed(properties))


def closed(properties: Schema) -> Schema:
    """The schema of an object in which every field is required and no other is known."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def at(name: str, act: Callable[..., Any], *values: Any) -> Any:
    """Read or write one part, and name it should it not fit."""
    try:
        return act(*values)
    except Misfit as misfit:
        raise misfit.within(f"'{name}'") from None


def _refuse_fields(found: dict[str, Json], names: list[str], tags: dict[str, Json], lenient: bool) -> None:
    for name in names:
        if name not in found:
            raise Misfit(f"lacks the field '{name}'")
    if not lenient and len(found) != len(names) + len(tags):
        for name in found:
            if name not in names and name not in tags:
                raise Misfit(f"has the unknown field {shown(name)}")


def one_of(options: dict[str, Codec], name_of: Callable[[Any], str], what: str) -> Codec:
    """A sum type as an object with the one key that says which case it is."""

    def write(value: Any) -> Json:
        name = name_of(value)
        return {name: at(name, options[name].write, value)}

    def read(raw: Json, lenient: bool) -> Any:
        found = as_object(raw)
        hits = [name for name in options if name in found]
        if len(hits) != 1 or (len(found) != 1 and not lenient):
            raise Misfit(f"must hold exactly one of {', '.join(options)} ({what})")
        return at(hits[0], options[hits[0]].read, found[hits[0]], lenient)

    return Codec(write, read, {"oneOf": [closed({name: codec.schema}) for name, codec in options.items()]})
