"""Revokable decoding (WINO): generous selecting, shadows in the same pass, and what they take back."""

from collections.abc import Generator, Sequence

import torch

from workbench.maths.sample import precise, warp
from workbench.methods.loops.unmasking.board import Board, Pick, Revise, Round, Select, View
from workbench.methods.loops.unmasking.computes import reach
from workbench.methods.loops.unmasking.selects import best_only, passed
from workbench.methods.run import ANSWER, Run
from workbench.trace import Cells, Event, Rule, Source, WorkbenchError

WIDE = Rule(
    "wide_in",
    "sure enough to be tried",
    ">",
    "confidence",
    "lower bar",
    "{what} is tried: confidence {left} is above {right}.",
    "{what} stays masked: confidence {left} is not above {right}.",
    value_from="proposed",
    bound_from="knob(wide)",
)
WIDE_CAP = Rule(
    "wide_in_cap",
    "among those that a round may try",
    "<",
    "rank by confidence",
    "most tokens of a round",
    "{what} is written: rank {left} is below the {right} that a round may try.",
    "{what} stays masked: rank {left} is not below the {right} that a round may try.",
    value_from="rank(proposed)",
)
NARROW = Rule(
    "narrow_out",
    "its shadow no longer believes in it",
    "<",
    "probability at its shadow",
    "upper bar",
    "{what} is doubted: a mask in its place gives it {left}, below {right}.",
    "{what} stands: a mask in its place gives it {left}, not below {right}.",
    value_from="observed(shadow)",
    bound_from="knob(narrow)",
)
NARROW_CAP = Rule(
    "narrow_out_cap",
    "among those that may be taken back",
    "<",
    "rank by doubt",
    "most tokens taken back",
    "{what} is masked again: {right} may be taken back, and its rank by doubt is {left}.",
    "{what} stays for now: only {right} may be taken back, and its rank by doubt is {left}.",
)
WIDE_RULES, NARROW_RULES = (WIDE, WIDE_CAP), (NARROW, NARROW_CAP)

FEWEST, MOST, SHARE = 5, 20, 0.7
"""A round writes at most this share of the block's masks, but 5 to 20 tokens."""
FIRST_LIMIT = 30
SHADOW = "shadow"
SHADOWS = Source(SHADOW, "a mask in the token's own place", "target")


def needs_own_rows(run: Run) -> None:
    """Refuse a model whose rows do not stand at the positions that they speak about."""
    if reach(run.masked("denoiser")):
        raise WorkbenchError(
            "WINO puts a mask in the place of a token, and this model speaks one position ahead, so a shadow "
            "has no row of its own; choose a model whose logits stand at their own position."
        )


def shadowed(board: Board, tokens: Sequence[int], wanted: Sequence[int]) -> Sequence[View]:
    """Compute: the canvas with a shadow of the block behind it, one pass."""
    size, (_, _, first, stop, _) = len(tokens), board.block
    written = [i for i in range(first, stop) if i in board.written]
    canvas = [*tokens, *[board.model.mask_id] * (stop - first)]
    sees = torch.ones(len(canvas), len(canvas), dtype=torch.bool)
    sees[:size, size:] = False
    sees[range(size, len(canvas)), range(first, stop)] = False
    rows = [*wanted, *(size + i - first for i in written)]
    places = [*range(size), *range(first, stop)]
    logits = board.model.fill(canvas, rows, sees, positions=places).beliefs.logits
    views = [View(board.model.role, tuple(wanted), logits[: len(wanted)])]
    return [View(SHADOW, tuple(written), logits[len(wanted) :]), *views] if written else views


def wide_in(bar: float) -> Select:
    """All above a low bar, but only so many a round; else the best."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        verdict = WIDE.judge(now.candidates, now.confidence, [bar] * len(now.holes))
        yield verdict
        sure = passed(verdict)
        most = min(MOST, max(FEWEST, int(SHARE * len(now.holes))))
        if len(sure) > most:
            among = sorted(range(len(sure)), key=lambda i: now.ranks[sure[i]])
            ranks = [among.index(i) for i in range(len(sure))]
            limit = WIDE_CAP.judge(now.refs(sure), ranks, [most] * len(sure))
            yield limit
            sure = [sure[i] for i in passed(limit)]
        return sure or (yield from best_only(now))

    return select


def narrow_out(bar: float) -> Revise:
    """Erase written tokens that their shadow believes in less than `bar`."""
    before = (-1, FIRST_LIMIT)  # block, tokens that its last round wrote

    def revise(board: Board, now: Round | None, picks: list[Pick]) -> Generator[Event, None, None]:
        nonlocal before
        limit = before[1] if before[0] == board.block.number else FIRST_LIMIT
        before = (board.block.number, len(picks))
        view = now.prediction.view(SHADOW) if now else None
        if view is None or len(picks) < 2:
            return
        probs, cells = warp(precise(view.logits)), Cells(ANSWER, view.positions)
        held = [board.tokens[i] for i in view.positions]
        believed = probs[range(len(held)), held].tolist()
        verdict = NARROW.judge(cells, believed, [bar] * len(held))
        yield verdict
        doubted = passed(verdict)
        if len(doubted) >= limit:
            order = sorted(doubted, key=lambda i: believed[i])
            at = Cells(ANSWER, tuple(view.positions[i] for i in doubted))
            few = NARROW_CAP.judge(at, [order.index(i) for i in doubted], [limit - 1] * len(doubted))
            yield few
            doubted = [doubted[i] for i in passed(few)]
        yield from board.erase([view.positions[i] for i in doubted], "its shadow does not believe in it")

    return revise
