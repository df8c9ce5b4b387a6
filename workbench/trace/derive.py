"""How the two sides of a decision follow from numbers that were recorded before it.

A Rule or Measure names a derivation (`value_from`, `bound_from`): a closed vocabulary of
`name` or `name(argument)`, listed in docs/TRACE.md. `None` means "cannot be derived from what
was recorded", for instance because the Observe was thinned away; that is no fault of the trace.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import lru_cache

from workbench.trace.derive_drafts import (
    depth,
    highest,
    kept,
    last_passed,
    residual_ratio,
    running,
    standing,
)
from workbench.trace.derive_view import (
    MAX_PATH,
    WHOLE_ROW,
    Answer,
    Derivation,
    View,
    exactly,
    is_whole,
    slack,
)
from workbench.trace.errors import WorkbenchError
from workbench.trace.events import Judge, Score
from workbench.trace.fold import State
from workbench.trace.glossary import GIVEN
from workbench.trace.refs import ROOT, Candidate, Cell, Lane, Layer, Ref
from workbench.trace.trace import Header


@lru_cache(maxsize=1024)
def parse_derivation(text: str) -> Derivation:
    """Raises WorkbenchError where the text is not in the vocabulary."""
    found = re.fullmatch(r"([a-z_]+)(?:\(([^()]+)\))?", text)
    takes = TAKES.get(found[1]) if found else None
    if not found or takes is None or bool(takes) != bool(found[2]):
        known = ", ".join(name + (f"({what})" if what else "") for name, what in TAKES.items())
        raise WorkbenchError(f"'{text[:60]}' is no derivation; known are {known}.")
    name, argument = found[1], found[2] or ""
    space = ""
    if takes in ("source", "quantity") and "@" in argument:
        argument, space = argument.rsplit("@", 1)
    if not _argument_fits(takes, argument):
        raise WorkbenchError(
            f"'{text[:60]}' is no derivation: {name} takes a {takes}, not '{argument[:40]}'."
        )
    return Derivation(name, argument, space)


def _argument_fits(takes: str, argument: str) -> bool:
    if takes == "number":
        return re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?(e-?\d{1,3})?", argument) is not None
    if takes == "quantity":
        kind, colon, name = argument.partition(":")
        return (kind == "score" and name != "") or (
            kind in ("proposed", "observed") and bool(colon) == bool(name)
        )
    return takes != "proposed" or argument == "proposed"


def _knob(view: View, ref: Ref, asked: Derivation) -> float | None:
    value = view.header.knobs.get(asked.argument)
    return None if value is None or isinstance(value, str) else float(value)


def _const(view: View, ref: Ref, asked: Derivation) -> float | None:
    return float(asked.argument)


def _token(view: View, ref: Ref, asked: Derivation) -> float | None:
    token = view.token(ref)
    return None if token is None else float(token)


def _proposed(view: View, ref: Ref, asked: Derivation) -> float | None:
    proposal = view.subject(ref)
    return proposal.prob if proposal else None


def _observed(view: View, ref: Ref, asked: Derivation) -> float | None:
    return view.observed(ref, asked)


def _top(view: View, ref: Ref, asked: Derivation) -> Answer | None:
    belief = view.belief(ref, asked)
    if belief is None:
        return None
    best = max(belief.probs)
    tied = [key for key, prob in zip(belief.keys, belief.probs, strict=True) if prob == best]
    return Answer(min(tied), min(tied), min(tied), frozenset(tied))


def _runner_up(view: View, ref: Ref, asked: Derivation) -> float | None:
    belief, token = view.belief(ref, asked), view.token(ref)
    if belief is None or token is None:
        return None
    others = [prob for key, prob in zip(belief.keys, belief.probs, strict=True) if key != token]
    return max(others) if others else 0.0 if is_whole(belief) else None


def _top_prob(view: View, ref: Ref, asked: Derivation) -> float | None:
    belief = view.belief(ref, asked)
    return max(belief.probs) if belief else None


def _ratio(view: View, ref: Ref, asked: Derivation) -> float | None:
    observed, proposed = view.observed(ref, asked), _proposed(view, ref, asked)
    if observed is None or proposed is None:
        return None
    if observed == 0:
        return 0.0
    return min(1.0, observed / proposed) if proposed > 0 else 1.0


def _remaining(view: View, ref: Ref, asked: Derivation) -> Answer | None:
    """The source's probability once the siblings that this rule has rejected are struck out."""
    observed, proposal = view.observed(ref, asked), view.subject(ref)
    if observed is None or proposal is None:
        return None
    gone, id = 0.0, proposal.id - 1
    while (sibling := view.state.proposals.get(id)) and sibling.parent == proposal.parent:
        if sibling.position != proposal.position or sibling.lane != proposal.lane:
            break
        if any(
            isinstance(view.event, Judge) and v[0] == view.event.rule and not v[3] for v in sibling.verdicts
        ):
            struck = view.observed(Candidate(id), asked)
            if struck is None:
                return None
            gone += struck
        id -= 1
    left = 1 - gone
    if left <= 2 * WHOLE_ROW:
        return None
    low, high = (min(1.0, observed / (left + off)) for off in (WHOLE_ROW, -WHOLE_ROW))
    return Answer(min(1.0, observed / left), low, high)


def _entropy(view: View, ref: Ref, asked: Derivation) -> float | None:
    belief = view.belief(ref, asked)
    return belief.entropy if belief else None


def _gap(view: View, ref: Ref, asked: Derivation) -> float | None:
    belief = view.belief(ref, asked)
    if belief is None or (len(belief.probs) == 1 and not is_whole(belief)):
        return None
    first, second, *_ = [*sorted(belief.probs, reverse=True), 0.0]
    return first - second


def _score(view: View, ref: Ref, asked: Derivation) -> float | None:
    return view.state.scores.get((asked.argument, ref))


def _path(view: View, ref: Ref, asked: Derivation) -> float | None:
    proposal, product = view.subject(ref), 1.0
    for _ in range(MAX_PATH):
        if proposal is None:
            return None
        product *= proposal.prob
        if proposal.parent == ROOT:
            return product
        proposal = view.state.proposals.get(proposal.parent)
    return None


def _all_ranks(view: View, asked: Derivation) -> list[Answer] | None:
    """0-based ranks of the event's addresses, higher first; None where one of them has no number."""
    refs = list(view.event.of.each())
    amounts: list[float] = []
    for ref in refs:
        amount = view.quantity(ref, asked)
        if amount is None:
            return None
        amounts.append(amount)
    order = sorted(range(len(refs)), key=lambda i: (-amounts[i], *_place(view, refs[i])))
    places = {index: rank for rank, index in enumerate(order)}
    rounded = asked.argument.startswith("observed")
    rising = sorted(amounts)
    return [_rank_answer(places[i], amounts[i], rising, rounded) for i in range(len(refs))]


def _rank_answer(rank: int, amount: float, rising: list[float], rounded: bool) -> Answer:
    """Any rank among equals is allowed: which of them goes first is a detail of a sort."""
    near = slack(amount) if rounded else 0.0
    above = len(rising) - bisect_right(rising, amount + near)
    not_below = len(rising) - bisect_left(rising, amount - near) - 1
    return Answer(rank, above, not_below)


def _place(view: View, ref: Ref) -> tuple[int, int]:
    match ref:
        case Candidate(id):
            proposal = view.subject(ref)
            return (proposal.position if proposal else 0, id)
        case Cell(lane, position):
            return (position, lane)
        case Lane(id) | Layer(id):
            return (0, id)


FORMULAS: dict[str, tuple[str, Callable[[View, Ref, Derivation], Answer | float | None]]] = {
    GIVEN: ("", lambda view, ref, asked: None),
    "knob": ("knob", _knob),
    "const": ("number", _const),
    "token": ("", _token),
    "proposed": ("", _proposed),
    "observed": ("source", _observed),
    "top": ("source", _top),
    "runner_up": ("source", _runner_up),
    "top_prob": ("source", _top_prob),
    "ratio": ("source", _ratio),
    "remaining": ("source", _remaining),
    "entropy": ("source", _entropy),
    "gap": ("source", _gap),
    "score": ("measure", _score),
    "path": ("proposed", _path),
    "depth": ("", depth),
    "running": ("source", running),
    "residual_ratio": ("source", residual_ratio),
    "standing": ("measure", standing),
    "highest": ("measure", highest),
    "last_passed": ("rule", last_passed),
}
"""Derivations of one address: what the argument is, and how the number is computed."""
OF_ALL: dict[str, tuple[str, Callable[[View, Derivation], list[Answer] | None]]] = {
    "kept": ("source", kept),
    "rank": ("quantity", _all_ranks),
}
"""Derivations that look at all addresses of an event; None where one of them lacks a number."""
TAKES = {name: takes for name, (takes, _) in (FORMULAS | OF_ALL).items()}


def derive_all(text: str, view: View) -> list[Answer | None]:
    """The derived number of every address of the view's event."""
    asked = parse_derivation(text)
    refs = list(view.event.of.each())
    if asked.name in OF_ALL:
        return list(OF_ALL[asked.name][1](view, asked) or [None] * len(refs))
    formula = FORMULAS[asked.name][1]
    answers = (formula(view, ref, asked) for ref in refs)
    return [exactly(answer) if isinstance(answer, int | float) else answer for answer in answers]


def derive(
    text: str, state: State, header: Header, event: Judge | Score, index: int, space: str = "vocabulary"
) -> float | None:
    """The number of address `index` of an event, from the state before it; None: not derivable."""
    answer = derive_all(text, View(state, header, event, space))[index]
    return answer.value if answer else None
