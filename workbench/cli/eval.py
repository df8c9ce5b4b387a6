"""`eval`: hands over to the trainer's measurements, which nothing else imports."""

import argparse


def command(options: argparse.Namespace) -> int:
    """Everything behind `eval` is the measurement's own command line."""
    from workbench.cli.parser import Usage
    from workbench.train.eval import main

    try:
        return main(options.rest)
    except SystemExit as end:  # argparse has said why; a text is a failure of its own
        if isinstance(end.code, str):
            raise Usage(end.code) from None
        return int(end.code or 0)
