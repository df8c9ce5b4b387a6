"""Generated prompts with exact checkers (standard library only).

>>> from workbench import tasks
>>> instance = tasks.make("sudoku", 3)
>>> tasks.TASKS["sudoku"].score(instance, instance.answer).right
True
"""

from __future__ import annotations

from .arithmetic import ADD, MATH, SUB
from .base import Instance, Score, Split, Task, split_of
from .code import CODE
from .graph import GRAPH
from .lists import LISTS
from .records import JSON
from .squares import LATIN, SUDOKU
from .story import STORY

__all__ = ["TASKS", "Instance", "Score", "Split", "Task", "make", "score", "split_of"]

TASKS: dict[str, Task] = {
    task.name: task for task in (SUDOKU, LATIN, *LISTS, CODE, JSON, ADD, SUB, MATH, GRAPH, STORY)
}


def make(name: str, seed: int, split: Split = "held-out") -> Instance:
    """The instance of task `name` with `seed`; held-out ones were never trained on."""
    if name not in TASKS:
        raise KeyError(f"no task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name].make(seed, split)


def score(instance: Instance, text: str) -> Score:
    """Check an answer by the checker of the instance's own task."""
    return TASKS[instance.task].score(instance, text)
