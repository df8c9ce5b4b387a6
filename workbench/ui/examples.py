"""Recorded examples: real runs of the embedded models, on screen before any model is loaded.

python -m workbench.ui.examples [--models FOLDER]     records them anew
"""

import argparse
import gzip
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.trace import Trace, WorkbenchError, encode, load
from workbench.ui.answer import Known
from workbench.ui.store import Record, Store

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True)
class Recipe:
    """One example to record."""

    id: str
    method: str
    task: str
    seed: int
    knobs: tuple[tuple[str, Any], ...] = ()
    max_tokens: int = 64


RECIPES = (
    Recipe("example-speculative", "speculative_sampling", "math", 3, (("temperature", 0.0),)),
    Recipe("example-greedy", "greedy", "math", 3),
    Recipe("example-sampled", "speculative_sampling", "math", 10, (("temperature", 1.0),)),
    Recipe("example-threshold", "fast_dllm_threshold", "sudoku", 4, max_tokens=32),
    Recipe("example-low-confidence", "llada_low_confidence", "sudoku", 4, max_tokens=32),
    Recipe("example-revoked", "wino", "sudoku", 11, max_tokens=32),
    Recipe("example-kept", "fast_dllm_threshold", "sudoku", 11, max_tokens=32),
    Recipe("example-traversal", "traversal_verification", "math", 10, (("temperature", 1.0),)),
    Recipe("example-tree", "token_tree", "math", 3),
    Recipe("example-lookup", "prompt_lookup", "math", 3),
    Recipe("example-lookahead", "lookahead", "story", 3, (("temperature", 0.0),)),
    Recipe("example-jacobi", "jacobi", "story", 3, (("temperature", 0.0),)),
    Recipe("example-blocks", "block_dynamic", "story", 1, max_tokens=24),
    Recipe("example-one-by-one", "block_static", "story", 1, max_tokens=24),
    Recipe("example-beams", "beam_search", "graph", 10),
    Recipe("example-first-choice", "greedy", "graph", 10),
)
VIEWS = (
    ("Speculative sampling beside greedy", "example-speculative", "example-greedy"),
    ("Masked diffusion: threshold beside low confidence", "example-threshold", "example-low-confidence"),
    ("Mistakes taken back, and kept: WINO beside the threshold", "example-revoked", "example-kept"),
    ("A draft tree beside prompt lookup", "example-tree", "example-lookup"),
    ("Accepted by chance: one chain beside a tree, at temperature 1", "example-sampled", "example-traversal"),
    ("A whole window guessed at once: lookahead beside Jacobi", "example-lookahead", "example-jacobi"),
    ("Block diffusion: a threshold beside one token a round", "example-blocks", "example-one-by-one"),
    ("Four beams beside the first choice", "example-beams", "example-first-choice"),
)


class Examples:
    """The examples that are there, pinned in the store and read when first shown."""

    def __init__(self, store: Store, folder: Path = FOLDER) -> None:
        for recipe in RECIPES:
            path = folder / f"{recipe.id}.json.gz"
            if path.is_file():
                store.pin(Record(recipe.id, _reader(path), known=Known(recipe.task, recipe.seed)))
        self.there = there = {recipe.id for recipe in RECIPES if (folder / f"{recipe.id}.json.gz").is_file()}
        self.views = [
            {"title": title, "a": a, "b": b if b in there else ""} for title, a, b in VIEWS if a in there
        ]


def _reader(path: Path) -> Any:
    return cache(lambda: load(path))


def record(recipe: Recipe, shelf: Any) -> Trace:
    """Run a recipe."""
    from workbench.run.prepare import prepare
    from workbench.run.recorder import Recording
    from workbench.run.request import Request

    prompt = Known(recipe.task, recipe.seed).instance().prompt
    request = Request(recipe.method, prompt, dict(recipe.knobs), max_tokens=recipe.max_tokens)
    return Recording(prepare(request, shelf)).run()


def main(argv: Sequence[str] | None = None) -> int:
    """Record all examples anew."""
    from workbench.models.shelf import EMBEDDED, Shelf

    parser = argparse.ArgumentParser("workbench.ui.examples", description="Record the examples of the page.")
    parser.add_argument("--models", type=Path, action="append", default=[], help="extra model folders")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the examples go")
    options = parser.parse_args(argv)
    shelf = Shelf((EMBEDDED, *options.models))
    options.folder.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES:
        try:
            trace = record(recipe, shelf)
        except WorkbenchError as error:
            print(f"{recipe.id}: {error}", file=sys.stderr)
            return 1
        packed = gzip.compress(encode(trace), mtime=0)
        options.folder.joinpath(f"{recipe.id}.json.gz").write_bytes(packed)
        said = Record(recipe.id, lambda trace=trace: trace, known=Known(recipe.task, recipe.seed))
        print(recipe.id, len(packed), trace.footer.status, said.report.badge, said.outcome)
    return 0


if __name__ == "__main__":
    sys.exit(main())
