"""The lean network computes what transformers computes, for every family it loads."""

from typing import Any

import pytest
import torch
from small_models import SHAPE, VOCAB, tiny_net

from workbench.models.config import config_from_hf
from workbench.models.net import Config, Net
from workbench.trace.errors import WorkbenchError

LLAMA3 = {
    "rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16, "rope_theta": 10_000.0,
}  # fmt: skip
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {}),
    "llama tied": ("Llama", {"tie_word_embeddings": True}),
    "llama biased": ("Llama", {"attention_bias": True, "mlp_bias": True}),
    "llama all heads": ("Llama", {"num_key_value_heads": 4}),
    "llama3 rope": ("Llama", {"rope_parameters": LLAMA3}),
    "qwen2": ("Qwen2", {}),
    "qwen2 tied": ("Qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3", {"tie_word_embeddings": True}),
    "qwen3 biased": ("Qwen3", {"attention_bias": True}),
    "mistral": ("Mistral", {"sliding_window": None}),
}


def pair(family: str) -> tuple[Any, Net]:
    """A random transformers model and our network with its weights."""
    import transformers

    prefix, changes = FAMILIES[family]
    config = getattr(transformers, f"{prefix}Config")(**{**SHAPE, **changes})
    theirs = getattr(transformers, f"{prefix}ForCausalLM")(config).eval()
    for parameter in theirs.parameters():
        parameter.data = (
            parameter.data * 4 if parameter.dim() > 1 else parameter.data + torch.rand_like(parameter) / 4
        )
    ours = Net(Config.from_hf(config.to_dict()))
    ours.load_hf(theirs.state_dict())
    return theirs, ours


def far(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).detach().abs().max())


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_transformers(family: str) -> None:
    theirs, ours = pair(family)
    ids, positions = torch.randint(0, VOCAB, (2, 20)), torch.arange(20)[None]
    with torch.no_grad():
        wanted = theirs(ids, output_hidden_states=True)
        got = ours(ids, positions, want_hidden=True)
        assert far(wanted.logits, got.logits) < 2e-4
        assert max(map(far, wanted.hidden_states, got.hidden)) < 2e-4
        bidirectional = theirs(ids, attention_mask=torch.zeros(2, 1, 20, 20)).logits
        assert far(bidirectional, ours(ids, positions, causal=False).logits) < 2e-4
        mask = torch.ones(1, 1, 20, 20, dtype=torch.bool)
        assert far(bidirectional, ours(ids, positions, mask).logits) < 2e-4
    assert far(got.logits, ours(ids, positions).logits) < 2e-4  # with a gradient: the other norm
    state = theirs.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in ours.hf_state().items())


def test_cached_in_chunks_equals_whole() -> None:
    net, ids, positions = tiny_net(), torch.randint(0, VOCAB, (2, 30)), torch.arange(30)[None]
    whole, cache, parts = net(ids, positions).logits, net.new_cache(4, batch=2), []
    for start, stop in [(0, 7), (7, 8), (8, 21), (21, 30)]:
        parts.append(net(ids[:, start:stop], positions[:, start:stop], cache=cache, at=start).logits)
    assert far(torch.cat(parts, 1), whole) < 1e-4
    assert cache.capacity >= 30
    with pytest.raises(WorkbenchError, match="at most"):
        cache.reserve(16 * 64 + 1)


def test_layer_ranges_and_rows() -> None:
    net, ids, positions = tiny_net(), torch.randint(0, VOCAB, (1, 9)), torch.arange(9)[None]
    whole = net(ids, positions, want_hidden=True)
    early = net(ids, positions, layers=range(2), want_hidden=True)
    assert len(early.hidden) == 3 and far(early.hidden[-1], whole.hidden[2]) < 1e-6
    late = net(None, positions, layers=range(2, 3), hidden=early.hidden[-1], want_hidden=True)
    assert far(late.logits, whole.logits) < 1e-5
    assert far(net.unembed(whole.hidden[-1]), whole.logits) < 1e-6
    assert far(net(ids, positions, rows=torch.tensor([3, 8])).logits, whole.logits[:, [3, 8]]) < 1e-5
    skipped = net(ids, positions, layers=[0, 2])
    assert far(skipped.logits, whole.logits) > 1e-2


def test_bf16_keeps_its_tables_in_float32() -> None:
    net = tiny_net().to(torch.bfloat16)
    assert net.embed.dtype == torch.bfloat16 and net.rotation.dtype == torch.float32
    assert torch.equal(net.rotation, tiny_net().rotation)
    made = Net.empty(net.config, torch.device("cpu"), torch.float32)
    made.load_hf(tiny_net().hf_state())
    ids, positions = torch.randint(0, VOCAB, (1, 9)), torch.arange(9)[None]
    assert torch.equal(made(ids, positions).logits, tiny_net()(ids, positions).logits)
    assert far(net(ids, positions).logits.float(), made(ids, positions).logits) < 2.0


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"model_type": "gpt2"}, "model_type 'gpt2'"),
        ({"model_type": "llama", **SHAPE, "hidden_act": "gelu"}, "hidden_act 'gelu'"),
        ({"model_type": "mistral", **SHAPE, "sliding_window": 8}, "sliding window of 8"),
        ({"model_type": "qwen2", **SHAPE, "sliding_window": 8, "use_sliding_window": True}, "sliding window"),
        ({"model_type": "llada", "block_type": "sequential"}, "'sequential'"),
    ],
)
def test_refuses_what_it_cannot_compute(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WorkbenchError, match=sentence):
        config_from_hf(config)


def test_wrong_weights_are_one_sentence() -> None:
    net = tiny_net()
    state = net.hf_state()
    name = "model.layers.1.mlp.up_proj.weight"
    with pytest.raises(WorkbenchError, match=r"lacks the weight 'model\.layers\.1\.mlp\.up_proj"):
        net.load_hf({key: value for key, value in state.items() if key != name})
    with pytest.raises(WorkbenchError, match=r"has shape \(2, 2\)"):
        net.load_hf({**state, name: torch.zeros(2, 2)})
    with pytest.raises(WorkbenchError, match=r"holds 'model\.layers\.9"):
        net.load_hf({**state, "model.layers.9.mlp.up_proj.weight": torch.zeros(2, 2)})
