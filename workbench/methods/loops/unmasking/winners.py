"""The select part that divides: the surest of every run of masks (hierarchical decoding)."""

from collections.abc import Generator

from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.rules import THRESHOLD
from workbench.methods.loops.unmasking.selects import best_only, passed
from workbench.trace import Event, Rule

RUN_WINNER = Rule(
    "run_winner",
    "the surest of its run of masks, and sure enough",
    ">",
    "confidence",
    "lower threshold",
    "{what} is written: it is the surest of its run, and {left} is above {right}.",
    "{what} stays masked: it is the surest of its run, but {left} is not above {right}.",
    value_from="proposed",
    bound_from="knob(low)",
)


def run_winners(threshold: float, low: float) -> Select:
    """All that reach the threshold, and of every unbroken run of masks the surest if it is above `low`."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        count = len(now.holes)
        verdict = THRESHOLD.judge(now.candidates, now.confidence, [threshold] * count)
        yield verdict
        sure = passed(verdict)
        winners = [i for i in _winners(now) if i not in sure]
        if winners:
            confidence = [now.confidence[i] for i in winners]
            verdict = RUN_WINNER.judge(now.refs(winners), confidence, [low] * len(winners))
            yield verdict
            sure = sorted([*sure, *(winners[i] for i in passed(verdict))])
        return sure or (yield from best_only(now))

    return select


def _winners(now: Round) -> list[int]:
    """The best-ranked hole of every maximal run of neighbouring holes."""
    runs: list[list[int]] = []
    for i, hole in enumerate(now.holes):
        if runs and now.holes[runs[-1][-1]] + 1 == hole:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [min(each, key=now.ranks.__getitem__) for each in runs]
