"""A view as a link, and a run as a command line; both say everything that reproduces it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from workbench.exchange.command import command_line, command_words, text
from workbench.run.request import DETAILS, FULL
from workbench.trace import Value, WorkbenchError
from workbench.ui.answer import Known

PANES = ("a", "b")
FREE = ""
"""The task of a free text."""
MAX_TEXT = 20_000
SHOWS = ("a", "b", "arun", "brun", "prompt", "task")
"""What makes an address a link: one of these."""
BESIDE = ("max", "seed", "detail", "device", "dtype", "clock", "at")
ELSEWHERE = ("open", "openb", "__theme")
"""Read by the page's script, and by gradio."""


@dataclass(frozen=True)
class Plan:
    """What one pane is set to: a method ('' for none), its knobs, a model per role, the run it shows."""

    method: str = ""
    knobs: dict[str, Value] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    run: str = ""

    @staticmethod
    def of(found: object) -> "Plan":
        """A plan from the page's JSON, whose types nobody has checked."""
        if not isinstance(found, dict):
            raise WorkbenchError("The page sent no settings; reload it.")
        knobs, models = found.get("knobs") or {}, found.get("models") or {}
        if not isinstance(knobs, dict) or not isinstance(models, dict):
            raise WorkbenchError("The page sent settings that cannot be read; reload it.")
        return Plan(
            str(found.get("method") or ""),
            {
                str(name): value
                for name, value in knobs.items()
                if isinstance(value, bool | int | float | str)
            },
            {str(role): str(name) for role, name in models.items()},
            str(found.get("run") or ""),
        )


@dataclass(frozen=True)
class View:
    """Everything that a link carries. device, dtype: '' stands for what the program was started with."""

    a: Plan = field(default_factory=Plan)
    b: Plan = field(default_factory=Plan)
    task: str = FREE
    task_seed: int = 0
    prompt: str = ""
    max_tokens: int = 64
    seed: int = 0
    detail: str = FULL
    device: str = ""
    dtype: str = ""
    clock: str = ""
    cursor: float | None = None


def query(view: View) -> str:
    """The query string of a view; what has its usual value is left out."""
    pairs: list[tuple[str, str]] = []
    for pane in PANES:
        plan: Plan = getattr(view, pane)
        if plan.method:
            pairs.append((pane, plan.method))
            pairs += [(f"{pane}.{name}", text(value)) for name, value in plan.knobs.items()]
            pairs += [(f"{pane}@{role}", name) for role, name in plan.models.items()]
        if plan.run:
            pairs.append((f"{pane}run", plan.run))
    pairs += [("task", f"{view.task}:{view.task_seed}")] if view.task else [("prompt", view.prompt)]
    pairs += [("max", str(view.max_tokens)), ("seed", str(view.seed))]
    pairs += [("detail", view.detail)] if view.detail != FULL else []
    pairs += [(name, said) for name, said in (("device", view.device), ("dtype", view.dtype)) if said]
    pairs += [("clock", view.clock)] if view.clock else []
    pairs += [("at", f"{view.cursor:g}")] if view.cursor is not None else []
    return urlencode(pairs, safe="@:")


def view_of(pairs: Mapping[str, str]) -> View | None:
    """The view of a query string, None where it describes none. Raises WorkbenchError for a bad one."""
    if not any(name in pairs for name in SHOWS):
        return None
    task, _, task_seed = pairs.get("task", "").partition(":")
    known = Known(task, _whole("task", task_seed or "0")) if task else None
    prompt = known.instance().prompt if known else pairs.get("prompt", "")[:MAX_TEXT]
    cursor = pairs.get("at")
    detail = pairs.get("detail", FULL)
    if detail not in DETAILS:
        raise WorkbenchError(f"The link says detail = {detail[:40]}, but it is one of: {', '.join(DETAILS)}.")
    return View(
        _plan("a", pairs),
        _plan("b", pairs),
        task,
        known.seed if known else 0,
        prompt,
        _whole("max", pairs.get("max", "64")),
        _whole("seed", pairs.get("seed", "0")),
        detail,
        pairs.get("device", "")[:20],
        pairs.get("dtype", "")[:20],
        pairs.get("clock", "")[:20],
        None if cursor is None else _number("at", cursor),
    )


def strange(pairs: Mapping[str, str]) -> str:
    """What an address says in vain, a sentence for each name; '' where everything is heard."""
    said = [_unknown(name) for name in pairs if not _known(name)]
    if not any(name in pairs for name in (*SHOWS, "open", "openb")):
        said += [
            f"The link names no method, prompt or run; its value for '{name}' is left out."
            for name in BESIDE
            if name in pairs
        ]
    return " ".join(said)


def _known(name: str) -> bool:
    return name in (*SHOWS, *BESIDE, *ELSEWHERE) or (name[:1] in PANES and name[1:2] in (".", "@"))


def _unknown(name: str) -> str:
    close = get_close_matches(name.lower(), (*SHOWS, *BESIDE, *ELSEWHERE[:2]), 1)
    meant = f" (did you mean '{close[0]}'?)" if close else ""
    return f"A link has no '{name[:40]}'{meant}; the value for it is left out."


def _plan(pane: str, pairs: Mapping[str, str]) -> Plan:
    def named(mark: str) -> dict[str, str]:
        start = pane + mark
        return {name[len(start) :]: value for name, value in pairs.items() if name.startswith(start)}

    return Plan(pairs.get(pane, ""), dict(named(".")), named("@"), pairs.get(f"{pane}run", ""))


def _whole(name: str, said: str) -> int:
    number = _number(name, said)
    if number != int(number):
        raise WorkbenchError(f"The link says {name} = {said[:40]}, but a whole number is needed.")
    return int(number)


def _number(name: str, said: str) -> float:
    try:
        number = float(said)
        int(number)  # refuses infinities and not-a-number
    except (ValueError, OverflowError):
        raise WorkbenchError(f"The link says {name} = {said[:40]}, but a number is needed.") from None
    return number


def command(view: View, pane: str) -> str:
    """The command line that makes the pane's run; '' where the pane has no method."""
    plan: Plan = getattr(view, pane)
    if not plan.method:
        return ""
    prompt = ("--task", f"{view.task}:{view.task_seed}") if view.task else ("--prompt", view.prompt)
    more: list[str] = []
    for name, said in (("--device", view.device), ("--dtype", view.dtype)):
        more += [name, said] if said and said != "auto" else []
    return command_line(
        command_words(plan.method, prompt, plan.knobs, plan.models, view.seed, view.max_tokens, more)
    )


def view_from_page(plans: Mapping[str, Any], **controls: Any) -> View:
    """The view that the page's controls describe."""
    view = View(**controls, a=Plan.of(plans.get("a", {})), b=Plan.of(plans.get("b", {})))
    cursor = plans.get("cursor")
    cursor = float(cursor) if isinstance(cursor, int | float) else None
    said = {name: str(plans.get(name) or "")[:20] for name in ("clock", "device", "dtype")}
    return replace(view, cursor=cursor, **said)
