"""The score part: how sure a hole is, higher is surer. Dream's names for them are kept."""

from collections.abc import Callable, Generator

from torch import Tensor

from workbench.maths.confidence import entropy, margin
from workbench.methods.dice import Dice
from workbench.methods.loops.unmasking.board import Round, Scoring
from workbench.methods.loops.unmasking.rules import AT_LEAST_ONE, QUOTA, by_score
from workbench.trace import Event, Measure, Score


def _proposed(now: Round) -> Generator[Event, None, list[float]]:
    yield from ()
    return now.confidence


CONFIDENCE = Scoring("confidence", "confidence", _proposed, QUOTA, AT_LEAST_ONE)
"""The probability of the chosen token."""


def scoring(measure: Measure, of: Callable[[Round], list[float]]) -> Scoring:
    """A score that is recorded as `measure` for every candidate."""

    def scored(now: Round) -> Generator[Event, None, list[float]]:
        values = of(now)
        yield Score(measure.id, now.candidates, tuple(values))
        return values

    quota, first = by_score(QUOTA, measure), by_score(AT_LEAST_ONE, measure)
    return Scoring(measure.id, measure.title, scored, quota, first, (measure,))


def _listed(of: Callable[[Tensor], Tensor], sign: int = 1) -> Callable[[Round], list[float]]:
    return lambda now: (sign * of(now.probs)).tolist()


MARGIN = scoring(
    Measure(
        "margin",
        "margin",
        "probability",
        "higher",
        "likeliest minus second likeliest",
        "gap(denoiser@processed)",
    ),
    _listed(margin),
)
NEGATIVE_ENTROPY = scoring(
    Measure("negative_entropy", "negative entropy", "nats", "higher", "sum of p ln p"),
    _listed(entropy, -1),
)
LEFTMOST = scoring(
    Measure("to_the_end", "places to the block's end", "tokens", "higher", "stop - position"),
    lambda now: [float(now.block.stop - hole) for hole in now.holes],
)


def chance(dice: Dice) -> Scoring:
    """A fresh random number per hole and round: random order."""
    return scoring(RANDOM, lambda now: [dice.uniform(1.0) for _ in now.holes])


RANDOM = Measure("random", "random number", "1", "neither", "uniform in [0, 1), drawn anew each round")
RANDOM_RULES = (by_score(QUOTA, RANDOM), by_score(AT_LEAST_ONE, RANDOM))
"""What a method with random order declares: its rules cannot wait for the dice."""
