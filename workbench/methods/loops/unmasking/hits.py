"""The select part that lifts exactly one mask, any of them: continuous time (first hitting)."""

from collections.abc import Generator

from workbench.methods.dice import Dice
from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.selects import passed
from workbench.methods.run import ANSWER
from workbench.trace import Event, Lanes, Measure, Rule, Score

TIME = Measure(
    "time", "time", "1", "neither", "time before * u^(1/masks); 1 is all masks, 0 the finished block"
)
HIT = Rule(
    "first_hit",
    "the first to be lifted",
    "==",
    "its place among the masks",
    "place that was drawn",
    "{what} is written: of the masks, number {right} was drawn (from 0, from the left), and that is it.",
    "{what} stays masked: of the masks, number {right} was drawn, and it is number {left}.",
)


def first_hit(dice: Dice) -> Select:
    """A uniformly drawn mask; the part remembers the time of its block."""
    time = 1.0

    def select(now: Round) -> Generator[Event, None, list[int]]:
        nonlocal time
        count = len(now.holes)
        time = (1.0 if now.index == 0 else time) * dice.uniform(1.0) ** (1 / count)
        yield Score(TIME.id, Lanes((ANSWER,)), (time,))
        place = dice.pick(now.probs.new_full((count,), 1 / count)).index
        verdict = HIT.judge(now.candidates, list(range(count)), [place] * count)
        yield verdict
        return passed(verdict)

    return select
