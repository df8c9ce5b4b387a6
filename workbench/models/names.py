"""Weight names: HF Llama/Qwen/Mistral/Dream/SDAR and LLaDA, to and from the fused names of `net`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from workbench.models.api import ModelError

if TYPE_CHECKING:
    from workbench.models.net import Config

# our name inside a layer -> the HF modules whose rows it stacks
FUSED: dict[str, tuple[str, ...]] = {
    "attn_norm": ("input_layernorm",),
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "q_norm": ("self_attn.q_norm",),
    "k_norm": ("self_attn.k_norm",),
    "out": ("self_attn.o_proj",),
    "ffn_norm": ("post_attention_layernorm",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
LLADA: dict[str, str] = {
    "q_proj": "self_attn.q_proj",
    "k_proj": "self_attn.k_proj",
    "v_proj": "self_attn.v_proj",
    "attn_out": "self_attn.o_proj",
    "attn_norm": "input_layernorm",
    "ff_norm": "post_attention_layernorm",
    "ff_proj": "mlp.gate_proj",
    "up_proj": "mlp.up_proj",
    "ff_out": "mlp.down_proj",
}
LLADA_TOP: dict[str, str] = {"wte": "model.embed_tokens", "ln_f": "model.norm", "ff_out": "lm_head"}
IGNORED = ("rotary_emb.inv_freq", "masked_bias")


def llada_to_hf(name: str) -> str:
    """One LLaDA weight name in HF Llama names (blocks.3.ff_proj.weight -> layers.3.mlp.gate_proj.weight)."""
    rest = name.removeprefix("model.").removeprefix("transformer.")
    parts = rest.split(".")
    if parts[0] == "blocks" and len(parts) == 4 and parts[2] in LLADA:
        return f"model.layers.{parts[1]}.{LLADA[parts[2]]}.{parts[3]}"
    if parts[0] in LLADA_TOP and len(parts) == 2:
        return f"{LLADA_TOP[parts[0]]}.{parts[1]}"
    return name


def _parts(config: "Config") -> dict[str, list[str]]:
    """Our parameter name -> the HF names whose rows it stacks, for this shape of network."""
    c = config
    names = {"embed": ["model.embed_tokens.weight"], "norm": ["model.norm.weight"]}
    if not c.tied:
        names["head"] = ["lm_head.weight"]
    biased = {"qkv": c.qkv_bias, "out": c.out_bias, "gate_up": c.mlp_bias, "down": c.mlp_bias}
    for i in range(c.depth):
        for ours, modules in FUSED.items():
            if ours in ("q_norm", "k_norm") and not c.qk_norm:
                continue
            names[f"layers.{i}.{ours}"] = [f"model.layers.{i}.{m}.weight" for m in modules]
            if biased.get(ours):
                names[f"layers.{i}.{ours}_bias"] = [f"model.layers.{i}.{m}.bias" for m in modules]
    return names


def _rows(config: "Config") -> dict[str, tuple[int, ...]]:
    """How many rows each HF module has inside a fused matrix."""
    c = config
    return {
        "qkv": (c.heads * c.head_dim, c.kv_heads * c.head_dim, c.kv_heads * c.head_dim),
        "gate_up": (c.ffn, c.ffn),
    }


def _shape(config: "Config", module: str) -> tuple[int, ...]:
    """The shape of the weight of one of our matrices, per HF module (rows left as -1 if fused)."""
    c = config
    inner = c.heads * c.head_dim
    return {
        "embed": (c.vocab_size, c.width), "head": (c.vocab_size, c.width), "norm": (c.width,),
        "attn_norm": (c.width,), "ffn_norm": (c.width,), "q_norm": (c.head_dim,), "k_norm": (c.head_dim,),
        "qkv": (-1, c.width), "gate_up": (-1, c.width), "out": (c.width, inner), "down": (c.width, c.ffn),
        "qkv_bias": (-1,), "gate_up_bias": (-1,), "out_bias": (c.width,), "down_bias": (c.width,),
    }[module]  # fmt: skip


def from_hf_names(state: Mapping[str, Tensor], config: "Config") -> dict[str, list[Tensor]]:
    """Our name -> the tensors to stack; raises ModelError at the first missing, extra or misshapen one."""
    state = {_canonical(name): tensor for name, tensor in state.items() if not name.endswith(IGNORED)}
    rows, plain, used = _rows(config), {}, set()
    for ours, sources in _parts(config).items():
        module = ours.rsplit(".", 1)[-1]
        heights = rows.get(module.removesuffix("_bias"), (-1,))
        for source, height in zip(sources, heights, strict=True):
            wanted = tuple(height if n == -1 else n for n in _shape(config, module))
            if source not in state:
                raise ModelError(f"The checkpoint lacks the weight '{source}' that its config asks for.")
            if tuple(state[source].shape) != wanted:
                raise ModelError(
                    f"The weight '{source}' has shape {tuple(state[source].shape)}, "
                    f"but the config asks for {wanted}."
                )
            plain.setdefault(ours, []).append(state[source])
            used.add(source)
    extra = sorted(set(state) - used - ({"lm_head.weight"} if config.tied else set()))
    if extra:
        raise ModelError(f"The checkpoint holds '{extra[0]}', which a network of its config does not have.")
    return plain


def _canonical(name: str) -> str:
    if ".transformer." in name or name.startswith("transformer."):
        return llada_to_hf(name)
    return name if name.startswith(("model.", "lm_head.")) else f"model.{name}"


def to_hf_names(plain: Mapping[str, Tensor], config: "Config") -> dict[str, Tensor]:
    """Take the fused matrices apart again, under HF Llama/Qwen names."""
    rows, state = _rows(config), {}
    for ours, sources in _parts(config).items():
        heights = rows.get(ours.rsplit(".", 1)[-1].removesuffix("_bias"))
        pieces = plain[ours].split(heights) if heights else (plain[ours],)
        state.update({source: piece.contiguous() for source, piece in zip(sources, pieces, strict=True)})
    return state
