"""What a task is: a seeded generator of prompts, each with an exact checker.

Instances are split into train and held-out by a hash of the prompt, so the two sets are disjoint whatever
seeds are used, and nothing has to be stored.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Split = Literal["train", "held-out"]
HELD_OUT_SHARE = 10  # one prompt in ten is held out
MAX_DRAWS = 2000


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
    """The verdict on one answer; `reason` is a sentence a person can read."""

    right: bool
    reason: str


def right(reason: str = "correct") -> Score:
    """A passed check."""
    return Score(True, reason)


def wrong(reason: str) -> Score:
    """A failed check, saying what is wrong."""
    return Score(False, reason)


@dataclass(frozen=True, slots=True)
class Task:
    """A named generator with its exact checker."""

    name: str
    title: str
    draw: Callable[[random.Random], Draft]
    check: Callable[[Mapping[str, Any], str], Score]

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
        return self.check(instance.check, text.strip())


def split_of(prompt: str) -> Split:
    """The split a prompt belongs to, from a hash of its text."""
    digest = hashlib.blake2b(prompt.encode(), digest_size=4).digest()
    return "held-out" if int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0 else "train"
