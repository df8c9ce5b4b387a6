"""All rules, measures and sources that the parts of the menu may write, for the method that composes them."""

from workbench.methods.loops.unmasking import EXACT, GUIDANCE_SOURCES
from workbench.methods.loops.unmasking.adaptive import ADAPTIVE_MEASURES, ADAPTIVE_RULES
from workbench.methods.loops.unmasking.ascending import late_end, linear
from workbench.methods.loops.unmasking.audit import DRIFT
from workbench.methods.loops.unmasking.blockwise import SURE, TOGETHER
from workbench.methods.loops.unmasking.bounded import BOUNDED, RUNNING
from workbench.methods.loops.unmasking.budget import BUDGET, ENTROPY
from workbench.methods.loops.unmasking.coherence import AVERAGED, AVERAGING_RULES, SPREAD, TWO_STEP_RULES
from workbench.methods.loops.unmasking.credit import CREDIT, CREDIT_SOURCE
from workbench.methods.loops.unmasking.drafts import SAME_PLACE, SAME_TOKEN, WHOLE_STEP
from workbench.methods.loops.unmasking.dream import DRAWN as DRAWN_HOLE
from workbench.methods.loops.unmasking.early import DECIDED, GAP
from workbench.methods.loops.unmasking.explore import EXPLORE_MEASURES, EXPLORE_RULES, FAR
from workbench.methods.loops.unmasking.factor import FACTOR, SLIP
from workbench.methods.loops.unmasking.hits import HIT, TIME
from workbench.methods.loops.unmasking.leap import LEAP_RULES
from workbench.methods.loops.unmasking.revises import KEPT
from workbench.methods.loops.unmasking.routing import HOPE, SCORE, WORTH
from workbench.methods.loops.unmasking.rules import REMASK_COIN, ROUND_CAP, THRESHOLD, UNMASK_COIN
from workbench.methods.loops.unmasking.scores import (
    CONFIDENCE,
    LEFTMOST,
    MARGIN,
    NEGATIVE_ENTROPY,
    RANDOM,
    RANDOM_RULES,
)
from workbench.methods.loops.unmasking.selfcheck import CHECKER, MATCH, RATIO, RESIDUAL
from workbench.methods.loops.unmasking.stages import THOUGHT
from workbench.methods.loops.unmasking.steady import MOVED, SETTLED, UNMOVED
from workbench.methods.loops.unmasking.wide import NARROW_RULES, SHADOWS, WIDE_RULES
from workbench.methods.loops.unmasking.winners import RUN_WINNER
from workbench.methods.rules import DRAWN, LEFT
from workbench.trace import Source

_LATE = late_end(linear(1.0, 1.0, 1))
_SCORES = (CONFIDENCE, MARGIN, NEGATIVE_ENTROPY, LEFTMOST, _LATE)
_OF_SCORES = tuple(rule for scoring in _SCORES for rule in scoring.rules)
_RULES = (
    *ADAPTIVE_RULES, THOUGHT, *_OF_SCORES, *RANDOM_RULES, THRESHOLD, FAR, FACTOR, SLIP, BUDGET, BOUNDED,
    *LEAP_RULES, UNMOVED, SETTLED, RUN_WINNER, *TWO_STEP_RULES, *AVERAGING_RULES, *WIDE_RULES, SURE, TOGETHER,
    UNMASK_COIN, DRAWN_HOLE, HIT, SAME_PLACE, SAME_TOKEN, WHOLE_STEP, *EXPLORE_RULES, SCORE, RATIO, MATCH,
    DRAWN, *NARROW_RULES, KEPT, REMASK_COIN, DECIDED, ROUND_CAP,
)  # fmt: skip
_MEASURES = (
    *ADAPTIVE_MEASURES, *(m for scoring in _SCORES for m in scoring.measures), RANDOM, DRIFT, CREDIT, SPREAD,
    ENTROPY, RUNNING, MOVED, TIME, *EXPLORE_MEASURES, HOPE, WORTH, GAP, LEFT,
)  # fmt: skip
RULES, MEASURES = tuple(dict.fromkeys(_RULES)), tuple(dict.fromkeys(_MEASURES))
MEANS = Source(AVERAGED, "mean belief of the last rounds", "combined")
SOURCES = (EXACT, *GUIDANCE_SOURCES, CREDIT_SOURCE, MEANS, CHECKER, RESIDUAL, SHADOWS)
"""Without repetition, in the order of the places."""
