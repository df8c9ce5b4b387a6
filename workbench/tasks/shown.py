"""A prompt behind one solved example of its own task, as ParallelBench asks (another length is possible)."""

from __future__ import annotations

import random
from dataclasses import replace

from .base import Draft, Task


def with_example(task: Task) -> Task:
    """The task, each prompt behind another prompt of it and a right answer. Scored as the task itself."""

    def draw(rng: random.Random) -> Draft:
        example, asked = task.draw(rng), task.draw(rng)
        while example.prompt == asked.prompt:
            example = task.draw(rng)
        return replace(asked, prompt=f"{example.prompt}\n{example.answer}\n{asked.prompt}")

    return replace(
        task, name=f"{task.name}_shown", title=f"{task.title}, with an example", draw=draw, in_mix=False
    )
