"""Every verification rule with drafts that it is legal for, small enough to enumerate: one round of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.lab.law import Played
from workbench.lab.tables import Law, TableCausal
from workbench.methods.dice import Dice
from workbench.methods.loops.draft_verify import Drafter, draft_verify
from workbench.methods.loops.drafters import ModelChain
from workbench.methods.loops.drafting.paths import CHAIN_ENDS, IndependentPaths
from workbench.methods.loops.drafting.static_tree import StaticTree
from workbench.methods.loops.sampling import Plain
from workbench.methods.loops.verification import VERIFICATIONS, Verify
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.trace import DraftKind, Event, Measure, Phase, Rule, Source

PROMPT = (0, 1)
CORPUS = ((1, 0, 1, 2, 0, 1, 1, 2), (2, 0, 1, 0, 0, 2, 1), (0, 2, 1, 2, 2, 0, 1, 2))
"""What is retrieved from, for every vocabulary of three tokens or more."""

MakeDrafter = Callable[[Run, Plain], Drafter]


@dataclass(frozen=True)
class Recipe:
    """A drafter and a rule, as `draft_verify` takes them. depth: tokens of the longest draft.

    drafts: what is drafted, in a few words. rules, measures, sources: what the drafter judges, scores and
    proposes by. warms_up: it knows nothing in the first round, so that a whole run has to be walked.
    """

    drafter: MakeDrafter
    verify: Verify
    depth: int
    drafts: str
    rules: tuple[Rule, ...] = ()
    measures: tuple[Measure, ...] = ()
    sources: tuple[Source, ...] = ()
    warms_up: bool = False

    def events(self, run: Run, sampling: Plain) -> Iterator[Event]:
        """Decode until the run's budget is spent."""
        return draft_verify(run, sampling, self.drafter(run, sampling), self.verify)


@dataclass(frozen=True)
class Tables:
    """The two models: what the target and the drafter believe after every text."""

    target: Law
    draft: Law
    size: int

    def run(self, dice: Dice, tokens: int, meter: Meter, full: bool) -> Run:
        """A run on these tables."""
        laws = {"target": self.target, "draft": self.draft}
        models = {role: TableCausal(law, self.size, role, meter) for role, law in laws.items()}
        return Run(PROMPT, tokens, models, (), dice, meter, full, corpus=lambda: CORPUS)


def played(recipe: Recipe, tables: Tables, temperature: float, dice: Dice) -> Played:
    """The tokens that the first round commits, with room for the longest; or all that fit into the room."""
    run = tables.run(dice, recipe.depth + 1, Meter(), full=False)
    rounds = 0
    for event in recipe.events(run, Plain(temperature)):
        rounds += isinstance(event, Phase) and event.level == 0
        if rounds == 2 and not recipe.warms_up:
            return Played(tuple(run.answer))
    return Played(tuple(run.answer), rounds)


def _chain(run: Run, sampling: Plain) -> Drafter:
    return ModelChain(run, sampling, 2, 0.0)


def _paths(run: Run, sampling: Plain) -> Drafter:
    return IndependentPaths(run, sampling, 2, 2)


def _tree(widths: tuple[int, ...], kind: DraftKind) -> MakeDrafter:
    return lambda run, sampling: StaticTree(run, sampling, widths, kind)


CHAIN = "a chain of two sampled tokens"
PATHS = "two independent chains of two tokens, merged where they agree"
WITH = "three tokens for the next place, drawn independently"
WITHOUT = "three different tokens for the next place, drawn without replacement"
FORK = "a sampled token, and behind it two different ones, drawn without replacement"
LIKELIEST = "the two likeliest tokens for the next place, and behind each of them one more"

DRAFTERS: dict[str, tuple[MakeDrafter, int, str]] = {
    "ratio": (_chain, 2, CHAIN),
    "block": (_chain, 2, CHAIN),
    "multipath_block": (_paths, 2, PATHS),
    "multiround": (_tree((3,), DraftKind.SAMPLED), 1, WITH),
    "recursive": (_tree((3,), DraftKind.SAMPLED_WITHOUT), 1, WITHOUT),
    "traversal": (_tree((1, 2), DraftKind.SAMPLED_WITHOUT), 2, FORK),
    "point_mass": (_tree((2, 1), DraftKind.POINT), 2, LIKELIEST),
    "sample_match": (_tree((2, 1), DraftKind.POINT), 2, LIKELIEST),
}
"""A drafter that is legal for the rule, how deep it drafts, and that in words. Small: every branch is
walked."""

RECIPES = {
    id: Recipe(
        drafter,
        VERIFICATIONS[id].verify,
        depth,
        drafts,
        measures=(CHAIN_ENDS,) if drafter is _paths else (),
    )
    for id, (drafter, depth, drafts) in DRAFTERS.items()
}
"""By the id of the rule."""
