"""Masked models: alignment, block rules, reused and stale rows, LLaDA, Dream and SDAR checkpoints."""

from pathlib import Path

import pytest
import torch
from small_models import SHAPE, VOCAB, tiny_net, write_model

from workbench.models.api import Masked, ModelError, StaleMemory, capabilities
from workbench.models.meter import Meter
from workbench.models.names import LLADA, LLADA_TOP
from workbench.models.net_masked import NetMasked
from workbench.models.shelf import Shelf

MASK = 3
CANVAS = [1, 5, 9, MASK, MASK, 12, MASK, MASK]


def masked(meter: Meter | None = None, shifted: bool = False, block: int | None = None) -> NetMasked:
    return NetMasked(tiny_net(), "net", "target", meter or Meter(), MASK, (2,), (), shifted, block)


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.allclose(a, b, atol=2e-4)


def plain(mask: torch.Tensor | None = None) -> torch.Tensor:
    """The network's own rows on the canvas (N, V)."""
    net, positions = tiny_net(), torch.arange(len(CANVAS))[None]
    return net(torch.tensor([CANVAS]), positions, mask, causal=False).logits[0]


def test_each_row_speaks_about_its_position_and_never_says_mask() -> None:
    meter = Meter()
    model = masked(meter)
    every = model.fill(CANVAS)
    free = [i for i in range(VOCAB) if i != MASK]
    assert close(every.beliefs.logits[:, free], plain()[:, free])
    assert bool((every.beliefs.logits[:, MASK] == -torch.inf).all())
    some = model.fill(CANVAS, wanted=[6, 3])
    assert close(some.beliefs.logits, every.beliefs.logits[[6, 3]])
    assert every.memory.rows == 0 and capabilities(model) == {"masked"}
    assert [one[2:5] for one in meter.drain()] == [(((0, 8),), (), ((0, 3),))] * 2


def test_the_shift_ends_in_the_adapter() -> None:
    straight, shifted = masked().fill(CANVAS).beliefs.logits, masked(shifted=True).fill(CANVAS).beliefs.logits
    assert close(shifted[1:], straight[:-1]) and close(shifted[0], straight[0])
    two = masked(shifted=True).fill(CANVAS, wanted=[3, 0]).beliefs.logits
    assert close(two, straight[[2, 0]])


def test_block_rule_and_visible_columns() -> None:
    block = masked(block=4).fill(CANVAS).beliefs.logits
    order = torch.arange(8) // 4
    rule = order[None] <= order[:, None]
    assert close(block, masked().fill(CANVAS, visible=rule).beliefs.logits)
    assert close(block[:4], masked().fill(CANVAS[:4]).beliefs.logits)
    left = torch.arange(8) < 6
    assert close(
        masked().fill(CANVAS, visible=left).beliefs.logits[:6], masked().fill(CANVAS[:6]).beliefs.logits
    )
    with pytest.raises(ModelError, match="bool of shape"):
        masked().fill(CANVAS, visible=torch.ones(3, dtype=torch.bool))
    with pytest.raises(ModelError, match="sees nothing"):
        masked().fill(CANVAS, visible=torch.zeros(8, dtype=torch.bool))


def test_a_block_causal_prefix_is_reused_exactly() -> None:
    meter = Meter()
    model = masked(meter, block=4)
    whole = model.fill(CANVAS).beliefs.logits
    prefix = model.fill(CANVAS[:4], remember=True).memory
    rest = model.fill(CANVAS, after=prefix)
    assert close(rest.beliefs.logits, whole[4:]) and rest.memory is prefix
    again = model.fill([*CANVAS[:4], 7, 8, 9, MASK], after=prefix, wanted=[7])
    assert close(again.beliefs.logits[0], model.fill([*CANVAS[:4], 7, 8, 9, MASK]).beliefs.logits[7])
    assert meter.drain()[2][2:4] == (((4, 8),), ((0, 4),))


def test_only_recomputes_in_place_over_stale_rows() -> None:
    meter = Meter()
    model = masked(meter)
    first = model.fill(CANVAS, remember=True)
    same = model.fill(CANVAS, after=first.memory, only=[3, 6])
    assert close(same.beliefs.logits, first.beliefs.logits[[3, 6]])  # nothing changed: stale rows are right
    changed = [*CANVAS]
    changed[3] = 20
    stale = model.fill(changed, after=same.memory, only=[3])
    exact = model.fill(changed)
    assert (
        close(stale.beliefs.logits[0], exact.beliefs.logits[3]) is False
    )  # other rows have not seen the change
    everything = model.fill(changed, after=stale.memory, only=range(8))
    assert close(everything.beliefs.logits, exact.beliefs.logits)
    assert meter.drain()[1][2:4] == (((3, 4), (6, 7)), ((0, 3), (4, 6), (7, 8)))
    with pytest.raises(StaleMemory):
        model.fill(CANVAS, after=first.memory, only=[3])


def test_requests_that_cannot_be_met() -> None:
    model = masked(shifted=True)
    memory = model.fill(CANVAS, remember=True).memory
    with pytest.raises(ModelError, match="Nothing speaks about position 4"):
        model.fill(CANVAS, after=memory, only=[4], wanted=[4])
    with pytest.raises(ModelError, match="needs a memory of the whole canvas"):
        model.fill(CANVAS, only=[4])
    with pytest.raises(ModelError, match="say which to compute again"):
        model.fill(CANVAS, after=memory)
    with pytest.raises(ModelError, match="not of 8"):
        model.fill(CANVAS[:5], after=memory, only=[1])
    with pytest.raises(ModelError, match="1 to 64 tokens, not 65"):
        model.fill([5] * 65)


def llada_folder(folder: Path) -> Path:
    """A LLaDA checkpoint of the same weights, under its own names."""
    back = {theirs: ours for ours, theirs in LLADA.items()}
    top = {theirs: ours for ours, theirs in LLADA_TOP.items()}
    state = {}
    for name, tensor in tiny_net(num_key_value_heads=4).hf_state().items():
        stem, kind = name.rsplit(".", 1)
        if stem in top:
            state[f"model.transformer.{top[stem]}.{kind}"] = tensor
        else:
            _, _, layer, rest = stem.split(".", 3)
            state[f"model.transformer.blocks.{layer}.{back[rest]}.{kind}"] = tensor
    assert "model.transformer.blocks.2.attn_out.weight" in state and "model.transformer.wte.weight" in state
    config = {
        "model_type": "llada", "architectures": ["LLaDAModelLM"], "d_model": 32, "n_heads": 4,
        "n_kv_heads": 4, "n_layers": 3, "mlp_hidden_size": 48, "vocab_size": VOCAB, "embedding_size": VOCAB,
        "rope_theta": 10000.0, "rms_norm_eps": 1e-5, "max_sequence_length": 64,
        "weight_tying": False, "include_bias": False,
        "include_qkv_bias": False, "block_type": "llama", "layer_norm_type": "rms", "mask_token_id": MASK,
        "eos_token_id": 2,
    }  # fmt: skip
    return write_model(folder, config, state)


def opened(folder: Path) -> NetMasked:
    loaded = Shelf(roots=()).open(str(folder), device="cpu")
    model = loaded.adapter(Meter(), "target")
    assert isinstance(model, NetMasked) and isinstance(model, Masked) and loaded.entry.kind == "masked"
    return model


def test_llada_checkpoints_load(tmp_path: Path) -> None:
    model = opened(llada_folder(tmp_path / "llada"))
    net = tiny_net(num_key_value_heads=4)
    rows = net(torch.tensor([CANVAS]), torch.arange(8)[None], causal=False).logits[0]
    assert close(model.fill(CANVAS).beliefs.logits[:, 4:], rows[:, 4:]) and model.mask_id == MASK


def test_dream_checkpoints_load_and_are_shifted(tmp_path: Path) -> None:
    net = tiny_net(model_type="qwen2")
    for layer in net.blocks:
        layer.qkv_bias.normal_()
    config = {"model_type": "Dream", "architectures": ["DreamModel"], **SHAPE, "mask_token_id": MASK}
    model = opened(write_model(tmp_path / "dream", config, net.hf_state()))
    rows = net(torch.tensor([CANVAS]), torch.arange(8)[None], causal=False).logits[0]
    assert close(model.fill(CANVAS).beliefs.logits[1:, 4:], rows[:-1, 4:])


def test_sdar_checkpoints_load_and_see_by_blocks(tmp_path: Path) -> None:
    net = tiny_net(model_type="qwen3")
    config = {"model_type": "sdar", "architectures": ["SDARForCausalLM"], **SHAPE, "mask_token_id": MASK}
    model = opened(write_model(tmp_path / "sdar", config, net.hf_state()))
    rows = net(torch.tensor([CANVAS[:4]]), torch.arange(4)[None], causal=False).logits[0]
    assert model.block == 4 and close(model.fill(CANVAS).beliefs.logits[:4, 4:], rows[:, 4:])
