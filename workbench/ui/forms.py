"""What there is to choose, as plain JSON; the page makes its controls from this."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from workbench.methods.api import RECONSTRUCTION, Knob, Method, all_read, always
from workbench.methods.catalogue import FAMILIES, catalogue, find
from workbench.models.shelf import Entry, Shelf, missing
from workbench.run.intervene import acts
from workbench.run.perfect import ORACLE, TITLE
from workbench.run.prepare import ROLE_TITLES, usual_model
from workbench.run.request import DEFAULT_MODELS, MAX_TOKENS
from workbench.trace import Value
from workbench.ui.place import DEVICES, DTYPES, Settings

PERFECT = {
    "name": ORACLE, "label": "perfect model", "kind": "masked", "title": TITLE, "parameters": 0,
    "available": True, "problem": "", "positions": 0,
}  # fmt: skip
"""The model without weights, beside those of the shelf."""


def choices(shelf: Shelf, settings: Settings) -> dict[str, Any]:
    """Methods by family, models by kind, and what is chosen unless something else is."""
    return {
        "families": [family for family in FAMILIES if any(m.family == family for m in catalogue().values())],
        "methods": [method_json(method, shelf) for method in catalogue().values()],
        "models": [*(model_json(entry) for entry in shelf.list()), PERFECT],
        "defaults": dict(DEFAULT_MODELS),
        "roles": ROLE_TITLES,
        "max_tokens": MAX_TOKENS,
        "device": {"chosen": settings.device, "choices": [device_json(name) for name in DEVICES]},
        "dtype": {"chosen": settings.dtype, "choices": [{"name": name, "problem": ""} for name in DTYPES]},
    }


def device_json(name: str) -> dict[str, Any]:
    """A device as a choice; one that this machine lacks says so."""
    return {"name": name, "problem": f"no {name} device here" if missing(name) else ""}


def method_json(method: Method, shelf: Shelf) -> dict[str, Any]:
    """A method's declaration. depends: whether its knobs rule each other out or make each
    other idle, or decide the promise."""
    return {
        "id": method.id,
        "title": method.title,
        "family": method.family,
        "year": method.year,
        "paper": method.paper,
        "needs": dict(method.needs),
        "own_tokens": list(method.own_tokens),
        "models": {role: usual_model(method, role, shelf) for role in method.models},
        "depends": (method.legal, method.holds, method.idle) != (always, None, all_read),
        "guarantee": method.guarantee.promise.value,
        "promise": method.guarantee.sentence,
        "status": method.status,
        "reconstruction": method.status == RECONSTRUCTION,
        "idea": idea(method.doc),
        "knobs": [knob_json(knob) for knob in method.knobs],
        "acts": acts(method),
    }


def selection_json(id: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What holds for a method with these knobs: its promise, what is wrong, what is idle, what is ruled out.

    Each choice ruled out says why, and which other knobs would have to change with it (null: no way).
    """
    method = find(id)
    params = method.values(given)
    promised, blocked = method.promise(params), method.blocked(params)
    return {
        "guarantee": promised.promise.value,
        "promise": promised.sentence,
        "problem": method.legal(params),
        "idle": sorted(method.idle(params)),
        "blocked": {
            name: [
                {"choice": choice, "reason": reason, "instead": _instead(method, params, name, choice)}
                for choice, reason in choices.items()
            ]
            for name, choices in blocked.items()
        },
    }


def _instead(method: Method, params: Any, name: str, choice: Value) -> dict[str, Value] | None:
    """The other knobs that must change with a choice, by their new values."""
    wanted = dataclasses.replace(params, **{name: choice})
    legal = method.nearest(wanted, keep=(name,))
    if legal is None:
        return None
    before, after = dataclasses.asdict(wanted), dataclasses.asdict(legal)
    return {each: value for each, value in after.items() if value != before[each]}


def knob_json(knob: Knob) -> dict[str, Any]:
    """A knob as a control: a switch, a list, or a slider."""
    kind = "switch" if isinstance(knob.default, bool) else "list" if knob.choices else "slider"
    return {
        "name": knob.name,
        "label": knob.name.replace("_", " ").capitalize(),
        "kind": kind,
        "default": knob.default,
        "low": knob.low,
        "high": knob.high,
        "step": knob.step,
        "whole": isinstance(knob.default, int),
        "help": knob.help,
        "choices": list(knob.choices),
    }


def model_json(entry: Entry) -> dict[str, Any]:
    """A model as a choice; one that cannot be opened says why."""
    return {
        "name": entry.name,
        "kind": entry.kind,
        "title": entry.title,
        "parameters": entry.parameters,
        "available": entry.available,
        "problem": entry.problem,
        "positions": entry.positions,
    }


def idea(doc: str) -> str:
    """The first sentence of a method's docstring."""
    return " ".join(doc.split("\n\n")[0].split())
