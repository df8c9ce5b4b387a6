"""Every drafter in every shape that it can take, and which rules may judge what comes out.

What can be put together is decided here once: the composed method refuses with these sentences, and
the page greys with them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from workbench.methods.loops.draft_verify import Drafter
from workbench.methods.loops.drafting.adaptive import CHOSEN, SEARCH_MEASURES, TRIGRAMS, Adaptive
from workbench.methods.loops.drafting.beam import BRANCHES, JOINT, PERTURBED, StochasticBeam
from workbench.methods.loops.drafting.dynamic_tree import EXPAND, KEPT, PATH, DynamicTree
from workbench.methods.loops.drafting.lookup import COPIED_FROM, MATCH, MATCH_LENGTH, Lookup
from workbench.methods.loops.drafting.memory import MEMORY, MEMORY_MEASURES, Memory, Remembering
from workbench.methods.loops.drafting.optimal import RATE, REACH, OptimalTree
from workbench.methods.loops.drafting.paths import CHAIN_ENDS, IndependentPaths
from workbench.methods.loops.drafting.pool import POOL, POOL_MEASURES, Lookahead
from workbench.methods.loops.drafting.recycling import RECYCLED, RECYCLING_MEASURES, Recycling
from workbench.methods.loops.drafting.retrieval import DATASTORE, LONGEST, RETRIEVAL_MEASURES, Retrieval
from workbench.methods.loops.drafting.static_tree import StaticTree
from workbench.methods.loops.drafting.window import WINDOW
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification import CHAIN, PATHS, TREE, VERIFICATIONS
from workbench.methods.run import Run
from workbench.trace import DraftKind

MODEL, LOOKUP, RETRIEVAL, RECYCLING = "draft model", "prompt lookup", "retrieval", "recycling"
REMEMBERED, SEARCHED, POOLED = "n-gram memory", "tri-gram search", "n-gram pool"
CHAINED, STATIC, DYNAMIC, INDEPENDENT = "chain", "static tree", "dynamic tree", "independent paths"
OPTIMAL, BEAM = "optimal tree", "stochastic beam"
LIKELIEST, WITH, DISTINCT = "likeliest", "with replacement", "without replacement"

SHAPES = {CHAINED: CHAIN, STATIC: TREE, OPTIMAL: TREE, DYNAMIC: TREE, BEAM: TREE, INDEPENDENT: PATHS}
"""What a shape is to a verification rule."""
KINDS = {LIKELIEST: DraftKind.POINT, WITH: DraftKind.SAMPLED, DISTINCT: DraftKind.SAMPLED_WITHOUT}
"""What a choice of siblings is to a verification rule."""
TAKES = {
    MODEL: (CHAINED, STATIC, OPTIMAL, DYNAMIC, BEAM, INDEPENDENT),
    LOOKUP: (CHAINED,),
    RETRIEVAL: (CHAINED, DYNAMIC),
    RECYCLING: (CHAINED, STATIC),
    REMEMBERED: (CHAINED, STATIC),
    SEARCHED: (DYNAMIC,),
    POOLED: (CHAINED, DYNAMIC),
}
"""The shapes that each drafter can take."""
FIXED = (LOOKUP, RETRIEVAL, RECYCLING, SEARCHED, POOLED)
"""Drafters that have tokens, and no distribution to draw them from."""

MOST_VISITED = replace(CHOSEN, bound_from="knob(total)")

RULES = (EXPAND, KEPT, BRANCHES, MOST_VISITED)
MEASURES = (
    *(PATH, RATE, REACH, JOINT, PERTURBED, CHAIN_ENDS, MATCH_LENGTH, COPIED_FROM, *RETRIEVAL_MEASURES),
    *(*RECYCLING_MEASURES, *MEMORY_MEASURES, *SEARCH_MEASURES, *POOL_MEASURES),
)
SOURCES = (MATCH, DATASTORE, RECYCLED, MEMORY, TRIGRAMS, POOL, WINDOW)
"""What the drafters declare."""


@dataclass(frozen=True)
class Habits:
    """What drafters have as knobs of their own methods, at their usual values.

    ngram, matches, grams: of lookup, retrieval and memory. simulations: of the search. calibration: how
    many solved tasks the one-level test of the optimal tree reads.
    """

    ngram: int = 3
    matches: int = 1000
    grams: tuple[int, int, int] = (2, 4, 10)
    simulations: int = 40
    calibration: int = 4


USUAL = Habits()


class Menu(Sampling, Protocol):
    """The knobs of a composition."""

    @property
    def drafter(self) -> str: ...
    @property
    def shape(self) -> str: ...
    @property
    def siblings(self) -> str: ...
    @property
    def verification(self) -> str: ...
    @property
    def depth(self) -> int: ...
    @property
    def branch(self) -> int: ...
    @property
    def total(self) -> int: ...


BRANCHED = (STATIC, OPTIMAL, DYNAMIC, BEAM, INDEPENDENT)
COUNTED = (STATIC, OPTIMAL, DYNAMIC)
"""Shapes of several branches, and of a number of nodes, where the draft model draws them."""


def idle(menu: Menu) -> frozenset[str]:
    """The knobs that do nothing beside the others: of other shapes and drafters, or of drawing."""
    drawn, shape = menu.drafter == MODEL, menu.shape
    planned = menu.drafter in (RECYCLING, REMEMBERED)
    read = {
        "branch": (drawn and shape in BRANCHED) or (planned and shape == STATIC) or menu.drafter == POOLED,
        "total": (drawn and shape in COUNTED) or planned or menu.drafter in (RETRIEVAL, SEARCHED),
        "top_k": menu.temperature > 0,
        "top_p": menu.temperature > 0,
    }
    return frozenset(name for name, is_read in read.items() if not is_read)


def refuse(menu: Menu) -> str:
    """'' where drafter, shape, siblings and rule go together, else the first reason in one sentence."""
    return not_drafted(menu) or _not_judged(menu)


def not_drafted(menu: Menu) -> str:
    """Why no drafter makes this."""
    takes = TAKES[menu.drafter]
    if menu.shape not in takes:
        return f"{menu.drafter.capitalize()} drafts a {' or a '.join(takes)}; it has no {menu.shape}."
    if menu.drafter in FIXED and menu.siblings != LIKELIEST:
        return "These drafts are fixed by what was written, the likeliest first; choose likeliest siblings."
    if menu.drafter == REMEMBERED and menu.siblings == WITH:
        return "The n-gram memory chooses different tokens; choose likeliest, or without replacement."
    if menu.shape == INDEPENDENT and menu.siblings != WITH:
        return "Independent paths do not know of each other; choose siblings with replacement."
    if menu.shape == BEAM and menu.siblings != DISTINCT:
        return "A stochastic beam draws different tokens; choose siblings without replacement."
    if menu.shape == DYNAMIC and menu.siblings == WITH:
        return "A dynamic tree expands different tokens; choose likeliest siblings, or without replacement."
    return ""


def _not_judged(menu: Menu) -> str:
    """Why the rule may not judge it."""
    rule = VERIFICATIONS[menu.verification]
    if rule.id == "greedy" and menu.temperature > 0:
        return "The greedy match decodes at temperature 0 alone; set the temperature to 0."
    reason = rule.refuse(KINDS[menu.siblings], SHAPES[menu.shape])
    return reason[:1].upper() + reason[1:]


def drafter(run: Run, menu: Menu, habits: Habits = USUAL) -> Drafter:
    """The part that drafts what the menu asks for; where it cannot, what it can."""
    return MAKERS[menu.drafter](run, menu, habits)


def _model(run: Run, menu: Menu, habits: Habits) -> Drafter:
    if menu.shape == INDEPENDENT:
        return IndependentPaths(run, menu, menu.branch, menu.depth)
    if menu.shape == DYNAMIC:
        return DynamicTree(run, menu, menu.branch, menu.depth, menu.total, KINDS[menu.siblings])
    if menu.shape == BEAM:
        return StochasticBeam(run, menu, menu.branch, menu.depth)
    if menu.shape == OPTIMAL:
        size = (menu.total, menu.branch, menu.depth)
        return OptimalTree(run, menu, size, habits.calibration, KINDS[menu.siblings])
    branch = 1 if menu.shape == CHAINED else menu.branch
    return StaticTree(run, menu, widths(branch, menu.depth, menu.total), KINDS[menu.siblings])


def widths(branch: int, depth: int, total: int) -> list[int]:
    """Children per node, level by level: `branch` from the root on while `total` nodes allow, then one."""
    found: list[int] = []
    nodes, level = 0, 1
    for below in range(depth - 1, -1, -1):
        if nodes + level * branch * (1 + below) > total:
            branch = 1
        level *= branch
        nodes += level
        found.append(branch)
    return found


def _lookup(run: Run, menu: Menu, habits: Habits) -> Drafter:
    return Lookup(menu.depth, habits.ngram)


def _retrieval(run: Run, menu: Menu, habits: Habits) -> Drafter:
    one = menu.shape == CHAINED  # the first place that is found, alone
    return Retrieval(run.corpus, LONGEST, 1 if one else habits.matches, menu.depth, menu.total)


def _recycling(run: Run, menu: Menu, habits: Habits) -> Drafter:
    ranks = 1 if menu.shape == CHAINED else menu.branch
    return Recycling(ranks, menu.total, menu.depth, greedy=menu.temperature == 0)


def _remembered(run: Run, menu: Menu, habits: Habits) -> Drafter:
    branch = 1 if menu.shape == CHAINED else menu.branch
    drawn = menu.siblings == DISTINCT and menu.temperature > 0
    shape = (menu.total, branch, menu.depth)
    return Remembering(Memory(*habits.grams), shape, drawn, greedy=menu.temperature == 0)


def _searched(run: Run, menu: Menu, habits: Habits) -> Drafter:
    return Adaptive(run.corpus, habits.simulations, menu.depth, menu.total, MOST_VISITED, longer=False)


def _pooled(run: Run, menu: Menu, habits: Habits) -> Drafter:
    """As many guesses as the window has columns, which is the paper's own choice; in a chain the latest."""
    guesses = 1 if menu.shape == CHAINED else menu.branch
    return Lookahead(menu.branch, menu.depth + 1, guesses, pool_from_prompt=False)


MAKERS: dict[str, Callable[[Run, Menu, Habits], Drafter]] = {
    MODEL: _model,
    LOOKUP: _lookup,
    RETRIEVAL: _retrieval,
    RECYCLING: _recycling,
    REMEMBERED: _remembered,
    SEARCHED: _searched,
    POOLED: _pooled,
}
