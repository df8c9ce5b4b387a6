"""What there is to choose, as plain JSON; the page makes its controls from this."""

from typing import Any

from workbench.methods.api import RECONSTRUCTION, Knob, Method
from workbench.methods.catalogue import FAMILIES, catalogue
from workbench.models.shelf import Entry, Shelf, missing
from workbench.run.prepare import ROLE_TITLES
from workbench.run.request import DEFAULT_MODELS, MAX_TOKENS
from workbench.ui.place import DEVICES, DTYPES, Settings


def choices(shelf: Shelf, settings: Settings) -> dict[str, Any]:
    """Methods by family, models by kind, and what is chosen unless something else is."""
    return {
        "families": [family for family in FAMILIES if any(m.family == family for m in catalogue().values())],
        "methods": [method_json(method) for method in catalogue().values()],
        "models": [model_json(entry) for entry in shelf.list()],
        "defaults": dict(DEFAULT_MODELS),
        "roles": ROLE_TITLES,
        "max_tokens": MAX_TOKENS,
        "device": {"chosen": settings.device, "choices": [device_json(name) for name in DEVICES]},
        "dtype": {"chosen": settings.dtype, "choices": [{"name": name, "problem": ""} for name in DTYPES]},
    }


def device_json(name: str) -> dict[str, Any]:
    """A device as a choice; one that this machine lacks says so."""
    return {"name": name, "problem": f"no {name} device here" if missing(name) else ""}


def method_json(method: Method) -> dict[str, Any]:
    """A method's declaration."""
    return {
        "id": method.id,
        "title": method.title,
        "family": method.family,
        "year": method.year,
        "paper": method.paper,
        "needs": dict(method.needs),
        "guarantee": method.guarantee.promise.value,
        "promise": method.guarantee.sentence,
        "status": method.status,
        "reconstruction": method.status == RECONSTRUCTION,
        "idea": idea(method.doc),
        "knobs": [knob_json(knob) for knob in method.knobs],
    }


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
    }


def idea(doc: str) -> str:
    """The first sentence of a method's docstring."""
    return " ".join(doc.split("\n\n")[0].split())
