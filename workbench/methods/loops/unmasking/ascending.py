"""Parts for decoding the whole canvas at once: late ends of text, and rounds that double."""

from collections.abc import Callable, Generator, Sequence

from workbench.maths.schedule import doubling_quota
from workbench.methods.loops.unmasking.board import Board, Round, Scope, Scoring, Select
from workbench.methods.loops.unmasking.rules import AT_LEAST_ONE, QUOTA, by_score
from workbench.methods.loops.unmasking.selects import top
from workbench.methods.run import ANSWER
from workbench.trace import Event, Lanes, Measure, Score

LATE_END = Measure(
    "late_end",
    "held-back confidence",
    "probability",
    "higher",
    "probability of the token, times gamma if it is an end-of-text",
)
GAMMA = Measure("gamma", "factor for ends of text", "1", "neither", "rises from gamma_min to gamma_max")
GAMMA_HELP = "factor on the confidence of an end-of-text in the {} round; 1 in both is plain low confidence"
BLOCKS_HELP = "blocks; all but the first are one round each (paper: 1)"
QUOTA_LATE = by_score(QUOTA, LATE_END)


def late_end(gamma: Callable[[Board], float]) -> Scoring:
    """Confidence, but that of an end-of-text times `gamma`; token and probabilities stay as they are."""

    def scored(now: Round) -> Generator[Event, None, list[float]]:
        factor, ends = gamma(now.board), now.board.run.eos_ids
        values = [
            held * factor if token in ends else held
            for held, token in zip(now.confidence, now.tokens, strict=True)
        ]
        yield Score(GAMMA.id, Lanes((ANSWER,)), (factor,))
        yield Score(LATE_END.id, now.candidates, tuple(values))
        return values

    return Scoring(
        LATE_END.id, LATE_END.title, scored, QUOTA_LATE, by_score(AT_LEAST_ONE, LATE_END), (LATE_END, GAMMA)
    )


def linear(low: float, high: float, rounds: int) -> Callable[[Board], float]:
    """low + (high - low) s / (S - 1) in round s of S."""
    return lambda board: low + (high - low) * min(1.0, board.rounds / (rounds - 1) if rounds > 1 else 1.0)


def with_share(low: float, high: float, rounds: int) -> Callable[[Board], float]:
    """low + (high - low) (2^(s + 1) - 1) / 2^S in round s of S: as the written share of the canvas rises."""
    return lambda board: low + (high - low) * (2 ** (board.rounds + 1) - 1) / 2**rounds


def doubling(masks: int) -> Select:
    """1, 2, 4, ... tokens a round by score, the last round all that is left; so does any round behind it,
    which only a person's hand can make necessary."""
    quota = doubling_quota(masks)
    return top(lambda now: quota[now.board.rounds] if now.board.rounds < len(quota) else len(now.holes))


def doubling_blocks(masks: int, count: int) -> Scope:
    """`count` blocks for that schedule: each but the first is one round of it."""
    quota = doubling_quota(masks)
    whole = max(1, len(quota) - count + 1)  # rounds of the first block
    lengths = [sum(quota[:whole]), *quota[whole:]]

    def scope(board: Board) -> Generator[Event, None, Sequence[int] | None]:
        block = board.block
        if block.number < 0 or not board.open(range(block.first, block.stop)):
            number = block.number + 1
            if number == len(lengths):
                return None
            first = board.start + sum(lengths[:number])
            yield from board.enter(first, first + lengths[number], number, len(lengths))
        return range(board.block.first, board.block.stop)

    return scope
