"""LocalLeap: near a token that is very sure, a lower bar is enough."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    Recipe,
    Round,
    Sampling,
    best_only,
    blocks,
    passed,
    stop_at_end,
)
from workbench.methods.run import Run
from workbench.trace import Event, Rule

ANCHOR = Rule(
    "anchor",
    "sure enough to be an anchor",
    ">=",
    "confidence",
    "threshold of anchors",
    "{what} is an anchor and is written: confidence {left} reaches {right}.",
    "{what} is no anchor: confidence {left} is below {right}.",
    value_from="proposed",
    bound_from="knob(threshold)",
)
NEAR = Rule(
    "near_anchor",
    "near an anchor",
    "<=",
    "distance to the nearest anchor",
    "reach of an anchor",
    "{what} stands {left} from an anchor, within {right}: the lower bar is enough.",
    "{what} stays masked: the nearest anchor is {left} away, further than {right}.",
    bound_from="knob(reach)",
)
RELAXED = Rule(
    "relaxed",
    "sure enough near an anchor",
    ">=",
    "confidence",
    "lower bar",
    "{what} is written near an anchor: confidence {left} reaches {right}.",
    "{what} stays masked: confidence {left} is below even the lower bar {right}.",
    value_from="proposed",
    bound_from="knob(relaxed)",
)


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    threshold: float = knob(0.9, 0, 1, 0.01, "confidence of an anchor; away from anchors the only bar")
    relaxed: float = knob(0.75, 0, 1, 0.01, "lower bar near an anchor; the threshold itself switches it off")
    reach: int = knob(4, 0, 64, 1, "positions to either side of an anchor; 0 switches it off")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP)
    end_stop: bool = knob(False, help="end once the text written so far holds an end-of-text")


@method(
    id="local_leap",
    title="LocalLeap",
    family="diffusion",
    year=2025,
    paper="Accelerating Diffusion LLM Inference via Local Determinism Propagation (Kong et al., 2025), "
    "arXiv 2510.07081",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It assumes that what stands near a sure token is decided too; agreement with the final text falls "
        "with the distance.",
    ),
    params=Params,
    rules=(ANCHOR, NEAR, RELAXED, AT_LEAST_ONE),
)
def local_leap(run: Run, p: Params) -> Iterator[Event]:
    """Write the masks that are very sure, and their neighbours if they are fairly sure.

    Source: a third-party file that carries the authors' function and settings; their repository was not
    available. Anchors are masks of the block at or above the threshold in this round; a mask within `reach`
    of one, by position, is tested against the lower bar. What is written so becomes no anchor, neither
    now nor later: anchors are masks. Without an anchor the surest mask alone is written.
    """

    def select(now: Round) -> Generator[Event, None, list[int]]:
        verdict = ANCHOR.judge(now.candidates, now.confidence, [p.threshold] * len(now.holes))
        yield verdict
        anchors = passed(verdict)
        if not anchors:
            return (yield from best_only(now))
        others = [i for i in range(len(now.holes)) if i not in anchors]
        if not others:
            return anchors
        away = [min(abs(now.holes[i] - now.holes[a]) for a in anchors) for i in others]
        near = NEAR.judge(now.refs(others), away, [p.reach] * len(others))
        yield near
        others = [others[i] for i in passed(near)]
        if not others:
            return anchors
        low = RELAXED.judge(now.refs(others), [now.confidence[i] for i in others], [p.relaxed] * len(others))
        yield low
        return sorted([*anchors, *(others[i] for i in passed(low))])

    stop = (stop_at_end,) if p.end_stop else ()
    yield from unmask(
        run, Recipe(blocks(p.block_length), select, CONFIDENCE, Sampling(p.temperature), stop=stop)
    )
