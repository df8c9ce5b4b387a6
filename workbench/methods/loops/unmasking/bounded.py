"""The select part with a bar that follows the block's own confidence, within bounds (BACD)."""

from collections.abc import Generator

from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.selects import best_only, passed
from workbench.methods.run import ANSWER
from workbench.trace import Event, Lanes, Measure, Rule, Score

RUNNING = Measure(
    "running_confidence",
    "running confidence",
    "probability",
    "neither",
    "mean confidence of what the block has written so far; in its first round the best one",
)
BOUNDED = Rule(
    "bounded",
    "as sure as this block has been",
    ">=",
    "confidence",
    "moving bar",
    "{what} is written: confidence {left} reaches the moving bar {right}.",
    "{what} stays masked: confidence {left} is below the moving bar {right}.",
    value_from="proposed",
)


def bounded(low: float, high: float) -> Select:
    """All whose confidence reaches the running mean, held between `low` and `high`; else the best."""
    history: list[float] = []
    block = -1

    def select(now: Round) -> Generator[Event, None, list[int]]:
        nonlocal block
        if now.block.number != block:
            block = now.block.number
            history.clear()
        usual = sum(history) / len(history) if history else max(now.confidence)
        yield Score(RUNNING.id, Lanes((ANSWER,)), (usual,))
        bar = max(low, min(high, usual))
        verdict = BOUNDED.judge(now.candidates, now.confidence, [bar] * len(now.holes))
        yield verdict
        chosen = passed(verdict) or (yield from best_only(now))
        history.extend(now.confidence[i] for i in chosen)
        return chosen

    return select
