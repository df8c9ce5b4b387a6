"""WINO: write generously, and let every written token be judged by a mask in its place."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import torch

from workbench.maths.sample import precise, warp
from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    AT_LEAST_ONE,
    BLOCK_HELP,
    CONFIDENCE,
    ROUND_CAP,
    Board,
    Pick,
    Recipe,
    Revise,
    Round,
    Sampling,
    Select,
    View,
    best_only,
    blocks,
    passed,
    reach,
)
from workbench.methods.loops.unmasking.wide import NARROW, NARROW_CAP, WIDE, WIDE_CAP
from workbench.methods.run import ANSWER, Run
from workbench.trace import Cells, Event, Source, WorkbenchError

FEWEST, MOST, SHARE = 5, 20, 0.7
"""A round writes at most this share of the block's masks, but 5 to 20 tokens."""
FIRST_LIMIT = 30
SHADOW = "shadow"


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    wide: float = knob(0.6, 0, 1, 0.01, "confidence above which a token is written (paper: 0.5 to 0.8)")
    narrow: float = knob(0.9, 0, 1, 0.01, "a written token is masked again below this; 0 never revokes")
    block_length: int = knob(32, 1, 512, 1, BLOCK_HELP + " (paper: 128)")


@method(
    id="wino",
    title="WINO",
    family="diffusion",
    year=2025,
    paper="Wide-In, Narrow-Out: Revokable Decoding for Efficient and Effective DLLMs (Hong et al., 2025), "
    "arXiv 2507.18578",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Every round gains a token in the long run, so it ends; what a block's last round writes is never "
        "checked again.",
    ),
    params=Params,
    rules=(WIDE, WIDE_CAP, AT_LEAST_ONE, NARROW, NARROW_CAP, ROUND_CAP),
    sources=(Source(SHADOW, "a mask in the token's own place", "target"),),
)
def wino(run: Run, p: Params) -> Iterator[Event]:
    """Write what passes a low bar; mask again what its shadow, in the same pass, would no longer write.

    Source: the authors' released code. Every position of the block has a shadow behind the canvas: a mask
    at the same position id that sees all real tokens but its own twin, and all shadows; real tokens see no
    shadow. So a shadow's belief about a written token is roughly that of the text without it (roughly: the
    other tokens have already seen it). Revoking needs two tokens written in the round, and may take back at
    most one fewer than the round before wrote, the least believed first.
    """
    if reach(run.masked("denoiser")):
        raise WorkbenchError(
            "WINO puts a mask in the place of a token, and this model speaks one position ahead, so a shadow "
            "has no row of its own; choose a model whose logits stand at their own position."
        )
    yield from unmask(
        run,
        Recipe(
            blocks(p.block_length),
            _wide_in(p.wide),
            CONFIDENCE,
            Sampling(p.temperature),
            shadowed,
            revise=_narrow_out(p.narrow),
        ),
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


def _wide_in(bar: float) -> Select:
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


def _narrow_out(bar: float) -> Revise:
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
