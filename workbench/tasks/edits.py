"""One change to a list: at a numbered place, or anywhere.

The numbered edits have one right answer, so that cells can be filled independently; the edits anywhere
have several, and cells that are filled together may each decide for another one. No embedded model was
trained on these: they are for models of one's own, and for the perfect model.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from . import items as listed
from .base import Draft, Failure, Score, Task, right, wrong
from .lists import LONG
from .words import ANIMALS

SHORTEST, LONGEST = 3, 6
Items = Sequence[str]


def _drawn(rng: random.Random, long: bool) -> tuple[list[str], str]:
    """A list of 3 to 6 items, or a long one, and an item that is not in it."""
    length = LONG if long else rng.randint(SHORTEST, LONGEST)
    names: list[str] = rng.sample(ANIMALS, length + 1)
    return names[:-1], names[-1]


def inserted(given: Items, new: str) -> Iterator[list[str]]:
    """The list with `new` at every place, first to last."""
    return ([*given[:at], new, *given[at:]] for at in range(len(given) + 1))


def removed(given: Items, new: str = "") -> Iterator[list[str]]:
    """The list without each of its items."""
    return ([*given[:at], *given[at + 1 :]] for at in range(len(given)))


def replaced(given: Items, new: str) -> Iterator[list[str]]:
    """The list with `new` in the place of each of its items."""
    return ([*given[:at], new, *given[at + 1 :]] for at in range(len(given)))


MORE = ("", f", {LONG} items")
Edit = Callable[[Items, str], Iterator[list[str]]]
EDITS: Mapping[str, tuple[Edit, str]] = {
    "insert": (inserted, "Insert {new} "),
    "remove": (removed, "Remove the item "),
    "replace": (replaced, "Put {new} for the item "),
}


def _at_index(name: str, long: bool) -> Task:
    edit, head = EDITS[name]

    def draw(rng: random.Random) -> Draft:
        given, new = _drawn(rng, long)
        choices = list(edit(given, new))
        at = rng.randrange(len(choices))
        prompt = f"{head.format(new=new)}at index {at}: {' '.join(given)}"
        return Draft(prompt, " ".join(choices[at]), {"given": given, "items": choices[at]})

    def check(payload: Mapping[str, Any], text: str) -> Score:
        return listed.exact(listed.read(text), payload["items"], payload["given"])

    def answers(payload: Mapping[str, Any]) -> Iterator[str]:
        yield " ".join(payload["items"])

    title = f"{name.capitalize()} at an index{MORE[long]}"
    return Task(f"{name}_index{'_long' * long}", title, draw, check, listed.is_plain, answers, in_mix=False)


def _anywhere(name: str, long: bool) -> Task:
    edit, head = EDITS[name]

    def draw(rng: random.Random) -> Draft:
        given, new = _drawn(rng, long)
        prompt = f"{head.format(new=new)}at any index: {' '.join(given)}"
        return Draft(prompt, " ".join(rng.choice(list(edit(given, new)))), {"given": given, "new": new})

    def check(payload: Mapping[str, Any], text: str) -> Score:
        found, given, new = listed.read(text), payload["given"], payload["new"]
        if found in list(edit(given, new)):
            return right("one of the right lists")
        why = _fault(name, found, given, new)
        return wrong(SENTENCES[why], why)

    def answers(payload: Mapping[str, Any]) -> Iterator[str]:
        return (" ".join(each) for each in edit(payload["given"], payload["new"]))

    title = f"{name.capitalize()} anywhere (any index){MORE[long]}"
    return Task(f"{name}_random{'_long' * long}", title, draw, check, listed.is_plain, answers, in_mix=False)


SENTENCES: Mapping[Failure, str] = {
    Failure.FORMAT: "there are no items",
    Failure.NO_CHANGE: "the list was not changed",
    Failure.TWO_CHANGES: "more than one item was changed",
    Failure.DUPLICATE: "an item stands there twice",
    Failure.FOREIGN: "an item stands there that was not given",
    Failure.MISSING: "an item is missing",
    Failure.ORDER: "the items are in another order",
}


def _fault(edit: str, found: Items, given: Items, new: str) -> Failure:
    """The kind of a wrong edit; what two cells decided without each other comes before the rest."""
    have = Counter(found)
    known = {*given} if edit == "remove" else {*given, new}
    lost = sum(item not in have for item in given)
    if not found:
        return Failure.FORMAT
    if list(found) == list(given):
        return Failure.NO_CHANGE
    if not set(found) <= known:
        return Failure.FOREIGN
    if edit != "insert" and (lost > 1 or (edit == "replace" and have[new] > 1)):
        return Failure.TWO_CHANGES
    if any(count > 1 for count in have.values()):
        return Failure.DUPLICATE
    needed = edit != "remove" and new not in have
    allowed = 0 if edit == "insert" else 1
    short = edit == "replace" and len(found) < len(given)
    return Failure.MISSING if needed or lost > allowed or short else Failure.ORDER


EDITED = tuple(made(name, False) for name in EDITS for made in (_at_index, _anywhere))
LONG_EDITED = tuple(made(name, True) for name in EDITS for made in (_at_index, _anywhere))
