"""Runs of methods for measuring: which models, which prompt, how many tokens."""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import deeper, standins
from workbench import tasks
from workbench.models.shelf import EMBEDDED, Shelf
from workbench.run.prepare import Prepared, prepare
from workbench.run.recorder import Recording
from workbench.run.request import DEFAULT_MODELS, FULL, Request
from workbench.trace import Trace, Value

PROMPT = tasks.make("story", 3).prompt
"""What is decoded where only the time matters; the end of text is switched off there."""


@dataclass
class Bench:
    """The shelf that all parts share. `real` says whether the models are the embedded ones."""

    shelf: Shelf
    real: bool
    device: str = "auto"
    dtype: str = "auto"
    notes: list[str] = field(default_factory=list)

    def prepared(
        self,
        method: str,
        max_tokens: int = 64,
        knobs: Mapping[str, Value] | None = None,
        detail: str = FULL,
        prompt: str = PROMPT,
        endless: bool = True,
        models: Mapping[str, str] | None = None,
    ) -> Prepared:
        """A run about to start; its models are in memory after the first call.

        models: role -> name, where not the default one.
        endless: the end of text is a token like others, so that every run writes `max_tokens` of them.
        """
        request = Request(
            method=method,
            prompt=prompt,
            models=dict(models or {}),
            knobs=dict(knobs or {}),
            max_tokens=max_tokens,
            detail=detail,
            device=self.device,
            dtype=self.dtype,
        )
        made = prepare(request, self.shelf)
        if endless:
            made.run.eos_ids = frozenset()
        return made

    def run(
        self,
        method: str,
        max_tokens: int = 64,
        knobs: Mapping[str, Value] | None = None,
        detail: str = FULL,
        prompt: str = PROMPT,
    ) -> Trace:
        """One recorded run, from the request to the trace."""
        return Recording(self.prepared(method, max_tokens, knobs, detail, prompt)).run()

    def note(self, sentence: str) -> None:
        """Something the reader of the figures must know; goes to standard error at once."""
        self.notes.append(sentence)
        print(sentence, file=sys.stderr, flush=True)


def bench(device: str = "auto", dtype: str = "auto", silent: int = 0) -> Bench:
    """With the embedded models, or with random ones of their shapes where those are missing.

    silent: layers that add nothing to the text, put behind each model's own (see `deeper`).
    """
    shelf = Shelf()
    if silent:
        folder = deeper.make(EMBEDDED, Path(tempfile.mkdtemp(prefix="workbench-deeper-")), silent)
        made = Bench(Shelf((folder,)), True, device, dtype)
        made.note(f"Every model has {silent} more layers that add nothing: the same text, dearer passes.")
        return made
    available = {entry.name for entry in shelf.list() if entry.available}
    missing = sorted(set(DEFAULT_MODELS.values()) - available)
    if not missing:
        return Bench(shelf, True, device, dtype)
    folder = Path(tempfile.mkdtemp(prefix="workbench-standins-"))
    standins.make(folder, EMBEDDED, missing)
    made = Bench(Shelf((EMBEDDED, folder)), False, device, dtype)
    made.note(f"Random models stand in for what has not been trained yet: {', '.join(missing)}.")
    return made
