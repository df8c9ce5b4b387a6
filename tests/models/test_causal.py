"""One contract for every causal adapter: chains, trees, handles, counts."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from small_models import VOCAB, tiny_net

from workbench.models.api import Causal, ModelError, StaleMemory, Unsupported, capabilities
from workbench.models.hf_causal import HfCausal
from workbench.models.meter import Meter
from workbench.models.net_causal import NetCausal

PREFIX = [5, 9, 13, 7]
#        tree:  4:11 -> 5:12 -> 7:20 ; 4 -> 6:14 ; 8:30 (second root)
TOKENS, PARENTS = [11, 12, 14, 20, 30], [3, 4, 4, 5, 3]
PATHS = [[11], [11, 12], [11, 14], [11, 12, 20], [30]]


def gpt2(meter: Meter) -> HfCausal:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=VOCAB, n_positions=64, n_embd=32, n_layer=2, n_head=2, eos_token_id=2, bos_token_id=1
    )
    model = GPT2LMHeadModel(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.mul_(4)
    return HfCausal(model, "gpt2", "target", meter, (2,), (3,))


def net(meter: Meter) -> NetCausal:
    return NetCausal(tiny_net(), "net", "target", meter, (2,), (3,))


ADAPTERS: dict[str, Callable[[Meter], Any]] = {"net": net, "gpt2": gpt2}


@pytest.fixture(params=ADAPTERS)
def model(request: pytest.FixtureRequest) -> Causal:
    return ADAPTERS[request.param](Meter())


def last(model: Causal, tokens: list[int]) -> torch.Tensor:
    """What is believed after these tokens, in a pass of their own."""
    return model.read(tokens, want=1).beliefs.logits[0]


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.allclose(a, b, atol=2e-4)


def test_chunks_equal_the_whole(model: Causal) -> None:
    text = [*PREFIX, 21, 22, 23, 24, 25]
    whole = model.read(text)
    assert list(whole.rows) == list(range(9)) and len(whole.beliefs) == 9
    first = model.read(text[:3])
    second = model.read(text[3:8], first.memory)
    third = model.read(text[8:], second.memory)
    parts = [reading.beliefs.logits for reading in (first, second, third)]
    assert close(torch.cat(parts), whole.beliefs.logits)
    assert third.memory.rows == third.memory.length == 9 and list(third.rows) == [8]
    assert bool((whole.beliefs.logits[:, 3] == -torch.inf).all())
    assert model.eos_ids == (2,) and model.vocab_size == VOCAB and model.max_positions == 64


def test_tree_in_one_pass_equals_its_paths(model: Causal) -> None:
    trunk = model.read(PREFIX).memory
    tree = model.read(TOKENS, trunk, PARENTS)
    assert tree.memory.length == 4 and tree.memory.rows == 9 and tree.memory.parents == tuple(PARENTS)
    for row, path in enumerate(PATHS):
        assert close(tree.beliefs.logits[row], last(model, PREFIX + path)), path


def test_tree_grown_over_several_calls(model: Causal) -> None:
    trunk = model.read(PREFIX).memory
    level1 = model.read([11, 30], trunk, [3, 3])  # rows 4, 5
    level2 = model.read([12, 14, 31], level1.memory, [4, 4, 5])  # rows 6, 7, 8
    level3 = model.read([20, 21], level2.memory, [6, 8])  # rows 9, 10
    more = model.read([22], level3.memory)  # behind row 10
    wanted = [[11, 12, 20], [30, 31, 21]]
    for row, path in enumerate(wanted):
        assert close(level3.beliefs.logits[row], last(model, PREFIX + path))
    assert close(more.beliefs.logits[0], last(model, [*PREFIX, 30, 31, 21, 22]))
    middle = model.read([33], more.memory, [1])  # a branch from inside the trunk
    assert close(middle.beliefs.logits[0], last(model, [*PREFIX[:2], 33]))


def test_tree_without_a_trunk(model: Causal) -> None:
    tree = model.read([5, 6, 7, 8], None, [-1, -1, 0, 1])
    assert close(tree.beliefs.logits[2], last(model, [5, 7]))
    assert close(tree.beliefs.logits[3], last(model, [6, 8]))
    assert tree.memory.keep([1, 3]).length == 2


def test_keep_makes_a_path_the_trunk(model: Causal) -> None:
    trunk = model.read(PREFIX).memory
    tree = model.read(TOKENS, trunk, PARENTS)
    kept = tree.memory.keep([4, 5, 7])
    assert kept.length == kept.rows == 7 and kept.parents == ()
    more = model.read([25, 26], kept)
    assert close(more.beliefs.logits[1], last(model, [*PREFIX, 11, 12, 20, 25, 26]))
    again = model.read([27], more.memory.back_to(8))
    assert close(again.beliefs.logits[0], last(model, [*PREFIX, 11, 12, 20, 25, 27]))
    nothing = again.memory.keep([])
    assert nothing.length == 9


def test_keep_refuses_what_is_no_path(model: Causal) -> None:
    tree = model.read(TOKENS, model.read(PREFIX).memory, PARENTS).memory
    with pytest.raises(ModelError, match="not a path"):
        tree.keep([4, 7])
    with pytest.raises(ModelError, match="does not begin at the trunk"):
        tree.keep([5])
    with pytest.raises(ModelError, match="is not in a memory of 9 rows"):
        tree.keep([40])
    with pytest.raises(ModelError, match="Cannot go back to length 5"):
        tree.back_to(5)
    with pytest.raises(ModelError, match="must come before"):
        model.read([1], tree, [9])
    with pytest.raises(ModelError, match="as many parents"):
        model.read([1, 2], tree, [8])


def test_back_to_and_rejected_drafts(model: Causal) -> None:
    drafted = model.read([*PREFIX, 30, 31, 32]).memory
    redone = model.read([11, 12], drafted.back_to(5))
    assert close(redone.beliefs.logits[1], last(model, [*PREFIX, 30, 11, 12]))
    assert redone.memory.rows == 7


def test_a_stale_handle_is_refused(model: Causal) -> None:
    trunk = model.read(PREFIX).memory
    old = model.read([11, 12], trunk).memory
    spare = old.copy()
    new = model.read([13], trunk).memory
    with pytest.raises(StaleMemory, match="stale"):
        model.read([14], old)
    with pytest.raises(StaleMemory):
        old.keep([4])
    assert close(model.read([14], new).beliefs.logits[0], last(model, [*PREFIX, 13, 14]))
    assert close(model.read([14], spare).beliefs.logits[0], last(model, [*PREFIX, 11, 12, 14]))


def test_compaction_makes_tree_handles_stale_but_not_the_trunk(model: Causal) -> None:
    trunk = model.read(PREFIX).memory
    tree = model.read(TOKENS, trunk, PARENTS)
    tree.memory.keep([8])
    with pytest.raises(StaleMemory):
        model.read([1], tree.memory)
    assert close(model.read([6], trunk).beliefs.logits[0], last(model, [*PREFIX, 6]))


def test_long_texts_are_refused_and_empty_ones(model: Causal) -> None:
    with pytest.raises(ModelError, match="64"):
        model.read([5] * 65)
    with pytest.raises(ModelError, match="at least one token"):
        model.read([])


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_pass_is_counted(adapter: str) -> None:
    meter = Meter()
    model = ADAPTERS[adapter](meter)
    trunk = model.read(PREFIX).memory
    with meter.together():
        model.read(TOKENS, trunk, PARENTS)
        model.read([1], trunk)
    passes = meter.drain()
    depth = model.depth
    assert [(one.tick, one.computed, one.visible, one.layers, one.rows) for one in passes] == [
        (0, ((0, 4),), (), ((0, depth),), 4),
        (1, ((4, 9),), ((0, 4),), ((0, depth),), 5),
        (1, ((4, 5),), ((0, 4),), ((0, depth),), 1),
    ]
    assert meter.totals["target"] == (3, 10, 10 * depth) and meter.drain() == []


def test_other_models_memory_is_refused() -> None:
    ours, theirs = net(Meter()), gpt2(Meter())
    with pytest.raises(ModelError, match="does not belong"):
        ours.read([1], theirs.read([1]).memory)
    with pytest.raises(ModelError, match="does not belong"):
        theirs.read([1], ours.read([1]).memory)
    assert capabilities(ours) == {"causal", "layered"} and capabilities(theirs) == {"causal"}


def test_layers_exit_and_completion() -> None:
    meter = Meter()
    model = net(meter)
    text = [*PREFIX, 11, 12, 20]
    whole = model.look(text)
    assert len(whole.states) == 4
    assert close(model.exit(3, whole.states[3]).logits, whole.reading.beliefs.logits)
    trunk = model.read(PREFIX).memory
    early = model.look([11, 12], trunk, layers=range(2))
    assert close(early.states[2], whole.states[2][4:6])
    assert close(model.exit(2, early.states[2]).logits, early.reading.beliefs.logits)
    with pytest.raises(ModelError, match=r"hold layers \[0, 1\] only"):
        model.read([20], early.reading.memory)
    more = model.look([20], early.reading.memory, layers=range(2))
    states = torch.cat([early.states[2], more.states[2]])
    done = model.complete(states, more.reading.memory, range(2, 3))
    assert close(done.reading.beliefs.logits, whole.reading.beliefs.logits[4:])
    assert meter.drain()[-1][2:5] == (((4, 7),), ((0, 4),), ((2, 3),))
    after = model.read([33], done.reading.memory.keep([4, 5]))
    assert close(after.beliefs.logits[0], last(model, [*PREFIX, 11, 12, 33]))
    fresh = model.read([20], trunk)
    assert close(fresh.beliefs.logits[0], last(model, [*PREFIX, 20]))


def test_a_shallow_tree_is_completed() -> None:
    model = net(Meter())
    trunk = model.read(PREFIX).memory
    early = model.look(TOKENS, trunk, PARENTS, range(1))
    done = model.complete(early.states[1], early.reading.memory, range(1, 3))
    for row, path in enumerate(PATHS):
        assert close(done.reading.beliefs.logits[row], last(model, PREFIX + path))
    kept = done.reading.memory.keep([4, 6])
    assert close(model.read([9], kept).beliefs.logits[0], last(model, [*PREFIX, 11, 14, 9]))


def test_recurrent_models_go_back_by_snapshots() -> None:
    from transformers import Mamba2Config, Mamba2ForCausalLM

    config = Mamba2Config(
        vocab_size=VOCAB, hidden_size=32, num_hidden_layers=2, head_dim=16, num_heads=4, state_size=8,
        n_groups=1, chunk_size=8,
    )  # fmt: skip
    model = HfCausal(Mamba2ForCausalLM(config).eval(), "mamba", "target", Meter())
    trunk = model.read(PREFIX).memory
    drafted = model.read([11, 12, 13], trunk).memory
    assert close(model.read([14], drafted).beliefs.logits[0], last(model, [*PREFIX, 11, 12, 13, 14]))
    back = drafted.keep([4, 5])
    assert back.rows == 6
    redone = model.read([20], back)
    assert close(redone.beliefs.logits[0], last(model, [*PREFIX, 11, 12, 20]))
    deep = model.read([21], redone.memory.back_to(1))
    assert close(deep.beliefs.logits[0], last(model, [PREFIX[0], 21])) and deep.memory.rows == 2
    with pytest.raises(Unsupported, match="cannot verify a tree"):
        model.read(TOKENS, trunk, PARENTS)
    with pytest.raises(Unsupported, match="part of its layers"):
        model.read([1], layers=range(1))
