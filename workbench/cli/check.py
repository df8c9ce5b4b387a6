"""`check`: is the picture the algorithm?"""

import argparse

from workbench.cli.files import content
from workbench.cli.parser import Usage, asking
from workbench.trace import Trace, check, load


def command(options: argparse.Namespace) -> int:
    """One line and 0, or the first problem and 1."""
    trace = load(content(options.file))
    report = check(trace)
    if report.ok and options.rerun:
        from workbench.models.shelf import Shelf
        from workbench.run.replay import replay

        shelf, models = Shelf(), dict(options.model)
        _known(models, trace)
        with asking():
            for name in models.values():
                shelf.open(name, trace.header.device, trace.header.dtype)
        report = replay(trace, shelf, models)
    print(report.badge)
    return 0 if report.ok else 1


def _known(models: dict[str, str], trace: Trace) -> None:
    roles = [card.role for card in trace.header.models]
    for role in models:
        if role not in roles:
            raise Usage(f"This trace has no model role '{role}'; it has: {', '.join(roles)}.")
