"""The classic mistakes, each a small change to one part of a rule that is right without it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.lab import bent
from workbench.lab.recipes import Recipe
from workbench.methods.loops.verification.typical import TYPICAL, typical
from workbench.trace import Measure, Rule

Bend = Callable[[Recipe], Recipe]

WRONG_TEMPERATURE = 0.5
"""The drafts are drawn at this temperature more than they are said to be."""
TOO_UNLIKELY = 0.25
"""Drafts that the drafter gave less than this are thrown away."""


@dataclass(frozen=True)
class Mistake:
    """rule: the id of the rule that it is made in. wrong: what is done instead, one sentence.
    tempting: why people do it. right: what the rule says. bend: the recipe with the mistake in it.
    """

    id: str
    title: str
    rule: str
    wrong: str
    tempting: str
    right: str
    bend: Bend
    rules: tuple[Rule, ...] = ()
    measures: tuple[Measure, ...] = ()
    """What it judges and scores by beside the rule's own."""


def _verify(change: Callable) -> Bend:
    return lambda recipe: replace(recipe, verify=change(recipe.verify))


def _instead(verify: Callable) -> Bend:
    return lambda recipe: replace(recipe, verify=verify)


def _draft(change: Callable, how: object) -> Bend:
    return lambda recipe: replace(recipe, drafter=change(recipe.drafter, how))


CATALOGUE = (
    Mistake(
        "resample_from_target",
        "resample from the target",
        "ratio",
        "After a rejection the next token is drawn from the target itself.",
        "The target is the law that is wanted, and it lies there already computed.",
        "It is drawn from what is left of the target, norm(max(target - draft, 0)): what the draft covers"
        " has had its chance.",
        _verify(bent.from_the_target),
    ),
    Mistake(
        "other_temperature",
        "draft drawn at another temperature",
        "ratio",
        f"Drafts are drawn at {WRONG_TEMPERATURE:g} times the temperature, but tested with the probability"
        " from before.",
        "A colder drafter guesses right more often, and the probabilities were stored a line above.",
        "The test needs the probability with which the token was really drawn, after every processing.",
        _draft(bent.loaded, bent.at_temperature(WRONG_TEMPERATURE)),
    ),
    Mistake(
        "argmax_draft",
        "argmax draft tested as if sampled",
        "ratio",
        "The likeliest token is drafted, but tested with target/draft as if it had been drawn.",
        "Greedy drafts are steadier, and the draft's probability of them is at hand.",
        "A draft that is a function of the text has probability 1; it is kept with the target's own "
        "probability (the point-mass rule).",
        _draft(bent.loaded, bent.likeliest),
    ),
    Mistake(
        "drop_unlikely",
        "unlikely draft tokens dropped",
        "ratio",
        f"A drafted token is thrown away when the drafter gave it less than {TOO_UNLIKELY:g}.",
        "An unlikely draft will probably be rejected; why should the target read it?",
        "Whether a token stays may not depend on which token it is: stop the draft after it, and keep it.",
        _draft(bent.thinning, bent.likely(TOO_UNLIKELY)),
        (bent.LIKELY_ENOUGH,),
    ),
    Mistake(
        "typical",
        "typical acceptance",
        "ratio",
        "A draft is kept when the target finds it likely enough: above min(0.09, 0.3 exp(-entropy)).",
        "Whatever the target might well have written reads well, and far more drafts are kept.",
        "This is lossy by design: it is a choice about quality, not a sampler of the target.",
        _instead(typical()),
        TYPICAL.rules,
        TYPICAL.measures,
    ),
    Mistake(
        "block_first_failure",
        "stop at the first failed test",
        "block",
        "The block ends at the first test that fails.",
        "That is what the token rule does, and a later success after a failure looks absurd.",
        "The block ends at the last test that passes: each test speaks about the whole prefix up to its "
        "token.",
        _instead(bent.block_to_first_failure),
    ),
    Mistake(
        "block_residual",
        "residual without the running product",
        "block",
        "The token behind the block is drawn from norm(max(target - draft, 0)).",
        "It is the residual that everybody knows from the token rule.",
        "The target is weighted with the running product of the block first: norm(max(w target - draft, 0)).",
        _instead(bent.block_without_product),
    ),
    Mistake(
        "loose_ties",
        "ties broken in two ways",
        "multipath_block",
        "Ratios above 1 are cut to 1; the skewed draft breaks these ties by token id, the choice of the "
        "path by draw order.",
        "Above 1 a ratio means accepted anyway, and any one of equals seems as good as another.",
        "The skewed draft is the law of the choice only if both use one and the same order.",
        _instead(bent.multipath_with_loose_ties),
    ),
    Mistake(
        "deduplicated",
        "repeated draws removed",
        "multiround",
        "Siblings that were drawn twice are tried once, with the same residual as before.",
        "A second try of a rejected token always fails, so it looks like wasted work.",
        "A repeated draw changes the residual although it fails; whoever removes it has drawn without "
        "replacement and needs that rule.",
        _draft(bent.thinning, bent.ONCE),
        (bent.FIRST_DRAWN,),
    ),
    Mistake(
        "forgotten_draws",
        "without replacement, tested as with",
        "recursive",
        "Siblings are drawn without replacement, but each is tested against the whole draft distribution.",
        "The draft model has one distribution per node; the shrunken ones have to be kept on purpose.",
        "Each sibling was drawn from the draft without the siblings before it, and is tested against that.",
        _verify(bent.forgetting_draws),
    ),
    Mistake(
        "pruned_siblings",
        "sampled siblings pruned",
        "recursive",
        f"Sampled siblings with a draft probability below {TOO_UNLIKELY:g} are pruned before the target "
        "reads them.",
        "A tree has a budget, and the least likely nodes seem the ones to go.",
        "A sampled tree may be pruned by what does not depend on the tokens that were drawn: depth, "
        "count, order.",
        _draft(bent.thinning, bent.likely(TOO_UNLIKELY)),
        (bent.LIKELY_ENOUGH,),
    ),
    Mistake(
        "first_weight",
        "siblings judged with the first weight",
        "traversal",
        "Every child is judged with the weight that its parent had before any child was given up.",
        "The weight belongs to the parent, and the parent did not move.",
        "A rejected child has used a part of its parent's weight: each sibling is judged with what is left.",
        _instead(bent.traversal_with_first_weight),
    ),
    Mistake(
        "not_struck",
        "rejected token not struck out",
        "point_mass",
        "A rejected draft stays in the target, for its siblings and for the token after them.",
        "It was a single unlucky draw; the target's probabilities did not change.",
        "A token that was tried with its own probability has had its chance: it is set to 0 and the rest "
        "renormalised.",
        _instead(bent.point_mass_without_striking),
    ),
    Mistake(
        "sample_per_row",
        "one sample per path",
        "sample_match",
        "Every path of the tree gets target samples of its own, and the path that agrees longest wins.",
        "Paths are rows of a batch, and a batch is sampled row by row.",
        "One sample per node, shared by all paths through it: choosing the best of several draws favours "
        "what was drafted.",
        _instead(bent.sample_per_row),
    ),
)
MISTAKES = {each.id: each for each in CATALOGUE}
"""By id."""
