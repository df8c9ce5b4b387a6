"""`python -m workbench.train NAME [--device auto] [--tokens N] [--resume] ...`"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import torch

from . import export, folders, tokens
from .loop import CHECKPOINT, Run, Settings
from .recipes import RECIPES, Recipe

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "assets" / "models"
RUNS = ROOT / ".runs"
DEVICES = ("auto", "cpu", "cuda")


class Parser(argparse.ArgumentParser):
    """Complains in one sentence instead of a usage text."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(f"{message[:1].upper()}{message[1:].rstrip('.')}; see '{self.prog} --help'.")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser("python -m workbench train", description="Train or export an embedded model.")
    made.add_argument("name", choices=sorted(RECIPES))
    made.add_argument("--device", default="auto", choices=DEVICES, help="auto, cpu or cuda")
    made.add_argument("--tokens", type=int, help="token budget of the schedule (default: the recipe's)")
    made.add_argument("--rows", type=int, help="rows of 128 tokens in a micro-batch (default: the recipe's)")
    made.add_argument("--seconds", type=float, help="stop after so long; go on later with --resume")
    made.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    made.add_argument("--eager", action="store_true", help="do not compile")
    made.add_argument("--threads", type=int, default=1, help="CPU threads")
    made.add_argument("--runs", type=Path, default=RUNS, help="folder of checkpoints and logs")
    made.add_argument("--models", type=Path, default=MODELS, help="folder of exported models")
    made.add_argument("--export", action="store_true", help="no training: evaluate and export the checkpoint")
    made.add_argument("--count", type=int, default=export.COUNT, help="held-out prompts per task of the card")
    return made


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """The options, or the sentence that says which number is none that a run can have."""
    for name in ("tokens", "rows", "threads", "count"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise SystemExit(f"{name} = {value} is out of range; give 1 or more.")
    if options.seconds is not None and not options.seconds > 0:
        raise SystemExit(f"seconds = {options.seconds:g} is out of range; give more than 0.")
    if options.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("This machine has no cuda device: use auto or cpu.")
    recipe: Recipe = RECIPES[options.name]
    for other in filter(None, (recipe.teacher, recipe.start)):
        if not (options.models / other / "model.safetensors").exists():
            raise SystemExit(f"{options.name} learns from '{other}', which {options.models} lacks.")
    folder = options.runs / options.name
    there = (folder / CHECKPOINT).exists()
    if (options.resume or options.export) and not there:
        raise SystemExit(f"{folder} holds no checkpoint: train without --resume or --export first.")
    if there and not (options.resume or options.export):
        raise SystemExit(f"{folder} holds a checkpoint: add --resume, or begin anew in other --runs.")
    return options


def prepared(options: argparse.Namespace) -> Run:
    """The run that the options describe, at its checkpoint if asked for."""
    recipe: Recipe = RECIPES[options.name]
    if options.rows:
        recipe = dataclasses.replace(recipe, rows=options.rows)
    name = options.device if options.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    folder = options.models / options.name
    if not (folder / "tokenizer.json").exists():
        _tokenizer(options.models, recipe)
    settings = Settings(
        folder=options.runs / options.name,
        device=torch.device(name),
        tokens=options.tokens or recipe.tokens,
        compiled=not (options.eager or options.export),
        bf16=True,
        seconds=options.seconds,
    )
    teacher = folders.network(options.models / recipe.teacher, settings.device) if recipe.teacher else None
    start = folders.network(options.models / recipe.start, settings.device) if recipe.start else None
    run = Run(recipe, tokens.load(folder), settings, teacher, start)
    if options.resume or options.export:
        run.resume()
    return run


def _tokenizer(models: Path, recipe: Recipe) -> None:
    """Put the tokenizer into the model's folder: its own, or the one that all others share."""
    folder, shared = models / recipe.name, models / "ar-target"
    if recipe.characters:
        tokens.build_characters(folder)
    elif (shared / "tokenizer.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in tokens.FILES:
            shutil.copy(shared / name, folder / name)
    else:
        tokens.build(folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 on success."""
    options = checked(parser().parse_args(argv))
    torch.set_num_threads(options.threads)
    run = prepared(options)
    if options.export:
        print(export.export(run, options.models, options.count))
    else:
        _train(run)
    return 0


def _train(run: Run) -> None:
    """With a progress bar on a terminal, else a line of the log now and then."""
    if not sys.stderr.isatty():
        run.train(lambda line: print(line, flush=True))
        return
    from tqdm import tqdm

    with tqdm(total=run.settings.tokens, unit="tok", unit_scale=True, initial=run.state.tokens) as bar:

        def report(line: str) -> None:
            entry = json.loads(line)
            bar.update(entry["tokens"] - bar.n)
            bar.set_postfix(loss=entry["loss"], **entry.get("accuracy", {}))

        run.train(report)
        bar.update(run.state.tokens - bar.n)


if __name__ == "__main__":
    sys.exit(main())
