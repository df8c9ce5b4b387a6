"""Lists of one-token items as text: read leniently or strictly, and what is wrong with one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .base import Failure, Score, right, wrong

BETWEEN = re.compile(r"[\s,;\"']+")
PLAIN = re.compile(r"[^\s,;\"'\[\]]+(?: [^\s,;\"'\[\]]+)*")


def read(text: str) -> list[str]:
    """The items of a text; what stands outside of brackets, commas, quotes and spacing is forgiven."""
    inside = text.rpartition("[")[2].partition("]")[0]
    return [item for item in BETWEEN.split(inside) if item]


def is_plain(text: str) -> bool:
    """Items with one space between them and nothing else: the format that the tasks ask for."""
    return PLAIN.fullmatch(text) is not None


def exact(found: Sequence[str], expected: Sequence[str], given: Sequence[str]) -> Score:
    """The expected items in their order. given: the list in the prompt, which some task must change."""
    if list(found) == list(expected):
        return right()
    count = max(len(found), len(expected))
    at = next(i for i in range(count) if list(found[i : i + 1]) != list(expected[i : i + 1]))
    if at >= len(expected):
        reason = "there are too many items"
    else:
        got = found[at] if at < len(found) else "nothing"
        reason = f"item {at + 1}: expected {expected[at]}, found {got}"
    return wrong(reason, fault(found, expected, given))


def fault(found: Sequence[str], expected: Sequence[str], given: Sequence[str]) -> Failure:
    """The kind of a wrong list: the first of these that holds."""
    have, need = Counter(found), Counter(expected)
    if not found:
        return Failure.FORMAT
    if list(found) == list(given) != list(expected):
        return Failure.NO_CHANGE
    if any(have[item] > need[item] for item in need):
        return Failure.DUPLICATE
    if have - need:
        return Failure.FOREIGN
    return Failure.MISSING if need - have else Failure.ORDER


def rearranged(found: Sequence[str], given: Sequence[str]) -> Score:
    """Any other order of the given items."""
    if list(found) == list(given):
        return wrong("the order was not changed", Failure.NO_CHANGE)
    if sorted(found) == sorted(given):
        return right("a permutation of the items")
    missing = sorted(set(given) - set(found))
    reason = f"missing: {' '.join(missing)}" if missing else "an item is doubled or foreign"
    return wrong(reason, fault(found, sorted(given), given))
