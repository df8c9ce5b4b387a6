"""Tokens as text that can be shown: a token may hold a piece of a character, or bytes that are no text."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

PARTIAL = "◌"
"""Stands where a token ends inside a character that a later token completes."""
INVALID = "\ufffd"


def pieces(ids: Sequence[int], tokens: Mapping[int, bytes]) -> list[str]:
    """What to show for each token: a character stands with the token that completes it.

    A token that ends inside a character shows PARTIAL there; bytes that can never become text
    show INVALID; an id without known bytes shows as its number.
    """
    shown: list[str] = []
    run: list[bytes] = []
    for id in ids:
        if id in tokens:
            run.append(tokens[id])
        else:
            shown += [*_run_pieces(run), _unknown(id)]
            run = []
    return shown + _run_pieces(run)


def text_of(ids: Sequence[int], tokens: Mapping[int, bytes]) -> str:
    """The text of a sequence; bytes that are no text become INVALID."""
    whole = b"".join(tokens.get(id, _unknown(id).encode()) for id in ids)
    return whole.decode("utf-8", errors="replace")


def _unknown(id: int) -> str:
    return f"⟨{id}⟩"


def _run_pieces(run: Sequence[bytes]) -> list[str]:
    """The pieces of tokens that stand next to each other and whose bytes are known."""
    ends = list(accumulate(map(len, run)))
    shown = [""] * len(run)
    for char, start, stop, complete in _characters(b"".join(run)):
        first, last = bisect_right(ends, start), bisect_right(ends, stop - 1)
        for index in range(first, last if complete else last + 1):
            shown[index] += PARTIAL if run[index] else ""
        if complete:
            shown[last] += char
    return shown


def _characters(data: bytes) -> Iterator[tuple[str, int, int, bool]]:
    """(character, start, stop, complete) over UTF-8 bytes; complete is False for a cut-off end only."""
    start = 0
    while start < len(data):
        chunk = data[start : start + _width(data[start])]
        try:
            yield chunk.decode(), start, start + len(chunk), True
            start += len(chunk)
        except UnicodeDecodeError as error:
            stop = start + max(1, error.end - error.start)
            open_end = error.reason == "unexpected end of data" and stop == len(data)
            yield INVALID, start, stop, not open_end
            start = stop


def _width(lead: int) -> int:
    """How many bytes a UTF-8 character with this first byte has."""
    return 1 if lead < 0xC2 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4 if lead < 0xF5 else 1
