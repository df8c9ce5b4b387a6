"""The select part: which candidates of a round are written. Every one writes one at least."""

from collections.abc import Callable, Generator, Sequence

from workbench.maths.schedule import even_quota
from workbench.methods.dice import Dice
from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.rules import THRESHOLD, UNMASK_COIN
from workbench.trace import Event, Judge, Rule


def passed(verdict: Judge) -> list[int]:
    """The indices that passed."""
    return [i for i, yes in enumerate(verdict.passed) if yes]


def best_only(now: Round) -> Generator[Event, None, list[int]]:
    """The best of the round, because a round must advance."""
    yield now.scoring.first.judge(now.refs([now.best]), [0], [1])
    return [now.best]


def top(due: Callable[[Round], int]) -> Select:
    """The `due` best by score; 0 is allowed where a schedule ends by itself."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        verdict = now.scoring.quota.judge(now.candidates, now.ranks, [due(now)] * len(now.holes))
        yield verdict
        return passed(verdict)

    return select


def evenly(steps: int) -> Callable[[Round], int]:
    """Tokens due in a round: the block's masks shared evenly over the block's rounds (LLaDA); the blocks
    share `steps` evenly too. 0 steps, and rounds that only a person's hand made necessary: one token each."""

    def due(now: Round) -> int:
        if not steps:
            return 1
        rounds = max(1, even_quota(steps, now.block.count)[now.block.number])
        quota = even_quota(now.block.masks, min(rounds, now.block.masks)) if now.block.masks else []
        return quota[now.index] if now.index < len(quota) else 1

    return due


def everything(now: Round) -> Generator[Event, None, list[int]]:
    """All candidates of the round."""
    yield from ()
    return list(range(len(now.holes)))


def judged(rule: Rule, bounds: Callable[[Round], Sequence[float]]) -> Select:
    """Those whose confidence passes `rule` against bounds[i]; else the best."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        verdict = rule.judge(now.candidates, now.confidence, bounds(now))
        yield verdict
        return passed(verdict) or (yield from best_only(now))

    return select


def above(threshold: float) -> Select:
    """All whose confidence reaches the threshold; else the best."""
    return judged(THRESHOLD, lambda now: [threshold] * len(now.holes))


def coins(dice: Dice, chances: Callable[[Round], Sequence[float]]) -> Select:
    """Every hole by its own coin, chances[i]; a round may write nothing."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        odds = chances(now)
        draws = [dice.uniform(chance) for chance in odds]
        verdict = UNMASK_COIN.judge(now.candidates, draws, odds)
        yield verdict
        return passed(verdict)

    return select
