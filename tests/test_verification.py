"""The verification rules by themselves: exact laws, controls that must fail, and the papers' own numbers."""

from collections import defaultdict
from collections.abc import Callable

import pytest
import torch
from fakes import Law, branches, random_law
from torch import Tensor

from workbench.maths.accept import without
from workbench.methods.dice import Dice
from workbench.methods.loops.verification import VERIFICATIONS, Draft, Outcome, Verify
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.trace import ROOT, DraftKind

EXACT, VISIBLE = 1e-9, 1e-3
PACKAGE = "workbench.methods.loops.verification"

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


def one_round(rule: Verify, build: Build, target: Law, drafter: Law, dice: Dice) -> tuple[int, ...]:
    """The tokens that one round commits."""
    run = Run((), 9, {}, (), dice, Meter(), full=False)
    draft = build(dice, drafter)
    reached: dict[int, tuple[int, ...]] = {ROOT: ()}
    for node, (token, parent) in enumerate(zip(draft.tokens, draft.parents, strict=True)):
        reached[node] = (*reached[parent], token)
    rows = torch.stack([target(path) for path in reached.values()])
    outcome = drain(rule(run, draft, rows))
    drawn = outcome.drawn or dice.pick(outcome.after)
    return (*(draft.tokens[node] for node in outcome.path), drawn.index)


def drain(judged) -> Outcome:
    """What a rule returns."""
    while True:
        try:
            next(judged)
        except StopIteration as stop:
            return stop.value


def law_of_round(rule: Verify, build: Build, target: Law, drafter: Law) -> dict[tuple[int, ...], float]:
    """Probability of every outcome of one round."""
    law: dict[tuple[int, ...], float] = defaultdict(float)
    for weight, tokens in branches(lambda dice: one_round(rule, build, target, drafter, dice)):
        law[tokens] += weight
    return law


def joint(law: Law, length: int) -> dict[tuple[int, ...], float]:
    """The product of conditionals over `length` tokens."""
    grown = {(): 1.0}
    for _ in range(length):
        grown = {
            (*text, token): weight * prob
            for text, weight in grown.items()
            for token, prob in enumerate(law(text).tolist())
            if prob > 0
        }
    return grown


def distance(rule: Verify, build: Build, target: Law, drafter: Law, length: int) -> float:
    """Total variation of `length` tokens from the target's, later tokens being drawn from the target."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    ended = law_of_round(rule, build, target, drafter)
    assert abs(sum(ended.values()) - 1) < EXACT, "the branches do not add up"
    for tokens, weight in ended.items():
        grown = {tokens: weight}
        while len(next(iter(grown))) < length:
            grown = {
                (*text, token): part * prob
                for text, part in grown.items()
                for token, prob in enumerate(target(text).tolist())
            }
        for text, part in grown.items():
            found[text[:length]] += part
    expected = joint(target, length)
    return 0.5 * sum(abs(found.get(k, 0) - expected.get(k, 0)) for k in found.keys() | expected.keys())


def expected_tokens(rule: Verify, build: Build, target: Law, drafter: Law) -> float:
    """Tokens per round, the one behind the accepted path included."""
    return sum(len(tokens) * weight for tokens, weight in law_of_round(rule, build, target, drafter).items())


def constant(*probs: float) -> Law:
    """The same law after every text."""
    row = torch.tensor(probs, dtype=torch.float64)
    return lambda prefix: row


def rule(id: str) -> Verify:
    return VERIFICATIONS[id].verify


CASES: dict[str, tuple[Law, Law]] = {
    **{f"seed {seed}": (random_law(seed), random_law(seed + 50, sharpness=2)) for seed in (1, 2, 3, 4)},
    "zeros in the target": (random_law(5, 4, zeros=2), random_law(6, 4)),
    "zeros in the draft": (random_law(7, 4), random_law(8, 4, zeros=2)),
    "zeros in both": (random_law(9, 4, zeros=2), random_law(10, 4, zeros=2)),
    "disjoint": (constant(0.25, 0.75, 0, 0), constant(0, 0, 0.5, 0.5)),
    "equal": (random_law(11), random_law(11)),
}
SHAPES: list[tuple[str, Build, int]] = [
    ("ratio", independent((1, 1)), 3),
    ("block", independent((1,)), 2),
    ("block", independent((1, 1)), 3),
    ("block", independent((1, 1, 1)), 4),
    ("multipath_block", paths(2, 2), 3),
    ("multiround", independent((2, 1)), 3),
    ("recursive", without_replacement((2, 2)), 3),
    ("traversal", without_replacement((2, 2)), 3),
    ("traversal", without_replacement((2, 1, 1)), 4),
    ("point_mass", likeliest((2, 2)), 3),
    ("sample_match", likeliest((2, 2)), 3),
    ("sample_match", independent((2, 1)), 3),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("id", "build", "length"), SHAPES, ids=[f"{i}-{s[0]}" for i, s in enumerate(SHAPES)])
def test_the_law_is_the_targets(id: str, build: Build, length: int, case: str) -> None:
    assert VERIFICATIONS[id].lossless
    assert distance(rule(id), build, *CASES[case], length) < EXACT


def test_every_lossless_rule_is_tested() -> None:
    assert {id for id, each in VERIFICATIONS.items() if each.lossless} == {id for id, _, _ in SHAPES}
