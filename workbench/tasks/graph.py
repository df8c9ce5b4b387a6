"""Chains in a small knowledge graph, with distractors of the same relations; the whole chain is scored."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from .base import Draft, Score, Task, right, wrong
from .words import ANIMALS, CITIES, JOBS, NAMES

PERSONAL = ("boss", "friend", "mother")  # person to person: the first hop
VALUES = {"city": CITIES, "job": JOBS, "pet": ANIMALS}  # person to thing: the last hop
SAME_RELATION = 4  # facts per relation, so guessing among them is right at most one time in four


def _draw(rng: random.Random) -> Draft:
    """One or two hops. Facts stand in random order; every relation has three distractors."""
    people = rng.sample(NAMES, 2 * SAME_RELATION)
    starts, middles = people[:SAME_RELATION], people[SAME_RELATION:]
    first, last = rng.choice(PERSONAL), rng.choice(sorted(VALUES))
    values = rng.sample(VALUES[last], SAME_RELATION)
    second = [f"{last} {who} {value}" for who, value in zip(middles, values, strict=True)]
    if rng.random() < 0.5:
        facts, chain, question = second, second[:1], f"{middles[0]} {last}"
    else:
        links = [f"{first} {who} {whom}" for who, whom in zip(starts, middles, strict=True)]
        facts, chain, question = links + second, [links[0], second[0]], f"{starts[0]} {first} {last}"
    facts = rng.sample(facts, len(facts))
    return Draft(f"{', '.join(facts)}. Find {question}", ", ".join(chain), {"chain": chain, "facts": facts})


def _check(check: Mapping[str, Any], text: str) -> Score:
    """Every link of the chain, in order; a link that is no given fact is named as such."""
    expected, found = check["chain"], [" ".join(link.split()) for link in text.split(",")]
    for index, link in enumerate(expected, 1):
        got = found[index - 1] if index <= len(found) else "nothing"
        if got != link:
            why = "" if got in check["facts"] else " (not a given fact)"
            return wrong(f"link {index}: expected {link!r}, found {got!r}{why}")
    return right() if len(found) == len(expected) else wrong("the chain goes on after its end")


GRAPH = Task("graph", "Knowledge-graph chain", _draw, _check)
