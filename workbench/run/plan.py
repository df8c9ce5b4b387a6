"""What a sweep is asked to do, and the same as a file beside its table, so that it can be gone on with."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from workbench import tasks
from workbench.methods.api import Knob, Method
from workbench.methods.catalogue import find
from workbench.run import table
from workbench.run.perfect import ORACLE
from workbench.run.prompts import Prompt, as_jsonl, read
from workbench.run.request import FULL, Request
from workbench.trace import WorkbenchError

CANVAS = 32
"""Tokens of an answer unless more are asked for: what the masked models were trained on."""
MOST = 100_000
"""The most runs that one sweep may ask for."""
MOST_SEEDS = 1_000
PLAN, PROMPTS = "plan.json", "prompts.jsonl"
OWN = "prompts"
"""What stands for a task in the rows of prompts that came from a file."""


@dataclass(frozen=True)
class Plan:
    """What is asked for. count: prompts of each task. prompts: further ones, of a file.

    grid: knob, or method.knob, -> values; every combination is a setting. A knob of the grid that a method
    lacks does not concern it. models: role -> name, likewise; 'oracle' is the perfect model of each prompt.
    repeats: runs of every prompt, with the seeds seed, seed + 1, ...
    """

    methods: tuple[str, ...]
    tasks: tuple[str, ...]
    count: int
    grid: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    seed: int = 0
    max_tokens: int = CANVAS
    detail: str = FULL
    device: str = "auto"
    dtype: str = "auto"
    prompts: tuple[Prompt, ...] = ()
    repeats: int = 1

    def checked(self) -> "Plan":
        """This plan, or the first sentence that says what is wrong with it."""
        methods = [find(id) for id in self.methods]
        if not methods or not (self.tasks or self.prompts):
            raise WorkbenchError(
                "A sweep needs a method and a task, one of each at least; a file of prompts is as good as a "
                "task."
            )
        for name in self.tasks:
            if name not in tasks.TASKS:
                raise WorkbenchError(f"There is no task '{name}'; there are: {', '.join(tasks.TASKS)}.")
        if not 1 <= self.count <= MOST:
            raise WorkbenchError(f"n = {self.count} is out of range; give 1 to {MOST} prompts of each task.")
        if not 1 <= self.repeats <= MOST_SEEDS:
            raise WorkbenchError(
                f"repeats = {self.repeats} is out of range; give 1 to {MOST_SEEDS} seeds for each prompt."
            )
        for name, values in self.grid.items():
            self._takes(methods, name, values)
        for role in self.models:
            if not any(role in method.needs for method in methods):
                raise WorkbenchError(f"None of these methods has the model role '{role}'.")
        if self.prompts and ORACLE in self.models.values():
            raise WorkbenchError(
                "The perfect model knows the answers of generated tasks only; leave the file of prompts out, "
                "or choose another model."
            )
        last = self.seed + self.repeats - 1
        for seed in (self.seed, last):
            Request(self.methods[0], "x", seed=seed, max_tokens=self.max_tokens, detail=self.detail).checked()
        return self

    def _takes(self, methods: Sequence[Method], name: str, values: Sequence[str]) -> None:
        """Each value of the grid can be used by one of the methods at least; others refuse it run by run."""
        knobs = [knob for method in methods for knob in method.knobs if knob.name == own_knob(method, name)]
        if not values:
            raise WorkbenchError(f"The knob '{name}' of the grid has no values; give {name}=v1,v2.")
        if not knobs:
            raise WorkbenchError(
                f"None of these methods has the knob '{name}' of the grid: {', '.join(self.methods)}."
            )
        for value in values:
            if all(refusals := [_refusal(knob, value) for knob in knobs]):
                raise WorkbenchError(f"No run of this grid can use a value: {refusals[0]}")


def _refusal(knob: Knob, value: str) -> str:
    """Why a knob does not take a value; '' if it does."""
    try:
        knob.parse(value)
    except WorkbenchError as error:
        return str(error)
    return ""


def own_knob(method: Method, name: str) -> str:
    """The knob of this method that a name of the grid means; '' if it does not concern it."""
    id, dot, knob = name.rpartition(".")
    known = {each.name for each in method.knobs}
    return knob if knob in known and (not dot or id == method.id) else ""


def save(plan: Plan, folder: Path, runs: int = 0) -> None:
    """Write a plan beside the table of its sweep. runs: how many it asks for."""
    known = {name: value for name, value in asdict(plan).items() if name != "prompts"}
    if plan.prompts:
        table.replace(folder / PROMPTS, as_jsonl(plan.prompts))
    said = json.dumps(known | {"prompts": bool(plan.prompts), "runs": runs}, indent=1, ensure_ascii=False)
    table.replace(folder / PLAN, said.encode())


def saved(folder: Path) -> Plan:
    """The plan of the last sweep in a folder. Raises WorkbenchError where there is none."""
    try:
        found: dict[str, Any] = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        own = bool(found.pop("prompts"))
        found.pop("runs", 0)
        if unknown := set(found) - {each.name for each in fields(Plan)}:
            raise ValueError(unknown)
        listed = {name: tuple(map(str, found.pop(name))) for name in ("methods", "tasks")}
        grid = {str(name): tuple(map(str, values)) for name, values in found.pop("grid").items()}
        plan = Plan(**listed, grid=grid, **found)
        if not all(type(number) is int for number in (plan.count, plan.seed, plan.max_tokens, plan.repeats)):
            raise ValueError("a number that is none")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise WorkbenchError(
            f"'{folder.name}' holds no readable {PLAN}, so it cannot be gone on with from here; give its "
            "settings again, under the same name."
        ) from None
    return replace(plan, prompts=read(folder / PROMPTS)) if own else plan


def runs(folder: Path) -> int:
    """How many runs the last sweep in a folder asked for; 0 where nobody knows."""
    try:
        found = json.loads((folder / PLAN).read_text(encoding="utf-8"))["runs"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return 0
    return found if type(found) is int else 0


def command(plan: Plan, out: str) -> str:
    """The command line that makes the same sweep in the folder `out`."""
    words = ["python", "-m", "workbench", "sweep", "--methods", ",".join(plan.methods)]
    words += ["--tasks", ",".join(plan.tasks), "--n", str(plan.count)] if plan.tasks else []
    words += ["--prompts", f"{out}/{PROMPTS}"] if plan.prompts else []
    for name, values in plan.grid.items():
        words += ["--grid", f"{name}={','.join(values)}"]
    for role, name in plan.models.items():
        words += ["--model", f"{role}={name}"]
    words += ["--max-tokens", str(plan.max_tokens)]
    for name, value, usual in (
        ("--seed", plan.seed, 0), ("--repeats", plan.repeats, 1), ("--detail", plan.detail, FULL),
        ("--device", plan.device, "auto"), ("--dtype", plan.dtype, "auto"),
    ):  # fmt: skip
        words += [name, str(value)] if value != usual else []
    return shlex.join([*words, "--out", out])
