"""`bench`: hands over to the benchmarks, which lie beside the package."""

import argparse
import importlib

from workbench.cli.parser import Usage, asking
from workbench.models.shelf import usable
from workbench.trace.errors import WorkbenchError


def command(options: argparse.Namespace) -> int:
    """Measure and print the figures, as lines or as JSON."""
    if options.turns < 1:
        raise Usage(f"turns = {options.turns} is out of range; give 1 or more.")
    if not 0 <= options.silent_layers <= 200:
        raise Usage(f"silent-layers = {options.silent_layers} is out of range; give 0 to 200.")
    try:
        speed = importlib.import_module("benchmarks.speed")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("benchmarks"):
            raise
        raise WorkbenchError(
            "There is no folder benchmarks here; run this in the folder of the workbench."
        ) from None
    with asking():
        speed.chosen(options.only)
        usable(options.device, options.dtype)
    return int(speed.command(options))
