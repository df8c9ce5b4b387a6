"""All rules and measures that the parts of the menu may write, for the method that composes them."""

from workbench.methods.loops.unmasking.adaptive import ADAPTIVE_MEASURES, ADAPTIVE_RULES
from workbench.methods.loops.unmasking.ascending import late_end, linear
from workbench.methods.loops.unmasking.audit import DRIFT
from workbench.methods.loops.unmasking.bounded import BOUNDED, RUNNING
from workbench.methods.loops.unmasking.budget import BUDGET, ENTROPY
from workbench.methods.loops.unmasking.coherence import TWO_STEP_RULES
from workbench.methods.loops.unmasking.credit import CREDIT
from workbench.methods.loops.unmasking.drafts import SAME_PLACE, SAME_TOKEN, WHOLE_STEP
from workbench.methods.loops.unmasking.early import DECIDED, GAP
from workbench.methods.loops.unmasking.factor import FACTOR
from workbench.methods.loops.unmasking.leap import LEAP_RULES
from workbench.methods.loops.unmasking.revises import KEPT
from workbench.methods.loops.unmasking.rules import THRESHOLD
from workbench.methods.loops.unmasking.scores import (
    CONFIDENCE,
    MARGIN,
    NEGATIVE_ENTROPY,
    RANDOM,
    RANDOM_RULES,
)
from workbench.methods.loops.unmasking.steady import MOVED, SETTLED, UNMOVED
from workbench.methods.loops.unmasking.wide import NARROW_RULES, WIDE_RULES
from workbench.methods.loops.unmasking.winners import RUN_WINNER

_LATE = late_end(linear(1.0, 1.0, 1))
_SCORES = (CONFIDENCE, MARGIN, NEGATIVE_ENTROPY, _LATE)
_OF_SCORES = tuple(rule for scoring in _SCORES for rule in scoring.rules)
_RULES = (
    *ADAPTIVE_RULES, *_OF_SCORES, *RANDOM_RULES, THRESHOLD, FACTOR, BUDGET, BOUNDED, *LEAP_RULES, UNMOVED,
    SETTLED, RUN_WINNER, *TWO_STEP_RULES, *WIDE_RULES, *NARROW_RULES, KEPT, DECIDED, SAME_PLACE, SAME_TOKEN,
    WHOLE_STEP,
)  # fmt: skip
_MEASURES = (
    *ADAPTIVE_MEASURES, *(m for scoring in _SCORES for m in scoring.measures), RANDOM, DRIFT, CREDIT,
    ENTROPY, RUNNING, MOVED, GAP,
)  # fmt: skip
RULES, MEASURES = tuple(dict.fromkeys(_RULES)), tuple(dict.fromkeys(_MEASURES))
"""Without repetition, in the order of the places."""
