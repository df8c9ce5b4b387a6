"""Parts with one thing wrong: dice, drafters and rules to put in the place of the right ones."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from workbench.lab.recipes import MakeDrafter
from workbench.maths.accept import highest_of, left_mass, odds, residual, rest_weight, running_product
from workbench.methods.dice import Dice, Pick
from workbench.methods.loops.draft_verify import Drafter
from workbench.methods.loops.verification import Draft, Outcome, Verify
from workbench.methods.loops.verification.block import (
    BLOCK_TEST,
    IN_BLOCK,
    Chain,
    block,
    judge_chain,
    running_products,
)
from workbench.methods.loops.verification.multipath import (
    BELOW,
    FOLLOWED,
    ODDS,
    SKEWED,
    highest_first,
)
from workbench.methods.loops.verification.stepwise import Step, walk
from workbench.methods.loops.verification.traversal import TRAVERSAL_TEST
from workbench.methods.rules import DRAWN, LEFT, POINT_MASS, RUNNING, SAMPLE_MATCH
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, Event, Judge, Rule, Score

Bend = Callable[[Tensor], Tensor]
"""A distribution (V,) -> the one that is drawn from instead."""

# -- what is drawn is not what is recorded -----------------------------------------------------------


class LoadedDice(Dice):
    """Draws from a bent distribution and says that it was the given one."""

    def __init__(self, dice: Dice, bend: Bend) -> None:
        self.dice, self.bend = dice, bend

    def uniform(self, below: float) -> float:
        return self.dice.uniform(below)

    def pick(self, probs: Tensor) -> Pick:
        """The drawn index with the probability that it would have had."""
        pick = self.dice.pick(self.bend(probs))
        return pick._replace(prob=float(probs[pick.index]))


class Loaded:
    """A drafter that is handed loaded dice."""

    def __init__(self, drafter: Drafter, bend: Bend) -> None:
        self.drafter, self.bend = drafter, bend

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        honest = run.dice
        run.dice = LoadedDice(honest, self.bend)
        try:
            return (yield from self.drafter.draft(run, room))
        finally:
            run.dice = honest

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        self.drafter.learn(run, draft, outcome)


def loaded(make: MakeDrafter, bend: Bend) -> MakeDrafter:
    """`make` with drafts drawn from the bent distribution and tested as if from the recorded one."""
    return lambda run, sampling: Loaded(make(run, sampling), bend)


def at_temperature(temperature: float) -> Bend:
    """Flatter above 1, more peaked below."""

    def bend(probs: Tensor) -> Tensor:
        powers = probs ** (1 / temperature)
        return powers / powers.sum()

    return bend


def likeliest(probs: Tensor) -> Tensor:
    """All mass on the likeliest token, the lowest id on a tie."""
    return torch.zeros_like(probs).index_fill_(0, probs.argmax(), 1.0)


# -- drafts that are dropped because of what they are ----------------------------------------------

LIKELY_ENOUGH = Rule(
    "likely_enough",
    "likely enough to be read",
    ">=",
    "draft probability",
    "smallest draft probability",
    "{what} stays: its draft probability {left} is at least {right}.",
    "{what} is thrown away: its draft probability {left} is below {right}.",
    value_from="proposed",
)
FIRST_DRAWN = Rule(
    "first_drawn",
    "first draw of its token",
    "<",
    "earlier siblings with its token",
    "siblings with one token",
    "{what} stays: {left} earlier siblings read the same, which is below {right}.",
    "{what} is removed: {left} earlier siblings read the same, which is not below {right}.",
    bound_from="const(1)",
)


@dataclass(frozen=True)
class Keep:
    """What is asked of every node before the target reads it: `rule` on value(draft, node) and bound."""

    rule: Rule
    value: Callable[[Draft, int], float]
    bound: float


class Thinning:
    """A drafter whose drafts are thinned by what they are."""

    def __init__(self, drafter: Drafter, keep: Keep) -> None:
        self.drafter, self.keep = drafter, keep

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        draft = yield from self.drafter.draft(run, room)
        if not draft.ids:
            return draft
        nodes = range(len(draft.ids))
        values = [self.keep.value(draft, node) for node in nodes]
        verdict = self.keep.rule.judge(Candidates(draft.ids), values, [self.keep.bound] * len(nodes))
        yield verdict
        return thinned(draft, verdict.passed)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        self.drafter.learn(run, draft, outcome)


def thinning(make: MakeDrafter, keep: Keep) -> MakeDrafter:
    """`make` without the nodes that fail, and all that hangs on them."""
    return lambda run, sampling: Thinning(make(run, sampling), keep)


def thinned(draft: Draft, keeps: Sequence[bool]) -> Draft:
    """The draft without the nodes that are not kept and what hangs on them."""
    stays: list[bool] = []
    for parent, keep in zip(draft.parents, keeps, strict=True):
        stays.append(keep and (parent == ROOT or stays[parent]))
    return draft.only([node for node, stay in enumerate(stays) if stay])


def _draft_probability(draft: Draft, node: int) -> float:
    return float(draft.drawn_from[node][draft.tokens[node]])


def _repeats(draft: Draft, node: int) -> int:
    mine = draft.parents[node], draft.tokens[node]
    return sum((draft.parents[other], draft.tokens[other]) == mine for other in range(node))


def likely(at_least: float) -> Keep:
    """Nodes that the drafter gave at least this."""
    return Keep(LIKELY_ENOUGH, _draft_probability, at_least)


ONCE = Keep(FIRST_DRAWN, _repeats, 1)
"""Of siblings with the same token the first."""

# -- rules ------------------------------------------------------------------------------------------


def from_the_target(rule: Verify) -> Verify:
    """The token after a rejection comes from the target itself."""

    def verify(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
        outcome = yield from rule(run, draft, target)
        last = outcome.path[-1] if outcome.path else ROOT
        return replace(outcome, after=target[last + 1])

    return verify


def block_without_product(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """The residual behind the block as after a single token: the running product is left out."""
    outcome = yield from block(run, draft, target)
    if not outcome.rejected:
        return outcome
    end = len(outcome.path)
    return replace(outcome, after=residual(target[end], draft.drawn_from[end]))


def block_to_first_failure(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """The block ends at the first failed test, as a chain of single tests would."""
    end = 0
    for event in block(run, draft, target):
        if isinstance(event, Judge) and event.rule == BLOCK_TEST.id:
            end = event.passed.index(False) if False in event.passed else len(event.passed)
        elif isinstance(event, Judge) and event.rule == IN_BLOCK.id:
            event = IN_BLOCK.judge(event.of, event.values, [end] * len(event.values))
        yield event
    if end == len(draft.ids):
        return Outcome(list(range(end)), target[-1], False, target)
    products = running_products(Chain(draft.ids, draft.tokens, target, draft.drawn_from))
    after = residual(target[end], draft.drawn_from[end], products[end])
    return Outcome(list(range(end)), after, True, target)


def forgetting_draws(rule: Verify) -> Verify:
    """Siblings drawn without replacement are tested as if each had been drawn from the whole draft."""

    def verify(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
        first: dict[int, Tensor] = {}
        for parent, law in zip(draft.parents, draft.drawn_from, strict=True):
            first.setdefault(parent, law)
        forgotten = replace(draft, drawn_from=tuple(first[parent] for parent in draft.parents))
        return (yield from rule(run, forgotten, target))

    return verify


def _without_striking(run: Run, draft: Draft, children: list[int], left: Tensor) -> Step:
    """Every sibling is tested with the target's whole probability, the rejected ones stay in."""
    for child in children:
        bound = float(left[draft.tokens[child]])
        verdict = POINT_MASS.judge(Candidates((draft.ids[child],)), [run.dice.uniform(bound)], [bound])
        yield verdict
        if verdict.passed[0]:
            return child, left
    return ROOT, left


point_mass_without_striking = walk(_without_striking)


def sample_per_row(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """Every path from the root to a leaf gets samples of its own; the path that agrees longest wins."""
    best: tuple[list[int], Pick] | None = None
    for row in leaf_rows(draft):
        path, pick = yield from _match_row(run, draft, target, row)
        if best is None or len(path) > len(best[0]):
            best = path, pick
    path, pick = best or ([], run.dice.pick(target[0]))
    end = path[-1] if path else ROOT
    return Outcome(path, target[end + 1], False, target, pick)


def leaf_rows(draft: Draft) -> list[list[int]]:
    """The nodes of every path from the root to a leaf."""
    rows = []
    for leaf in range(len(draft.parents)):
        if leaf in draft.parents:
            continue
        row = [leaf]
        while draft.parents[row[0]] != ROOT:
            row.insert(0, draft.parents[row[0]])
        rows.append(row)
    return rows


def _match_row(
    run: Run, draft: Draft, target: Tensor, row: list[int]
) -> Generator[Event, None, tuple[list[int], Pick]]:
    """How far a row agrees with fresh samples, and the first sample that it does not hold."""
    for depth, node in enumerate(row):
        pick = run.dice.pick(target[draft.parents[node] + 1])
        of = Candidates((draft.ids[node],))
        verdict = SAMPLE_MATCH.judge(of, [draft.tokens[node]], [pick.index])
        yield verdict
        if not verdict.passed[0]:
            return row[:depth], pick
        yield DRAWN.judge(of, [pick.u], [pick.upper])
    return row, run.dice.pick(target[row[-1] + 1])


def multipath_with_loose_ties(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """Ratios above 1 are cut to 1; the law of the choice breaks such ties one way, the choice another."""
    if not draft.ids:
        return Outcome([], target[0], False, target)
    chains = sum(draft.counts[child] for child in draft.children(ROOT))
    path, laws, unders = list[int](), list[Tensor](), list[float]()
    node, below, joint = ROOT, 0.0, 1.0
    while children := draft.children(node):
        drawn_from = draft.drawn_from[children[0]]
        ratios = odds(target[node + 1], drawn_from).clamp_max(1.0)
        node = yield from _first_of_the_best(draft, children, ratios)
        law, under = highest_of(drawn_from, highest_first(ratios), below, joint, chains)
        token = draft.tokens[node]
        below, joint = float(under[token]), joint * float(drawn_from[token])
        path.append(node)
        laws.append(law)
        unders.append(below)
    ids, tokens = tuple(draft.ids[n] for n in path), tuple(draft.tokens[n] for n in path)
    yield Score(BELOW.id, Candidates(ids), tuple(unders))
    yield Score(SKEWED.id, Candidates(ids), tuple(float(law[t]) for law, t in zip(laws, tokens, strict=True)))
    rows = target[[0, *(node + 1 for node in path)]]
    accepted, after = yield from judge_chain(run, Chain(ids, tokens, rows, laws))
    return Outcome(path[:accepted], after, accepted < len(ids), target)


def _first_of_the_best(draft: Draft, children: list[int], ratios: Tensor) -> Generator[Event, None, int]:
    """The child with the highest ratio; of equals the one that was drawn first."""
    of = Candidates(tuple(draft.ids[child] for child in children))
    values = [float(ratios[draft.tokens[child]]) for child in children]
    order = sorted(range(len(children)), key=lambda i: -values[i])
    yield Score(ODDS.id, of, tuple(values))
    yield FOLLOWED.judge(of, [order.index(i) for i in range(len(children))], [1] * len(children))
    return children[order[0]]


def traversal_with_first_weight(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """Every child is judged with the weight that its parent had before the siblings were given up."""
    path, left = yield from _visit(run, draft, target, ROOT, 1.0)
    path = path or []
    return Outcome(path, left, bool(draft.children(path[-1] if path else ROOT)), target)


def _visit(
    run: Run, draft: Draft, target: Tensor, node: int, first: float
) -> Generator[Event, None, tuple[list[int] | None, Tensor]]:
    """The accepted path behind `node` (None: given up), and the law (V,) of what follows it."""
    left, weight = target[node + 1], first
    for child in draft.children(node) if first > 0 else ():
        drawn_from, token, of = draft.drawn_from[child], draft.tokens[child], Candidates((draft.ids[child],))
        running = running_product(first, float(left[token]), float(drawn_from[token]))
        yield Score(RUNNING.id, of, (running,))
        path, after = yield from _visit(run, draft, target, child, running)
        if path is not None:
            return [child, *path], after
        mass = left_mass(left, drawn_from, weight)
        yield Score(LEFT.id, of, (mass,))
        left, weight = residual(left, drawn_from, weight), rest_weight(weight, mass)
    if node == ROOT:
        return [], left
    verdict = TRAVERSAL_TEST.judge(Candidates((draft.ids[node],)), [run.dice.uniform(weight)], [weight])
    yield verdict
    return ([] if verdict.passed[0] else None), left
