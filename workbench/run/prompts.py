"""Prompts of one's own: a JSONL or a text file, every line of it checked before anything runs.

JSONL: one object a line with `prompt`, and where they are known `answer` and `id`; other fields are left
alone. Any other file: one prompt a line; empty lines are skipped.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.tasks import Failure, Score
from workbench.trace import WorkbenchError

MAX_BYTES = 8 * 2**20
"""The largest file of prompts, in bytes."""
MAX_PROMPTS = 5_000
MAX_CHARACTERS = 20_000
"""The longest prompt, and the longest answer."""
MAX_ID = 60
JSONL = (".jsonl", ".ndjson", ".json")
SHOWN = 60
"""How many characters of an answer a sentence shows."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. id: unique in its file (the number of its line unless it has one). answer: None where
    nobody knows it."""

    id: str
    text: str
    answer: str | None = None


def read(path: Path) -> tuple[Prompt, ...]:
    """The prompts of a file. Raises WorkbenchError for the first line that cannot be used."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise WorkbenchError(f"The file of prompts '{path}' cannot be read: {why}.") from None
    return parse(data, path.name)


def parse(data: bytes, name: str) -> tuple[Prompt, ...]:
    """The prompts of a file's content; its name says which kind it is."""
    if len(data) > MAX_BYTES:
        raise WorkbenchError(
            f"'{name}' has more than {MAX_BYTES // 2**20} MB, which is the most that a file of prompts may "
            "have; split it."
        )
    try:
        lines = data.decode("utf-8-sig").split("\n")  # not splitlines: JSON text may hold U+2028
    except UnicodeDecodeError as error:
        at = data[: error.start].count(b"\n") + 1
        raise WorkbenchError(f"Line {at} of '{name}' is not UTF-8 text; save the file as UTF-8.") from None
    make = _from_json if name.lower().endswith(JSONL) else _from_text
    found: list[Prompt] = []
    where: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        here = f"Line {number} of '{name}'"
        prompt = make(line, number, here)
        if prompt.id in where:
            raise WorkbenchError(
                f"{here} has the id '{prompt.id}' of line {where[prompt.id]}; every prompt needs its own."
            )
        where[prompt.id] = number
        found.append(prompt)
        if len(found) > MAX_PROMPTS:
            raise WorkbenchError(f"'{name}' has more than {MAX_PROMPTS} prompts; split it.")
    if not found:
        raise WorkbenchError(f"'{name}' holds no prompt; write one a line, or JSONL objects with 'prompt'.")
    return tuple(found)


def as_jsonl(prompts: Iterable[Prompt]) -> bytes:
    """The file that `parse` reads as these prompts."""
    lines: list[str] = []
    for prompt in prompts:
        known = {"answer": prompt.answer} if prompt.answer is not None else {}
        lines.append(json.dumps({"id": prompt.id, "prompt": prompt.text} | known, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines).encode()


def grade(prompt: Prompt, text: str) -> Score | None:
    """How an answer compares with the known one; None where none is known.

    Strict: the same text, outer white space left out. Lenient: the same words, whatever their case and
    the space between them.
    """
    if prompt.answer is None:
        return None
    found, expected = text.strip(), prompt.answer.strip()
    if found.casefold().split() == expected.casefold().split():
        return Score(True, "as expected", Failure.NONE, 1.0, found == expected)
    if not found:
        return Score(False, "there is no answer", Failure.MISSING)
    return Score(False, f"expected {_short(expected)}, found {_short(found)}", Failure.VALUE)


def _from_text(line: str, number: int, here: str) -> Prompt:
    return Prompt(str(number), _text(line, "prompt", here))


def _from_json(line: str, number: int, here: str) -> Prompt:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise WorkbenchError(f"{here} is no JSON; write one object with 'prompt' a line.") from None
    if not isinstance(found, dict):
        raise WorkbenchError(f"{here} is JSON, but no object; write one object with 'prompt' a line.")
    if "prompt" not in found:
        raise WorkbenchError(f"{here} has no field 'prompt'; every object needs one.")
    answer = found.get("answer")
    return Prompt(
        _id(found.get("id", number), here),
        _text(found["prompt"], "prompt", here),
        None if answer is None else _text(answer, "answer", here),
    )


def _text(value: Any, field: str, here: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and field == "answer":
        value = str(value)
    if not isinstance(value, str):
        raise WorkbenchError(f"{here}: the field '{field}' is no text; write it in quotes.")
    if not value.strip():
        raise WorkbenchError(f"{here}: the field '{field}' is empty; fill it, or leave the line out.")
    if len(value) > MAX_CHARACTERS:
        raise WorkbenchError(
            f"{here}: the field '{field}' has {len(value)} characters; {MAX_CHARACTERS} are the most."
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise WorkbenchError(
            f"{here}: the field '{field}' holds half a character (a lone surrogate)."
        ) from None
    return value


def _id(value: Any, here: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WorkbenchError(f"{here}: the field 'id' is neither a text nor a whole number.")
    id = str(value)
    if not 1 <= len(id) <= MAX_ID or not id.isprintable():
        raise WorkbenchError(f"{here}: the field 'id' needs 1 to {MAX_ID} printable characters.")
    return id


def _short(text: str) -> str:
    return f"'{text}'" if len(text) <= SHOWN else f"'{text[: SHOWN - 1]}…'"
