"""The scope part: which positions may be written now."""

from collections.abc import Generator, Sequence

from workbench.methods.loops.unmasking.board import Board, Scope
from workbench.trace import Event


def blocks(length: int, behind: bool = False) -> Scope:
    """Blocks of `length` from the left, each to its last hole (semi-autoregressive; `length` of the whole
    region: any order). behind: what was erased in earlier blocks may be written again too."""

    def scope(board: Board) -> Generator[Event, None, Sequence[int] | None]:
        low = board.start if behind else board.block.first
        if board.block.number >= 0 and board.open(range(low, board.block.stop)):
            return range(low, board.block.stop)
        if not board.holes:
            return None
        first = board.block.stop if board.block.number >= 0 else board.start
        if first >= board.stop:
            return None
        stop = min(first + length, board.stop)
        count = -(-(board.stop - board.start) // length)
        yield from board.enter(first, stop, board.block.number + 1, count)
        return range(board.start if behind else first, stop)

    return scope


def rounds(number: int) -> Scope:
    """The whole region for a fixed number of rounds, holes or not (samplers that revise)."""

    def scope(board: Board) -> Generator[Event, None, Sequence[int] | None]:
        if board.block.number < 0:
            yield from board.enter(board.start, board.stop, 0, 1)
        return board.region if board.rounds < number else None

    return scope
