"""The rules that walk from the root, judge the children of one node, and go down the accepted one.

A chain is a tree with one child per node, so each rule is written once.
"""

from collections.abc import Callable, Generator

from torch import Tensor

from workbench.maths.accept import left_mass, ratio, residual, without
from workbench.methods.loops.verification.base import Draft, Outcome, Verify
from workbench.methods.rules import (
    ACCEPT_RATIO,
    ACCEPT_RECURSIVE,
    DRAWN,
    GREEDY_MATCH,
    LEFT,
    POINT_MASS,
    SAMPLE_MATCH,
)
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, Event, Rule, Score

Step = Generator[Event, None, tuple[int, Tensor]]
Examine = Callable[[Run, Draft, list[int], Tensor], Step]
"""Judge the children of a node; returns the accepted one (or ROOT) and what is left of the target."""


def walk(examine: Examine) -> Verify:
    """The rule that applies `examine` from the root along accepted children."""

    def verify(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
        node, path = ROOT, []
        while True:
            children = draft.children(node)
            left = target[node + 1]
            if children:
                accepted, left = yield from examine(run, draft, children, left)
                if accepted != ROOT:
                    path.append(accepted)
                    node = accepted
                    continue
            return Outcome(path, left, bool(children), target)

    return verify


def _greedy(run: Run, draft: Draft, children: list[int], left: Tensor) -> Step:
    """Accept the child that is the target's own choice (the text of greedy decoding, Stern et al. 2018)."""
    choice = int(left.argmax())
    for child in children:
        verdict = GREEDY_MATCH.judge(Candidates((draft.ids[child],)), [draft.tokens[child]], [choice])
        yield verdict
        if verdict.passed[0]:
            return child, left
    return ROOT, left


def _recursive(run: Run, draft: Draft, children: list[int], left: Tensor) -> Step:
    """Accept with min(1, target/draft), else go on with the residual.

    One child: speculative sampling (Leviathan et al. 2023, Algorithm 1). Several, drawn without
    replacement: recursive rejection sampling (Jeon et al. 2024); `drawn_from` of each child already
    excludes the siblings before it. Several, drawn with replacement: multi-round rejection sampling
    (Miao et al. 2023); all have one `drawn_from`, and a token that was drawn twice is tried twice.
    """
    for count, child in enumerate(children):
        token, drawn_from = draft.tokens[child], draft.drawn_from[child]
        bound = ratio(float(left[token]), float(drawn_from[token]))
        rule = ACCEPT_RECURSIVE if count else ACCEPT_RATIO
        if (yield from _toss(run, rule, draft.ids[child], bound)):
            return child, left
        yield Score(LEFT.id, Candidates((draft.ids[child],)), (left_mass(left, drawn_from),))
        left = residual(left, drawn_from)
    return ROOT, left


def _point_mass(run: Run, draft: Draft, children: list[int], left: Tensor) -> Step:
    """Accept a deterministic draft with the target's own probability of it, else strike it out.

    Lossless for drafts that are a function of the text so far (EAGLE-2, n-gram, Jacobi drafts).
    """
    for child in children:
        token = draft.tokens[child]
        if (yield from _toss(run, POINT_MASS, draft.ids[child], float(left[token]))):
            return child, left
        left = without(left, token)
    return ROOT, left


def _toss(run: Run, rule: Rule, id: int, bound: float) -> Generator[Event, None, bool]:
    verdict = rule.judge(Candidates((id,)), [run.dice.uniform(bound)], [bound])
    yield verdict
    return verdict.passed[0]


def sample_match(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """Draw from the target at every node that is reached, and go on while a child reads what was drawn.

    Lossless for drafts that do not look at the draw; one draw per node, not one per path.
    """
    node, path = ROOT, []
    while children := draft.children(node):
        left = target[node + 1]
        pick = run.dice.pick(left)
        for child in children:
            of = Candidates((draft.ids[child],))
            verdict = SAMPLE_MATCH.judge(of, [draft.tokens[child]], [pick.index])
            yield verdict
            if verdict.passed[0]:
                yield DRAWN.judge(of, [pick.u], [pick.upper])
                node = child
                path.append(child)
                break
        else:
            return Outcome(path, left, True, target, pick)
    return Outcome(path, target[node + 1], False, target)


greedy = walk(_greedy)
recursive = walk(_recursive)
point_mass = walk(_point_mass)
