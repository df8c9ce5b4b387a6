"""The revise part: which written tokens become masks again."""

from collections.abc import Generator

from workbench.maths.schedule import left_after
from workbench.methods.loops.unmasking.board import Board, Pick, Revise, Round
from workbench.methods.run import ANSWER
from workbench.trace import Cells, Event, Rule

KEPT = Rule(
    "kept",
    "among the surest when they were written",
    "<",
    "rank by confidence when written",
    "tokens that may stay",
    "{what} stays: its rank {left}, by confidence when written, is below the {right} that may stay.",
    "{what} is masked again: its rank {left}, by confidence when written, is not below the {right} that may "
    "stay.",
    value_from="rank(proposed)",
)


def keep_best(steps: int, schedule: str) -> Revise:
    """After each round keep as many tokens as the schedule has granted so far, by confidence when written."""

    def revise(board: Board, now: Round | None, picks: list[Pick]) -> Generator[Event, None, None]:
        left = left_after(board.block.masks, _rounds(board, steps), schedule)[board.index]
        written = sorted(board.written)
        if not left:
            return
        order = sorted(written, key=lambda i: -board.written[i].prob)
        ranks = {position: rank for rank, position in enumerate(order)}
        verdict = KEPT.judge(
            Cells(ANSWER, tuple(written)), [ranks[i] for i in written], [len(written) - left] * len(written)
        )
        yield verdict
        lost = [i for i, stays in zip(written, verdict.passed, strict=True) if not stays]
        yield from board.erase(lost, "less sure when written than the others")

    return revise


def _rounds(board: Board, steps: int) -> int:
    """This block's share of all rounds, one at least and one per mask at most."""
    share, rest = divmod(steps, board.block.count)
    return max(1, min(share + (board.block.number < rest), board.block.masks))
