"""When drafts are worth a second pass: how much would be accepted, against what that costs (S2D2)."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from math import log, sqrt

from torch import Tensor

from workbench.maths.confidence import entropy, margin
from workbench.methods.loops.unmasking.board import Round
from workbench.methods.run import ANSWER
from workbench.trace import Event, Judge, Lanes, Measure, Rule, Score

HOPE = Measure("acceptance", "estimated acceptance", "probability", "higher", "by the chosen estimator")
WORTH = Measure(
    "check_worth",
    "worth of a check",
    "tokens",
    "higher",
    "sum over k of the first k estimates' product, less its cost",
)


def _rule(
    id: str, title: str, op: str, left: str, right: str, bound: str, words: tuple[str, str], said: str = ""
) -> Rule:
    """said: how the sentences name the left side, where its name and the number do not make a phrase."""
    said = said or f"{left} {{left}}"
    yes = f"The draft is checked token by token: {said} {words[0]} {{right}}."
    no = f"The draft is not checked: {said} {words[1]} {{right}}."
    value = f"score({WORTH.id})" if left == "worth" else "given"
    return Rule(id, title, op, left, right, yes, no, value, bound)


AT_LEAST, ABOVE = ("is at least", "is below"), ("is above", "is not above")
SPAN = _rule(
    "long_enough", "long enough to check", ">=", "masks in a row", "shortest", "knob(span)", AT_LEAST,
    said="the length of its run of masks, {left},",
)  # fmt: skip
SCORE = _rule("worth_it", "worth a check", ">=", "worth", "bar", "knob(bar)", AT_LEAST)
TURN_ON = _rule("turn_on", "checking begins", ">", "worth", "upper bar", "knob(bar)", ABOVE)
STAY_ON = _rule("stay_on", "checking goes on", ">=", "worth", "lower bar", "knob(low_bar)", AT_LEAST)
BANDIT = _rule(
    "bandit", "checking promises more", ">=", "its upper bound", "that of not checking", "given", AT_LEAST
)
ROUTES = (SPAN, SCORE, TURN_ON, STAY_ON, BANDIT)
POLICIES = ("always", "never", "span", "score", "hysteresis", "bandit")


@dataclass(frozen=True)
class Routing:
    """The knobs of a policy; see S2D2's own for what they mean."""

    policy: str
    estimator: str
    sharpness: float
    cost: float
    per_token: bool
    bar: float
    low_bar: float
    span: int
    threshold: float
    explore: float


Estimator = Callable[[Tensor, Tensor, float], Tensor]
"""(distributions (R, V), probabilities of their drafts (R,), sharpness) -> estimated acceptance (R,)."""


def _normalised(probs: Tensor) -> Tensor:
    return entropy(probs) / log(max(2, probs.shape[-1]))


ESTIMATORS: dict[str, Estimator] = {
    "entropy": lambda probs, drafts, sharpness: (-sharpness * _normalised(probs)).exp(),
    "sure entropy": lambda probs, drafts, sharpness: (entropy(probs) < 1 / sharpness).double(),
    "sure margin": lambda probs, drafts, sharpness: (margin(probs) > 0.05).double(),
    "margin": lambda probs, drafts, sharpness: (sharpness * margin(probs)).clamp(0, 1),
    "confidence": lambda probs, drafts, sharpness: drafts**sharpness,
    "collision": lambda probs, drafts, sharpness: (probs * probs).sum(dim=-1),
}
"""S2D2's estimators: exp(-s * entropy / ln V), entropy below 1 / s, margin above 0.05, s * margin, p^s, and
exp(-Renyi-2 entropy)."""


def first_run(holes: Sequence[int]) -> list[int]:
    """Indices of the holes that follow each other from the first on."""
    return [i for i, hole in enumerate(holes) if hole == holes[0] + i]


@dataclass
class Router:
    """Decides, round by round, and remembers what the policies need."""

    how: Routing
    on: bool = False
    pulls: dict[tuple[object, bool], list[float]] = field(
        default_factory=dict[tuple[object, bool], list[float]]
    )
    _arm: tuple[object, bool] = ((), False)

    def route(self, now: Round, span: Sequence[int]) -> Generator[Event, None, bool]:
        """Whether the drafts at these indices get a check."""
        how = self.how
        if how.policy in ("always", "never"):
            return how.policy == "always"
        if how.policy == "bandit":
            return (yield from self._pull(now, span))
        if how.policy == "span":
            return (yield from _said(SPAN.judge(Lanes((ANSWER,)), [len(span)], [how.span])))
        worth = yield from self._worth(now, span)
        if how.policy == "score":
            return (yield from _said(SCORE.judge(Lanes((ANSWER,)), [worth], [how.bar])))
        rule, bar = (STAY_ON, how.low_bar) if self.on else (TURN_ON, how.bar)
        self.on = yield from _said(rule.judge(Lanes((ANSWER,)), [worth], [bar]))
        return self.on

    def learn(self, written: int) -> None:
        """How many tokens the round brought: a check costs a second pass."""
        if self.how.policy == "bandit":
            self.pulls.setdefault(self._arm, []).append(written / (2 if self._arm[1] else 1))

    def _worth(self, now: Round, span: Sequence[int]) -> Generator[Event, None, float]:
        how = self.how
        drafts = now.probs.new_tensor([now.confidence[i] for i in span])
        hopes = ESTIMATORS[how.estimator](now.probs[list(span)], drafts, how.sharpness).tolist()
        yield Score(HOPE.id, now.refs(span), tuple(hopes))
        expected, product = 0.0, 1.0
        for hope in hopes:
            product *= hope
            expected += product
        sure = sum(held > how.threshold for held in now.confidence) if how.per_token else 1
        worth = expected - how.cost * sure
        yield Score(WORTH.id, Lanes((ANSWER,)), (worth,))
        return worth

    def _pull(self, now: Round, span: Sequence[int]) -> Generator[Event, None, bool]:
        """The arm with the higher upper confidence bound, by span length, progress and entropy; what was
        never tried promises the whole block."""
        length = now.block.stop - now.block.first
        even = float(_normalised(now.probs[list(span)]).mean())
        bucket = (len(span).bit_length(), 2 * len(now.holes) > length, int(4 * even))
        tried = {arm: self.pulls.get((bucket, arm), []) for arm in (True, False)}
        total = sum(map(len, tried.values()))
        bounds = {
            arm: sum(gains) / len(gains) + self.how.explore * sqrt(log(total) / len(gains))
            if gains
            else float(length)
            for arm, gains in tried.items()
        }
        go = yield from _said(BANDIT.judge(Lanes((ANSWER,)), [bounds[True]], [bounds[False]]))
        self._arm = (bucket, go)
        return go


def _said(verdict: Judge) -> Generator[Event, None, bool]:
    yield verdict
    return verdict.passed[0]
