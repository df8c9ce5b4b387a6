"""The published JSON Schema of the format, built from the very table that reads and writes it."""

import json
from typing import Any

from workbench.trace.codec import CLOCK, FORMAT
from workbench.trace.codec_parts import closed
from workbench.trace.codec_table import COLUMNS, EVENTS, FOOTER, GLOSSARY, HEADER
from workbench.trace.fills import Fill
from workbench.trace.refs import Refs
from workbench.trace.trace import VERSION

Schema = dict[str, Any]

TOKEN_ID = {"pattern": "^(0|[1-9][0-9]{0,9})$"}


def schema() -> Schema:
    """JSON Schema 2020-12 of a trace in this version of the format."""
    shared = {"refs": COLUMNS[Refs].schema, "fills": COLUMNS[tuple[Fill, ...]].schema}
    definitions: Schema = {name: codec.schema for name, codec in EVENTS.items()}
    definitions |= {"header": HEADER.schema, "glossary": GLOSSARY.schema, "footer": FOOTER.schema}
    definitions = {name: _point_at(part, shared) for name, part in definitions.items()} | shared
    major, minor, _ = VERSION.split(".")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:decoding-workbench:trace:{major}.{minor}",
        "title": "Decoding workbench trace",
        "description": "One run of a decoding method: see docs/TRACE.md. Extra rules are checked by check().",
        **closed(_top_level(major, minor)),
        "$defs": definitions,
    }


def _top_level(major: str, minor: str) -> Schema:
    texts: Schema = {"type": "object", "propertyNames": TOKEN_ID, "additionalProperties": {"type": "string"}}
    hexes = texts | {"additionalProperties": {"type": "string", "pattern": "^([0-9a-f]{2})*$"}}
    return {
        "format": {"const": FORMAT},
        "version": {"type": "string", "pattern": rf"^{major}\.{minor}\.[0-9]+$"},
        "header": _ref("header"),
        "glossary": _ref("glossary"),
        "tokens": texts,
        "partial": hexes,
        "events": {"type": "array", "items": {"oneOf": [_ref(verb) for verb in EVENTS]}},
        "clock": CLOCK.schema,
        "footer": _ref("footer"),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _point_at(part: Any, shared: Schema) -> Any:
    """Replace every repeat of a shared definition by a pointer, so that people can read the result."""
    for name, definition in shared.items():
        if part is definition:
            return _ref(name)
    if isinstance(part, dict):
        return {key: _point_at(value, shared) for key, value in part.items()}  # pyright: ignore
    return part


def schema_text() -> str:
    """The content of docs/trace.schema.json."""
    return json.dumps(schema(), indent=1) + "\n"
