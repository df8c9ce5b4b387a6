"""Verification rules as interchangeable parts: each walks a draft from the root and stops where it must.

Every rule is a generator of verdicts that returns an Outcome. A chain is a tree with one child per
node, so each rule is written once. `target` holds one distribution per context: row 0 after the
committed text, row i + 1 after node i of the draft.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from torch import Tensor

from workbench.maths.accept import ratio, residual, without
from workbench.methods.rules import ACCEPT_RATIO, ACCEPT_RECURSIVE, GREEDY_MATCH, POINT_MASS
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Rule


@dataclass(frozen=True)
class Draft:
    """What a drafter put on the table: node i is candidate `ids[i]` for the token `tokens[i]`.

    `parents[i]` is a node number below i, or ROOT. `drawn_from[i]` (V,) is the distribution that
    node i was drawn from; empty where the drafts are points. Siblings stand in draw order.
    """

    ids: tuple[int, ...] = ()
    tokens: tuple[int, ...] = ()
    parents: tuple[int, ...] = ()
    drawn_from: tuple[Tensor, ...] = ()
    kind: DraftKind = DraftKind.POINT

    def children(self, node: int) -> list[int]:
        return [i for i, parent in enumerate(self.parents) if parent == node]


@dataclass(frozen=True)
class Outcome:
    """The accepted path (node numbers), and the distribution (V,) of the token that follows it.

    `rejected` says whether a test failed at the end of the path, so that the distribution is a residual.
    """

    path: list[int]
    after: Tensor
    rejected: bool
    rows: Tensor
    """What the drafts were judged by, (1 + nodes, V)."""

    @property
    def choices(self) -> list[int]:
        """The target's likeliest token in each context, (1 + nodes,)."""
        return self.rows.argmax(dim=-1).tolist()


Examine = Callable[[Run, Draft, list[int], Tensor], Generator[Event, None, tuple[int, Tensor]]]
"""Judge the children of a node; returns the accepted one (or ROOT) and what is left of the target."""


def verify(run: Run, draft: Draft, target: Tensor, examine: Examine) -> Generator[Event, None, Outcome]:
    """Walk from the root along accepted children. target: (1 + nodes, V)."""
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


def greedy(
    run: Run, draft: Draft, children: list[int], left: Tensor
) -> Generator[Event, None, tuple[int, Tensor]]:
    """Accept the child that is the target's own choice (the text of greedy decoding, Stern et al. 2018)."""
    choice = int(left.argmax())
    for child in children:
        verdict = GREEDY_MATCH.judge(Candidates((draft.ids[child],)), [draft.tokens[child]], [choice])
        yield verdict
        if verdict.passed[0]:
            return child, left
    return ROOT, left


def sampled(
    run: Run, draft: Draft, children: list[int], left: Tensor
) -> Generator[Event, None, tuple[int, Tensor]]:
    """Accept with min(1, target/draft), else go on with the residual.

    One child: speculative sampling (Leviathan et al. 2023, Algorithm 1). Several, drawn without
    replacement: recursive rejection sampling (Jeon et al. 2024); `drawn_from` of each child already
    excludes the siblings before it.
    """
    for count, child in enumerate(children):
        token, draft_probs = draft.tokens[child], draft.drawn_from[child]
        bound = ratio(float(left[token]), float(draft_probs[token]))
        rule = ACCEPT_RECURSIVE if count else ACCEPT_RATIO
        if (yield from _toss(run, rule, draft.ids[child], bound)):
            return child, left
        left = residual(left, draft_probs)
    return ROOT, left


def point_mass(
    run: Run, draft: Draft, children: list[int], left: Tensor
) -> Generator[Event, None, tuple[int, Tensor]]:
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
