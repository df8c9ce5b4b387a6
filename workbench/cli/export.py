"""`export`: a recorded run as a file of another program; the ending of the file says which."""

import argparse
import sys

from workbench.cli import files
from workbench.cli.parser import Usage
from workbench.exchange import Format, open_any
from workbench.trace import Trace, WorkbenchError


def command(options: argparse.Namespace) -> int:
    """Write the file, say where."""
    formats = known()
    if options.list:
        for kind in formats:
            print(f".{kind.ending:<14} {kind.title}: {kind.purpose}")
        return 0
    if not options.file or not options.out:
        raise Usage(
            "Name a trace and a file to write, as in 'export run.json run.html'; --list shows the endings."
        )
    kind, out = chosen(formats, options.out), files.target(options.out)
    traces = [trace_in(options.file)]
    if options.beside:
        if not kind.pair:
            raise Usage(f"A {kind.title} file holds one run; leave --beside out.")
        traces.append(trace_in(options.beside))
    try:
        out.write_bytes(kind.write(traces, options.theme))
    except OSError as error:
        raise WorkbenchError(f"The file cannot be written to '{out}': {error.strerror or error}.") from None
    print(f"{kind.title} written to {out} ({out.stat().st_size} bytes).", file=sys.stderr)
    return 0


def known() -> tuple[Format, ...]:
    """The formats, which belong to the pictures; the page's program knows both."""
    from app import PICTURES

    return tuple(PICTURES.formats)


def chosen(formats: tuple[Format, ...], name: str) -> Format:
    """The format of a file name: the longest ending that fits."""
    fitting = [kind for kind in formats if name.endswith(f".{kind.ending}")]
    if not fitting:
        endings = ", ".join(f".{kind.ending}" for kind in formats)
        raise Usage(f"The file '{name}' has no known ending; use one of: {endings}.")
    return max(fitting, key=lambda kind: len(kind.ending))


def trace_in(name: str) -> Trace:
    """The first trace of any file that we export."""
    opened = open_any(files.content(name))
    if opened.counts:
        raise WorkbenchError(
            f"'{name}' holds counts of {opened.counts.source}, not a trace; 'import' shows them."
        )
    return opened.traces[0]
