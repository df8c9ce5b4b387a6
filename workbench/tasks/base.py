"""What a task is: a seeded generator of prompts, each with an exact checker.

Instances are split into train and held-out by a hash of the prompt, so the two sets are disjoint whatever
seeds are used, and nothing has to be stored.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

Split = Literal["train", "held-out"]
HELD_OUT_SHARE = 10  # one prompt in ten is held out
MAX_DRAWS = 2000


class Failure(StrEnum):
    """What kind of mistake a wrong answer makes, so that mistakes can be counted."""

    NONE = ""
    DUPLICATE = "duplicate"
    """Something stands there too often: the mark of cells that were filled without each other."""
    MISSING = "missing"
    FOREIGN = "foreign"
    """Something stands there that was never given."""
    ORDER = "order"
    NO_CHANGE = "no change"
    TWO_CHANGES = "two changes"
    GRAMMAR = "grammar"
    FORMAT = "format"
    """It cannot be read as an answer at all."""
    VALUE = "value"
    """It can be read, and is another answer."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a generator draws: the prompt, one right answer, and what the checker needs."""

    prompt: str
    answer: str
    check: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Instance:
    """One prompt of a task, reproducible from (task, seed, split)."""

    task: str
    seed: int
    prompt: str
    answer: str
    check: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """The verdict on one answer; `reason` is a sentence a person can read, `why` its kind.

    points: from 0 to 1; tasks with one notion of right give 0 or 1. strict: right, and written exactly in the
    task's format (the lenient reading forgives brackets, quotes, commas and spacing).
    """

    right: bool
    reason: str
    why: Failure = Failure.NONE
    points: float = 0.0
    strict: bool = False


def right(reason: str = "correct", points: float = 1.0) -> Score:
    """A passed check."""
    return Score(True, reason, Failure.NONE, points, strict=True)


def wrong(reason: str, why: Failure = Failure.VALUE, points: float = 0.0) -> Score:
    """A failed check, saying what is wrong."""
    return Score(False, reason, why, points)


def any_form(text: str) -> bool:
    """The format of tasks whose checker reads the whole text as it is."""
    return True


@dataclass(frozen=True, slots=True)
class Task:
    """A named generator with its exact checker.

    form: whether a text is written exactly as the task asks. answers: every right answer of an instance,
    where they can be listed; a perfect model is made of them. in_mix: whether the embedded models were
    trained on it; of the other tasks they know nothing.
    """

    name: str
    title: str
    draw: Callable[[random.Random], Draft]
    check: Callable[[Mapping[str, Any], str], Score]
    form: Callable[[str], bool] = any_form
    answers: Callable[[Mapping[str, Any]], Iterator[str]] | None = None
    in_mix: bool = True

    def make(self, seed: int, split: Split = "held-out") -> Instance:
        """The instance of `seed`: the first draw of its own generator that falls into the split."""
        rng = random.Random(f"{self.name}/{split}/{seed}")
        for _ in range(MAX_DRAWS):
            draft = self.draw(rng)
            if split_of(draft.prompt) == split:
                return Instance(self.name, seed, draft.prompt, draft.answer, draft.check)
        raise ValueError(f"task {self.name!r}: no {split} prompt in {MAX_DRAWS} draws of seed {seed}")

    def score(self, instance: Instance, text: str) -> Score:
        """Check `text` (an answer as decoded; outer white space is ignored) against the instance."""
        if instance.task != self.name:
            raise ValueError(f"instance of task {instance.task!r} given to task {self.name!r}")
        text = text.strip()
        found = self.check(instance.check, text)
        return replace(found, strict=found.right and self.form(text))


def split_of(prompt: str) -> Split:
    """The split a prompt belongs to, from a hash of its text."""
    digest = hashlib.blake2b(prompt.encode(), digest_size=4).digest()
    return "held-out" if int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0 else "train"
