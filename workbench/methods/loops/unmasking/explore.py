"""Exploring: where little is sure, guess one token in several ways and keep the guess that settles most."""

from collections.abc import Generator, Sequence
from math import log
from typing import NamedTuple

from workbench.maths.confidence import entropy
from workbench.maths.sample import precise, warp
from workbench.methods.loops.unmasking.board import (
    Board,
    Pick,
    Prediction,
    Round,
    Scope,
    Select,
    Verified,
    Verify,
)
from workbench.methods.loops.unmasking.rules import THRESHOLD
from workbench.methods.loops.unmasking.selects import best_only, passed
from workbench.methods.run import ANSWER
from workbench.trace import Candidates, DraftKind, Event, Lanes, Measure, Rule, Score

OPENNESS = Measure("openness", "entropy", "nats", "lower", "-sum of p ln p", "entropy(denoiser)")
SETTLED = Measure(
    "settled", "tokens settled", "tokens", "higher", "masks in scope that are sure enough once it is written"
)
GAIN = Measure(
    "gain", "information gain", "nats", "higher", "sum over the masks in scope of entropy before less after"
)
WORTH = Measure("worth", "worth of a guess", "nats", "higher", "ln p + weight times tokens settled")
FEW = Rule(
    "few",
    "too little is sure",
    "<",
    "tokens that are sure enough",
    "tokens that a round should write",
    "Too little is sure enough, {left} of the {right} tokens asked for: a guess is tried out.",
    "Enough is sure, {left} where {right} were asked for: nothing has to be guessed.",
    bound_from="knob(fewest)",
)
PIVOT = Rule(
    "pivot",
    "the most open position",
    "<",
    "rank by entropy",
    "one",
    "{what} is where a guess is tried out: no belief of the block is more open.",
    "{what} is not guessed: another belief of the block is more open.",
    value_from="rank(score:openness)",
    bound_from="const(1)",
)
BRANCH = Rule(
    "branch",
    "the guess that is worth most",
    "<",
    "rank by worth",
    "one",
    "{what} is written: of all guesses it is worth most.",
    "{what} is dropped: another guess is worth more.",
    value_from="rank(score:worth)",
    bound_from="const(1)",
)
FAR = Rule(
    "far",
    "sure enough behind the block",
    ">=",
    "confidence",
    "threshold behind the block",
    "{what} is written ahead of its block: confidence {left} reaches {right}.",
    "{what} waits for its block: confidence {left} is below {right}.",
    value_from="proposed",
    bound_from="knob(far)",
)
EXPLORE_RULES = (FEW, PIVOT, BRANCH)
EXPLORE_MEASURES = (OPENNESS, SETTLED, GAIN, WORTH)


def across(length: int, ahead: int) -> Scope:
    """Blocks of `length` from the left; the first that has a hole is the block, and the `ahead` blocks behind
    it are open too."""

    def scope(board: Board) -> Generator[Event, None, Sequence[int] | None]:
        if not board.holes:
            return None
        number = (board.holes[0] - board.start) // length
        first = board.start + number * length
        if number != board.block.number:
            count = -(-len(board.region) // length)
            yield from board.enter(first, min(first + length, board.stop), number, count)
        return range(first, min(first + (1 + ahead) * length, board.stop))

    return scope


def exploit(threshold: float, far: float, alone: bool) -> Select:
    """What is sure, in the block and behind it. alone: no guess follows, so the best must do."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        chosen: list[int] = []
        here = sum(hole < now.block.stop for hole in now.holes)
        parts = ((THRESHOLD, threshold, range(here)), (FAR, far, range(here, len(now.holes))))
        for rule, bar, part in parts:
            if part:
                confidence = [now.confidence[i] for i in part]
                verdict = rule.judge(now.refs(part), confidence, [bar] * len(part))
                yield verdict
                chosen += [part[i] for i in passed(verdict)]
        return chosen or ((yield from best_only(now)) if alone else [])

    return select


class Exploring(NamedTuple):
    """fewest: tokens that a round should write. branches: guesses; 1 explores never. threshold: confidence
    that counts as settled. weight: nats that a settled token is worth. among: how many of the block's first
    masks may be guessed (0: all)."""

    fewest: int
    branches: int
    threshold: float
    weight: float
    among: int = 0

    @property
    def off(self) -> bool:
        """Whether nothing is ever guessed."""
        return self.branches < 2 or self.fewest < 1


def explore(how: Exploring) -> Verify:
    """The verify part: adds one guess to a round that writes little. The passes that compare the guesses can
    run at the same time, and the winner's is the next round's own: sequences are paid, not rounds."""

    def verify(board: Board, now: Round, picks: list[Pick]) -> Generator[Event, None, Verified]:
        if how.off:
            return Verified(picks)
        verdict = FEW.judge(Lanes((ANSWER,)), [len(picks)], [how.fewest])
        yield verdict
        written = {pick.position for pick in picks}
        left = [i for i, hole in enumerate(now.holes) if hole not in written and hole < now.block.stop]
        if not verdict.passed[0] or not left:
            return Verified(picks)
        pivot = yield from _pivot(now, left[: how.among or None])
        pick, prediction = yield from _guess(board, now, picks, pivot, how)
        return Verified([*picks, pick], prediction)

    return verify


def _pivot(now: Round, left: list[int]) -> Generator[Event, None, int]:
    """The index of the hole whose belief is the most open."""
    beliefs = now.prediction.at([now.holes[i] for i in left])  # as they are recorded: at temperature 1
    entropies = entropy(warp(beliefs)).tolist()
    yield Score(OPENNESS.id, now.refs(left), tuple(entropies))
    order = sorted(range(len(left)), key=lambda i: -entropies[i])
    verdict = PIVOT.judge(now.refs(left), [order.index(i) for i in range(len(left))], [1] * len(left))
    yield verdict
    return left[passed(verdict)[0]]


def _guess(
    board: Board, now: Round, picks: list[Pick], pivot: int, how: Exploring
) -> Generator[Event, None, tuple[Pick, Prediction]]:
    """Write the pivot's likeliest tokens into copies of the canvas; the best copy's pick and prediction."""
    best = now.probs[pivot].sort(descending=True, stable=True)  # of equals the lower token first
    ranked = zip(best.indices[: how.branches].tolist(), best.values.tolist(), strict=False)
    odds = [(token, p) for token, p in ranked if p > 0]
    tokens, probs = [t for t, _ in odds], [p for _, p in odds]
    hole, source = now.holes[pivot], now.prediction.source
    proposed = board.run.propose(source, [hole] * len(odds), tokens, probs, DraftKind.POINT)
    yield proposed
    copy = list(board.tokens)
    for pick in picks:
        copy[pick.position] = pick.token
    copy[hole] = board.model.mask_id
    wanted = sorted({*(i for i in board.open(board.region) if copy[i] == board.model.mask_id)} - {hole})
    also = sorted({*wanted, *board.recipe.also(board)})
    with board.run.together():
        seen = [board.peek([*copy[:hole], token, *copy[hole + 1 :]], also) for token in tokens]
    settled, gains = _consequences(now, wanted, seen, how.threshold)
    worth = [log(p) + how.weight * count for p, count in zip(probs, settled, strict=True)]
    guesses = Candidates(proposed.ids)
    for measure, values in ((SETTLED, settled), (GAIN, gains), (WORTH, worth)):
        yield Score(measure.id, guesses, tuple(values))
    order = sorted(range(len(odds)), key=lambda i: (-worth[i], -gains[i], i))
    verdict = BRANCH.judge(guesses, [order.index(i) for i in range(len(odds))], [1] * len(odds))
    yield verdict
    won = passed(verdict)[0]
    return Pick(hole, tokens[won], proposed.ids[won], probs[won]), seen[won]


def _consequences(
    now: Round, wanted: list[int], seen: list[Prediction], threshold: float
) -> tuple[list[float], list[float]]:
    """Per copy: masks in scope that are sure enough, and the nats of entropy that they have lost."""
    rest = [i for i, hole in enumerate(now.holes) if hole in set(wanted)]
    if not rest:
        return [0.0] * len(seen), [0.0] * len(seen)
    before = float(entropy(now.probs[rest]).sum())
    after = [warp(precise(prediction.at([now.holes[i] for i in rest]))) for prediction in seen]
    settled = [float((probs.amax(dim=-1) >= threshold).sum()) for probs in after]
    return settled, [before - float(entropy(probs).sum()) for probs in after]
