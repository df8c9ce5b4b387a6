"""`models`: what stands on the shelf."""

import argparse
import json

from workbench.models.shelf import Entry, Shelf


def command(options: argparse.Namespace) -> int:
    """Print the models, as a table or as JSON."""
    entries = Shelf().list()
    if options.json:
        print(json.dumps([described(entry) for entry in entries], indent=2, ensure_ascii=False))
        return 0
    if not entries:
        print(
            "There are no embedded models in assets/models; train them with 'python -m workbench train NAME'."
        )
    for entry in entries:
        state = entry.title if entry.available else entry.problem
        print(f"{entry.name:16} {entry.kind:7} {entry.parameters / 1e6:6.2f} M  {state}")
    return 0


def described(entry: Entry) -> dict[str, object]:
    """A model as JSON values."""
    return {
        "name": entry.name,
        "title": entry.title,
        "kind": entry.kind,
        "parameters": entry.parameters,
        "bytes": entry.size,
        "sha256": entry.hash,
        "folder": str(entry.folder),
        "available": entry.available,
        "problem": entry.problem,
    }
