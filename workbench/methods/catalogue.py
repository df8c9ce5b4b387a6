"""The registry: every Method found in the family folders. Adding a file adds a method."""

import difflib
import importlib
import pkgutil
from functools import cache

import workbench.methods as package
from workbench.methods.api import Method
from workbench.trace import WorkbenchError

FAMILIES = ("autoregressive", "speculative", "parallel", "diffusion", "search")
"""Family folders, in the order in which they are shown."""


@cache
def catalogue() -> dict[str, Method]:
    """All methods by id, family by family. Two methods of one id are refused."""
    found: dict[str, Method] = {}
    for family in FAMILIES:
        folder = importlib.import_module(f"{package.__name__}.{family}")
        for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
            contents = vars(importlib.import_module(f"{folder.__name__}.{module}"))
            for thing in contents.values():
                if isinstance(thing, Method) and found.setdefault(thing.id, thing) is not thing:
                    raise WorkbenchError(f"Two methods have the id '{thing.id}'; rename one of them.")
    return found


def find(id: str) -> Method:
    """The method of this id, or a sentence with the nearest known one."""
    methods = catalogue()
    if id not in methods:
        near = difflib.get_close_matches(id, methods, 1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(methods)}."
        raise WorkbenchError(f"There is no method '{id}'; {hint}")
    return methods[id]
