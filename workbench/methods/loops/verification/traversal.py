"""Traversal verification: a tree is judged from the leaves up, so a later node can rescue earlier ones."""

from collections.abc import Generator

from torch import Tensor

from workbench.maths.accept import left_mass, residual, rest_weight, running_product
from workbench.methods.loops.verification.base import CHAIN, TREE, Draft, Outcome, Verification
from workbench.methods.rules import LEFT, RESIDUAL, RUNNING
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Rule, Score

TRAVERSAL_TEST = Rule(
    "traversal_test",
    "traversal verification test",
    "<",
    "u",
    "weight left after its children",
    "Accepted {what} and all nodes above it: u = {left} is below its weight {right}.",
    "Gave up {what}: u = {left} is not below its weight {right}.",
    bound_from="standing(running)",
    space="processed",
)


def traversal(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """Accept the first node, children before parents, that passes its test (Weng et al. 2025).

    A rejected child takes its draft away from the weighted target of its parent, and the parent goes
    on with less weight; the text so far always stands. target: (1 + nodes, V).
    """
    path, left = yield from _visit(run, draft, target, ROOT, 1.0)
    assert path is not None, "the root always stands"
    return Outcome(path, left, bool(draft.children(path[-1] if path else ROOT)), target)


def _visit(
    run: Run, draft: Draft, target: Tensor, node: int, weight: float
) -> Generator[Event, None, tuple[list[int] | None, Tensor]]:
    """The accepted path behind `node` (None: the node is given up), and the law (V,) of what follows it."""
    left = target[node + 1]
    for child in draft.children(node) if weight > 0 else ():
        drawn_from, of = draft.drawn_from[child], Candidates((draft.ids[child],))
        token = draft.tokens[child]
        running = running_product(weight, float(left[token]), float(drawn_from[token]))
        yield Score(RUNNING.id, of, (running,))
        path, after = yield from _visit(run, draft, target, child, running)
        if path is not None:
            return [child, *path], after
        mass = left_mass(left, drawn_from, weight)
        yield Score(LEFT.id, of, (mass,))
        left = residual(left, drawn_from, weight)
        weight = rest_weight(weight, mass)
    if node == ROOT:
        return [], left
    verdict = TRAVERSAL_TEST.judge(Candidates((draft.ids[node],)), [run.dice.uniform(weight)], [weight])
    yield verdict
    return ([] if verdict.passed[0] else None), left


TRAVERSAL = Verification(
    "traversal",
    "traversal verification",
    "Judges a tree drawn without replacement from the leaves up; the first passed test ends the path.",
    traversal,
    (DraftKind.SAMPLED_WITHOUT,),
    (CHAIN, TREE),
    True,
    (TRAVERSAL_TEST,),
    (RUNNING, LEFT),
    (RESIDUAL,),
)
