"""Operations on a list of one-token items, so that one item is one cell of the canvas.

`shuffle` accepts any order but the given one: it is the task on which filling many cells at once must hurt,
since every cell on its own is nearly uniform while the cells together are not independent.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

from . import items as listed
from .base import Draft, Score, Task
from .words import ANIMALS

LONG = 15
"""Items of the long lists, as in ParallelBench's second set; no embedded model was trained on them."""
LENGTH = 5  # always: then every cell of an answer depends on a prompt position that is known beforehand


def _items(rng: random.Random, length: int) -> list[str]:
    return rng.sample(ANIMALS, length)


def _unused(rng: random.Random, items: Sequence[str]) -> str:
    return rng.choice([animal for animal in ANIMALS if animal not in items])


def _draft(head: str, items: Sequence[str], result: Sequence[str], any_order: bool = False) -> Draft:
    check = {"items": list(result), "any_order": any_order, "given": list(items)}
    return Draft(f"{head}: {' '.join(items)}", " ".join(result), check)


def _copy(rng: random.Random, length: int) -> Draft:
    items = _items(rng, length)
    return _draft("Copy", items, items)


def _reverse(rng: random.Random, length: int) -> Draft:
    items = _items(rng, length)
    return _draft("Reverse", items, items[::-1])


def _sort(rng: random.Random, length: int) -> Draft:
    items = _items(rng, length)
    return _draft("Sort", items, sorted(items))


def _replace(rng: random.Random, length: int) -> Draft:
    items = _items(rng, length)
    old, new = rng.choice(items), _unused(rng, items)
    result = [new if item == old else item for item in items]
    return _draft(f"Replace {old} with {new}", items, result)


def _insert(rng: random.Random, length: int) -> Draft:
    items = _items(rng, length)
    place, new = rng.randrange(len(items)), _unused(rng, items)
    result = [*items[: place + 1], new, *items[place + 1 :]]
    return _draft(f"Insert {new} after {items[place]}", items, result)


def _remove(rng: random.Random, length: int) -> Draft:
    items = _items(rng, length)
    gone = rng.choice(items)
    return _draft(f"Remove {gone}", items, [item for item in items if item != gone])


def _shuffle(rng: random.Random, length: int) -> Draft:
    items = _items(rng, length)
    result = items[:]
    while result == items:
        rng.shuffle(result)
    return _draft("Shuffle", items, result, any_order=True)


def _check(check: Mapping[str, Any], text: str) -> Score:
    """The same items in the same order, or in any other order where the task asks for that."""
    found = listed.read(text)
    if check["any_order"]:
        return listed.rearranged(found, check["given"])
    return listed.exact(found, check["items"], check["given"])


def _answers(check: Mapping[str, Any]) -> Iterator[str]:
    if not check["any_order"]:
        yield " ".join(check["items"])
        return
    for order in permutations(check["given"]):
        if list(order) != check["given"]:
            yield " ".join(order)


Drawn = Callable[[random.Random, int], Draft]
"""(rng, how many items) -> an instance."""


def _task(name: str, title: str, draw: Drawn) -> Task:
    return Task(name, title, lambda rng: draw(rng, LENGTH), _check, listed.is_plain, _answers)


def _long(name: str, title: str, draw: Drawn) -> Task:
    """The same with 15 items. The orders of so many items cannot be listed."""
    answers = None if name == "shuffle" else _answers
    title = f"{title}, {LONG} items"
    return Task(
        f"{name}_long", title, lambda rng: draw(rng, LONG), _check, listed.is_plain, answers, in_mix=False
    )


LISTS = (
    _task("copy", "Copy a list", _copy),
    _task("reverse", "Reverse a list", _reverse),
    _task("sort", "Sort a list", _sort),
    _task("replace", "Replace an item", _replace),
    _task("insert", "Insert an item", _insert),
    _task("remove", "Remove an item", _remove),
    _task("shuffle", "Shuffle a list (any other order)", _shuffle),
)
LONG_LISTS = (
    _long("copy", "Copy a list", _copy),
    _long("reverse", "Reverse a list", _reverse),
    _long("sort", "Sort a list", _sort),
    _long("shuffle", "Shuffle a list", _shuffle),
)
