"""The method in the README is a whole one: it is run as it stands."""

import re
import types

import fakes
import torch

from workbench.methods.api import Method
from workbench.methods.dice import SeededDice
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.trace import Commit, Judge, Observe

from .imports import ROOT


def example() -> Method:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 1
    module = types.ModuleType("workbench.methods.autoregressive.min_p")
    exec(compile(blocks[0], "README.md", "exec"), vars(module))
    return next(thing for thing in vars(module).values() if isinstance(thing, Method))


def run(min_p: float, seed: int) -> list:
    method, meter = example(), Meter()
    target = fakes.TableCausal(fakes.random_law(5, 6), 6, "target", meter)
    made = Run([1, 2], 6, {"target": target}, [], SeededDice(seed), meter)
    return list(method.start(made, method.parse({"min_p": min_p})))


def test_the_example_decodes_and_records() -> None:
    events = run(0.2, 0)
    assert sum(isinstance(event, Commit) for event in events) == 6
    assert all(all(event.passed) for event in events if isinstance(event, Judge))


def test_the_example_keeps_the_tail_out() -> None:
    for seed in range(5):
        for event in run(0.5, seed):
            if isinstance(event, Observe):
                rows = [torch.tensor(row) for row in event.probs]
                assert all((row[row > 0] >= 0.5 * row.max() - 1e-6).all() for row in rows)
