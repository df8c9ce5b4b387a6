"""What Dream's four orders share: a linear time grid, and scores read after temperature and filters."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from math import floor

import torch

from workbench.maths.schedule import lift_chances
from workbench.methods.api import knob, temperature
from workbench.methods.loops.unmasking.board import Recipe, Round, Sampling, Scoring, Select
from workbench.methods.loops.unmasking.scopes import rounds
from workbench.methods.loops.unmasking.selects import passed, top
from workbench.methods.rules import TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event, Rule

DRAWN = Rule(
    "drawn_hole",
    "drawn among the holes",
    "<",
    "place in the draw",
    "tokens due this round",
    "{what} is written: it was drawn at place {left} (from 0), and {right} are due.",
    "{what} stays masked: it was not among the {right} that were drawn.",
)


@dataclass(frozen=True)
class DreamGrid:
    """The knobs of all four."""

    temperature: float = temperature()
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)
    steps: int = knob(0, 0, 1024, 1, "rounds of the time grid; 0 takes one for every new token (paper: 512)")
    eps: float = knob(0.001, 0.001, 0.1, 0.001, "time at which the grid ends (1 is all masks)")

    def rounds(self, run: Run) -> int:
        """Rounds of the grid."""
        return self.steps or run.max_tokens


@dataclass(frozen=True)
class DreamKnobs(DreamGrid):
    """The knobs of the three orders by score."""

    alg_temp: float = knob(0.0, 0, 2, 0.05, "chance in the order: 0 writes the best scores")


def times(steps: int, eps: float) -> list[float]:
    """The chance 1 - s/t of every round."""
    return lift_chances(steps, eps)


def sampling(p: DreamGrid) -> Sampling:
    """Tokens and scores from the same processed distribution."""
    return Sampling(p.temperature, p.top_k, p.top_p, processed=True)


def recipe(run: Run, p: DreamKnobs, scoring: Scoring) -> Recipe:
    """One of the orders by score."""
    grid = times(p.rounds(run), p.eps)
    return Recipe(rounds(len(grid)), by_grid(run, grid, p.alg_temp), scoring, sampling(p), cap=len(grid))


def by_grid(run: Run, grid: Sequence[float], alg_temp: float) -> Select:
    """Of n masks floor(n (1 - s/t)) a round, the best by score, or drawn by it where alg_temp is above 0."""

    def due(now: Round) -> int:
        return floor(len(now.holes) * grid[now.index])

    return drawn(run, due, alg_temp) if alg_temp else top(due)


def drawn(run: Run, due: Callable[[Round], int], alg_temp: float) -> Select:
    """`due` holes drawn without replacement by softmax(score / alg_temp)."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        count = due(now)
        weights = torch.softmax(torch.tensor(now.scores, dtype=torch.float64) / alg_temp, dim=-1)
        places = [len(now.holes)] * len(now.holes)
        for place in range(count):
            index = run.dice.pick(weights / weights.sum()).index
            places[index] = place
            weights[index] = 0
            if not weights.sum() > 0:  # underflow: the others are equally unlikely
                weights = torch.tensor([float(other == len(places)) for other in places]).double()
        verdict = DRAWN.judge(now.candidates, places, [count] * len(places))
        yield verdict
        return passed(verdict)

    return select
