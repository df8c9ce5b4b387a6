"""The logits part that remembers: a token that keeps being the likeliest earns credit (CreditDecoding)."""

from collections.abc import Generator

import torch
from torch import Tensor

from workbench.maths.sample import argmax
from workbench.methods.loops.unmasking.board import Board, Prediction, Transform
from workbench.methods.run import ANSWER
from workbench.trace import Cells, Event, Measure, Score, Source

CREDIT = Measure("credit", "credit of the likeliest token", "1", "higher", "sum of beta^age p^gamma")
CREDITED = "credited"
CREDIT_SOURCE = Source(CREDITED, "prediction with credit", "combined")


def credit(alpha: float, gamma: float, beta: float) -> Transform:
    """The logits part; a row of credit (V,) for every position of the block."""
    earned: dict[int, Tensor] = {}
    block = -1

    def fuse(board: Board, prediction: Prediction) -> Generator[Event, None, Prediction]:
        nonlocal block
        if board.block.number != block:
            earned.clear()
            block = board.block.number
        holes = [i for i in board.open(range(board.block.first, board.block.stop)) if prediction.has(i)]
        rows = [prediction.positions.index(i) for i in holes]
        logits = prediction.logits.clone()
        if holes:
            probs = torch.softmax(prediction.logits[rows], dim=-1)
            nothing = torch.zeros_like(probs[0])
            mine = torch.stack([earned.get(hole, nothing) for hole in holes]) * beta
            tops = argmax(probs)
            new = [prob**gamma for prob in probs[range(len(holes)), tops]]
            mine[range(len(holes)), tops] += torch.stack(new)
            earned.update(zip(holes, mine, strict=True))
            best = mine[range(len(holes)), tops].tolist()
            logits[rows] += alpha * torch.log1p(mine)
            yield Score(CREDIT.id, Cells(ANSWER, tuple(holes)), tuple(best))
        changed = prediction.then(CREDITED, logits)
        yield from board.observe(changed)
        return changed

    return fuse
