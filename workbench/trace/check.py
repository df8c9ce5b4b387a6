"""Is the picture the algorithm? `check` recomputes every verdict and every number that can be derived.

Consistent: the events obey the rules of docs/TRACE.md, and each verdict follows from its own
numbers. Derived: those numbers follow from what was recorded before them. (Replayed, the third
depth, runs the request again; that needs the weights and belongs to `workbench.run`.)
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from workbench.trace.check_events import EventRules
from workbench.trace.check_numbers import DerivedNumbers, declarations
from workbench.trace.check_whole import clock_problems, ledger_problems, opening_problems
from workbench.trace.codec_table import verb_of
from workbench.trace.events import Event
from workbench.trace.trace import Trace

MAX_PROBLEMS = 100
HEADER = -1
"""Event index of problems in what stands before the first event."""


class Depth(StrEnum):
    """How deep a check went; each depth includes the ones before."""

    CONSISTENT = "consistent"
    DERIVED = "derived"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, at the first event where it shows.

    `event` is -1 for the header and glossary, and the number of events for the footer.
    """

    event: int
    depth: Depth
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was recomputed, and what did not come out.

    verdicts: recomputed from their own two numbers. derived: numbers recomputed from earlier
    events. underivable: numbers with a derivation whose inputs were not recorded. given: numbers
    that nothing recorded determines, such as a uniform draw.
    """

    problems: tuple[Problem, ...]
    events: int
    verdicts: int
    derived: int
    underivable: int
    given: int
    status: str
    by_hand: int = 0
    """How many interventions the run had: what a person did is not recomputed, only what followed from it."""

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def depth(self) -> Depth:
        """The depth that holds, should there be no problem."""
        return Depth.DERIVED if self.derived else Depth.CONSISTENT

    @property
    def badge(self) -> str:
        """One sentence for people."""
        if self.problems:
            first, more = self.problems[0], len(self.problems) - 1
            others = f" ({more} more problem{'s' * (more != 1)})" if more else ""
            return f"Mismatch: {first.sentence}{others}"
        ended = "" if self.status == "complete" else f" The run is {self.status}."
        if self.by_hand:
            ended = f" With {_count(self.by_hand, 'intervention')} by hand.{ended}"
        counts = f"{_count(self.verdicts, 'verdict')} recomputed"
        if self.depth is Depth.CONSISTENT:
            return f"Consistent: {counts}.{ended}"
        missing = f", {self.underivable} not derivable from what was recorded" if self.underivable else ""
        return f"Derived: {counts}, {_count(self.derived, 'number')} derived again{missing}.{ended}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def check(trace: Trace) -> Report:
    """Check a trace, whatever is in it: a malformed one gets problems, never a traceback."""
    checker = _Checker(trace)
    checker.run()
    numbers = checker.numbers
    return Report(
        tuple(sorted(checker.problems, key=lambda problem: problem.event)),
        len(trace.events),
        checker.rules.verdicts,
        numbers.derived,
        numbers.underivable,
        numbers.given,
        trace.footer.status,
        len(trace.header.interventions),
    )


class _Checker:
    """Walks the events once; `rules` moves the state on, `numbers` looks at it before each move."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.problems: list[Problem] = []
        self.rules = EventRules(trace)
        self.numbers = DerivedNumbers(trace.header, trace.glossary, self.rules.state)

    def run(self) -> None:
        end = len(self.trace.events)
        self._gather(HEADER, Depth.CONSISTENT, lambda: opening_problems(self.trace))
        self._gather(HEADER, Depth.DERIVED, lambda: declarations(self.trace))
        self._clock()
        for index, event in enumerate(self.trace.events):
            if len(self.problems) >= MAX_PROBLEMS:
                break
            self._event(index, event)
        else:
            self._gather(end, Depth.CONSISTENT, self.rules.ending)
            self._gather(end, Depth.CONSISTENT, lambda: ledger_problems(self.trace))

    def _event(self, index: int, event: Event) -> None:
        place = f"event {index} ({verb_of(event)}): "
        sound = self._gather(index, Depth.CONSISTENT, lambda: self.rules.before(event), place)
        if sound:
            self._gather(index, Depth.DERIVED, lambda: self.numbers.of(event), place)
            self._gather(index, Depth.CONSISTENT, lambda: self.rules.apply(event), place)
        else:  # go on as well as it goes; the event has had its sentence
            with suppress(Exception):
                list(self.rules.apply(event))

    def _clock(self) -> None:
        try:
            for index, sentence in clock_problems(self.trace):
                self.problems.append(Problem(index, Depth.CONSISTENT, sentence))
        except (TypeError, ValueError):
            self.problems.append(Problem(HEADER, Depth.CONSISTENT, "The clock is no list of numbers."))

    def _gather(self, index: int, depth: Depth, find: Callable[[], Iterator[str]], place: str = "") -> bool:
        """Keep what a check finds; an event that no check can even read is a problem of its own."""
        before = len(self.problems)
        try:
            for sentence in find():
                if len(self.problems) < MAX_PROBLEMS:
                    text = place + sentence
                    self.problems.append(Problem(index, depth, text[:1].upper() + text[1:]))
        except Exception as error:  # whatever a malformed event makes a check stumble over
            text = f"{place or 'the trace '}cannot be read ({type(error).__name__}: {str(error)[:80]})."
            self.problems.append(Problem(index, depth, text[:1].upper() + text[1:]))
        return len(self.problems) == before
