"""`python -m workbench eval`: the figures of the exported models, measured again from their folders."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from workbench import tasks

from .__main__ import MODELS, Parser
from .export import COUNT
from .measure import measure, steps
from .recipes import RECIPES


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser("python -m workbench eval", description="Measure the embedded models on held-out prompts.")
    made.add_argument("--models", metavar="A,B", help="these models (default: all that are there)")
    made.add_argument("--tasks", metavar="A,B", help="these tasks (default: the mix of each model)")
    made.add_argument(
        "--n", type=int, default=COUNT, help=f"prompts per task (default {COUNT}, as the cards)"
    )
    made.add_argument("--json", action="store_true", help="print JSON")
    made.add_argument("--folder", type=Path, default=MODELS, help="folder of exported models")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 on success."""
    from tqdm import tqdm

    options = parser().parse_args(argv)
    torch.set_num_threads(1)
    if options.n < 1:
        raise SystemExit(f"n = {options.n} is out of range; give 1 or more.")
    there = [name for name in RECIPES if (options.folder / name / "model.safetensors").exists()]
    if not there:
        raise SystemExit(f"{options.folder} holds no exported model to measure.")
    models = _chosen(options.models, there, "model")
    asked = _chosen(options.tasks, list(tasks.TASKS), "task") if options.tasks else None
    found: dict[str, Any] = {}
    with tqdm(total=sum(steps(RECIPES[name]) for name in models), file=sys.stderr, unit="part") as bar:

        def report(part: str) -> None:
            bar.set_description(part)
            bar.update()

        for name in models:
            recipe = RECIPES[name]
            found[name] = measure(recipe, options.folder, asked or recipe.tasks, options.n, report)
    print(json.dumps({"models": found}, indent=2) if options.json else _lines(found))
    return 0


def _chosen(text: str | None, known: Sequence[str], what: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()] if text else list(known)
    for name in names:
        if name not in known:
            raise SystemExit(
                f"There is no {what} '{name}' to measure; there are: {', '.join(known) or 'none'}."
            )
    return names


def _lines(found: dict[str, Any]) -> str:
    lines = []
    for name, figures in found.items():
        lines.append(
            f"{name}: {figures['overall']:.1%} over the mix, calibration error "
            f"{figures['calibration_error']:.3f}"
        )
        lines.append("  " + ", ".join(f"{task} {share:.0%}" for task, share in figures["tasks"].items()))
        for title, way in figures.get("ways", {}).items():
            lines.append(f"  {title}: {way['overall']:.1%} in {way['rounds']:g} rounds")
        if "acceptance" in figures:
            lines.append(f"  acceptance at 4 drafts against the target: {figures['acceptance']:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
