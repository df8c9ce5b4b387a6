"""Draft and check on a canvas: which guesses were tried out or looked at again, by whom, and what stood.

Three shapes, each read from the verbs alone. `ladder`: drafted canvases, each one candidate longer; the
candidates that hang on the last one of a canvas are what the plain sampler writes there. `guesses`: several
candidates for one cell. `lanes`: candidates, or tokens written before, on which another source speaks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from viz.cells import MARKS
from viz.charts import Spec
from viz.conflict import TOLD
from viz.fate import JUDGES, Fates
from viz.ops import short
from workbench.trace import (
    ROOT,
    VOCABULARY,
    Candidates,
    Cell,
    Cells,
    Commit,
    Event,
    Forward,
    Judge,
    Observe,
    Propose,
    Retract,
    Rule,
    Score,
    State,
    Token,
)

if TYPE_CHECKING:
    from viz.reel import ReelBuilder

QUESTION = "What was drafted, who checked it, and what stood?"
LADDER, GUESSES, LANES = "ladder", "guesses", "lanes"
_SOURCES = re.compile(r"\((?:observed:)?(\w+)")
Test = tuple[str, float, float, bool, int]
"""Rule, value, bound, verdict, beat."""


@dataclass(slots=True)
class Tried:
    """One candidate under trial.

    behind: candidates that hang on it (ladder). own: what the checker gives its token. instead: the candidate
    that took its place. first: the test of its own confidence. scores: of a guess, by measure.
    """

    id: int
    behind: list[int] = field(default_factory=list[int])
    tests: list[Test] = field(default_factory=list[Test])
    own: float | None = None
    instead: int = -1
    first: Test | None = None
    scores: dict[str, float] = field(default_factory=dict[str, float])

    def told(self, rules: list[str]) -> list[Any]:
        """A row, without the defaults at its end; rules by their number."""

        def short_of(test: Test) -> list[Any]:
            return [rules.index(test[0]), short(test[1]), short(test[2]), int(test[3]), test[4]]

        tests, first = [short_of(test) for test in self.tests], self.first and short_of(self.first)
        row = [self.id, tests, self.own, first, self.instead, self.behind, self.scores]
        while len(row) > 1 and row[-1] in ([], {}, None, -1):
            row.pop()
        return row


@dataclass(slots=True)
class Trial:
    """All that one round tried in one way. passes: canvases that the network read for it."""

    kind: str
    round: int
    beat: int
    drafter: str
    checker: str
    passes: int
    tried: dict[int, Tried] = field(default_factory=dict[int, Tried])
    kept: list[int] = field(default_factory=list[int])
    back: list[int] = field(default_factory=list[int])
    """Candidates that were taken back."""

    def told(self) -> dict[str, Any]:
        every = [test for each in self.tried.values() for test in (*each.tests, each.first) if test]
        rules = list(dict.fromkeys(test[0] for test in every))
        return {
            "kind": self.kind, "round": self.round, "beat": self.beat, "drafter": self.drafter,
            "checker": self.checker, "passes": self.passes, "rules": rules,
            "tried": [each.told(rules) for each in self.tried.values()], "kept": self.kept, "back": self.back,
        }  # fmt: skip


@dataclass(slots=True)
class Trials:
    """Feed it every event after state and fates took it in."""

    state: State
    fates: Fates
    found: list[Trial] = field(default_factory=list[Trial])
    _round: int = -1
    _now: list[Trial] = field(default_factory=list[Trial])
    _drafts: list[int] = field(default_factory=list[int])
    """Guesses of the round that hang on nothing."""
    _first: dict[int, Test] = field(default_factory=dict[int, Test])
    _seen: dict[int, str] = field(default_factory=dict[int, str])
    """Position -> who spoke last about it in this round."""
    _passes: tuple[int, int] = (-1, 0)
    _written: set[int] = field(default_factory=set[int])

    def feed(self, event: Event, beat: int, number: int) -> None:
        """`beat` and `number` say where the event stands."""
        if number != self._round:
            self._round, self._now, self._drafts, self._first, self._written = number, [], [], {}, set()
        match event:
            case Forward(_, tick):
                self._passes = tick, (self._passes[1] + 1 if tick == self._passes[0] else 1)
            case Observe(source, Cells(0, positions)) if self.fates.role(source) in JUDGES:
                self._seen.update(dict.fromkeys(positions, source))
            case Propose(source=source) if source in TOLD:
                pass  # what is told about a pair is no trial
            case Propose(lane=0) if event.ids and event.first in self.fates.guesses:
                self._proposed(event, beat)
            case Score(measure, Candidates(ids), values):
                for id, value in zip(ids, values, strict=True):
                    for trial in self._of(id, GUESSES):
                        trial.tried[id].scores[measure] = short(value)
            case Judge(of=Candidates(ids)) if ids and self._is_guess(ids):
                self._judged(event, list(ids), beat)
            case Judge(of=Cells(0, positions)):
                births = self.state.lanes[0].births
                self._checked(event, [births[at] for at in positions], beat)
            case Commit(0, ids):
                self._written.update(ids)
                for trial in self._now:
                    trial.kept += [id for id in ids if id in trial.tried or self._stands_in(trial, id)]
            case Retract(Cells(0, positions)):
                self._retracted(positions)
            case _:
                pass

    def _is_guess(self, ids: Sequence[int]) -> bool:
        return self.state.proposals[ids[0]].lane == 0 and all(id in self.fates.guesses for id in ids)

    def _of(self, id: int, *kinds: str) -> list[Trial]:
        return [trial for trial in self._now if trial.kind in kinds and id in trial.tried]

    def _stands_in(self, trial: Trial, id: int) -> bool:
        return any(each.instead == id for each in trial.tried.values())

    def _begin(self, kind: str, beat: int, drafter: str, checker: str) -> Trial:
        """The trial of this kind and round; a new one where it is the first."""
        for trial in self._now:
            if trial.kind == kind and trial.checker == checker:
                return trial
        trial = Trial(kind, self._round, beat, drafter, checker, self._passes[1])
        self._now.append(trial)
        self.found.append(trial)
        return trial

    def _proposed(self, event: Propose, beat: int) -> None:
        ids = list(event.ids)
        if any(parent != ROOT for parent in event.parents):
            trial = self._begin(LADDER, beat, event.source, event.source)
            for id, parent in zip(ids, event.parents, strict=True):
                trial.tried.setdefault(parent, Tried(parent)).behind.append(id)
            self._fill_up(trial)
        elif len(ids) > 1 and len(set(event.positions)) == 1:
            trial = self._begin(GUESSES, beat, event.source, event.source)
            trial.tried.update((id, Tried(id)) for id in ids)
        elif not self._replaces(event):
            self._drafts += ids

    def _fill_up(self, trial: Trial) -> None:
        """A canvas that is full has nothing behind it; it stands where the drafts, surest first, go on."""
        proposals = self.state.proposals
        order = sorted(self._drafts, key=lambda id: (-proposals[id].prob, proposals[id].position))
        last = list(trial.tried)[-1]
        if last in order:
            missing = trial.passes - len(trial.tried)
            at = order.index(last) + 1
            trial.tried.update((id, Tried(id)) for id in order[at : at + max(0, missing)])

    def _replaces(self, event: Propose) -> bool:
        """Does it stand in the place of a draft that has just failed its check?"""
        for trial in self._now:
            for each in trial.tried.values():
                failed = trial.kind == LANES and each.tests and not each.tests[-1][3]
                if failed and self.state.proposals[each.id].position == event.positions[0]:
                    each.instead = event.first
                    return True
        return False

    def _judged(self, event: Judge, ids: list[int], beat: int) -> None:
        rule = self.fates.glossary.rules.get(event.rule)
        tests = _tests(event, beat)
        if rule is not None and rule.value_from == "proposed":
            self._first.update(zip(ids, tests, strict=True))
        laddered = False
        for id, test in zip(ids, tests, strict=True):
            for trial in self._of(id, LADDER, GUESSES):
                trial.tried[id].tests.append(test)
                laddered = True
        if not laddered:
            self._checked(event, ids, beat)

    def _checked(self, event: Judge, ids: list[int], beat: int) -> None:
        """Verdicts that read what another source than the proposer believes."""
        rule = self.fates.glossary.rules.get(event.rule)
        proposers = {self.state.proposals[id].source for id in ids if id >= 0}
        checker = self._checker(rule, proposers, ids)
        if not checker:
            return
        drafter = self.state.proposals[ids[0]].source
        trial = self._begin(LANES, beat, drafter, checker)
        for id, test in zip(ids, _tests(event, beat), strict=True):
            tried = trial.tried.setdefault(id, Tried(id))
            tried.tests.append(test)
            tried.own = self._own(checker, id)
        if not isinstance(
            event.of, Candidates
        ):  # what was written before: beside it stands what is written now
            for id, test in self._first.items():
                trial.tried.setdefault(id, Tried(id)).first = test
            trial.kept += [id for id in self._first if id in self._written]

    def _checker(self, rule: Rule | None, proposers: set[str], ids: list[int]) -> str:
        if rule is None or any(id < 0 for id in ids) or not ids:
            return ""
        named = _SOURCES.findall(f"{rule.value_from} {rule.bound_from}")
        others = [
            source for source in named if source in self.fates.glossary.sources and source not in proposers
        ]
        if others:
            return others[0]
        spoke = self._seen.get(self.state.proposals[ids[0]].position, "")
        return spoke if MARKS.get(rule.id, ("", ""))[0] == "v" and spoke not in proposers else ""

    def _own(self, checker: str, id: int) -> float | None:
        proposal = self.state.proposals[id]
        for space in (VOCABULARY.id, *self.fates.glossary.spaces):
            belief = self.state.beliefs.get((checker, space, Cell(0, proposal.position)))
            if belief is not None and isinstance(proposal.fill, Token) and proposal.fill.id in belief.keys:
                return float(f"{belief.probs[belief.keys.index(proposal.fill.id)]:.4g}")
        return None

    def _retracted(self, positions: Sequence[int]) -> None:
        gone = set(positions)
        for trial in self._now:
            trial.back += [
                id for id in trial.tried if self.state.proposals[id].position in gone and id not in trial.kept
            ]


def _tests(event: Judge, beat: int) -> list[Test]:
    columns = zip(event.values, event.bounds, event.passed, strict=True)
    return [(event.rule, value, bound, passed, beat) for value, bound, passed in columns]


def panel(built: "ReelBuilder") -> Spec:
    """Every trial of the run, in order."""
    spec = {"trials": [trial.told() for trial in built.records.trials.found]}
    return {"title": "Draft and check", "question": QUESTION, "kind": "trials", "clock": "", "spec": spec}
