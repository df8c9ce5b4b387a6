"""`methods`: what the catalogue holds."""

import argparse
import json

from workbench.methods.api import Knob, Method
from workbench.methods.catalogue import catalogue
from workbench.run.intervene import acts


def command(options: argparse.Namespace) -> int:
    """Print the methods, as a table or as JSON."""
    methods = catalogue().values()
    if options.json:
        print(json.dumps([described(method) for method in methods], indent=2, ensure_ascii=False))
        return 0
    width = max(len(method.id) for method in methods)
    for method in methods:
        needs = ", ".join(f"{role}: {capability}" for role, capability in method.needs.items())
        origin = f"{method.family} {method.year}" if method.year else method.family
        print(f"{method.id:{width}}  {origin}, {method.guarantee.promise.value}; {needs}")
    return 0


def described(method: Method) -> dict[str, object]:
    """A method as JSON values."""
    promise = method.guarantee
    return {
        "id": method.id,
        "title": method.title,
        "family": method.family,
        "year": method.year,
        "paper": method.paper,
        "needs": dict(method.needs),
        "guarantee": {
            "promise": promise.promise.value,
            "baseline": promise.baseline,
            "sentence": promise.sentence,
        },
        "knobs": [_knob(knob) for knob in method.knobs],
        "status": method.status,
        "acts": {act: {"allowed": not reason, "reason": reason} for act, reason in acts(method).items()},
    }


def _knob(knob: Knob) -> dict[str, object]:
    return {
        "name": knob.name,
        "default": knob.default,
        "low": knob.low,
        "high": knob.high,
        "step": knob.step,
        "help": knob.help,
        "choices": list(knob.choices),
    }
