"""Any-order reading: one probability for a text, however many rows are asked at once."""

import pytest
import torch

from workbench.models.api import AnyOrder, ModelError, capabilities
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.net_any_order import NetAnyOrder

CONFIG = Config(vocab_size=13, width=16, depth=2, heads=2, kv_heads=2, head_dim=8, ffn=16, max_positions=32)
TOKENS = [3, 4, 5, 6, 7, 8]


def model(meter: Meter | None = None) -> NetAnyOrder:
    torch.manual_seed(0)
    net = Net(CONFIG).double().requires_grad_(False)
    for parameter in net.parameters():
        parameter.mul_(8.0)
    return NetAnyOrder(net, "small", "target", meter or Meter(), mask_id=12)


def test_it_is_an_any_order_model_and_counts_its_rows() -> None:
    meter = Meter()
    made = model(meter)
    assert isinstance(made, AnyOrder) and "any-order" in capabilities(made)
    reading = made.joint(TOKENS, [4, 2], [0, 1])
    assert reading.beliefs.logits.shape == (2, 13) and meter.totals
    assert torch.isneginf(reading.beliefs.logits[:, 12]).all()


def test_the_joint_in_one_pass_is_the_product_of_one_pass_each() -> None:
    made, order, given = model(), [5, 2, 4, 3], [0, 1]
    together = made.joint(TOKENS, order, given).beliefs.logits
    for step in range(len(order)):
        alone = made.joint(TOKENS, order[: step + 1], given).beliefs.logits[step]
        torch.testing.assert_close(together[step], alone, atol=1e-6, rtol=1e-6)
        later = [id if at not in order[step:] else (id + 1) % 12 for at, id in enumerate(TOKENS)]
        blind = made.joint(later, order, given).beliefs.logits[step]
        torch.testing.assert_close(together[step], blind, atol=1e-6, rtol=1e-6)


def test_drafting_asks_all_at_once_with_the_same_factors() -> None:
    """The first factor of the verifying pass is the one of the drafting pass."""
    made, order, given = model(), [5, 2, 4, 3], [0, 1]
    drafted = made.joint(TOKENS, order, given, known=[0, 1, 1, 1]).beliefs.logits
    verified = made.joint(TOKENS, order, given).beliefs.logits
    torch.testing.assert_close(drafted[:2], verified[:2], atol=1e-6, rtol=1e-6)
    assert not torch.allclose(drafted[2:, :12], verified[2:, :12])
    other = made.joint(TOKENS, [5, 4, 3, 2], given, known=[0, 1, 1, 1]).beliefs.logits
    torch.testing.assert_close(other[1], drafted[2], atol=1e-6, rtol=1e-6)


def test_the_order_matters() -> None:
    made = model()
    first = made.joint(TOKENS, [2, 3], [0, 1]).beliefs.logits[0]
    second = made.joint(TOKENS, [3, 2], [0, 1]).beliefs.logits[1]
    assert not torch.allclose(first[:12], second[:12])


@pytest.mark.parametrize(
    ("order", "given", "known"),
    [
        ([], [0], None),
        ([2, 2], [0], None),
        ([2], [2], None),
        ([9], [0], None),
        ([2], [0], [1]),
        ([2], [0], []),
    ],
)
def test_bad_orders_are_one_sentence(order: list[int], given: list[int], known: list[int] | None) -> None:
    with pytest.raises(ModelError, match=r"^`(order|known)`.*\.$"):
        model().joint(TOKENS, order, given, known)
