"""KLASS: write what is sure and has stopped moving."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from torch import Tensor

from workbench.maths.confidence import divergence
from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    THRESHOLD,
    THRESHOLD_HELP,
    Recipe,
    Round,
    Sampling,
    Select,
    best_only,
    blocks,
    passed,
)
from workbench.methods.run import Run
from workbench.trace import Event, Measure, Rule, Score

MOVED = Measure("moved", "moved", "nats", "lower", "KL(belief now || belief one round before)")
SETTLED = Rule(
    "settled",
    "has stopped moving",
    ">=",
    "rounds without a move",
    "rounds asked for",
    "{what} has settled: its belief has not moved for {left} rounds, {right} are asked for.",
    "{what} stays masked: its belief has not moved for {left} rounds only, {right} are asked for.",
    bound_from="knob(history)",
)


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(0.9, 0, 1, 0.01, THRESHOLD_HELP)
    delta: float = knob(0.01, 0, 1, 0.005, "nats: a belief that changes by less has not moved")
    history: int = knob(
        2, 0, 8, 1, "how many rounds in a row it must not have moved; 0 asks for confidence only"
    )
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)


@method(
    id="klass",
    title="KLASS",
    family="diffusion",
    year=2025,
    paper="KLASS: KL-Guided Fast Inference in Masked Diffusion Models (Kim et al., 2025), arXiv 2511.05664",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "A belief that is sure and steady is taken for final; what is written together is still independent.",
    ),
    params=Params,
    rules=(SETTLED, THRESHOLD, AT_LEAST_ONE),
    measures=(MOVED,),
)
def klass(run: Run, p: Params) -> Iterator[Event]:
    """Write the masks of the block whose belief is sure and has not moved for some rounds; else the surest.

    Source: a public implementation of the paper's rule in a cache library; the authors' code was not read.
    A belief has moved by KL(now || before); a mask has settled once its last `history` moves were all below
    delta, so nothing is settled in the first rounds; the history begins
    with the block. With history 0 it is the threshold rule.
    """
    yield from unmask(run, Recipe(blocks(p.block_length), steady(p), CONFIDENCE, Sampling(p.temperature)))


def steady(p: Params) -> Select:
    """The selecting part; it remembers every hole's last belief and for how long it has not moved."""
    before: dict[int, Tensor] = {}
    calm: dict[int, int] = {}

    def select(now: Round) -> Generator[Event, None, list[int]]:
        known = [i for i, hole in enumerate(now.holes) if hole in before]
        moves = [float(divergence(now.probs[i : i + 1], before[now.holes[i]])) for i in known]
        if known:
            yield Score(MOVED.id, now.refs(known), tuple(moves))
        for i, moved in zip(known, moves, strict=True):
            calm[now.holes[i]] = calm.get(now.holes[i], 0) + 1 if moved < p.delta else 0
        before.update((hole, now.probs[i : i + 1]) for i, hole in enumerate(now.holes))
        rounds = [calm.get(hole, 0) for hole in now.holes]
        settled = SETTLED.judge(now.candidates, rounds, [p.history] * len(rounds))
        yield settled
        still = passed(settled)
        if not still:
            return (yield from best_only(now))
        sure = [now.confidence[i] for i in still]
        verdict = THRESHOLD.judge(now.refs(still), sure, [p.threshold] * len(still))
        yield verdict
        return [still[i] for i in passed(verdict)] or (yield from best_only(now))

    return select
