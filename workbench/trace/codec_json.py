"""Bytes that a stranger sent, as plain JSON values: bounded in size, depth, parts and digits.

The bounds are checked by one scan before `json` sees the text, because its parser recurses per
bracket and Python's number parser is slow on long numbers.
"""

import json
import re
from collections import Counter
from typing import Any

from workbench.trace.codec_parts import Json, Misfit, shown

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 32
MAX_PARTS = 2_000_000
MAX_DIGITS = 64

_PARTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|\[|\{|\]|\}', re.DOTALL)
"""Strings (possessive, so that no input makes it backtrack) and brackets; each case begins with a
plain character, so that the search skips over numbers quickly."""
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (MAX_DIGITS + 1))


def parse(data: bytes, limit: int = MAX_BYTES) -> Json:
    """JSON text, or a Misfit with one sentence."""
    if len(data) > limit:
        raise Misfit(f"the file has {len(data)} bytes, but at most {limit} are read")
    _scan(data)
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise Misfit(f"the file is not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise Misfit(
            f"the file is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from None
    except (ValueError, RecursionError):
        raise Misfit("the file holds a value that no JSON reader can hold") from None


def _scan(data: bytes) -> None:
    depth = parts = end = 0
    for found in _PARTS.finditer(data):
        start = found.start()
        _refuse_long_number(data, end, start)
        end = found.end()
        if data[start] in b"]}":
            depth -= 1
            continue
        depth += data[start] in b"[{"
        parts += 1
        if depth > MAX_DEPTH:
            raise Misfit(f"the file nests deeper than {MAX_DEPTH} levels (byte {start})")
        if parts > MAX_PARTS:
            raise Misfit(f"the file holds more than {MAX_PARTS} texts, lists and objects")
    _refuse_long_number(data, end, len(data))


def _refuse_long_number(data: bytes, start: int, stop: int) -> None:
    """In the bytes between two parts, which hold numbers and punctuation only."""
    if stop - start > MAX_DIGITS and (found := _LONG_NUMBER.search(data, start, stop)):
        raise Misfit(f"the file holds a number of more than {MAX_DIGITS} digits (byte {found.start()})")


def _no_constant(name: str) -> Json:
    raise Misfit(f"the file holds {name}, but every number is finite")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Misfit(f"the key {shown(twice)} stands twice in one object")
    return found


def dump(value: Json) -> bytes:
    """Compact and deterministic: the order of keys is the order of writing, which is fixed."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()
