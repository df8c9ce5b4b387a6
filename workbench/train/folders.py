"""An ordinary transformers folder: writing the weights of a network, and reading them back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from workbench.models.net import Config, Net

from . import evaluate, tokens


def hf_config(config: Config, kind: str) -> dict[str, Any]:
    """config.json of a `LlamaForCausalLM`; is_causal, mask_token_id and block_size tell the others."""
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
    if kind == "causal":
        return values
    values |= {"is_causal": False, "mask_token_id": tokens.MASK}
    return values | ({"block_size": evaluate.BLOCK} if kind == "block" else {})


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
