"""A run as a Jupyter notebook (nbformat 4.5) that opens, checks, shows and repeats it.

The notebook carries the trace in its second cell; everything else is code that a person would write.
"""

import json
import re
from typing import Any

from workbench.exchange import pack
from workbench.exchange.command import words_of
from workbench.trace import Trace

INTRO = """# A recorded run: `{method}`

Start Jupyter in the folder of the workbench, with its Python, and run the cells.
The next cell holds the run itself."""
OPEN = """from workbench.exchange import unpack
from workbench.trace import check

trace = unpack(TRACE)
print(trace.header.title, "-", trace.header.promise)
print(check(trace).badge)"""
TABLES = """from viz.tables import NAMES, frame, summary

print("Tables:", ", ".join(NAMES))
for name, value in summary(trace).items():
    print(f"{name:>36}  {value}")
frame(trace, "rounds")"""
REPLAY = """import viz.notebook  # from here on a trace shows itself

trace"""
AGAIN = """import subprocess
import sys
import tempfile
from pathlib import Path

from workbench.trace import encode_events, load

COMMAND = {words}

with tempfile.TemporaryDirectory() as folder:
    out = Path(folder) / "again.json"
    done = subprocess.run([sys.executable, *COMMAND, "--out", str(out)], capture_output=True, text=True)
    print(done.stdout or done.stderr)
    if done.returncode == 0:
        same = encode_events(load(out).events) == encode_events(trace.events)
        print("The same events, byte for byte." if same else "Other events: weights or versions differ.")"""


def notebook(trace: Trace) -> bytes:
    """The .ipynb file; the same trace gives the same bytes."""
    method = re.sub(r"[^A-Za-z0-9_]+", " ", trace.header.method).strip()
    words = ascii(words_of(trace.header)[1:])
    cells = [
        _text("about", INTRO.format(method=method)),
        _code("trace", f'TRACE = "{pack(trace)}"', hidden=True),
        _text(
            "checked", "## Open and check\n\nEvery verdict is recomputed from the numbers recorded with it."
        ),
        _code("open", OPEN),
        _text("tabled", "## Tables"),
        _code("tables", TABLES),
        _text("shown", "## Replay"),
        _code("replay", REPLAY),
        _text("repeated", "## Run it again\n\nThe same command, on the models of this machine."),
        _code("again", AGAIN.format(words=words)),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def _text(id: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}


def _code(id: str, source: str, hidden: bool = False) -> dict[str, Any]:
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    made = {"cell_type": "code", "execution_count": None, "id": id, "metadata": metadata}
    return made | {"outputs": [], "source": source}
