"""One round of a verification rule over every branch: drafters over a law, what is committed, its length."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch
from drafted import last
from fakes import Law, branches
from torch import Tensor

from workbench.lab.law import continued, variation
from workbench.maths.accept import without
from workbench.methods.dice import Dice
from workbench.methods.loops.verification import VERIFICATIONS, Draft, Outcome, Verify
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.trace import ROOT, DraftKind

EXACT = 1e-9

Build = Callable[[Dice, Law], Draft]
"""Draw a draft behind the empty text."""


# -- drafters over a law ---------------------------------------------------------------------------------


class Growing:
    """A draft under construction."""

    def __init__(self) -> None:
        self.paths: list[tuple[int, ...]] = []
        self.parents: list[int] = []
        self.drawn_from: list[Tensor] = []
        self.counts: list[int] = []

    def add(self, token: int, parent: int, drawn_from: Tensor) -> int:
        self.paths.append((*self.path(parent), token))
        self.parents.append(parent)
        self.drawn_from.append(drawn_from)
        self.counts.append(1)
        return len(self.paths) - 1

    def path(self, node: int) -> tuple[int, ...]:
        return self.paths[node] if node != ROOT else ()

    def done(self, kind: DraftKind, merged: bool = False) -> Draft:
        tokens = tuple(path[-1] for path in self.paths)
        drawn_from = () if kind is DraftKind.POINT else tuple(self.drawn_from)
        counts = tuple(self.counts) if merged else ()
        return Draft(tuple(range(len(tokens))), tokens, tuple(self.parents), drawn_from, kind, counts)


def independent(widths: tuple[int, ...], unique: bool = False) -> Build:
    """Children drawn with replacement, `widths[d]` per node of depth d; `unique` drops repeated siblings."""

    def build(dice: Dice, law: Law) -> Draft:
        tree, level = Growing(), [ROOT]
        for width in widths:
            grown = []
            for node in level:
                row, seen = law(tree.path(node)), set()
                for _ in range(width):
                    token = dice.pick(row).index
                    if not (unique and token in seen):
                        grown.append(tree.add(token, node, row))
                    seen.add(token)
            level = grown
        return tree.done(DraftKind.SAMPLED)

    return build


def without_replacement(widths: tuple[int, ...], keep: Callable[[Tensor, int], bool] | None = None) -> Build:
    """Children drawn without replacement; `keep` may drop some by what they are (which is a mistake)."""

    def build(dice: Dice, law: Law) -> Draft:
        tree, level = Growing(), [ROOT]
        for width in widths:
            grown = []
            for node in level:
                row = full = law(tree.path(node))
                for _ in range(width):
                    if not row.any():
                        break
                    token = dice.pick(row).index
                    if keep is None or keep(full, token):
                        grown.append(tree.add(token, node, row))
                    row = without(row, token)
            level = grown
        return tree.done(DraftKind.SAMPLED_WITHOUT)

    return build


def distinct(width: int) -> Build:
    """One level of independent draws without the repeated ones: each is drawn from what those before left."""

    def build(dice: Dice, law: Law) -> Draft:
        draft, row, rows = independent((width,), unique=True)(dice, law), law(()), list[Tensor]()
        for token in draft.tokens:
            rows.append(row)
            row = without(row, token)
        return replace(draft, kind=DraftKind.SAMPLED_WITHOUT, drawn_from=tuple(rows))

    return build


def likeliest(widths: tuple[int, ...]) -> Build:
    """The likeliest children, fixed by the law."""

    def build(dice: Dice, law: Law) -> Draft:
        tree, level = Growing(), [ROOT]
        for width in widths:
            grown = []
            for node in level:
                row = law(tree.path(node))
                for token in row.topk(min(width, len(row))).indices.tolist():
                    grown.append(tree.add(token, node, row))
            level = grown
        return tree.done(DraftKind.POINT)

    return build


def paths(chains: int, length: int) -> Build:
    """Independent chains, merged where they agree."""

    def build(dice: Dice, law: Law) -> Draft:
        tree = Growing()
        for _ in range(chains):
            node = ROOT
            for _ in range(length):
                row = law(tree.path(node))
                path = (*tree.path(node), dice.pick(row).index)
                if path in tree.paths:
                    node = tree.paths.index(path)
                    tree.counts[node] += 1
                else:
                    node = tree.add(path[-1], node, row)
        return tree.done(DraftKind.SAMPLED, merged=True)

    return build


# -- one round, over every branch ------------------------------------------------------------------------


def verified(rule: Verify, draft: Draft, target: Law, dice: Dice) -> Outcome:
    """What becomes of a draft."""
    reached: dict[int, tuple[int, ...]] = {ROOT: ()}
    for node, (token, parent) in enumerate(zip(draft.tokens, draft.parents, strict=True)):
        reached[node] = (*reached[parent], token)
    rows = torch.stack([target(path) for path in reached.values()])
    return last(rule(Run((), 9, {}, (), dice, Meter(), full=False), draft, rows))


def law_of_round(rule: Verify, build: Build, target: Law, drafter: Law) -> dict[tuple[int, ...], float]:
    """Probability of every outcome of one round, a tuple of tokens."""
    law: dict[tuple[int, ...], float] = defaultdict(float)

    def committed(draft: Draft, dice: Dice) -> tuple[int, ...]:
        outcome = verified(rule, draft, target, dice)
        drawn = outcome.drawn or dice.pick(outcome.after)
        return (*(draft.tokens[node] for node in outcome.path), drawn.index)

    for weight, draft in branches(lambda dice: build(dice, drafter)):
        for share, tokens in branches(lambda dice, draft=draft: committed(draft, dice)):
            law[tokens] += weight * share
    return law


def distance(rule: Verify, build: Build, target: Law, drafter: Law, length: int) -> float:
    """Total variation of `length` tokens from the target's, later tokens being drawn from the target."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    ended = law_of_round(rule, build, target, drafter)
    assert abs(sum(ended.values()) - 1) < EXACT, "the branches do not add up"
    for tokens, weight in ended.items():
        for text, share in continued(tokens, target, length).items():
            found[text[:length]] += weight * share
    return variation(found, continued((), target, length))


def expected_tokens(rule: Verify, build: Build, target: Law, drafter: Law) -> float:
    """Tokens per round, the one behind the accepted path included."""
    return sum(
        weight * share * (len(outcome.path) + 1)
        for weight, draft in branches(lambda dice: build(dice, drafter))
        for share, outcome in branches(lambda dice, draft=draft: verified(rule, draft, target, dice))
    )


def constant(*probs: float) -> Law:
    """The same law after every text."""
    row = torch.tensor(probs, dtype=torch.float64)
    return lambda prefix: row


def rule(id: str) -> Verify:
    return VERIFICATIONS[id].verify


# -- random tables of one kind ---------------------------------------------------------------------------

CONCENTRATION = 0.465
"""Of the Dirichlet law of a row: with three tokens two rows then share 0.490 of their mass on average."""


def dirichlet_law(seed: int, size: int = 3) -> Law:
    """After every prefix an independent draw (V,) from the symmetric Dirichlet law."""

    @cache
    def law(prefix: tuple[int, ...]) -> Tensor:
        rng = random.Random(f"{seed}:{prefix}")
        weights = [rng.gammavariate(CONCENTRATION, 1.0) for _ in range(size)]
        probs = torch.tensor(weights, dtype=torch.float64)
        return probs / probs.sum()

    return law


def dirichlet_pair(seed: int, size: int = 3) -> tuple[Law, Law]:
    """Target and drafter, independent of each other."""
    return dirichlet_law(2 * seed, size), dirichlet_law(2 * seed + 1, size)
