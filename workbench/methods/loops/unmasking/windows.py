"""Scope and compute of windowed decoding: near masks are fed, farther ones cached, far ones unseen."""

from collections.abc import Callable, Generator, Sequence
from math import ceil

import torch
from torch import Tensor

from workbench.methods.loops.unmasking.board import Block, Board, Round, View
from workbench.methods.loops.unmasking.computes import Cached, reach
from workbench.models.api import Masked, Memory
from workbench.trace import Event, Phase


class Windows(Cached):
    """Phases of `refresh` rounds. The first round of a phase feeds the whole canvas and may write anywhere.

    The others feed the `active` leftmost masks and what was written in this phase; these rows see the
    finished text, the `window` leftmost masks of the phase's begin, and each other. Masks behind are pruned.
    `scope` and the object itself (compute) are one pair.
    """

    def __init__(self, window: int, active: int, refresh: int, audit: bool = False) -> None:
        super().__init__(audit)
        self.window, self.active, self.refresh = window, active, refresh
        self.phase, self.began = 0, 0
        self.open: list[int] = []  # the masks when the phase began

    def due(self, board: Board) -> bool:
        return board.rounds == self.began

    def scope(self, board: Board) -> Generator[Event, None, Sequence[int] | None]:
        """The whole region where a phase begins, else the nearest masks."""
        holes = board.holes
        if not holes:
            return None
        if board.block.number < 0:
            board.block = Block(0, 1, board.start, board.stop, len(holes))
        if not self.phase or board.rounds - self.began >= self.refresh:
            self.phase, self.began, self.open = self.phase + 1, board.rounds, holes
            yield Phase(0, f"Window {self.phase}")
            return board.region
        return holes[: self.active]

    def again(self, board: Board, memory: Memory, tokens: Sequence[int], wanted: Sequence[int]) -> View:
        """The active rows alone, seeing the window."""
        model = board.model
        near = [i for i in board.region if tokens[i] == model.mask_id][: self.active]
        fresh = [i for i in self.open if tokens[i] != model.mask_id]
        left = reach(model)
        fed = sorted({*near, *fresh, *(max(0, i - left) for i in near)})
        seen = torch.ones(len(tokens), dtype=torch.bool)
        seen[self.open[self.window :]] = False
        seen[fed] = True
        at = tuple(i for i in near if i in set(wanted))
        sees = columns(model, seen)
        reading = model.fill(tokens, at, sees, after=memory, only=fed, remember=True)
        self.memory = reading.memory
        return View(model.role, at, reading.beliefs.logits)


def columns(model: Masked, seen: Tensor) -> Tensor:
    """`visible` for a pass whose rows may see only some columns (N,): with a block model's own rule."""
    block = getattr(model, "block", None)
    if block is None:
        return seen
    blocks = torch.arange(len(seen)) // block
    return seen[None] & (blocks[None] <= blocks[:, None])


def rest_evenly(steps: int) -> Callable[[Round], int]:
    """Tokens due in a round: what is left of the whole canvas, shared over the rounds that are left.

    Where nothing limits a round this is LLaDA's even schedule. 0 steps: one token a round.
    """

    def due(now: Round) -> int:
        left = max(1, steps - now.board.rounds)
        return ceil(len(now.board.holes) / left) if steps else 1

    return due
