"""The select part that trusts neighbours: near a very sure token a lower bar is enough (LocalLeap)."""

from collections.abc import Generator

from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.selects import best_only, passed
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
LEAP_RULES = (ANCHOR, NEAR, RELAXED)


def near_anchors(threshold: float, relaxed: float, reach: int) -> Select:
    """Masks at the threshold are anchors; masks within `reach` of one pass at `relaxed`; else the best."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        verdict = ANCHOR.judge(now.candidates, now.confidence, [threshold] * len(now.holes))
        yield verdict
        anchors = passed(verdict)
        if not anchors:
            return (yield from best_only(now))
        others = [i for i in range(len(now.holes)) if i not in anchors]
        if not others:
            return anchors
        away = [min(abs(now.holes[i] - now.holes[a]) for a in anchors) for i in others]
        near = NEAR.judge(now.refs(others), away, [reach] * len(others))
        yield near
        others = [others[i] for i in passed(near)]
        if not others:
            return anchors
        low = RELAXED.judge(now.refs(others), [now.confidence[i] for i in others], [relaxed] * len(others))
        yield low
        return sorted([*anchors, *(others[i] for i in passed(low))])

    return select
