"""`ui`: the page; the same as `python app.py`."""

import argparse
import importlib

from workbench.trace.errors import WorkbenchError


def command(options: argparse.Namespace) -> int:
    """Everything behind `ui` is the app's own command line."""
    try:
        app = importlib.import_module("app")
    except ModuleNotFoundError as error:
        if error.name != "app":
            raise WorkbenchError(f"The page needs the package '{error.name}'; run 'make setup'.") from None
        raise WorkbenchError("There is no app.py here; run this in the folder of the workbench.") from None
    return int(app.main(options.rest) or 0)
