"""The verify part of free draft-and-verification (FreeDave): several rounds drafted from one prediction.

A plain sampler writes some tokens, looks again, writes the next. Here the tokens that the present prediction
ranks next are drafted, the model looks at every drafted canvas in one batch, and a draft stands while the
plain sampler, looking at the canvas before it, would have written just that.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from workbench.maths.sample import argmax, precise, warp
from workbench.methods.loops.unmasking.board import Board, Pick, Prediction, Round, Verified, Verify
from workbench.trace import Candidates, DraftKind, Event, Rule

DRAFTS_HELP = "canvases that are verified in one batch (paper: 4 or 8); 1 drafts nothing"
SAME_PLACE = Rule(
    "same_place",
    "where the plain sampler goes on",
    "==",
    "its position",
    "position where the plain sampler goes on",
    "{what} stands where the plain sampler goes on.",
    "Rejected {what}: behind the drafts before it, the plain sampler goes on at position {right}.",
)
SAME_TOKEN = Rule(
    "same_token",
    "what the plain sampler writes there",
    "==",
    "drafted token",
    "the plain sampler's token",
    "Accepted {what}: behind the drafts before it, the plain sampler writes just that.",
    "Rejected {what}: behind the drafts before it, the plain sampler writes {right} there.",
    value_from="token",
)
WHOLE_STEP = Rule(
    "whole_step",
    "all that the plain sampler would write",
    "==",
    "drafted tokens that match",
    "tokens that the plain sampler writes",
    "{what} completes a round of the plain sampler: {left} of {right} tokens are drafted.",
    "{what} is not taken: only {left} of the {right} tokens that the plain sampler writes are drafted.",
)


Plain = Callable[[Sequence[float]], Sequence[int]]
"""Confidences of the holes -> indices of those that the plain sampler writes."""


def surest_one(confidence: Sequence[float]) -> Sequence[int]:
    """The plain sampler of one token a round; of equals the leftmost."""
    return [max(range(len(confidence)), key=confidence.__getitem__)]


def all_above(threshold: float) -> Plain:
    """The plain sampler that writes what reaches a threshold, the surest at least."""

    def plain(confidence: Sequence[float]) -> Sequence[int]:
        sure = [i for i, each in enumerate(confidence) if each >= threshold]
        return sure or surest_one(confidence)

    return plain


@dataclass(frozen=True)
class _State:
    """A drafted canvas: the first `size` candidates written, what the model says, what comes next there."""

    size: int
    seen: Prediction
    following: dict[int, int]  # position -> token that the plain sampler writes next, the surest first


def drafted(depth: int, plain: Plain, exact: bool = True) -> Verify:
    """Verify up to `depth` drafted canvases in one batch of passes.

    The first is what was selected, each further one adds the next candidate by rank. plain: must select what
    the recipe's select does. exact: a draft stands only with all that the plain sampler would write, so the
    text is the plain sampler's; else a part of it is enough (the largest).
    """

    def verify(board: Board, now: Round, picks: list[Pick]) -> Generator[Event, None, Verified]:
        order = sorted(range(len(now.holes)), key=now.ranks.__getitem__)
        sizes = range(len(picks), min(len(picks) + depth - 1, len(order)) + 1)
        if len(sizes) < 2:
            return Verified(picks)
        drafts = now.picks(order)
        states = _look(board, now, drafts, sizes, plain)
        yield from _say(board, states, drafts)
        at = 0
        while at + 1 < len(states):
            count = yield from _matching(states[at], drafts[states[at].size : states[-1].size], exact)
            if not count:
                break
            at += count
        ahead = states[at].seen
        return Verified(drafts[: states[at].size], ahead if ahead.positions else None)

    return verify


def _look(
    board: Board, now: Round, drafts: Sequence[Pick], sizes: Sequence[int], plain: Plain
) -> list[_State]:
    """One batch of passes, a drafted canvas each."""
    states: list[_State] = []
    with board.run.together():
        for size in sizes:
            canvas = list(board.tokens)
            for pick in drafts[:size]:
                canvas[pick.position] = pick.token
            open_ = [i for i in board.region if canvas[i] == board.model.mask_id]
            seen = board.peek(canvas, sorted({*open_, *board.recipe.also(board)}))
            holes = sorted(pick.position for pick in drafts[size:])
            states.append(_State(size, seen, _next(seen, holes, plain)))
    return states


def _next(seen: Prediction, holes: Sequence[int], plain: Plain) -> dict[int, int]:
    if not holes:
        return {}
    logits = seen.at(holes)
    tokens = argmax(logits)
    confidence = warp(precise(logits))[range(len(tokens)), tokens].tolist()
    return {holes[i]: tokens[i] for i in sorted(plain(confidence), key=lambda i: -confidence[i])}


def _say(board: Board, states: Sequence[_State], drafts: Sequence[Pick]) -> Generator[Event, None, None]:
    """What the plain sampler would write behind each drafted canvas, as children of its last draft."""
    positions, tokens, probs, parents = [], list[int](), list[float](), list[int]()
    for state in states:
        for position, token in state.following.items():
            probs.append(float(warp(precise(state.seen.at([position])))[0, token]))
            positions.append(position)
            tokens.append(token)
            parents.append(drafts[state.size - 1].candidate)
    if tokens:
        yield board.run.propose(board.model.role, positions, tokens, probs, DraftKind.POINT, parents)


def _matching(state: _State, drafts: Sequence[Pick], exact: bool) -> Generator[Event, None, int]:
    """How many of the following drafts the plain sampler would write on this canvas, in draft order."""
    count = 0
    for pick in drafts[: len(state.following)]:
        of = Candidates((pick.candidate,))
        if pick.position in state.following:
            verdict = SAME_TOKEN.judge(of, [pick.token], [state.following[pick.position]])
        else:
            verdict = SAME_PLACE.judge(of, [pick.position], [next(iter(state.following))])
        yield verdict
        if not verdict.passed[0]:
            break
        count += 1
    if exact and 0 < count != len(state.following):
        last = Candidates((drafts[count - 1].candidate,))
        yield WHOLE_STEP.judge(last, [count], [len(state.following)])
        return 0
    return count
