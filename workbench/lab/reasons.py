"""Why a refused pair keeps or loses the target's law, in words; which of the two is computed elsewhere."""

from workbench.lab.pairs import Pair
from workbench.methods.loops.drafting import menu
from workbench.methods.loops.verification import CHAIN, PATHS, TREE, VERIFICATIONS
from workbench.methods.loops.verification.base import DRAWN_HOW, SHAPED
from workbench.methods.loops.verification.stepwise import recursive
from workbench.trace import DraftKind

CERTAIN = (menu.LOOKUP, menu.RECYCLING, menu.POOLED)
"""Drafters whose drafts are recorded with probability 1."""
ALLOWED = "The menu allows this pair."
ACCIDENT = (
    "On these tables the law is the target's all the same. Nothing says that it is so on others: try the "
    "next seed."
)
UNDER_ANOTHER_NAME = (
    "Nothing breaks: each draft is recorded with probability 1, and tested with that the rule is the "
    "point-mass rule under another name. The refusal is about the name."
)
WASTED_TESTS = (
    "Nothing breaks: keeping a draft with the target's own probability of it is exact for every draft that "
    "does not look at the test. The refusal is about waste: a drawn draft is kept with the sum of target "
    "times draft, where a test that knows the draft keeps the sum of min(target, draft)."
)
WASTED_NODES = (
    "Nothing breaks: the rule has no test for siblings, so only the first path was judged. The refusal is "
    "about waste: all other drafts were read for nothing."
)
MADE_SOMETHING_ELSE = (
    "Nothing breaks: there is no such draft, and what the drafter makes in its place is legal for this rule."
)
ONE_WALK = (
    "Nothing breaks: every draft carries the distribution that it was drawn from, and this rule takes "
    "siblings one after another like {}. The refusal is about the name under which that is proven; to test "
    "against another distribution would bend the law."
)
ALONE = (
    "Nothing breaks: a single chain is the highest of one, and what ran is block verification. The refusal "
    "is about the shape."
)
OTHER_PROOF = (
    "Nothing breaks: every sibling carries the distribution that it was drawn from, and the weights follow "
    "it. The refusal is about the proof, which is stated for draws without replacement."
)
LIKELIEST_KEPT = (
    "A draft is kept because it is the target's likeliest token, however likely that is: likely tokens are "
    "written too often."
)
BY_DESIGN = "This rule is lossy by design, with every drafter."
CLAIMED = (
    "A fixed draft comes every time. Tested as if it came with its recorded probability it is kept too "
    "often; the point-mass rule keeps it with the target's own probability."
)
MERGED = (
    "Paths that begin alike were merged, so a node is no longer one draw: a rejection takes another share "
    "of the target away than was tried."
)
NOT_THE_HIGHEST = (
    "The rule reckons with the highest of several independent chains; siblings of a tree are not that, so "
    "the probability that it gives its choice is wrong."
)


def ran(pair: Pair) -> str:
    """What was drafted and tested, in one sentence."""
    kind, shape = pair.made
    said = f"{pair.drafter.capitalize()} drafts {SHAPED[shape]} of tokens {DRAWN_HOW[kind]}"
    if pair.claimed:
        said += "; each is tested with the probability that is recorded for it, as if it had been drawn"
    if shape != CHAIN and pair.along_a_path:
        said += "; the rule sees the first path alone"
    return f"{said}."


def why(pair: Pair, lossless: bool) -> str:
    """What the refusal is about, given that the enumerated law is the target's or is not."""
    if not pair.reason:
        return ALLOWED if lossless else f"{ALLOWED} {BY_DESIGN}"
    return _why_kept(pair) if lossless else _why_bent(pair)


def _why_bent(pair: Pair) -> str:
    kind, shape = pair.made
    if pair.verification == "greedy":
        return LIKELIEST_KEPT
    if not pair.rule.lossless:
        return BY_DESIGN
    if pair.claimed:
        return CLAIMED
    if shape == PATHS:
        return MERGED
    if pair.verification == "multipath_block":
        return NOT_THE_HIGHEST
    return f"The test was proven for other drafts than those {DRAWN_HOW[kind]}."


def _why_kept(pair: Pair) -> str:
    kind, shape = pair.made
    if not pair.rule.lossless:
        return ACCIDENT
    if pair.claimed:
        return UNDER_ANOTHER_NAME if _certain(pair) else ACCIDENT
    if not pair.rule.refuse(kind, shape):
        return MADE_SOMETHING_ELSE
    if pair.verification == "point_mass":
        return WASTED_TESTS
    if pair.along_a_path:
        return WASTED_NODES
    if shape == PATHS:
        return ACCIDENT
    if pair.rule.verify is recursive:
        walks = [each for each in VERIFICATIONS.values() if each.verify is recursive and each != pair.rule]
        return ONE_WALK.format(" and ".join(each.title for each in walks))
    if pair.verification == "multipath_block" and shape == CHAIN:
        return ALONE
    if pair.verification == "traversal" and shape == TREE and kind is DraftKind.SAMPLED:
        return OTHER_PROOF
    return ACCIDENT


def _certain(pair: Pair) -> bool:
    """Is every draft tested with probability 1? The multi-path rule scales what it is given to a sum of 1."""
    if pair.drafter in CERTAIN:
        return True
    alone = pair.made[1] == CHAIN and pair.drafter != menu.MODEL
    return alone and (pair.drafter == menu.RETRIEVAL or pair.verification == "multipath_block")
