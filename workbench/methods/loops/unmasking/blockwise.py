"""Block diffusion: blocks one after another, masks inside a block; finished blocks are kept in the cache.

Blocks are counted from position 0 of the whole text, as such models are trained, so the first one may hold
the end of the prompt. A position sees its own block and all before it, nothing behind: what is kept of a
finished block stays exact.
"""

from collections.abc import Callable, Generator, Sequence
from functools import lru_cache
from itertools import accumulate

import torch
from torch import Tensor

from workbench.maths.confidence import entropy
from workbench.maths.schedule import even_quota
from workbench.methods.loops.unmasking.board import Board, Compute, Ending, Round, Scope, Select, Stop, View
from workbench.methods.loops.unmasking.computes import plain, reach
from workbench.methods.loops.unmasking.scopes import blocks
from workbench.methods.loops.unmasking.selects import passed
from workbench.methods.run import Run
from workbench.models.api import Masked, Memory
from workbench.trace import Event, Measure, Rule, Score, WorkbenchError

BLOCK_MODEL = {"denoiser": "block"}
"""The model that block methods choose by themselves."""
LENGTH_HELP = (
    "positions of a block, counted from the beginning of the text; 1 writes one token after another "
    "(the embedded model knows 1, 2, 4, 8 and 16)"
)
SURE = Rule(
    "sure",
    "surer than the threshold",
    ">",
    "confidence",
    "threshold",
    "{what} is sure enough: confidence {left} is above the threshold {right}.",
    "{what} is not sure enough: confidence {left} is not above the threshold {right}.",
    value_from="proposed",
    bound_from="knob(threshold)",
)

ENTROPY = Measure("entropy", "entropy", "nats", "lower", "-sum of p ln p", "entropy(denoiser@processed)")
TOGETHER = Rule(
    "entropies_together",
    "within the budget of entropy",
    "<=",
    "entropies up to it",
    "budget in nats",
    "{what} is sure enough: the entropies up to it sum to {left}, within {right}.",
    "{what} is not sure enough: the entropies up to it sum to {left}, above {right}.",
    bound_from="knob(budget)",
)


@lru_cache(maxsize=64)
def block_causal(size: int, length: int) -> Tensor:
    """bool (N, N): a position sees its own block of `length` and those before it. Not to be written to."""
    blocks = torch.arange(size) // length
    return blocks[None] <= blocks[:, None]


def needs_blocks(run: Run) -> None:
    """Refuse a network that was made to see its whole canvas: behind a block there is nothing to see."""
    model = run.masked("denoiser")
    if getattr(model, "block", 1) is None:
        raise WorkbenchError(
            f"The model '{model.name}' was trained to see the whole canvas, and block diffusion hides what "
            "lies behind the block; choose a block model as denoiser (the embedded one is 'block')."
        )


def is_block_model(model: Masked) -> bool:
    """Whether no position of this network sees a later block."""
    return getattr(model, "block", None) is not None


def aligned(length: int) -> Scope:
    """Blocks of `length` counted from position 0, each to its last hole."""

    def scope(board: Board) -> Generator[Event, None, Sequence[int] | None]:
        block = board.block
        if block.number < 0 or not board.open(range(block.first, block.stop)):
            first = board.start if block.number < 0 else block.stop
            if first >= board.stop:
                return None
            stop = min((first // length + 1) * length, board.stop)
            count = -(-board.stop // length) - board.start // length
            yield from board.enter(first, stop, block.number + 1, count)
        return range(board.block.first, board.block.stop)

    return scope


class BlockCache:
    """Compute: the block alone is fed, behind the kept rows of all finished blocks.

    A finished block is fed once more before the next begins, for its rows were computed while it had masks
    (the prompt's whole blocks likewise, at the start). length: of a block. kept: the block length under
    which finished text is kept, by default the same; 1 keeps it as an autoregressive model would.
    """

    def __init__(self, length: int, kept: int = 0) -> None:
        self.length, self.kept = length, kept or length
        self.age = 0  # see Cached
        self.memory: Memory | None = None

    def __call__(self, board: Board, tokens: Sequence[int], wanted: Sequence[int]) -> Sequence[View]:
        model, at = board.model, tuple(i for i in wanted if board.block.first <= i < board.block.stop)
        if not at:
            return [View(model.role, (), torch.empty(0, model.vocab_size))]
        if self.age != len(board.reopened):
            self.age, self.memory = len(board.reopened), None
        first, stop = self.begin(board), board.block.stop
        self._keep(model, tokens, max(0, first - reach(model)))
        visible = block_causal(stop, self.length)
        return [
            View(model.role, at, model.fill(tokens[:stop], at, visible, after=self.memory).beliefs.logits)
        ]

    def begin(self, board: Board) -> int:
        """Where the block begins, the prompt's end included that lies in it."""
        return board.block.first // self.length * self.length

    def _keep(self, model: Masked, tokens: Sequence[int], size: int) -> None:
        if size > (self.memory.rows if self.memory else 0):
            visible = block_causal(size, self.kept)
            after = self.memory
            self.memory = model.fill(tokens[:size], (), visible, after=after, remember=True).memory


def fitting(model: Masked, length: int) -> tuple[Scope, Compute, tuple[Stop, ...]]:
    """Scope, compute and stop for blocks of `length`, by what the model can see: kept blocks on a block
    model, else blocks from the prompt's end on a canvas that is fed whole."""
    if is_block_model(model):
        return aligned(length), BlockCache(length), (stop_after_block,)
    return blocks(length), plain, ()


def stop_after_block(board: Board) -> Generator[Event, None, Ending]:
    """Ends between two blocks once one that is finished holds an end-of-text."""
    yield from ()
    done = board.tokens[board.start : board.block.first] if board.index == 0 else ()
    return Ending.END if any(token in board.run.eos_ids for token in done) else Ending.GO


def shared_out(length: int, steps: int) -> Callable[[Round], int]:
    """Tokens due in a round: `length` shared evenly over the block's `steps` rounds; 0 steps: one each."""
    quota = even_quota(length, min(steps, length) or length)
    return lambda now: quota[now.index] if now.index < len(quota) else 1


def surest(now: Round, among: Sequence[int], threshold: float, due: int) -> Generator[Event, None, list[int]]:
    """Those of some candidates that are surer than `threshold` if they are `due` at least, else the `due`
    best (SDAR's dynamic rule)."""
    held = [now.confidence[i] for i in among]
    verdict = SURE.judge(now.refs(among), held, [threshold] * len(among))
    yield verdict
    sure = [among[i] for i in passed(verdict)]
    return sure if len(sure) >= due else (yield from _best(now, among, due))


def _best(now: Round, among: Sequence[int], due: int) -> Generator[Event, None, list[int]]:
    order = sorted(among, key=now.ranks.__getitem__)
    quota = now.scoring.quota.judge(now.refs(among), [order.index(i) for i in among], [due] * len(among))
    yield quota
    return [among[i] for i in passed(quota)]


def together(budget: float, due: Callable[[Round], int]) -> Select:
    """The most certain whose entropies sum to `budget` at most if they are `due` at least, else the best."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        amounts = entropy(now.probs).tolist()
        yield Score(ENTROPY.id, now.candidates, tuple(amounts))
        order = sorted(range(len(amounts)), key=amounts.__getitem__)
        sums = dict(zip(order, accumulate(amounts[i] for i in order), strict=True))
        verdict = TOGETHER.judge(
            now.candidates, [sums[i] for i in range(len(amounts))], [budget] * len(amounts)
        )
        yield verdict
        inside, asked = passed(verdict), due(now)
        return inside if len(inside) >= asked else (yield from _best(now, range(len(amounts)), asked))

    return select


def dynamic(threshold: float, due: Callable[[Round], int]) -> Select:
    """The selecting part of that rule."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        return (yield from surest(now, range(len(now.holes)), threshold, due(now)))

    return select
