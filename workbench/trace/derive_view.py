"""What a derivation may ask: the numbers that were recorded before an event, around its addresses.

What is rounded can tie: an `Answer` therefore carries, beside the number itself, the other
numbers that the recorded digits allow (a rank among near-equal confidences, a likeliest token
among equal ones).
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from workbench.trace.events import Judge, Score
from workbench.trace.fills import Fill, Token
from workbench.trace.fold import Belief, Proposal, State
from workbench.trace.refs import ROOT, Candidate, Cell, Ref
from workbench.trace.trace import Header

ABSOLUTE, RELATIVE = 1e-6, 1e-5
"""Tolerance: Observe keeps six significant digits."""
WHOLE_ROW = 1e-6
"""A row that sums to 1 within this holds every key that has any probability."""
MAX_PATH = 1024


def slack(x: float) -> float:
    """How far a derived number may be off: rounding to six digits, and float arithmetic."""
    return ABSOLUTE + RELATIVE * abs(x)


class Answer(NamedTuple):
    """A derived number; `low` to `high` and `also` are what the recorded digits allow as well."""

    value: float
    low: float
    high: float
    also: frozenset[int] = frozenset()

    def fits(self, recorded: float) -> bool:
        return self.low - slack(self.low) <= recorded <= self.high + slack(self.high) or recorded in self.also


def exactly(value: float) -> Answer:
    """An answer without any slack."""
    return Answer(value, value, value)


class Derivation(NamedTuple):
    """`name(argument)`, read from its text; `space` overrides the Rule's where `@space` is given."""

    name: str
    argument: str = ""
    space: str = ""


@dataclass(slots=True)
class View:
    """What one event's addresses can be asked about, in the state before the event."""

    state: State
    header: Header
    event: Judge | Score
    space: str = "vocabulary"

    def subject(self, ref: Ref) -> Proposal | None:
        """The proposal that an address is about: the candidate, or what fills the cell."""
        if isinstance(ref, Candidate):
            return self.state.proposals.get(ref.id)
        if isinstance(ref, Cell):
            lane = self.state.lanes.get(ref.lane)
            if lane and 0 <= ref.position < len(lane.births):
                return self.state.proposals.get(lane.births[ref.position])
        return None

    def fill(self, ref: Ref) -> Fill | None:
        if isinstance(ref, Cell):
            lane = self.state.lanes.get(ref.lane)
            return lane.fills[ref.position] if lane and 0 <= ref.position < len(lane.fills) else None
        proposal = self.subject(ref)
        return proposal.fill if proposal else None

    def token(self, ref: Ref) -> int | None:
        fill = self.fill(ref)
        return fill.id if isinstance(fill, Token) else None

    def belief(self, ref: Ref, asked: Derivation) -> Belief | None:
        """The source's latest belief where the address was decided: a candidate's context, else itself."""
        context: Ref = ref
        if isinstance(ref, Candidate):
            proposal = self.subject(ref)
            if proposal is None:
                return None
            at_root = proposal.parent == ROOT
            context = Cell(proposal.lane, proposal.position) if at_root else Candidate(proposal.parent)
        belief = self.state.beliefs.get((asked.argument, asked.space or self.space, context))
        return belief if belief and belief.keys else None

    def observed(self, ref: Ref, asked: Derivation) -> float | None:
        belief, token = self.belief(ref, asked), self.token(ref)
        if belief is None or token is None:
            return None
        if token in belief.keys:
            return belief.probs[belief.keys.index(token)]
        return 0.0 if is_whole(belief) else None

    def quantity(self, ref: Ref, asked: Derivation) -> float | None:
        """What a rank is taken of."""
        kind, _, name = asked.argument.partition(":")
        proposal = self.subject(ref)
        if kind == "score":
            return self.state.scores.get((name, ref))
        if proposal is None:
            return None
        if kind == "proposed":
            return proposal.prob
        return self.observed(ref, Derivation("observed", name or proposal.source, asked.space))


def is_whole(belief: Belief) -> bool:
    """Does the row hold every key that has any probability?"""
    return math.fsum(belief.probs) >= 1 - WHOLE_ROW
