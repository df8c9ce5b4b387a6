"""One question to the laboratory: this rule, with or without this mistake, on these tables."""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from workbench.lab import pairs
from workbench.lab.enumerate import quickly
from workbench.lab.law import (
    RoundLaw,
    Text,
    continued,
    marginal,
    round_law,
    samples_to_notice,
    variation,
)
from workbench.lab.mistakes import MISTAKES, Mistake
from workbench.lab.pairs import Pair
from workbench.lab.recipes import PROMPT, RECIPES, Recipe, Tables, played
from workbench.lab.tables import Law, random_law
from workbench.maths.sample import warp
from workbench.methods.loops.verification import VERIFICATIONS, Verification
from workbench.trace import WorkbenchError

SIZES = (3, 4)
MAX_SEED = 2**31 - 1
COLDEST, HOTTEST = 0.25, 2.0
SAME = 1e-9
"""Laws that differ by less are the same; the rest is rounding."""
RIGHT = ""
"""The id that stands for no mistake."""


@dataclass(frozen=True)
class Experiment:
    """rule: id of a verification rule. mistake: id, or '' for the rule as published. seed: of the tables.
    size: tokens in the vocabulary. temperature: of both models. drafter, shape, siblings: of the composition
    menu, where the question is about a pair of drafter and rule; all '' where it is about a rule."""

    rule: str
    mistake: str = RIGHT
    seed: int = 0
    size: int = 3
    temperature: float = 1.0
    drafter: str = ""
    shape: str = ""
    siblings: str = ""

    def checked(self) -> "Experiment":
        """This experiment, or the first sentence that says what is wrong with it."""
        if self.drafter or self.shape or self.siblings:
            self._check_pair()
        elif self.rule not in RECIPES:
            raise WorkbenchError(
                f"The laboratory has no rule '{self.rule[:40]}'; there are: {', '.join(RECIPES)}."
            )
        if self.mistake and self.mistake not in MISTAKES:
            raise WorkbenchError(
                f"There is no mistake '{self.mistake[:40]}'; there are: {', '.join(MISTAKES)}."
            )
        if self.mistake and MISTAKES[self.mistake].rule != self.rule:
            other = MISTAKES[self.mistake].rule
            raise WorkbenchError(
                f"'{self.mistake}' is no mistake of the rule '{self.rule}'; it belongs to '{other}'."
            )
        if self.size not in SIZES:
            raise WorkbenchError(f"A vocabulary of {self.size} tokens is not offered; choose 3 or 4.")
        if not 0 <= self.seed <= MAX_SEED:
            raise WorkbenchError(f"seed = {self.seed} is out of range; give 0 to {MAX_SEED}.")
        if not COLDEST <= self.temperature <= HOTTEST:
            raise WorkbenchError(
                f"temperature = {self.temperature:g} is out of range; give {COLDEST} to {HOTTEST:g}."
            )
        return self

    def _check_pair(self) -> None:
        for name, choices in pairs.CHOICES.items():
            given = self.rule if name == "verification" else getattr(self, name)
            if given not in choices:
                raise WorkbenchError(f"{name} = '{given[:40]}' is not one of: {', '.join(choices)}.")
        if self.mistake:
            raise WorkbenchError("A mistake belongs to a rule alone; ask for it without a drafter.")

    @property
    def pair(self) -> Pair | None:
        """The pair of drafter and rule that is asked about; None where a rule is."""
        if not self.drafter:
            return None
        return Pair(self.drafter, self.shape, self.siblings, self.rule, self.temperature)

    @property
    def right(self) -> "Experiment | None":
        """What this one is measured against: the rule without its mistake; for a refused pair the rule that
        is proven for its drafts. None where it is right itself, or nothing is."""
        if self.pair:
            rule = pairs.proper(self.pair) if self.pair.reason else ""
            return replace(self, rule=rule) if rule else None
        return replace(self, mistake=RIGHT) if self.mistake else None

    @property
    def wrong(self) -> Mistake | None:
        return MISTAKES.get(self.mistake)

    @property
    def verification(self) -> Verification:
        return VERIFICATIONS[self.rule]

    @property
    def recipe(self) -> Recipe:
        """The rule's recipe, bent if a mistake is switched on; or that of a pair."""
        if self.pair:
            return pairs.recipe(self.pair, self.tables.draft)
        right = RECIPES[self.rule]
        return self.wrong.bend(right) if self.wrong else right

    @property
    def tables(self) -> Tables:
        """Target and drafter are different random tables of the same seed."""
        return Tables(
            random_law(2 * self.seed, self.size), random_law(2 * self.seed + 1, self.size), self.size
        )


@dataclass(frozen=True)
class Shown:
    """The law of the first `tokens` tokens: (text, target's probability, output's probability) in order.

    variation: total variation. samples: for a chi-square test to notice; infinite for equal laws.
    """

    tokens: int
    rows: tuple[tuple[Text, float, float], ...]
    variation: float
    samples: float


@dataclass(frozen=True)
class Finding:
    """What came out. shown: for 1, 2, ... tokens. mean: expected tokens per round; right_mean: of what it is
    measured against. branches: ways the dice can fall."""

    experiment: Experiment
    shown: tuple[Shown, ...]
    mean: float
    right_mean: float
    branches: int

    @property
    def variation(self) -> float:
        """Total variation over all the tokens that a round can write."""
        return self.shown[-1].variation

    @property
    def samples(self) -> float:
        return self.shown[-1].samples


@lru_cache(maxsize=256)
@quickly()
def explore(experiment: Experiment) -> Finding:
    """The exact law of what is written, continued by the target. Raises WorkbenchError for a bad question."""
    experiment.checked()
    tables, tokens = experiment.tables, experiment.recipe.depth + 1
    target = processed(tables.target, experiment.temperature)
    law = law_of(experiment.recipe, tables, target, experiment.temperature)
    reference = continued((), target, tokens)
    shown = tuple(compared(marginal(law.joint, n), marginal(reference, n), n) for n in range(1, tokens + 1))
    right = explore(experiment.right).mean if experiment.right else law.mean
    return Finding(experiment, shown, law.mean, right, law.branches)


def law_of(recipe: Recipe, tables: Tables, target: Law, temperature: float) -> RoundLaw:
    """The law of one round of a recipe (of a whole run where it warms up), continued by the target."""
    return round_law(lambda dice: played(recipe, tables, temperature, dice), target, recipe.depth + 1)


def processed(law: Law, temperature: float) -> Law:
    """What is sampled from after the prompt and a text: the law at a temperature, as the methods warp it."""

    @cache
    def after(text: Text):
        return warp(law((*PROMPT, *text)).log().unsqueeze(0), temperature)[0]

    return after


def compared(output: dict[Text, float], target: dict[Text, float], tokens: int) -> Shown:
    """Both laws of the first `tokens` tokens beside each other."""
    texts = sorted(output.keys() | target.keys())
    rows = tuple((text, target.get(text, 0.0), output.get(text, 0.0)) for text in texts)
    return Shown(tokens, rows, variation(output, target), samples_to_notice(output, target))
