"""Derivations of draft verification: running products, residuals and blocks, from what was recorded.

A rejected sibling takes its draft away from the (weighted) target. The mass that it left was scored,
so what is left for one token follows from the token's own numbers. Observe keeps six digits, and a
difference of near-equal numbers keeps fewer: every number is carried with the span that they allow.
"""

from collections.abc import Iterator
from typing import NamedTuple

from workbench.trace.derive_view import MAX_PATH, Answer, Derivation, View
from workbench.trace.events import DraftKind, Score
from workbench.trace.fold import Proposal
from workbench.trace.refs import ROOT, Candidate, Ref

LEFT, SKEWED, DRAWS = "left_mass", "skewed", "draws"
"""Measures with a fixed meaning: the mass that a rejected draft left, the skewed probability of a token
on the highest of several chains, and how many of the chains run through a node."""
DIGITS = 5e-6
"""Relative rounding of six significant digits."""
FLOAT = 1e-6
"""Relative rounding of a sum of probabilities in single precision."""


class Span(NamedTuple):
    """A number that is only known within rounding."""

    value: float
    low: float
    high: float

    def answer(self) -> Answer:
        return Answer(self.value, self.low, self.high)


ONE = Span(1.0, 1.0, 1.0)


class Left(NamedTuple):
    """What a node's token meets: the share left of its target, the weight before it, and its draft."""

    target: Span
    weight: Span
    draft: float


def depth(view: View, ref: Ref, asked: Derivation) -> float | None:
    """How many candidates lie on the path from the root to the address, itself included."""
    path = _path(view, view.subject(ref))
    return float(len(path)) if path else None


def running(view: View, ref: Ref, asked: Derivation) -> Answer | None:
    """min(1, weight * what is left of the target / draft): a path's running product."""
    product = _running(view, ref, asked)
    return product.answer() if product else None


def residual_ratio(view: View, ref: Ref, asked: Derivation) -> Answer | None:
    """min(1, what the rejected siblings left of the target / draft)."""
    left = _left(view, ref, asked, ONE)
    return _share(ONE, left).answer() if left else None


def kept(view: View, asked: Derivation) -> list[Answer] | None:
    """How many of the event's addresses, a chain from its root on, speculative sampling would keep.

    Those before the first whose latest verdict read a number (its u) that is not below `residual_ratio`.
    """
    surely, likely, perhaps = True, True, True
    low = value = high = 0
    for ref in view.event.of.each():
        proposal, bound = view.subject(ref), residual_ratio(view, ref, asked)
        if proposal is None or bound is None or not proposal.verdicts:
            return None
        u = proposal.verdicts[-1][1]
        surely, likely, perhaps = (
            surely and u < bound.low,
            likely and u < bound.value,
            perhaps and u < bound.high,
        )
        low, value, high = low + surely, value + likely, high + perhaps
    return [Answer(value, low, high)] * len(view.event.of)


def standing(view: View, ref: Ref, asked: Derivation) -> Answer | None:
    """The scored measure of an address, after each of its rejected children has lowered its weight."""
    proposal, weight = view.subject(ref), view.state.scores.get((asked.argument, ref))
    if proposal is None or weight is None:
        return None
    span = Span(weight, weight, weight)
    for child in _after(view, proposal):
        mass = view.state.scores.get((LEFT, Candidate(child.id)))
        if child.parent == proposal.id and mass is not None:
            span = _rest(span, mass)
    return span.answer()


def last_passed(view: View, ref: Ref, asked: Derivation) -> float | None:
    """The greatest depth among the event's addresses whose latest verdict of the rule was yes; 0 if none."""
    deepest = 0
    for other in view.event.of.each():
        proposal = view.subject(other)
        verdicts = [v[3] for v in proposal.verdicts if v[0] == asked.argument] if proposal else []
        if not verdicts:
            return None
        deepest = max(deepest, len(_path(view, proposal))) if verdicts[-1] else deepest
    return float(deepest)


def highest(view: View, ref: Ref, asked: Derivation) -> Answer | None:
    """The probability of this token in the highest of the drawn chains.

    ((A' + x')^K - A'^K) / ((A + x)^K - A^K) with A the scored mass ranked below the path so far, x the
    probability of that path, A' and x' the same with this token, and K the number of chains (the
    rounding of a probability counts once for each).
    """
    path = _path(view, view.subject(ref))
    if not path:
        return None
    chains = _chains(view, path[0])
    below = [0.0, *(view.state.scores.get((asked.argument, Candidate(node.id)), -1.0) for node in path)]
    if chains < 1 or min(below) < 0:
        return None
    before = 1.0
    for node in path[:-1]:
        before *= node.prob
    spread, prob = _spread(below[-2], before, chains), path[-1].prob
    if spread <= 0:
        return None
    value, off = prob * _spread(below[-1], before * prob, chains) / spread, chains * DIGITS
    return Answer(value, value * (1 - off), value * (1 + off))


def _spread(below: float, joint: float, chains: int) -> float:
    """((below + joint)^chains - below^chains) / joint, without the difference."""
    return sum((below + joint) ** i * below ** (chains - 1 - i) for i in range(chains))


def _chains(view: View, first: Proposal) -> int:
    """How many chains were drawn: those through all candidates that stand where `first` stands."""
    beside = [first, *_after(view, first), *_before(view, first)]
    rooted = (node for node in beside if node.parent == ROOT and node.position == first.position)
    return int(sum(view.state.scores.get((DRAWS, Candidate(node.id)), 0.0) for node in rooted))


def _running(view: View, ref: Ref, asked: Derivation) -> Span | None:
    proposal = view.subject(ref)
    if proposal is None:
        return None
    weight = ONE if proposal.parent == ROOT else _running_before(view, proposal, asked)
    left = _left(view, ref, asked, weight) if weight else None
    return _share(left.weight, left) if left else None


def _running_before(view: View, proposal: Proposal, asked: Derivation) -> Span | None:
    """The parent's running product: as it was scored, or derived where it stands in the same event."""
    parent = Candidate(proposal.parent)
    measure = view.event.measure if isinstance(view.event, Score) else ""
    scored = view.state.scores.get((measure, parent))
    return _running(view, parent, asked) if scored is None else Span(scored, scored, scored)


def _share(weight: Span, left: Left) -> Span:
    """min(1, weight * target / draft); 0/0 is 0."""
    if left.target.high <= 0:
        return Span(0.0, 0.0, 0.0)
    if left.draft <= 0:
        return ONE
    pairs = zip(weight, left.target, strict=True)
    return Span(*(min(1.0, share * target / left.draft) for share, target in pairs))


def _left(view: View, ref: Ref, asked: Derivation, weight: Span) -> Left | None:
    """The token's share of the target once every sibling before it was rejected."""
    observed, proposal = view.observed(ref, asked), view.subject(ref)
    if observed is None or proposal is None:
        return None
    skewed = view.state.scores.get((SKEWED, ref))
    target = Span(observed, observed * (1 - DIGITS), observed * (1 + DIGITS))
    if skewed is not None:  # one chain was chosen among the siblings, none of them was tested
        return Left(target, weight, skewed)
    draft, siblings = proposal.prob, _elder(view, proposal)
    drafts = [draft] * len(siblings)
    if proposal.kind is DraftKind.SAMPLED_WITHOUT:  # its probability before a sibling was struck out
        for place in reversed(range(len(siblings))):
            draft *= 1 - siblings[place].prob
            drafts[place] = draft
    for sibling, drawn in zip(siblings, drafts, strict=True):
        mass = view.state.scores.get((LEFT, Candidate(sibling.id)))
        if mass is None:
            return None
        target, weight = _take(target, weight, drawn, mass), _rest(weight, mass)
    return Left(target, weight, proposal.prob)


def _take(target: Span, weight: Span, draft: float, mass: float) -> Span:
    """max(weight * target - draft, 0) / mass; the target itself where no mass is left."""
    if mass <= 0:
        return target
    off = FLOAT * (0.1 + draft)
    offs = (0.0, -off, off)
    pairs = zip(target, weight, offs, strict=True)
    return Span(*(min(1.0, max(share * w - draft + error, 0.0) / mass) for share, w, error in pairs))


def _rest(weight: Span, mass: float) -> Span:
    """mass / (mass + 1 - weight); 0/0 is 1."""
    return Span(*(mass / (mass + 1 - w) if w < 1 else 1.0 for w in weight))


def _path(view: View, proposal: Proposal | None) -> list[Proposal]:
    """The candidates from the root to this one; empty where the path is broken."""
    path: list[Proposal] = []
    while proposal is not None and len(path) < MAX_PATH:
        path.append(proposal)
        if proposal.parent == ROOT:
            return path[::-1]
        proposal = view.state.proposals.get(proposal.parent)
    return []


def _elder(view: View, proposal: Proposal) -> list[Proposal]:
    """The siblings before a candidate, in draw order: they were proposed one after another."""
    elder: list[Proposal] = []
    for sibling in _before(view, proposal):
        if sibling.parent != proposal.parent or sibling.position != proposal.position:
            break
        elder.append(sibling)
    return elder[::-1]


def _before(view: View, proposal: Proposal) -> Iterator[Proposal]:
    """Candidates of the same draft with lower ids, from the nearest down."""
    for id in range(proposal.id - 1, max(proposal.id - 1 - MAX_PATH, -1), -1):
        other = view.state.proposals.get(id)
        if other is None or other.lane != proposal.lane or other.source != proposal.source:
            return
        yield other


def _after(view: View, proposal: Proposal) -> Iterator[Proposal]:
    """Candidates of the same draft with higher ids, from the nearest up."""
    for id in range(proposal.id + 1, proposal.id + 1 + MAX_PATH):
        other = view.state.proposals.get(id)
        if other is None or other.lane != proposal.lane or other.source != proposal.source:
            return
        yield other
