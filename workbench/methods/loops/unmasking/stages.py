"""Scope and compute of two stages: wide blocks first, then a cue, then narrow blocks (TCCF)."""

from collections.abc import Callable, Generator, Sequence

from workbench.methods.loops.unmasking.blockwise import BlockCache, is_block_model
from workbench.methods.loops.unmasking.board import Board, Pick, View
from workbench.methods.loops.unmasking.computes import plain
from workbench.methods.run import ANSWER
from workbench.trace import Commit, DraftKind, Event, Lanes, Phase, Rule, Source

CUE = Source("cue", "the fixed cue between the stages", "user")
THOUGHT = Rule(
    "thought_enough",
    "the coarse stage is over",
    ">=",
    "tokens written",
    "limit of the coarse stage",
    "The coarse stage ends: it has written {left} of at most {right} tokens.",
    "The coarse stage goes on: it has written {left} of at most {right} tokens.",
)
MARKED = Rule(
    "thought_marked",
    "the end of the thinking is written",
    ">=",
    "marks written",
    "one",
    "The coarse stage ends: its end mark is written.",
    "The coarse stage goes on: no end mark is written yet.",
    bound_from="const(1)",
)
BUDGET, LINE, BLANK = "budget", "line break", "blank line"
MARKS = {BUDGET: b"", LINE: b"\n", BLANK: b"\n\n"}
"""What ends the coarse stage early: bytes that the text must hold."""


class Stages:
    """Blocks of `coarse` until the share `limit` of the canvas or the mark is written, then of `fine`.

    cue: bytes that are written between the stages, as far as the vocabulary can spell them. `scope` and the
    object itself (compute) are one pair. On a block model the blocks are counted from position 0, and the
    second stage feeds the whole text anew under its own blocks; other models see the whole canvas always.
    """

    def __init__(self, coarse: int, fine: int, limit: float, mark: bytes, cue: bytes) -> None:
        self.length, self.fine, self.limit, self.mark, self.cue = coarse, fine, limit, mark, cue
        self.cache, self.second, self.blocks = BlockCache(coarse), False, 0

    def __call__(self, board: Board, tokens: Sequence[int], wanted: Sequence[int]) -> Sequence[View]:
        return (self.cache if is_block_model(board.model) else plain)(board, tokens, wanted)

    def scope(self, board: Board) -> Generator[Event, None, Sequence[int] | None]:
        """The present block; between two blocks the stage may change."""
        block = board.block
        if block.number >= 0 and board.open(range(block.first, block.stop)):
            return range(block.first, block.stop)
        first = board.start if block.number < 0 else block.stop
        if not self.second and block.number >= 0 and first < board.stop:
            first = yield from self._turn(board, first)
        if first >= board.stop:
            return None
        end = (first // self.length + 1) * self.length if is_block_model(board.model) else first + self.length
        yield from board.enter(first, min(end, board.stop), self.blocks)
        self.blocks += 1
        return range(board.block.first, board.block.stop)

    def _turn(self, board: Board, first: int) -> Generator[Event, None, int]:
        """Ask whether the coarse stage is over; where the next block begins."""
        written, limit = first - board.start, int(self.limit * len(board.region))
        enough = THOUGHT.judge(Lanes((ANSWER,)), [written], [limit])
        yield enough
        over = enough.passed[0]
        if self.mark and not over:
            text = b"".join(map(board.run.spell, board.tokens[board.start : first]))
            marked = MARKED.judge(Lanes((ANSWER,)), [text.count(self.mark)], [1])
            yield marked
            over = marked.passed[0]
        if not over:
            return first
        self.second, self.length, self.cache = True, self.fine, BlockCache(self.fine)
        if self.cue:
            yield Phase(0, "Cue")
            first += yield from self._insert(board, first)
        return first

    def _insert(self, board: Board, first: int) -> Generator[Event, None, int]:
        """Write the cue; how many tokens it took."""
        silent = {board.model.mask_id, *board.run.eos_ids}
        ids = [id for id in range(board.model.vocab_size) if id not in silent]
        tokens = spelled(board.run.spell, ids, self.cue)[: board.stop - first]
        places = board.open(range(first, first + len(tokens)))  # a person may have written some of it before
        if places:
            cue = [tokens[place - first] for place in places]
            proposed = board.run.propose(CUE.id, places, cue, [1.0] * len(cue), DraftKind.POINT)
            yield proposed
            board.write([Pick(i, t, id, 1.0) for i, t, id in zip(places, cue, proposed.ids, strict=True)])
            yield Commit(ANSWER, proposed.ids)
        return len(tokens)


def spelled(spell: Callable[[int], bytes], ids: Sequence[int], text: bytes) -> list[int]:
    """Tokens of `ids` that read as `text`, the longest first; what none begins with is left out."""
    known = {spell(id): id for id in reversed(ids)}
    longest, tokens = max(map(len, known)), list[int]()
    while text:
        count = next((n for n in range(min(longest, len(text)), 0, -1) if text[:n] in known), 0)
        if count:
            tokens.append(known[text[:count]])
        text = text[max(1, count) :]
    return tokens
