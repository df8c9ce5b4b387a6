"""What of CUDA graphs can be tested without CUDA: runs one after another get the same addresses."""

import gc

import torch

from workbench.models.graphs import Buffers
from workbench.models.net import Config, Net

CONFIG = Config(vocab_size=13, width=16, depth=2, heads=2, kv_heads=2, head_dim=8, ffn=16, max_positions=512)


def test_the_next_run_gets_the_buffer_of_the_last() -> None:
    buffers = Buffers(Net(CONFIG))
    first = buffers.cache()
    second = buffers.cache()
    address = first.buffer.data_ptr()
    assert second.buffer.data_ptr() != address, "two runs at a time have a buffer each"
    del first
    gc.collect()
    assert buffers.cache().buffer.data_ptr() == address


def test_a_buffer_that_grew_is_kept_and_the_small_one_let_go() -> None:
    buffers = Buffers(Net(CONFIG))
    grown = buffers.cache()
    small = grown.buffer.data_ptr()
    grown.reserve(400)
    large = grown.buffer.data_ptr()
    assert large != small and grown.capacity == 512
    del grown
    gc.collect()
    again = buffers.cache()
    assert again.buffer.data_ptr() == large and again.capacity == 512


def test_what_an_earlier_run_left_is_not_seen() -> None:
    torch.manual_seed(0)
    net = Net(CONFIG).requires_grad_(False)
    buffers, ids, positions = Buffers(net), torch.tensor([[3, 4, 5]]), torch.arange(3)[None]
    fresh = net(ids, positions, cache=buffers.cache()).logits
    gc.collect()
    used = buffers.cache()
    net(torch.tensor([[9, 9, 9, 9, 9]]), torch.arange(5)[None], cache=used)
    del used
    gc.collect()
    torch.testing.assert_close(net(ids, positions, cache=buffers.cache()).logits, fresh, atol=0, rtol=0)
