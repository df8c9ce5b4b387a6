"""A record as JSON: the answer must parse and hold exactly the given fields."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from .base import Draft, Failure, Score, Task, right, wrong
from .words import CITIES, COLOURS, JOBS, NAMES


def _draw(rng: random.Random) -> Draft:
    values: dict[str, Any] = {
        "name": rng.choice(NAMES),
        "age": rng.randint(10, 99),
        "city": rng.choice(CITIES),
        "job": rng.choice(JOBS),
        "colour": rng.choice(COLOURS),
    }
    record = {key: values[key] for key in rng.sample(sorted(values), rng.randint(2, 3))}
    fields = ",".join(f"{key}={value}" for key, value in record.items())
    return Draft(f"JSON({fields})", json.dumps(record, separators=(",", ":")), {"record": record})


def _check(check: Mapping[str, Any], text: str) -> Score:
    try:
        found = json.loads(text)
    except ValueError as error:
        return wrong(f"not JSON: {error}", Failure.FORMAT)
    if not isinstance(found, dict):
        return wrong("not a JSON object", Failure.FORMAT)
    for key, value in check["record"].items():
        if key not in found:
            return wrong(f"the field {key!r} is missing", Failure.MISSING)
        if found[key] != value or type(found[key]) is not type(value):
            return wrong(f"{key!r}: expected {value!r}, found {found[key]!r}")
    extra = sorted(set(found) - set(check["record"]))
    return wrong(f"extra fields: {', '.join(extra)}", Failure.FOREIGN) if extra else right()


JSON = Task("json", "Record to JSON", _draw, _check)
