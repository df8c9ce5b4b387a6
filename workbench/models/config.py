"""From a transformers config.json (or LLaDA's own) to `net.Config`, refusing what the network cannot do."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from workbench.models.api import ModelError, Unsupported

# model_type -> (bias of q, k, v; bias of the attention output; qk-norm); None = as attention_bias says.
FAMILIES: dict[str, tuple[bool | None, bool | None, bool]] = {
    "llama": (None, None, False),
    "mistral": (False, False, False),
    "qwen2": (True, False, False),
    "qwen3": (None, None, True),
    "dream": (True, False, False),
    "sdar": (None, None, True),
}


def family(config: Mapping[str, Any]) -> str:
    """The lower-case model_type ('llama', 'dream', 'llada', ...), '' when absent."""
    return str(config.get("model_type", "")).lower()


def config_from_hf(config: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `net.Config`; Unsupported for what the network cannot do, ModelError for a gap."""
    kind = family(config)
    try:
        if kind == "llada":
            return _llada(config)
        if kind in FAMILIES:
            return _llama_like(config, kind)
    except KeyError as error:
        raise ModelError(f"The config.json lacks {error}, which a model of type '{kind}' needs.") from None
    known = ", ".join([*FAMILIES, "llada"])
    raise Unsupported(f"The lean network cannot load model_type '{kind}'; it knows {known}.")


def _llama_like(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    _refuse(config)
    qkv_bias, out_bias, qk_norm = FAMILIES[kind]
    bias = bool(config.get("attention_bias", False))
    heads, width = config["num_attention_heads"], config["hidden_size"]
    rope = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    theta = float(rope.pop("rope_theta", None) or config.get("rope_theta") or 10_000.0)
    rope.setdefault("rope_type", rope.pop("type", None) or "default")
    return {
        "vocab_size": config["vocab_size"],
        "width": width,
        "depth": config["num_hidden_layers"],
        "heads": heads,
        "kv_heads": config.get("num_key_value_heads") or heads,
        "head_dim": config.get("head_dim") or width // heads,
        "ffn": config["intermediate_size"],
        "rope_theta": theta,
        "norm_eps": config.get("rms_norm_eps", 1e-6),
        "tied": bool(config.get("tie_word_embeddings", False)),
        "qkv_bias": bias if qkv_bias is None else qkv_bias,
        "out_bias": bias if out_bias is None else out_bias,
        "mlp_bias": bool(config.get("mlp_bias", False)),
        "qk_norm": qk_norm,
        "max_positions": config.get("max_position_embeddings", 2048),
        "rope": () if rope["rope_type"] == "default" else tuple(sorted(rope.items())),
    }


def _refuse(config: Mapping[str, Any]) -> None:
    activation = config.get("hidden_act", "silu")
    if activation not in ("silu", "swish"):
        raise Unsupported(f"The lean network computes SwiGLU only, not hidden_act '{activation}'.")
    window = config.get("sliding_window")
    active = bool(window) and bool(config.get("use_sliding_window", family(config) == "mistral"))
    if "sliding_attention" in (config.get("layer_types") or ()):
        active = True
    if active and window is not None and window < config.get("max_position_embeddings", 2048):
        raise Unsupported(
            f"This model attends within a sliding window of {window} tokens, which the lean network does not "
            "do: open it through the transformers adapter instead."
        )
    if float(config.get("partial_rotary_factor") or 1.0) != 1.0:
        raise Unsupported("The lean network turns whole heads only, not a part (partial_rotary_factor).")


def _llada(config: Mapping[str, Any]) -> dict[str, Any]:
    block, norm = config.get("block_type", "llama"), config.get("layer_norm_type", "rms")
    if (block, norm) != ("llama", "rms") or config.get("alibi") or config.get("attention_layer_norm"):
        raise Unsupported(
            f"Of LLaDA the 'llama' block with 'rms' norm is known, not '{block}' with '{norm}'."
        )
    heads, width = config["n_heads"], config["d_model"]
    bias = bool(config.get("include_bias", False))
    qkv_bias = config.get("include_qkv_bias")
    return {
        "vocab_size": config.get("embedding_size") or config["vocab_size"],
        "width": width,
        "depth": config["n_layers"],
        "heads": heads,
        "kv_heads": config.get("n_kv_heads") or heads,
        "head_dim": width // heads,
        "ffn": config.get("mlp_hidden_size") or config.get("mlp_ratio", 4) * width,
        "rope_theta": float(config.get("rope_theta", 10_000.0)),
        "norm_eps": config.get("rms_norm_eps", 1e-5),
        "tied": bool(config.get("weight_tying", False)),
        "qkv_bias": bias if qkv_bias is None else bool(qkv_bias),
        "out_bias": bias,
        "mlp_bias": bias,
        "qk_norm": False,
        "max_positions": config.get("max_sequence_length", 4096),
    }


def positions(config: Mapping[str, Any]) -> int:
    """How many tokens a model says that it holds; 0 where its config.json does not say."""
    said = config.get("max_position_embeddings") or config.get("max_sequence_length")
    return said if isinstance(said, int) else 0


def inverse_frequencies(
    dim: int, theta: float, positions: int, rope: tuple[tuple[str, Any], ...]
) -> tuple[Tensor, float]:
    """Rotary frequencies (dim/2,) and the factor on cos and sin; scaled ones by transformers' own code."""
    if not rope:
        return 1.0 / theta ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim), 1.0
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    values = dict(rope)
    kind = values["rope_type"]
    if kind not in ("linear", "llama3", "yarn"):
        raise Unsupported(f"The lean network knows rope_type default, linear, llama3 and yarn, not '{kind}'.")
    config = LlamaConfig(
        hidden_size=dim, num_attention_heads=1, head_dim=dim, max_position_embeddings=positions,
        rope_parameters={**values, "rope_theta": theta},
    )  # fmt: skip
    frequencies, factor = ROPE_INIT_FUNCTIONS[kind](config, torch.device("cpu"))
    return frequencies.float(), float(factor)
