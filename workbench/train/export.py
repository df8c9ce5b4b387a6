"""An ordinary transformers folder from a checkpoint: weights, config, tokenizer, manifest and card."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from workbench.models.net import Config, Net

from . import card, evaluate, tokens
from .loop import Run

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


def hf_config(config: Config, kind: str) -> dict[str, Any]:
    """config.json of a `LlamaForCausalLM`; a masked model says so by is_causal and mask_token_id."""
    values: dict[str, Any] = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": config.vocab_size,
        "hidden_size": config.width,
        "num_hidden_layers": config.depth,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "intermediate_size": config.ffn,
        "hidden_act": "silu",
        "max_position_embeddings": config.max_positions,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rope_theta,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": config.tied,
        "bos_token_id": tokens.BOS,
        "eos_token_id": tokens.EOS,
        "pad_token_id": tokens.PAD,
        "torch_dtype": "bfloat16",
    }
    return values | ({"is_causal": False, "mask_token_id": tokens.MASK} if kind == "masked" else {})


def network(folder: Path, device: torch.device | str = "cpu") -> Net:
    """The network of an exported folder, in float32."""
    config = json.loads((folder / "config.json").read_text())
    net = Net(Config.from_hf(config)).to(device).requires_grad_(False)
    net.load_hf(load_file(folder / "model.safetensors"))
    return net


def write_weights(net: Net, kind: str, folder: Path) -> str:
    """config.json and model.safetensors (bf16, tied head left out); the sha256 of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(hf_config(net.config, kind), indent=2) + "\n")
    state = {name: tensor.to("cpu", torch.bfloat16) for name, tensor in net.hf_state().items()}
    path = folder / "model.safetensors"
    save_file(state, path, metadata={"format": "pt"})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def measured(run: Run, net: Net, count: int) -> dict[str, Any]:
    """Held-out accuracy per task of the rounded weights; for a masked model also at fewer rounds."""
    asked = evaluate.instances(run.recipe.tasks, count)
    kind = run.recipe.kind
    ways: Mapping[str, dict[str, Any]] = {"greedy": {}}
    if kind == "masked":
        ways = {
            "1 a round": {},
            "2 a round": {"per_round": 2},
            "4 a round": {"per_round": 4},
            "all at once": {"per_round": evaluate.CANVAS},
            "threshold 0.9": {"threshold": 0.9},
        }
    report: dict[str, Any] = {}
    for way, options in ways.items():
        decoded = evaluate.decode(net, run.tokenizer, kind, asked, **options)
        found = evaluate.accuracy(asked, decoded.texts)
        report[way] = {
            "accuracy": {name: round(value, 3) for name, value in found.items()},
            "mean": round(sum(found.values()) / len(found), 3),
            "rounds": round(sum(decoded.rounds) / len(decoded.rounds), 2),
        }
    return report


def export(run: Run, models: Path, count: int) -> Path:
    """Write the folder of the run's model and return it."""
    recipe, folder = run.recipe, models / run.recipe.name
    digest = write_weights(run.net, recipe.kind, folder)
    net = network(folder, run.settings.device)
    report = measured(run, net, count)
    first = next(iter(report.values()))
    manifest: dict[str, Any] = {
        "name": recipe.name,
        "kind": recipe.kind,
        "title": recipe.title,
        "parameters": sum(p.numel() for p in net.parameters()),
        "sha256": digest,
        "tokens": run.state.tokens,
        "prompts_per_task": count,
        "accuracy": first["accuracy"],
        "accuracy_mean": first["mean"],
    }
    if recipe.kind == "masked":
        manifest |= {"canvas": evaluate.CANVAS, "by_rounds": report}
    if run.teacher is not None:
        asked = evaluate.instances(recipe.tasks, max(count // 2, 5))
        found = evaluate.acceptance(run.teacher, net, run.tokenizer, asked)
        manifest["acceptance"] = {name: round(value, 3) for name, value in found.items()}
        manifest["acceptance_mean"] = round(sum(found.values()) / len(found), 3)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for name in TOKENIZER_FILES:
        if not (folder / name).exists():
            shutil.copy(models / "ar-target" / name, folder / name)
    (folder / "README.md").write_text(card.text(run, manifest, report))
    return folder
