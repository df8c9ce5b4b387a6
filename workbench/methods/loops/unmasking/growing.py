"""The compute part of a text that grows from the left: rows of what is finished are frozen (FreeCache)."""

from collections.abc import Sequence

from workbench.methods.loops.unmasking.board import Board, Compute, View
from workbench.methods.loops.unmasking.computes import Cached, reach
from workbench.models.api import Memory

BLOCKS, ALL, SLIDING = "whole blocks", "all that is written", "sliding window"
CUTS = (BLOCKS, ALL, SLIDING)


class _Growing(Cached):
    """One full pass; then only from the cut on, or only around the first mask.

    A row is frozen once it was fed with its token in place: `clean` is where the first mask of the last pass
    stood, and everything before it qualifies.
    """

    def __init__(self, cut: str, block: int, window: int, audit: bool) -> None:
        super().__init__(audit)
        self.cut, self.length, self.window, self.clean = cut, block, window, 0

    def due(self, board: Board) -> bool:
        return False

    def __call__(self, board: Board, tokens: Sequence[int], wanted: Sequence[int]) -> Sequence[View]:
        views = super().__call__(board, tokens, wanted)
        self.clean = _first_mask(board, tokens)
        return views

    def again(self, board: Board, memory: Memory, tokens: Sequence[int], wanted: Sequence[int]) -> View:
        model, more = board.model, reach(board.model)
        if self.cut == SLIDING:
            last = _first_mask(board, tokens) - 1
            fed = range(max(0, last - self.window), min(len(tokens), last + self.window))
            at = tuple(i for i in wanted if fed.start <= i - more and i < fed.stop)
            reading = model.fill(tokens, at, after=memory, only=fed, remember=True)
        else:
            first = self.clean // self.length * self.length if self.cut == BLOCKS else self.clean
            at = tuple(i for i in wanted if i >= first)
            reading = model.fill(tokens, at, after=memory.back_to(max(0, first - more)), remember=True)
        self.memory = reading.memory
        return View(model.role, at, reading.beliefs.logits)


def _first_mask(board: Board, tokens: Sequence[int]) -> int:
    """Where the first mask stands; the end of the canvas if there is none."""
    masks = (i for i in board.region if tokens[i] == board.model.mask_id)
    return next(masks, board.stop)


def growing_cache(cut: str, block: int, window: int = 0, audit: bool = False) -> Compute:
    """Freeze the clean prefix. cut: by whole blocks of `block` counted from position 0, all of it, or
    everything further than `window` from the first mask (then masks far to the right are stale too)."""
    return _Growing(cut, block, window, audit)
