"""Divide and conquer: every run of masks writes one token, so the runs split and their number doubles."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

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
    best_only,
    blocks,
    passed,
)
from workbench.methods.run import Run
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


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(0.9, 0, 1, 0.01, THRESHOLD_HELP + " wherever it stands")
    low: float = knob(
        0.4, 0, 1, 0.01, "confidence above which the surest of a run is written; 1 is the threshold rule"
    )
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)


@method(
    id="hierarchy",
    title="Hierarchical decoding",
    family="diffusion",
    year=2025,
    paper="dInfer: An Efficient Inference Framework for Diffusion Language Models (Ma et al., 2025), "
    "arXiv 2510.08666",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Tokens that are written together stand apart, which makes them less dependent, not independent.",
    ),
    params=Params,
    rules=(THRESHOLD, RUN_WINNER, AT_LEAST_ONE),
)
def hierarchy(run: Run, p: Params) -> Iterator[Event]:
    """In each unbroken run of masks write the surest token if it passes a low bar, and all very sure ones.

    Source: the authors' released code. A written token splits its run in two, so that the number of tokens
    a round can double from round to round; the surest of the block is written in any case. Differs: equal
    confidences in a run write the leftmost only, where the released code writes them all; the upper
    threshold may be met exactly, so that with `low` at 1 this is the threshold rule.
    """

    def select(now: Round) -> Generator[Event, None, list[int]]:
        count = len(now.holes)
        verdict = THRESHOLD.judge(now.candidates, now.confidence, [p.threshold] * count)
        yield verdict
        sure = passed(verdict)
        winners = [i for i in _winners(now) if i not in sure]
        if winners:
            confidence = [now.confidence[i] for i in winners]
            low = RUN_WINNER.judge(now.refs(winners), confidence, [p.low] * len(winners))
            yield low
            sure = sorted([*sure, *(winners[i] for i in passed(low))])
        return sure or (yield from best_only(now))

    yield from unmask(run, Recipe(blocks(p.block_length), select, CONFIDENCE, Sampling(p.temperature)))


def _winners(now: Round) -> list[int]:
    """The best-ranked hole of every maximal run of neighbouring holes."""
    runs: list[list[int]] = []
    for i, hole in enumerate(now.holes):
        if runs and now.holes[runs[-1][-1]] + 1 == hole:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [min(each, key=now.ranks.__getitem__) for each in runs]
