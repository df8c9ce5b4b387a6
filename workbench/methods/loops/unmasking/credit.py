"""The logits part that remembers: a token that keeps being the likeliest earns credit (CreditDecoding)."""

from collections.abc import Generator

import torch
from torch import Tensor

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
        best: list[float] = []
        for row, hole in zip(rows, holes, strict=True):
            probs = torch.softmax(prediction.logits[row], dim=-1)
            top = int(probs.argmax())
            mine = earned.get(hole, torch.zeros_like(probs)) * beta
            mine[top] += probs[top] ** gamma
            earned[hole] = mine
            best.append(float(mine[top]))
            logits[row] += alpha * torch.log1p(mine)
        if holes:
            yield Score(CREDIT.id, Cells(ANSWER, tuple(holes)), tuple(best))
        changed = prediction.then(CREDITED, logits)
        yield from board.observe(changed.views[-1])
        return changed

    return fuse
