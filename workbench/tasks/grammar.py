"""A small context-free grammar of English sentences: draws sentences, and says whether a text is one.

It stands in the place of a grammar checker: exact, and small enough for small models.
"""

from __future__ import annotations

import random
import re
from functools import cache

from .words import ANIMALS, COLOURS, PLACES, THINGS

NOUNS = tuple(sorted({*ANIMALS, *THINGS}))
SYNONYMS = (
    ("finds", "discovers"), ("sees", "notices"), ("hides", "buries"), ("takes", "grabs"),
    ("big", "large"), ("little", "small"), ("happy", "glad"), ("near", "beside"),
)  # fmt: skip
VERBS = tuple(word for pair in SYNONYMS[:4] for word in pair)
ADJECTIVES = (*(word for pair in SYNONYMS[4:7] for word in pair), *COLOURS)
MEANING = {word: pair[0] for pair in SYNONYMS for word in pair}

GRAMMAR: dict[str, tuple[tuple[str, ...], ...]] = {
    "sentence": (("group", "verb", "group", "."),),
    "group": (("thing",), ("thing", "link", "group")),
    "thing": (("the", "name"),),
    "name": (("noun",), ("adjective", "name")),
    "link": (("and",), ("in",), ("near",), ("beside",)),
    "noun": tuple((word,) for word in (*NOUNS, *PLACES)),
    "verb": tuple((word,) for word in VERBS),
    "adjective": tuple((word,) for word in ADJECTIVES),
}
"""No rule begins with its own left side, so a plain descent ends."""
PIECES = re.compile(r"[A-Za-z]+|[^\sA-Za-z]")


def words(text: str) -> list[str]:
    """Words and marks, in lower case."""
    return [piece.lower() for piece in PIECES.findall(text)]


def parses(text: str) -> bool:
    """Whether the text is one sentence of the grammar that begins with a capital."""
    sentence = tuple(words(text))
    return text[:1].isupper() and len(sentence) in _ends(sentence, "sentence", 0)


def sentences(text: str) -> list[str]:
    """The parts of a text that end in a full stop; what follows the last one counts as a part too."""
    return [part.strip() for part in re.findall(r"[^.]*\.|[^.]+$", text) if part.strip()]


@cache
def _ends(sentence: tuple[str, ...], symbol: str, start: int) -> frozenset[int]:
    """Every place where a phrase of this kind that begins at `start` may end."""
    if symbol not in GRAMMAR:
        return frozenset({start + 1} if sentence[start : start + 1] == (symbol,) else ())
    found: set[int] = set()
    for parts in GRAMMAR[symbol]:
        ends = {start}
        for part in parts:
            ends = {end for at in ends for end in _ends(sentence, part, at)}
        found |= ends
    return frozenset(found)


def written(pieces: list[str]) -> str:
    """Words as a sentence: a capital in front, the full stop close to its word."""
    text = " ".join(pieces).replace(" .", ".")
    return text[:1].upper() + text[1:]


def simple(rng: random.Random, subject: str, verb: str, thing: str, place: str = "") -> list[str]:
    """The words of 'the adjective subject verb the thing (in the place).'"""
    tail = ["in", "the", place] if place else []
    return ["the", rng.choice(ADJECTIVES), subject, verb, "the", thing, *tail, "."]
