"""Verification rules as interchangeable parts: each judges a draft against the target's rows.

A rule is a generator of verdicts that returns an Outcome; `draft_verify` is the loop around it.
"""

from workbench.methods.loops.verification.base import CHAIN, PATHS, TREE, Draft, Outcome, Verification, Verify
from workbench.methods.loops.verification.block import BLOCK
from workbench.methods.loops.verification.multipath import MULTIPATH_BLOCK
from workbench.methods.loops.verification.stepwise import greedy, point_mass, recursive, sample_match
from workbench.methods.loops.verification.traversal import TRAVERSAL
from workbench.methods.loops.verification.typical import TYPICAL
from workbench.methods.rules import (
    ACCEPT_RATIO,
    ACCEPT_RECURSIVE,
    DRAWN,
    GREEDY_MATCH,
    LEFT,
    POINT_MASS,
    RESIDUAL,
    SAMPLE_MATCH,
)
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
    (LEFT,),
    (RESIDUAL,),
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
    (LEFT,),
    (RESIDUAL,),
)
MULTIROUND = Verification(
    "multiround",
    "multi-round rejection",
    "Tests siblings drawn with replacement in draw order; a token that was drawn twice is tried twice.",
    recursive,
    (DraftKind.SAMPLED,),
    (CHAIN, TREE),
    True,
    (ACCEPT_RATIO, ACCEPT_RECURSIVE),
    (LEFT,),
    (RESIDUAL,),
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

MATCHED = Verification(
    "sample_match",
    "sample and match",
    "Draws from the target at every node and goes on while a draft reads the same.",
    sample_match,
    tuple(DraftKind),
    (CHAIN, TREE, PATHS),
    True,
    (SAMPLE_MATCH, DRAWN),
)

_ALL = (
    GREEDY,
    RATIO,
    BLOCK,
    MULTIPATH_BLOCK,
    MULTIROUND,
    RECURSIVE,
    TRAVERSAL,
    POINTS,
    MATCHED,
    TYPICAL,
)
VERIFICATIONS = {each.id: each for each in _ALL}
"""Every rule by id."""
