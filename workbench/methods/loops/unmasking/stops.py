"""The stop part: what ends a run before its last mask."""

from collections.abc import Generator

from workbench.methods.loops.unmasking.board import Board, Ending
from workbench.trace import Event


def stop_at_end(board: Board) -> Generator[Event, None, Ending]:
    """Ends once an end-of-text stands with no mask before it: nothing behind it belongs to the answer."""
    yield from ()
    for token in board.tokens[board.start : board.stop]:
        if token == board.model.mask_id:
            return Ending.GO
        if token in board.run.eos_ids:
            return Ending.END
    return Ending.GO
