"""A block model checks its own drafts: masks guessed at once are verified one by one (S2D2)."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workbench.maths.accept import left_mass, ratio, residual
from workbench.maths.sample import argmax, precise, warp
from workbench.methods.loops.unmasking.blockwise import BlockCache, block_causal, surest
from workbench.methods.loops.unmasking.board import Board, Pick, Prediction, Round, Sampling, Verified, View
from workbench.methods.loops.unmasking.computes import reach
from workbench.methods.loops.unmasking.routing import Router, first_run
from workbench.methods.rules import DRAWN, LEFT
from workbench.methods.run import ANSWER, Run
from workbench.trace import Candidates, Cells, DraftKind, Event, Rule, Score, Source, WorkbenchError

CHECKER = Source("checker", "the same model, one token after another", "target")
RESIDUAL = Source("residual", "what the drafts leave of the checker", "residual")
RATIO = Rule(
    "checked_ratio",
    "speculative sampling test against itself",
    "<",
    "u",
    "min(1, one by one/all at once)",
    "Accepted {what}: u = {left} is below the ratio {right} of its probability one by one to that at once.",
    "Rejected {what}: u = {left} is not below the ratio {right} of its probability one by one to that at "
    "once.",
    bound_from="ratio(checker)",
    space="processed",
)
MATCH = Rule(
    "checked_match",
    "what it would write one by one",
    "==",
    "drafted token",
    "likeliest token one by one",
    "Accepted {what}: token by token the model writes the same.",
    "Rejected {what}: token by token the model writes token {right}.",
    value_from="token",
    bound_from="top(checker)",
)


def needs_own_rows(run: Run) -> None:
    """Refuse models whose row speaks about the next position: the check puts two rows at every place."""
    if reach(run.masked("denoiser")):
        raise WorkbenchError(
            "S2D2's check reads each mask's own row, and this model speaks one position ahead; choose a "
            "block model whose logits stand at their own position."
        )


@dataclass
class SelfCheck:
    """The selecting and the verifying part; what the first decides in a round, the second carries out."""

    router: Router
    cache: BlockCache
    sampling: Sampling
    threshold: float
    due: Callable[[Round], int]
    _span: list[int] = field(default_factory=list[int])

    def select(self, now: Round) -> Generator[Event, None, list[int]]:
        """The dynamic rule, or nothing where the drafts of the first masks in a row go to the check."""
        span = first_run(now.holes)
        self._span = span if (yield from self.router.route(now, span)) else []
        if self._span:
            return []
        chosen = yield from surest(now, range(len(now.holes)), self.threshold, self.due(now))
        self.router.learn(len(chosen))
        return chosen

    def verify(self, board: Board, now: Round, picks: list[Pick]) -> Generator[Event, None, Verified]:
        """Accept from the left; what the round still owes comes by the dynamic rule from the other masks."""
        if not self._span:
            return Verified(picks)
        logits = self._read(board, now)
        span = tuple(now.holes[i] for i in self._span)
        yield from board.observe(Prediction([View(CHECKER.id, span, logits)]))
        greedy = self.sampling.temperature == 0
        found = yield from (_greedy(now, self._span, logits) if greedy else self._drawn(now, logits))
        held = {pick.position for pick in found}
        rest = [i for i, hole in enumerate(now.holes) if hole not in held]
        owed = self.due(now) - len(found)
        if rest and owed > 0:
            found += now.picks((yield from surest(now, rest, self.threshold, owed)))
        self.router.learn(len(found))
        return Verified(found)

    def _read(self, board: Board, now: Round) -> Tensor:
        """One pass over the block twice: filled with its drafts and read causally, and as masks at the same
        places, each of which sees the kept text, the drafts before it and itself. Rows of the span (S, V)."""
        begin, stop = self.cache.begin(board), board.block.stop
        filled = list(board.tokens[:stop])
        for hole, token in zip(now.holes, now.tokens, strict=True):
            filled[hole] = token
        count = stop - begin
        sees = torch.zeros(stop + count, stop + count, dtype=torch.bool)
        sees[:stop, :stop] = block_causal(stop, 1)
        sees[stop:, :stop] = ~block_causal(stop, 1).T[begin:]  # strictly before
        sees[stop:, stop:] = torch.eye(count, dtype=torch.bool)
        canvas, places = [*filled, *[board.model.mask_id] * count], [*range(stop), *range(begin, stop)]
        rows = [stop + now.holes[i] - begin for i in self._span]
        reading = board.model.fill(canvas, rows, sees, after=self.cache.memory, positions=places)
        return reading.beliefs.logits

    def _drawn(self, now: Round, logits: Tensor) -> Generator[Event, None, list[Pick]]:
        """Speculative sampling along the span: the checker is the target, the block the drafter."""
        run, (heat, top_k, top_p, _) = now.board.run, self.sampling
        target = warp(precise(logits), heat, top_k, top_p)
        cells = Cells(ANSWER, tuple(now.holes[i] for i in self._span))
        yield from run.observe(CHECKER.id, cells, target, "processed", [[now.tokens[i]] for i in self._span])
        found: list[Pick] = []
        for row, i in enumerate(self._span):
            token, (pick,) = now.tokens[i], now.picks([i])
            bound = ratio(float(target[row, token]), now.confidence[i])
            verdict = RATIO.judge(now.refs([i]), [run.dice.uniform(bound)], [bound])
            yield verdict
            if not verdict.passed[0]:
                yield Score(LEFT.id, now.refs([i]), (left_mass(target[row], now.probs[i]),))
                left = residual(target[row], now.probs[i])
                return [*found, (yield from _redrawn(run, pick.position, left))]
            found.append(pick)
        return found


def _redrawn(run: Run, position: int, left: Tensor) -> Generator[Event, None, Pick]:
    """The token in the place of a rejected one, from what is left (V,)."""
    draw = run.dice.pick(left)
    yield from run.observe(RESIDUAL.id, Cells(ANSWER, (position,)), left[None], "processed", [[draw.index]])
    proposed = run.propose(RESIDUAL.id, [position], [draw.index], [draw.prob], DraftKind.SAMPLED)
    yield proposed
    yield DRAWN.judge(Candidates(proposed.ids), [draw.u], [draw.upper])
    return Pick(position, draw.index, proposed.first, draw.prob)


def _greedy(now: Round, span: Sequence[int], logits: Tensor) -> Generator[Event, None, list[Pick]]:
    """Keep drafts while they are the checker's own choice; its choice replaces the first that is not."""
    found: list[Pick] = []
    probs = warp(precise(logits))
    for i, choice, row in zip(span, argmax(logits), probs, strict=True):
        verdict = MATCH.judge(now.refs([i]), [now.tokens[i]], [choice])
        yield verdict
        if not verdict.passed[0]:
            position, prob = now.holes[i], float(row[choice])
            proposed = now.board.run.propose(CHECKER.id, [position], [choice], [prob], DraftKind.POINT)
            yield proposed
            return [*found, Pick(position, choice, proposed.first, prob)]
        found += now.picks([i])
    return found
