"""The folder of a trained model: weights, config, tokenizer, manifest, figures and card."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import card, folders
from .loop import Run
from .measure import measure

COUNT = 40
"""Held-out prompts per task behind every figure of a card; `eval` takes as many by default."""


def export(run: Run, models: Path, count: int = COUNT, report: Callable[[str], None] = print) -> Path:
    """Write the folder of the run's model and return it. The figures are those of the rounded weights."""
    recipe, folder = run.recipe, models / run.recipe.name
    digest = folders.write_weights(run.net, recipe.kind, folder)
    manifest: dict[str, Any] = {
        "name": recipe.name,
        "kind": recipe.kind,
        "title": recipe.title,
        "parameters": sum(p.numel() for p in run.net.parameters()),
        "sha256": digest,
        "tokens": run.state.tokens,
        "prompts_per_task": count,
        "figures": measure(recipe, models, recipe.tasks, count, report),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    (folder / "loss.svg").write_text(card.curve(run))
    (folder / "README.md").write_text(card.text(run, manifest))
    return folder
