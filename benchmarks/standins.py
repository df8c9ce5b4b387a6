"""Random models of the embedded ones' shapes, for machines on which those have not been trained yet.

They make speed measurable, not quality: a random drafter is hardly ever accepted.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

from workbench.models.net import Config, Net

SHAPES = {"ar-target": (256, 4, 8, 512), "ar-drafter": (128, 2, 4, 256), "masked": (256, 4, 8, 512)}
"""name -> width, depth, heads, ffn."""
VOCABULARY, BOS, EOS, MASK = 1024, 1, 2, 3


def make(folder: Path, tokenizers: Path, names: Sequence[str] = tuple(SHAPES)) -> Path:
    """Write them as transformers folders below `folder`; tokenizers are copied from `tokenizers`."""
    for seed, name in enumerate(names):
        width, depth, heads, ffn = SHAPES[name]
        torch.manual_seed(seed)
        config = Config(
            VOCABULARY, width, depth, heads, heads, width // heads, ffn, norm_eps=1e-6, max_positions=512
        )
        net = Net(config)
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        (target / "config.json").write_text(json.dumps(_hf(config, masked=name == "masked")))
        save_file(
            {key: value.contiguous() for key, value in net.hf_state().items()}, target / "model.safetensors"
        )
        for file in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(tokenizers / name / file, target / file)
    return folder


def _hf(c: Config, masked: bool) -> dict[str, object]:
    values: dict[str, object] = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": c.vocab_size,
        "hidden_size": c.width,
        "num_hidden_layers": c.depth,
        "num_attention_heads": c.heads,
        "num_key_value_heads": c.kv_heads,
        "head_dim": c.head_dim,
        "intermediate_size": c.ffn,
        "max_position_embeddings": c.max_positions,
        "rms_norm_eps": c.norm_eps,
        "rope_theta": c.rope_theta,
        "tie_word_embeddings": c.tied,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": 0,
    }
    return values | ({"is_causal": False, "mask_token_id": MASK} if masked else {})
