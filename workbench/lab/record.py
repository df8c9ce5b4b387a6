"""A recorded run of an experiment, and where its mistake can be seen."""

import dataclasses
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from workbench.lab.enumerate import quickly
from workbench.lab.experiment import SAME, Experiment, explore
from workbench.lab.reasons import why
from workbench.lab.recipes import PROMPT
from workbench.lab.tables import LetterTokens
from workbench.methods.api import PUBLISHED, Guarantee, Method, Promise
from workbench.methods.dice import SeededDice
from workbench.methods.loops.sampling import Plain
from workbench.methods.rules import DRAWN, RESIDUAL
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.tokens import Tokens
from workbench.run.prepare import Prepared, glossary, versions
from workbench.run.recorder import Recording
from workbench.trace import Event, Header, Judge, ModelCard, Report, Trace, WorkbenchError, check

METHOD = "lab"
TOKENS = 8
"""Length of a recorded run."""
TRIES = 40
"""How many seeds of the dice are tried for a run in which the mistake shows."""
PAIR_TRIES = 8
"""The same for a pair: what `check` can see of it shows in nearly every run."""
UNTESTED = "The drafter found nothing to draft in any of {} runs; choose another seed."
UNSEEN = (
    "With these tables the mistake changes nothing in any of {} runs; choose another seed or four tokens."
)


@dataclass(frozen=True)
class Caught:
    """A run in which the mistake shows, or any run of the right rule.

    parts: the first event that the right rule on the same dice has not; of a pair, the first test that it
    should not have made; -1 where nothing is wrong. hidden: the enumerated law is the target's all the same.
    """

    trace: Trace
    report: Report
    parts: int
    hidden: bool
    refused: bool = False

    @property
    def event(self) -> int:
        """The event to look at: the one that `check` flags, else where the run parts from the right rule."""
        if self.report.ok:
            return max(self.parts, 0)
        return min(max(self.report.problems[0].event, 0), len(self.trace.events) - 1)

    @property
    def sentence(self) -> str:
        """What `check` makes of it."""
        if not self.report.ok:
            first = self.report.problems[0]
            return f"check catches it: {first.sentence}"
        if self.parts < 0:
            return f"check: {self.report.badge}"
        if self.refused:
            first = f"Event {self.parts} is the first test of the refused rule."
            if self.hidden:
                return f"check finds nothing, and neither does the law. {first}"
            said = "check cannot see it: every recorded number follows from the ones before it."
            return f"{said} Only the law shows it. {first}"
        law = (
            "On these tables the law of the first round does not show it either; a later round does."
            if self.hidden
            else "Only the law shows it."
        )
        return f"check cannot see it: every recorded number follows from the ones before it. {law}"


@lru_cache(maxsize=64)
@quickly()
def caught(experiment: Experiment) -> Caught:
    """Of the first runs one that `check` flags, else one that parts from the right rule.

    Raises WorkbenchError where the mistake shows in none.
    """
    experiment.checked()
    if experiment.pair and experiment.pair.reason:
        return _refused(experiment)
    if not experiment.mistake:
        trace = record(experiment, 0)
        return Caught(trace, check(trace), -1, False)
    hidden = explore(experiment).variation < SAME
    right = replace(experiment, mistake="")
    found: Caught | None = None
    for seed in range(TRIES):
        trace = record(experiment, seed)
        parts = parting(trace, record(right, seed))
        if parts < 0:
            continue
        report = check(trace)
        if not report.ok:
            return Caught(trace, report, parts, hidden)
        found = found or Caught(trace, report, parts, hidden)
    if found is None:
        raise WorkbenchError(UNSEEN.format(TRIES))
    return found


def _refused(experiment: Experiment) -> Caught:
    """Of the first runs of a pair one that `check` flags, else one in which the rule is put to the test."""
    hidden = explore(experiment).variation < SAME
    rules = {rule.id for rule in experiment.verification.rules}
    found: Caught | None = None
    for seed in range(PAIR_TRIES):
        trace = record(experiment, seed)
        report, first = check(trace), _first_test(trace, rules)
        if not report.ok:
            return Caught(trace, report, max(first, 0), hidden, True)
        if first >= 0:
            found = found or Caught(trace, report, first, hidden, True)
    if found is None:
        raise WorkbenchError(UNTESTED.format(PAIR_TRIES))
    return found


def _first_test(trace: Trace, rules: Collection[str]) -> int:
    """The first event in which one of these rules judges; -1 if none does."""
    judged = (i for i, event in enumerate(trace.events) if isinstance(event, Judge) and event.rule in rules)
    return next(judged, -1)


def parting(one: Trace, other: Trace) -> int:
    """The first event in which two runs differ; -1 if they are the same."""
    for index, (mine, theirs) in enumerate(zip(one.events, other.events, strict=False)):
        if mine != theirs:
            return index
    shorter = min(len(one.events), len(other.events))
    return -1 if len(one.events) == len(other.events) else shorter


def record(experiment: Experiment, seed: int, tokens: int = TOKENS) -> Trace:
    """Run the experiment's recipe on its tables. seed: of the dice."""
    meter = Meter()
    run = experiment.tables.run(SeededDice(seed), tokens, meter, full=True)
    method = _method(experiment)
    letters = cast(Tokens, LetterTokens())
    header = _header(experiment, method, seed, tokens)
    return Recording(Prepared(method, experiment, run, meter, header, glossary(method), letters)).run()


def _method(experiment: Experiment) -> Method:
    """The experiment as a method of its own; it is in no catalogue."""
    rule, wrong = experiment.verification, experiment.wrong
    title = rule.title[:1].upper() + rule.title[1:]
    sentence = f"{rule.sentence} Run on two tables in the laboratory."
    guarantee = Guarantee(Promise.SAME_DISTRIBUTION, "sampling", sentence)
    if experiment.pair:
        pair = experiment.pair
        kept = explore(experiment).variation < SAME
        title = f"{title}: {pair.drafter}, {pair.shape}, {pair.siblings}"
        sentence = f"{pair.reason and 'Refused by the menu: '}{pair.reason} {why(pair, kept)}"
        guarantee = replace(guarantee, sentence=sentence) if kept else Guarantee(Promise.LOSSY, "", sentence)
    if wrong:
        title = f"{title}, wrong: {wrong.title}"
        guarantee = Guarantee(Promise.LOSSY, "", f"Wrong on purpose. {wrong.wrong}")
    recipe = experiment.recipe

    def body(run: Run, params: Any) -> Iterator[Event]:
        return recipe.events(run, Plain(params.temperature))

    rules = dict.fromkeys((*recipe.rules, *rule.rules, *(wrong.rules if wrong else ()), DRAWN))
    sources = tuple(dict.fromkeys((RESIDUAL, *recipe.sources, *rule.sources)))
    measures = dict.fromkeys((*recipe.measures, *rule.measures, *(wrong.measures if wrong else ())))
    return Method(
        METHOD, title, "speculative", 0, "", {"target": "causal", "draft": "causal"}, guarantee,
        tuple(rules), tuple(measures), sources, (), PUBLISHED, Experiment, body, sentence,
    )  # fmt: skip


def _header(experiment: Experiment, method: Method, seed: int, tokens: int) -> Header:
    knobs = dataclasses.asdict(experiment)
    knobs["law_seed"] = knobs.pop("seed")
    if pair := experiment.pair:  # rules of drafters name these
        knobs |= {"depth": pair.small.depth, "branch": pair.small.branch, "total": pair.small.total}
    letters = "".join(LetterTokens().token_bytes(token).decode() for token in PROMPT).strip()
    cards = tuple(
        ModelCard(role, f"table-{role}", _identity(experiment, role), 0, experiment.size, -1, ())
        for role in method.needs
    )
    promise = method.guarantee
    return Header(
        METHOD, method.title, method.family, method.status, promise.promise.value, promise.sentence, knobs,
        cards, letters, PROMPT, seed, tokens, "full", "cpu", "float64", versions(),
    )  # fmt: skip


def _identity(experiment: Experiment, role: str) -> str:
    """A table is its seed and size; this stands where the hash of weights stands."""
    return hashlib.sha256(f"{role} {experiment.seed} {experiment.size}".encode()).hexdigest()
