"""What a batch needs of one trace, small enough to be kept: a few numbers for every pass."""

import math
from typing import Any

from viz.reel import ReelBuilder, built
from workbench.trace import Token, Trace

FORMAT = 3
"""Raised when the meaning of a field changes: kept digests of another format are made anew."""
DIGITS = 5
ANSWER = 0
"""The lane of the answer."""


def digest(trace: Trace) -> dict[str, Any]:
    """Per pass: what it wrote; per verified draft: what became of it.

    written: tokens committed in each round, taken-back ones included. drafts: [accepted, deepest position
    that was open to acceptance, candidates verified] of each verified draft. claimed: the product of the
    probabilities with which the tokens of the answer were committed, None where nothing was.
    """
    analysed = built(trace)
    lines = analysed.lines()
    drafts = [[each.accepted, each.reached, len(each.nodes)] for each in analysed.drafts()]
    return {
        "format": FORMAT,
        "written": [line["committed"] for line in lines],
        "taken_back": sum(line["retracted"] for line in lines),
        "drafts": drafts,
        "proposed": sum(line["drafted"] for line in lines),
        "pruned": sum(line["pruned"] for line in lines),
        "claimed": _claimed(trace, analysed),
    }


def _claimed(trace: Trace, analysed: ReelBuilder) -> float | None:
    """The tokens that stand in the answer at the end, its first end of text included."""
    lane = analysed.state.lanes.get(ANSWER)
    if lane is None:
        return None
    probs = {int(row[1]): float(row[4]) for row in analysed.born}
    ends = {id for card in trace.header.models for id in card.eos_ids}
    logs: list[float] = []
    for fill, birth in zip(lane.fills, lane.births, strict=True):
        if birth in probs:
            logs.append(math.log(max(probs[birth], 1e-12)))
            if isinstance(fill, Token) and fill.id in ends:
                break
    return round(math.exp(sum(logs)), DIGITS) if logs else None
