"""The scope part with adaptive blocks: a block ends where a line or a sentence is about to end (AdaBlock)."""

from collections.abc import Callable, Generator
from functools import cache

from workbench.methods.loops.unmasking.board import Board, Prediction, Scope
from workbench.methods.run import ANSWER
from workbench.trace import Cells, Event, Measure, Rule, Score

BLOCK = Measure("block", "block", "1", "neither", "number of the block that a position belongs to, from 0")
ENDING = Measure(
    "ending",
    "delimiter",
    "probability",
    "higher",
    "probability of the likeliest token, where that is a delimiter",
    "top_prob(denoiser)",
)
SURE_END = Rule(
    "sure_end",
    "sure enough to end the block",
    ">=",
    "probability of its delimiter",
    "threshold of delimiters",
    "{what} may end the block: a delimiter is predicted there with {left}, at least {right}.",
    "{what} cannot end the block: a delimiter is predicted there with {left}, below {right}.",
    value_from="score(ending)",
    bound_from="knob(delimiter)",
)
CUT = Rule(
    "cut",
    "the surest delimiter",
    "<",
    "rank by probability",
    "one",
    "The block ends with {what}: of the delimiters ahead it is the surest.",
    "The block does not end with {what}: another delimiter is surer.",
    value_from="rank(score:ending)",
    bound_from="const(1)",
)
ADAPTIVE_RULES = (SURE_END, CUT)
ADAPTIVE_MEASURES = (BLOCK, ENDING)

LINES, SENTENCES, CLAUSES = "lines", "sentences", "clauses"
MARKS = {LINES: b"", SENTENCES: b".!?;", CLAUSES: b".!?;,:"}
"""The bytes with which a delimiting token may end, beside a line break anywhere in it."""


def delimits(spell: Callable[[int], bytes], kind: str) -> Callable[[int], bool]:
    """Whether a token is a delimiter of this kind."""

    @cache
    def test(token: int) -> bool:
        text = spell(token)
        return b"\n" in text or (text[-1:] in MARKS[kind] and text != b"")

    return test


def adaptive(
    usual: int, ends: Callable[[int], bool], bar: float, reach: Callable[[Board, int], int]
) -> Scope:
    """Blocks from the left, each to its last hole. Where one begins, the first pass decides where it ends:
    after the surest delimiter among the next reach(board, first) positions if its probability is `bar` at
    least, else after `usual` positions."""

    def scope(board: Board) -> Generator[Event, None, range | None]:
        block = board.block
        if block.number >= 0 and board.open(range(block.first, block.stop)):
            return range(block.first, block.stop)
        if not board.holes:
            return None
        first = block.stop if block.number >= 0 else board.start
        # the rest of the canvas for now: a cache must see that a block begins before the pass that ends it
        yield from board.enter(first, board.stop, block.number + 1)
        window = range(first, min(board.stop, first + reach(board, first)))
        cut = yield from _cut(board, window, ends, bar)
        stop = min(board.stop, first + usual) if cut is None else cut + 1
        board.block = board.block._replace(stop=stop, masks=len(board.open(range(first, stop))))
        inside = range(first, stop)
        yield Score(BLOCK.id, Cells(ANSWER, tuple(inside)), (board.block.number,) * len(inside))
        return inside

    return scope


def _cut(
    board: Board, window: range, ends: Callable[[int], bool], bar: float
) -> Generator[Event, None, int | None]:
    """The position of the delimiter after which the block ends."""
    prediction = yield from board.predict()
    holes = board.open(window)
    if not holes:
        return None
    own = prediction.view(board.model.role)  # whatever other parts made of it
    seen = prediction if own is None else Prediction([own])
    probs, tokens = seen.at(holes).softmax(dim=-1).max(dim=-1)
    found = [(hole, p) for hole, p, t in zip(holes, probs.tolist(), tokens.tolist(), strict=True) if ends(t)]
    if not found:
        return None
    yield Score(ENDING.id, _cells(found), tuple(p for _, p in found))
    verdict = SURE_END.judge(_cells(found), [p for _, p in found], [bar] * len(found))
    yield verdict
    sure = [each for each, yes in zip(found, verdict.passed, strict=True) if yes]
    if not sure:
        return None
    order = sorted(sure, key=lambda each: -each[1])
    yield CUT.judge(_cells(sure), [order.index(each) for each in sure], [1] * len(sure))
    return order[0][0]


def _cells(found: list[tuple[int, float]]) -> Cells:
    return Cells(ANSWER, tuple(hole for hole, _ in found))
