"""Pairs that the composition menu refuses, run all the same: any drafter, shape, siblings and rule."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from workbench.lab.recipes import Recipe
from workbench.lab.tables import Law
from workbench.maths.sample import warp
from workbench.methods.loops.draft_verify import Drafter
from workbench.methods.loops.drafting import menu
from workbench.methods.loops.sampling import Plain
from workbench.methods.loops.verification import (
    CHAIN,
    PATHS,
    TREE,
    VERIFICATIONS,
    Draft,
    Outcome,
    Verification,
    Verify,
)
from workbench.methods.loops.verification.stepwise import recursive
from workbench.methods.run import Run
from workbench.trace import ROOT, DraftKind, Event, Propose

HABITS = menu.Habits(grams=(1, 2, 2), simulations=3, calibration=1)
"""Few draws before the first draft, so that all can be enumerated, and a memory that soon knows."""


CHOICES = {
    "drafter": tuple(menu.TAKES),
    "shape": tuple(menu.SHAPES),
    "siblings": tuple(menu.KINDS),
    "verification": tuple(VERIFICATIONS),
}
"""What a pair is chosen from."""


@dataclass(frozen=True)
class Pair:
    """A selection of the composition menu, as `menu.Menu`; small, because every branch is walked."""

    drafter: str
    shape: str
    siblings: str
    verification: str
    temperature: float = 1.0
    depth: int = 2
    branch: int = 2
    total: int = 4
    top_k: int = 0
    top_p: float = 1.0

    @property
    def reason(self) -> str:
        """Why the menu refuses it; '' where it does not."""
        return menu.refuse(self)

    @property
    def rule(self) -> Verification:
        return VERIFICATIONS[self.verification]

    @property
    def made(self) -> tuple[DraftKind, str]:
        """What the drafter makes of it: how drafts are chosen, and their shape to a rule."""
        kind, shape = menu.KINDS[self.siblings], menu.SHAPES[self.shape]
        if self.drafter in menu.FIXED or (self.drafter == menu.REMEMBERED and self.siblings == menu.WITH):
            kind = DraftKind.POINT
        if self.drafter == menu.LOOKUP:
            return kind, CHAIN
        if self.drafter != menu.MODEL:
            return kind, TREE if self.drafter == menu.SEARCHED or shape != CHAIN else CHAIN
        if self.shape == menu.BEAM:
            return DraftKind.SAMPLED_WITHOUT, shape
        return (DraftKind.SAMPLED if shape == PATHS else kind), shape

    @property
    def claimed(self) -> bool:
        """Do fixed drafts go to a test for drawn ones?"""
        return self.made[0] is DraftKind.POINT and DraftKind.POINT not in self.rule.kinds

    @property
    def along_a_path(self) -> bool:
        """Does the rule know nothing but chains? (Speculative sampling is a walk that knows siblings too.)"""
        return self.rule.shapes == (CHAIN,) and self.rule.verify is not recursive

    @property
    def small(self) -> "Pair":
        """The same with as few nodes as show what it does: every branch is walked."""
        if self.drafter == menu.POOLED or (self.shape == menu.DYNAMIC and self.siblings != menu.LIKELIEST):
            return replace(self, depth=1)  # a pool drafts in time if its n-grams are pairs
        return replace(self, total=3) if self.shape == menu.OPTIMAL else self


def completed(drafter: str, verification: str, shape: str = "", siblings: str = "") -> Pair:
    """A pair that says everything: what was left open is the first that the drafter can make."""
    shapes = [shape] if shape else menu.TAKES.get(drafter, ())
    kinds = [siblings] if siblings else (menu.WITH, menu.DISTINCT, menu.LIKELIEST)
    tried = [Pair(drafter, each, kind, verification) for each in shapes for kind in kinds]
    made = (pair for pair in tried if drafter in menu.TAKES and not menu.not_drafted(pair))
    return next(made, tried[0] if tried else Pair(drafter, menu.CHAINED, menu.LIKELIEST, verification))


def proper(pair: Pair) -> str:
    """The id of the first lossless rule for what the drafter makes; '' where the rule at hand is one."""
    fitting = [each for each in VERIFICATIONS.values() if each.lossless and not each.refuse(*pair.made)]
    return "" if pair.rule in fitting else fitting[0].id


def recipe(pair: Pair, draft_law: Law) -> Recipe:
    """The pair as it runs where nobody refuses it. draft_law: what the draft model believes.

    Two things have to be settled that no rule says: fixed drafts that go to a test for drawn ones carry the
    probability that is recorded with them, and a rule that knows nothing but chains judges the first path.
    """
    chosen = pair.small

    def make(run: Run, sampling: Plain) -> Drafter:
        drafter = menu.drafter(run, replace(chosen, temperature=sampling.temperature), HABITS)
        law = believed(pair, sampling, draft_law) if pair.drafter == menu.MODEL else None
        return Claimed(drafter, law) if pair.claimed else drafter

    verify = judging(pair.rule.verify, first_path if pair.along_a_path else judged)
    alike = [each for each in VERIFICATIONS.values() if each.verify is pair.rule.verify]
    return Recipe(
        make,
        verify,
        pair.depth,
        "",
        (*menu.RULES, *(rule for each in alike for rule in each.rules)),
        (*menu.MEASURES, *(measure for each in alike for measure in each.measures)),
        menu.SOURCES,
        warms_up=pair.drafter != menu.MODEL,
    )


def believed(pair: Pair, sampling: Plain, law: Law) -> Law:
    """The probabilities that the draft model's points are recorded with (a dynamic tree's are raw)."""
    temperature = 1.0 if pair.shape == menu.DYNAMIC else sampling.temperature
    return lambda text: warp(law(text).log().unsqueeze(0), temperature)[0]


class Claimed:
    """A drafter whose fixed drafts are handed over as if they had been drawn."""

    def __init__(self, drafter: Drafter, law: Law | None) -> None:
        self.drafter, self.law = drafter, law

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        probs: dict[int, float] = {}
        draft = yield from _noting(self.drafter.draft(run, room), probs)
        if draft.kind is not DraftKind.POINT:
            return draft
        nodes = range(len(draft.ids))
        if self.law:
            paths = [[draft.tokens[each] for each in draft.shape.path(draft.parents[node])] for node in nodes]
            claimed = [self.law((*run.text, *path)) for path in paths]
        else:
            like = run.causal("target").read(run.text).beliefs.logits[0]
            claimed = [_shares(draft, node, probs, torch.zeros_like(like)) for node in nodes]
        return replace(draft, drawn_from=tuple(claimed))

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        self.drafter.learn(run, draft, outcome)


def _noting(events: Generator[Event, None, Draft], probs: dict[int, float]) -> Generator[Event, None, Draft]:
    """The same events; the recorded probability of every candidate goes into `probs`."""
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            return stop.value
        if isinstance(event, Propose):
            probs.update(zip(event.ids, event.probs, strict=True))
        yield event


def _shares(draft: Draft, node: int, probs: dict[int, float], blank: Tensor) -> Tensor:
    """The recorded probabilities of a node and its siblings; its own alone where they are no distribution."""
    siblings = [i for i, parent in enumerate(draft.parents) if parent == draft.parents[node]]
    if sum(probs[draft.ids[each]] for each in siblings) > 1 + 1e-9:
        siblings = [node]
    for each in siblings:
        blank[draft.tokens[each]] = probs[draft.ids[each]]
    return blank


def judged(draft: Draft) -> list[int]:
    """All nodes but those that are only looked at."""
    return list(range(len(draft.shape)))


def first_path(draft: Draft) -> list[int]:
    """The first child of every node, and nothing beside it."""
    nodes, node = list[int](), ROOT
    while children := draft.children(node):
        node = children[0]
        nodes.append(node)
    return nodes


def judging(verify: Verify, which: Callable[[Draft], list[int]]) -> Verify:
    """The rule, which sees these nodes of a draft alone."""

    def judge(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
        nodes = which(draft)
        seen = replace(draft.only(nodes), looked=0)
        outcome = yield from verify(run, seen, target[[0, *(node + 1 for node in nodes)]])
        return replace(outcome, path=[nodes[at] for at in outcome.path], rows=target)

    return judge
