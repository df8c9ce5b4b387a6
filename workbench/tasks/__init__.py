"""Generated prompts with exact checkers (standard library only).

`WAITING_LINE`, `PUZZLES` and `TEXTS` are the seventeen kinds of the diagnostic suite ParallelBench (2025);
`LONG` and `SHOWN` are its waiting line with 15 items, and behind one solved example.

>>> from workbench import tasks
>>> instance = tasks.make("sudoku", 3)
>>> tasks.TASKS["sudoku"].score(instance, instance.answer).right
True
"""

from __future__ import annotations

from .arithmetic import ADD, MATH, SUB
from .base import Failure, Instance, Score, Split, Task, split_of
from .code import CODE
from .edits import EDITED, LONG_EDITED
from .graph import GRAPH
from .lists import LISTS, LONG_LISTS
from .records import JSON
from .shown import with_example
from .squares import LATIN, LATIN_SQUARE, SUDOKU
from .story import STORY
from .writing import WRITING

__all__ = [
    "LONG",
    "MIX",
    "PUZZLES",
    "SHOWN",
    "TASKS",
    "TEXTS",
    "WAITING_LINE",
    "Failure",
    "Instance",
    "Score",
    "Split",
    "Task",
    "answers",
    "make",
    "score",
    "split_of",
]

_BASIC = (
    SUDOKU, LATIN, *LISTS, CODE, JSON, ADD, SUB, MATH, GRAPH, STORY, *EDITED, LATIN_SQUARE, *WRITING,
)  # fmt: skip
WAITING_LINE = ("copy", "reverse", "sort", "shuffle", *(task.name for task in EDITED))
LONG = (*LONG_LISTS, *LONG_EDITED)
"""The waiting line with 15 items."""
SHOWN = tuple(with_example(task) for task in _BASIC if task.name in WAITING_LINE)
"""The waiting line behind one solved example."""
TASKS: dict[str, Task] = {task.name: task for task in (*_BASIC, *LONG, *SHOWN)}
MIX = tuple(name for name, task in TASKS.items() if task.in_mix)
"""The tasks that embedded models were trained on, in the order of their tokenizer's training."""
PUZZLES = ("latin_square", "sudoku")
TEXTS = tuple(task.name for task in WRITING)


def make(name: str, seed: int, split: Split = "held-out") -> Instance:
    """The instance of task `name` with `seed`; held-out ones were never trained on."""
    if name not in TASKS:
        raise KeyError(f"no task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name].make(seed, split)


def score(instance: Instance, text: str) -> Score:
    """Check an answer by the checker of the instance's own task."""
    return TASKS[instance.task].score(instance, text)


def answers(instance: Instance) -> tuple[str, ...]:
    """Every right answer of an instance; empty where they cannot be listed."""
    listed = TASKS[instance.task].answers
    return () if listed is None else tuple(listed(instance.check))
