"""The compute part: what is fed to the network, and which rows of its cache are reused."""

from collections.abc import Sequence

import torch

from workbench.methods.loops.unmasking.board import Board, Compute, View, plain
from workbench.models.api import Masked, Memory

__all__ = ["Cached", "dual_cache", "guided", "plain", "prefix_cache", "reach"]


def guided(weight: float) -> Compute:
    """Classifier-free guidance: z_u + (w + 1) (z_c - z_u), z_u without the prompt (LLaDA, generate.py)."""

    def compute(board: Board, tokens: Sequence[int], wanted: Sequence[int]) -> Sequence[View]:
        model, at = board.model, tuple(wanted)
        blind = [model.mask_id] * board.start + list(tokens[board.start :])
        with board.run.together():
            seen = model.fill(tokens, wanted).beliefs.logits
            unseen = model.fill(blind, wanted).beliefs.logits
        both = torch.where(seen.isfinite(), unseen + (weight + 1) * (seen - unseen), seen)
        named = ((model.role, seen), ("unconditional", unseen), ("guided", both))
        return [View(source, at, logits) for source, logits in named]

    return compute if weight else plain


class Cached:
    """What caches share: a full pass where one is due, cheaper passes until the next."""

    def __init__(self, audit: bool) -> None:
        self.audit = audit
        self.block = -1
        self.age = 0  # cells that a person had emptied when the memory began: it holds rows of later ones
        self.memory: Memory | None = None

    def __call__(self, board: Board, tokens: Sequence[int], wanted: Sequence[int]) -> Sequence[View]:
        if self.age != len(board.reopened):
            self.age, self.memory = len(board.reopened), None
        if self.memory is None or self.due(board):
            self.block = board.block.number
            reading = board.model.fill(tokens, wanted, remember=True)
            self.memory = reading.memory
            return [View(board.model.role, tuple(wanted), reading.beliefs.logits)]
        cached = self.again(board, self.memory, tokens, wanted)
        if not self.audit:
            return [cached]
        exact = board.model.fill(tokens, cached.positions).beliefs.logits
        return [View("exact", cached.positions, exact), cached]

    def due(self, board: Board) -> bool:
        """Whether all rows are computed anew now: by default where a block begins."""
        return self.block != board.block.number

    def again(self, board: Board, memory: Memory, tokens: Sequence[int], wanted: Sequence[int]) -> View:
        """A cheaper pass."""
        raise NotImplementedError


def reach(model: Masked) -> int:
    """How many rows left of a position its prediction needs: 1 for models that speak one ahead (Dream)."""
    return int(getattr(model, "shifted", False))


class _Prefix(Cached):
    def again(self, board: Board, memory: Memory, tokens: Sequence[int], wanted: Sequence[int]) -> View:
        first = board.block.first
        self.memory = memory.back_to(max(0, first - reach(board.model)))
        at = tuple(i for i in wanted if i >= first)
        return View(board.model.role, at, board.model.fill(tokens, at, after=self.memory).beliefs.logits)


class _Dual(Cached):
    def again(self, board: Board, memory: Memory, tokens: Sequence[int], wanted: Sequence[int]) -> View:
        first, stop = board.block.first, board.block.stop
        fed = range(max(0, first - reach(board.model)), stop)
        at = tuple(i for i in wanted if first <= i < stop)
        reading = board.model.fill(tokens, at, after=memory, only=fed, remember=True)
        self.memory = reading.memory
        return View(board.model.role, at, reading.beliefs.logits)


def prefix_cache(audit: bool = False) -> Compute:
    """Rows before the block are frozen from the block's first pass; block and suffix are fed again."""
    return _Prefix(audit)


def dual_cache(audit: bool = False) -> Compute:
    """All rows outside the block are frozen from the block's first pass; only the block is fed again."""
    return _Dual(audit)
