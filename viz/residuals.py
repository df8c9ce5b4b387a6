"""What each sibling of a draft was judged against: the target, less what its rejected elders took away.

A rejected draft leaves max(weight * p - q, 0) of the target, and the run records the sum of that. The
next sibling's target is its quotient, and follows token by token where both beliefs hold the token.
Drafts that are points are struck out of the target instead. Every number is carried with the error
that six recorded digits allow; one that is known too loosely is None, and nothing is drawn for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from workbench.trace import ROOT, Candidate, DraftKind, Glossary, Proposal, Rule, State, Token

LEFT, SKEWED = "left_mass", "skewed"
"""Measures of the methods: the mass that a rejected draft leaves; a draft that stands for several chains."""
DIGITS, FLOAT = 5e-6, 1e-6
"""Relative rounding of six digits; absolute one of a difference of sums in single precision."""
LOOSE = 0.005
"""A probability with a larger error is not drawn: half a percent of the width of a bar."""

SKEWED_NOTE = (
    "One of several chains was judged here, against its draft as the highest of them; "
    "the trace holds that draft for its own token alone."
)
SPACE_NOTE = (
    "The tests read other probabilities than those that both models recorded here, "
    "so what a rejection took away cannot be drawn."
)
LOOSE_NOTE = "What is left of the target is too little for the recorded digits; nothing is drawn for it."


class Known(NamedTuple):
    """A probability, and how far off it may be."""

    value: float
    off: float


@dataclass(frozen=True, slots=True)
class Stage:
    """What the next sibling meets, per token of the place; None where the trace does not determine it.

    target: what is left of the target; draft: what the sibling is drawn from; weight: how much the
    path so far is worth, 1 unless the rule carries a running product.
    """

    target: tuple[float | None, ...]
    draft: tuple[float | None, ...]
    weight: float = 1.0

    @property
    def overlap(self) -> tuple[float, float]:
        """The least and the most that sum(min(weight * target, draft)) can be, given what is known."""
        pairs = [
            (self.weight * p, q)
            for p, q in zip(self.target, self.draft, strict=True)
            if p is not None and q is not None
        ]
        low = sum(min(pair) for pair in pairs)
        rest = min(self.weight - sum(p for p, _ in pairs), 1 - sum(q for _, q in pairs))
        return round(low, 4), round(min(1.0, low + max(0.0, rest)), 4)


def stages(
    tokens: Sequence[int],
    target: Sequence[float],
    draft: Sequence[float],
    space: str,
    ids: Sequence[int],
    state: State,
    glossary: Glossary,
) -> tuple[list[Stage], str]:
    """One stage per sibling in draw order, and one for what the last leaves if it was rejected too.

    `target` and `draft` are the probabilities of `tokens` that were recorded in `space`, before any
    test of the siblings `ids`. The sentence says why the list ends early, '' where it does not.
    """
    proposals = [state.proposals[id] for id in ids]
    if any((SKEWED, Candidate(id)) in state.scores for id in ids):
        return [], SKEWED_NOTE
    p, q = [_read(prob) for prob in target], [_read(prob) for prob in draft]
    weight = _weight(proposals[0], state, glossary)
    found = [_stage(p, q, weight)]
    for each in proposals:
        mass, failed = state.scores.get((LEFT, Candidate(each.id))), _failed(each, glossary)
        struck_out = any(rule.bound_from.startswith("remaining(") for rule in failed)
        if not failed or (mass is None and not struck_out):
            break
        if space not in {rule.space for rule in failed}:
            return found, SPACE_NOTE
        at = tokens.index(each.fill.id) if isinstance(each.fill, Token) and each.fill.id in tokens else -1
        if mass is not None:
            p = [_taken(mine, other, weight, mass) for mine, other in zip(p, q, strict=True)]
            weight = mass / (mass + 1 - weight) if weight < 1 else 1.0
            if each.kind is DraftKind.SAMPLED_WITHOUT:
                q = _without(q, at, Known(each.prob, FLOAT))
        else:
            if at < 0:
                return found, "The target's probability of a draft that was struck out is not recorded."
            p = _without(p, at, p[at])
        found.append(_stage(p, q, weight))
        if all(prob is None for prob in found[-1].target):
            return found[:-1], LOOSE_NOTE
    return found, ""


def _weight(first: Proposal, state: State, glossary: Glossary) -> float:
    """The running product of the parent, where the rule records one for its candidates."""
    running = next(
        (id for id, each in glossary.measures.items() if each.value_from.startswith("running(")), ""
    )
    if not running or first.parent == ROOT:
        return 1.0
    return state.scores.get((running, Candidate(first.parent)), 1.0)


def _failed(each: Proposal, glossary: Glossary) -> list[Rule]:
    """The rules whose tests it failed."""
    return [
        glossary.rules[rule] for rule, _, _, passed in each.verdicts if not passed and rule in glossary.rules
    ]


def _read(prob: float) -> Known:
    return Known(prob, DIGITS * prob)


def _taken(p: Known, q: Known, weight: float, mass: float) -> Known:
    """max(weight * p - q, 0) / mass; p itself where no mass is left."""
    if mass <= 0:
        return p
    off = (weight * p.off + q.off + FLOAT * q.value + DIGITS * FLOAT) / mass
    return Known(min(1.0, max(weight * p.value - q.value, 0.0) / mass), off)


def _without(probs: list[Known], struck: int, share: Known) -> list[Known]:
    """Probabilities once a token of probability `share`, at index `struck`, is out of the running."""
    rest = 1 - share.value
    if rest <= 0:
        return [Known(each.value, 1.0) for each in probs]
    more = [
        Known(min(1.0, each.value / rest), (each.off + each.value * share.off / rest) / rest)
        for each in probs
    ]
    return [Known(0.0, 0.0) if at == struck else each for at, each in enumerate(more)]


def _stage(p: Sequence[Known], q: Sequence[Known], weight: float) -> Stage:
    return Stage(_told(p), _told(q), weight)


def _told(probs: Sequence[Known]) -> tuple[float | None, ...]:
    return tuple(each.value if each.off <= LOOSE else None for each in probs)
