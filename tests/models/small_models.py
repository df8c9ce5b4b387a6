"""Tiny random checkpoints in the formats that the workbench opens."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from workbench.models.net import Config, Net

VOCAB = 40
SHAPE: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "eos_token_id": 2,
    "bos_token_id": 1,
    "pad_token_id": 0,
}


def tiny_net(**changes: Any) -> Net:
    """A random network whose beliefs are sharp enough to tell rows apart."""
    torch.manual_seed(1)
    values = {"model_type": "llama", **SHAPE, **changes}
    net = Net(Config.from_hf(values)).eval().requires_grad_(False)
    for parameter in net.parameters():
        if parameter.dim() > 1:
            parameter.mul_(8)
    return net


def write_tokenizer(folder: Path, size: int = VOCAB) -> None:
    """A byte-level tokenizer of `size` ids; 0..3 are special."""
    names = ["<pad>", "<bos>", "<eos>", "<mask>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {char: i + 4 for i, char in enumerate(alphabet[: size - 4])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore
    described = json.loads(tokenizer.to_str())
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    described["added_tokens"] = [{"id": i, "content": name, **flags} for i, name in enumerate(names)]
    described["model"]["vocab"] |= {name: i for i, name in enumerate(names)}
    (folder / "tokenizer.json").write_text(json.dumps(described))


def write_model(folder: Path, config: dict[str, Any], state: dict[str, Tensor]) -> Path:
    """A model folder with these weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "model.safetensors")
    write_tokenizer(folder)
    return folder


def llama_folder(folder: Path, **changes: Any) -> Path:
    """A Llama-format model folder; `changes` go to its config."""
    config = {"model_type": "llama", **SHAPE, "tie_word_embeddings": True, **changes}
    return write_model(folder, config, tiny_net(**config).hf_state())
