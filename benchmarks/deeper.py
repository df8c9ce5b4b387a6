"""Embedded models with more layers that add nothing: the same text, the same drafts, dearer passes.

A layer whose two output projections are zero hands its input on. With such layers behind its own, a model
decides exactly as before while a pass costs what one of a larger model does; so the floor can be read at any
weight of a pass, without random models whose drafts nobody accepts.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

SILENT = ("self_attn.o_proj.weight", "mlp.down_proj.weight")
"""What a layer adds to its input goes through these two."""


def make(models: Path, folder: Path, layers: int) -> Path:
    """Copy every model folder of `models` below `folder`, each with `layers` silent layers behind its own."""
    for source in sorted(path.parent for path in models.glob("*/config.json")):
        _deepen(source, folder / source.name, layers)
    return folder


def _deepen(source: Path, target: Path, layers: int) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("tokenizer*.json"):
        shutil.copy(file, target / file.name)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    depth = config["num_hidden_layers"]
    weights = load_file(source / "model.safetensors")
    start = "model.layers.0."
    first = {name.removeprefix(start): each for name, each in weights.items() if name.startswith(start)}
    for layer in range(depth, depth + layers):
        for name, each in first.items():
            quiet = torch.zeros_like(each) if name in SILENT else each.clone()
            weights[f"model.layers.{layer}.{name}"] = quiet
    save_file(weights, target / "model.safetensors")
    (target / "config.json").write_text(json.dumps({**config, "num_hidden_layers": depth + layers}))
    manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
    del manifest["sha256"]
    (target / "manifest.json").write_text(json.dumps(manifest))
