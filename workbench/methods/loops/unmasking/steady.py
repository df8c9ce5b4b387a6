"""The select part that waits until a belief has stopped moving (KLASS)."""

from collections.abc import Generator

import torch
from torch import Tensor

from workbench.maths.confidence import divergence
from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.rules import THRESHOLD
from workbench.methods.loops.unmasking.selects import best_only, passed
from workbench.trace import Event, Measure, Rule, Score

MOVED = Measure("moved", "change of belief", "nats", "lower", "KL(belief now || belief one round before)")
UNMOVED = Rule(
    "unmoved",
    "has not moved",
    "<",
    "move since the round before",
    "least move that counts",
    "{what} has not moved: its belief changed by {left} nats, below {right}.",
    "{what} has moved: its belief changed by {left} nats, not below {right}.",
    value_from="score(moved)",
    bound_from="knob(delta)",
)
SETTLED = Rule(
    "settled",
    "has stopped moving",
    ">=",
    "rounds without a move",
    "rounds asked for",
    "{what} has settled: its rounds without a move are {left}, and {right} are asked for.",
    "{what} stays masked: its rounds without a move are {left}, and {right} are asked for.",
    bound_from="knob(history)",
)


def steady(threshold: float, delta: float, history: int) -> Select:
    """The selecting part; it remembers every hole's last belief and for how long it has not moved."""
    before: dict[int, Tensor] = {}
    calm: dict[int, int] = {}

    def select(now: Round) -> Generator[Event, None, list[int]]:
        known = [i for i, hole in enumerate(now.holes) if hole in before]
        if known:
            then = torch.stack([before[now.holes[i]] for i in known])
            moves = divergence(now.probs[known], then).tolist()
            yield Score(MOVED.id, now.refs(known), tuple(moves))
            verdict = UNMOVED.judge(now.refs(known), moves, [delta] * len(known))
            yield verdict
            for i, still in zip(known, verdict.passed, strict=True):
                calm[now.holes[i]] = calm.get(now.holes[i], 0) + 1 if still else 0
        before.update(zip(now.holes, now.probs, strict=True))
        rounds = [calm.get(hole, 0) for hole in now.holes]
        settled = SETTLED.judge(now.candidates, rounds, [history] * len(rounds))
        yield settled
        still = passed(settled)
        if not still:
            return (yield from best_only(now))
        sure = [now.confidence[i] for i in still]
        verdict = THRESHOLD.judge(now.refs(still), sure, [threshold] * len(still))
        yield verdict
        return [still[i] for i in passed(verdict)] or (yield from best_only(now))

    return select
