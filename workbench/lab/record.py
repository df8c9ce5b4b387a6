"""A recorded run of an experiment, and where its mistake can be seen."""

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from workbench.lab.enumerate import quickly
from workbench.lab.experiment import SAME, Experiment, explore
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
from workbench.trace import Event, Header, ModelCard, Report, Trace, WorkbenchError, check

METHOD = "lab"
TOKENS = 8
"""Length of a recorded run."""
TRIES = 40
"""How many seeds of the dice are tried for a run in which the mistake shows."""
UNSEEN = (
    "With these tables the mistake changes nothing in any of {} runs; choose another seed or four tokens."
)


@dataclass(frozen=True)
class Caught:
    """A run in which the mistake shows, or any run of the right rule.

    parts: the first event that the right rule on the same dice has not; -1 without a mistake. hidden: the
    law of the first round is the target's all the same.
    """

    trace: Trace
    report: Report
    parts: int
    hidden: bool

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
    if not experiment.mistake:
        trace = record(experiment, 0)
        return Caught(trace, check(trace), -1, False)
    hidden = explore(experiment).variation < SAME
    right = dataclasses.replace(experiment, mistake="")
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
    if wrong:
        title = f"{title}, wrong: {wrong.title}"
        guarantee = Guarantee(Promise.LOSSY, "", f"Wrong on purpose. {wrong.wrong}")
    recipe = experiment.recipe

    def body(run: Run, params: Any) -> Iterator[Event]:
        return recipe.events(run, Plain(params.temperature))

    rules = dict.fromkeys((*recipe.rules, *rule.rules, *(wrong.rules if wrong else ()), DRAWN))
    measures = dict.fromkeys((*recipe.measures, *rule.measures, *(wrong.measures if wrong else ())))
    return Method(
        METHOD, title, "speculative", 0, "", {"target": "causal", "draft": "causal"}, guarantee,
        tuple(rules), tuple(measures), (RESIDUAL,), (), PUBLISHED, Experiment, body, sentence,
    )  # fmt: skip


def _header(experiment: Experiment, method: Method, seed: int, tokens: int) -> Header:
    knobs = dataclasses.asdict(experiment)
    knobs["law_seed"] = knobs.pop("seed")
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
