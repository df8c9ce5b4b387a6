"""Three-sentence stories from a small grammar; many answers are right, a regular expression decides."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from .base import Draft, Failure, Score, Task, right, wrong
from .words import ANIMALS, NAMES, PLACES, THINGS

FINDS = ("finds", "sees", "hides", "takes")
MOODS = ("happy", "proud", "tired", "sad")
PLAN = (
    ("the beginning", r"{name} is a {animal} in the {place}\. "),
    ("the event", r"One day {name} (?:{finds}) a (?:{things})\. "),
    ("the end", r"Now {name} is (?:{moods})\.$"),
)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _draw(rng: random.Random) -> Draft:
    name, place = rng.choice(NAMES), rng.choice(PLACES)
    animal = rng.choice([word for word in ANIMALS if _article(word) == "a"])
    answer = (
        f"{name} is a {animal} in the {place}. One day {name} {rng.choice(FINDS)} a {rng.choice(THINGS)}. "
        f"Now {name} is {rng.choice(MOODS)}."
    )
    return Draft(f"Story about {name} the {animal} in the {place}", answer,
                 {"name": name, "animal": animal, "place": place})  # fmt: skip


def _check(check: Mapping[str, Any], text: str) -> Score:
    """The three sentences in order, each about the hero that was asked for."""
    words = dict(check, finds="|".join(FINDS), things="|".join(THINGS), moods="|".join(MOODS))
    at = 0
    for part, pattern in PLAN:
        found = re.compile(pattern.format(**words)).match(text, at)
        if found is None:
            return wrong(f"{part} does not fit the grammar at {text[at : at + 30]!r}", Failure.GRAMMAR)
        at = found.end()
    return right()


STORY = Task("story", "Short story", _draw, _check)
