"""Lifting and remasking on one clock: coins that keep the share of masks which the time asks for (ReMDM)."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from math import exp

from workbench.maths.schedule import lift_chance, remask_limit
from workbench.methods.dice import Dice
from workbench.methods.loops.unmasking.board import Board, Pick, Round
from workbench.methods.loops.unmasking.rules import REMASK_COIN
from workbench.methods.run import ANSWER
from workbench.trace import Cells, Event

CAP, RESCALE, CONF, LOOP = "cap", "rescale", "conf", "loop"
VARIANTS = (CAP, RESCALE, CONF, LOOP)
END = 1e-5
"""Time at which the grid ends."""


@dataclass(frozen=True)
class Remasking:
    """The chances of the selecting part and the revising part: they belong together.

    variant, eta, steps: which chance, how strong, over how many rounds. on, off, share: the loop begins and
    ends at these times (time falls from 1 to 0), and so much is written meanwhile.
    """

    dice: Dice
    variant: str
    eta: float
    steps: int
    on: float = 0.55
    off: float = 0.05
    share: float = 0.9

    def plan(self, index: int) -> tuple[float, float, float]:
        """The share of written tokens before and after round `index`, and sigma (for conf what is shared
        out among the written tokens)."""
        time, following = (1 - (1 - END) * (index + i) / self.steps for i in (0, 1))
        before, after = self._written(time), self._written(following)
        limit = remask_limit(before, after)
        if self.variant == RESCALE:
            return before, after, self.eta * limit
        if self.variant == CONF:
            return before, after, limit
        rests = self.variant == LOOP and not self.off < time <= self.on
        return before, after, 0.0 if rests else min(self.eta, limit)

    def _written(self, time: float) -> float:
        if self.variant != LOOP:
            return 1 - time
        if time > self.on:
            return (1 - time) / (1 - self.on) * self.share
        if time > self.off:
            return self.share
        return self.share + (self.off - time) / self.off * (1 - self.share)

    def chances(self, now: Round) -> list[float]:
        """For every hole: how likely it is lifted in this round."""
        before, after, sigma = self.plan(now.board.rounds)
        if self.variant == CONF:
            sigma = 0.0  # a mask has no probability of its own to doubt
        return [lift_chance(before, after, sigma)] * len(now.holes)

    def revise(self, board: Board, now: Round | None, picks: list[Pick]) -> Generator[Event, None, None]:
        """Toss a coin for every token that stood before this round."""
        fresh = {pick.position for pick in picks}
        old = [i for i in sorted(board.written) if i not in fresh]
        _, _, sigma = self.plan(board.rounds)
        if not old or not sigma:
            return
        odds = [sigma * part for part in self._parts(board, old)]
        draws = [self.dice.uniform(chance) for chance in odds]
        verdict = REMASK_COIN.judge(Cells(ANSWER, tuple(old)), draws, odds)
        yield verdict
        again = [i for i, yes in zip(old, verdict.passed, strict=True) if yes]
        yield from board.erase(again, "the coin asks for a second thought")

    def _parts(self, board: Board, old: Collection[int]) -> list[float]:
        """For conf softmax over minus the probability that each token was written with; else 1 for all."""
        if self.variant != CONF:
            return [1.0] * len(old)
        doubts = [exp(-board.written[i].prob) for i in old]
        return [each / sum(doubts) for each in doubts]
