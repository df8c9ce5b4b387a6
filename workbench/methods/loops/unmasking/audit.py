"""The audit of approximate caches: how far the stale prediction of a round is from the exact one."""

from collections.abc import Generator

from workbench.maths.sample import precise, warp
from workbench.methods.loops.unmasking.board import Board, Prediction, Transform
from workbench.methods.run import ANSWER
from workbench.trace import Cells, Event, Measure, Score

DRIFT = Measure(
    "drift",
    "drift",
    "probability",
    "lower",
    "half the sum of |exact - cached| over the vocabulary: 0 is no difference, 1 is nothing in common",
)
AUDIT_HELP = "also compute the exact prediction of every cached round and its difference; costs a pass each"


def drift(board: Board, prediction: Prediction) -> Generator[Event, None, Prediction]:
    """Logits: changes nothing; where compute gave an exact view too, says how far its own is from it."""
    exact = prediction.view("exact")
    if exact is not None and exact.positions:
        cached = prediction.at(exact.positions)
        apart = (warp(precise(exact.logits)) - warp(precise(cached))).abs().sum(dim=-1) / 2
        yield Score(DRIFT.id, Cells(ANSWER, exact.positions), tuple(apart.tolist()))
    return prediction


def audited(on: bool) -> tuple[Transform, ...]:
    """The logits parts of a method with the switch `audit`."""
    return (drift,) if on else ()
