"""`check`: is the picture the algorithm?"""

import argparse

from workbench.trace import check, load


def command(options: argparse.Namespace) -> int:
    """One line and 0, or the first problem and 1."""
    trace = load(options.file)
    report = check(trace)
    if report.ok and options.rerun:
        from workbench.models.shelf import Shelf
        from workbench.run.replay import replay

        report = replay(trace, Shelf(), dict(options.model))
    print(report.badge)
    return 0 if report.ok else 1
