"""What a person does to a canvas between two rounds: a mask lifted, or put back on what was written."""

from collections.abc import Generator

from workbench.methods.hand import BY_HAND, YOU
from workbench.methods.loops.unmasking.board import Board, Pick
from workbench.methods.run import ANSWER
from workbench.trace import Commit, DraftKind, Event, Intervention, WorkbenchError


def by_hand(board: Board) -> Generator[Event, None, None]:
    """Do what has come due; a prediction that does not know of a force or ban is made again."""
    hand = board.run.hand
    if hand.more():
        board.forget()
    for act in hand.due("lift", "mask"):
        yield from _lift(board, act) if act.act == "lift" else _mask(board, act)


def _lift(board: Board, act: Intervention) -> Generator[Event, None, None]:
    """A hole takes the token that was named, or else the one that was guessed there last."""
    place = act.position
    if not board.open([place]):
        raise WorkbenchError(
            f"Position {place} holds no mask at event {act.at}, so none can be lifted; choose an open cell."
        )
    token = act.token if act.token >= 0 else board.guessed.get(place, -1)
    if token < 0:
        raise WorkbenchError(
            f"Nothing was guessed at position {place} before event {act.at}; say which token it shall take."
        )
    proposed = board.run.propose(YOU.id, [place], [token], [1.0], DraftKind.POINT)
    yield proposed
    board.write([Pick(place, token, proposed.ids[0], 1.0)])
    yield Commit(ANSWER, proposed.ids)


def _mask(board: Board, act: Intervention) -> Generator[Event, None, None]:
    """A written cell becomes a hole again; caches drop what they hold of it."""
    if act.position not in board.written:
        raise WorkbenchError(
            f"Nothing is written at position {act.position} at event {act.at}, so no mask can be put back; "
            "choose a written cell."
        )
    board.reopened.append(act.position)
    yield from board.erase([act.position], BY_HAND)
