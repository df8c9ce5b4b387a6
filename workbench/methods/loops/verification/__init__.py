"""Verification rules as interchangeable parts: each judges a draft against the target's rows.

A rule is a generator of verdicts that returns an Outcome; `draft_verify` is the loop around it.
"""

from workbench.methods.loops.verification.base import CHAIN, PATHS, TREE, Draft, Outcome, Verification, Verify
from workbench.methods.loops.verification.stepwise import greedy, point_mass, recursive
from workbench.methods.rules import ACCEPT_RATIO, ACCEPT_RECURSIVE, GREEDY_MATCH, POINT_MASS, RESIDUAL
from workbench.trace import DraftKind

__all__ = ["CHAIN", "PATHS", "TREE", "VERIFICATIONS", "Draft", "Outcome", "Verification", "Verify"]

GREEDY = Verification(
    "greedy",
    "greedy match",
    "Keeps a draft while it is the target's own choice; the text is the target's greedy text.",
    greedy,
    tuple(DraftKind),
    (CHAIN, TREE, PATHS),
    False,
    (GREEDY_MATCH,),
)
RATIO = Verification(
    "ratio",
    "speculative sampling",
    "Keeps a drawn token with min(1, target/draft), else draws from what is left of the target.",
    recursive,
    (DraftKind.SAMPLED,),
    (CHAIN,),
    True,
    (ACCEPT_RATIO,),
    sources=(RESIDUAL,),
)
RECURSIVE = Verification(
    "recursive",
    "recursive rejection",
    "Tests siblings drawn without replacement in draw order, each against what its predecessors left.",
    recursive,
    (DraftKind.SAMPLED_WITHOUT,),
    (CHAIN, TREE),
    True,
    (ACCEPT_RATIO, ACCEPT_RECURSIVE),
    sources=(RESIDUAL,),
)
POINTS = Verification(
    "point_mass",
    "point mass",
    "Keeps a fixed draft with the target's own probability of it, else strikes it out.",
    point_mass,
    (DraftKind.POINT,),
    (CHAIN, TREE),
    True,
    (POINT_MASS,),
    sources=(RESIDUAL,),
)

VERIFICATIONS = {each.id: each for each in (GREEDY, RATIO, RECURSIVE, POINTS)}
"""Every rule by id."""
