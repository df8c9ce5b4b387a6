"""What tests of drafters and rules share: runs on table models, and what they return behind their events."""

from collections.abc import Generator
from typing import TypeVar

from fakes import TableCausal, random_law

from workbench.methods.dice import SeededDice
from workbench.methods.loops.verification import Draft
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.trace import ROOT, Event

T = TypeVar("T")


def fresh_run(prompt: list[int], size: int = 6, seed: int = 0, tokens: int = 40, eos: tuple = ()) -> Run:
    target = TableCausal(random_law(seed, size), size, "target", Meter())
    return Run(prompt, tokens, {"target": target}, eos, SeededDice(seed), Meter())


def last(events: Generator[Event, None, T]) -> T:
    """What a drafter or a rule returns."""
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return stop.value


def path_of(draft: Draft, node: int) -> list[int]:
    path: list[int] = []
    while node != ROOT:
        path, node = [draft.tokens[node], *path], draft.parents[node]
    return path
