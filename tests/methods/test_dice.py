"""Dice that draw for many rows at once draw what they would draw one by one."""

import torch

from workbench.methods.dice import SeededDice


def test_many_rows_are_drawn_as_one_by_one() -> None:
    torch.manual_seed(0)
    probs = torch.softmax(4 * torch.randn(40, 300), -1)
    probs[:10, 7:] = 0
    rows = probs / probs.sum(-1, keepdim=True)
    together, alone = SeededDice(5), SeededDice(5)
    assert together.picks(rows) == [alone.pick(row) for row in rows]
    assert together.uniform(0.5) == alone.uniform(0.5)
