"""Masked canvases: the one loop of masked diffusion decoding. A method is a recipe of its parts.

Each round: scope -> stop -> compute and logits -> score -> select -> verify -> commit -> revise. What a
part sees and returns, and how to write one: `workbench.methods.loops.unmasking`.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

import torch

from workbench.maths.confidence import of_tokens
from workbench.maths.sample import argmax, precise, warp
from workbench.methods.loops.unmasking.board import (
    LIKELIEST,
    Board,
    Ending,
    Pick,
    Prediction,
    Recipe,
    Round,
    Verified,
    plain,
)
from workbench.methods.loops.unmasking.byhand import by_hand
from workbench.methods.loops.unmasking.pairs import together
from workbench.methods.loops.unmasking.rules import ROUND_CAP
from workbench.methods.run import ANSWER, Run
from workbench.trace import Candidates, Cells, Commit, DraftKind, Event, Phase

ROUNDS_PER_POSITION = 4


def unmask(run: Run, recipe: Recipe) -> Iterator[Event]:
    """Fill a canvas of `run.max_tokens` masks behind the prompt by the parts of `recipe`."""
    model, start = run.masked("denoiser"), len(run.prompt)
    tokens = [*run.prompt, *[model.mask_id] * run.max_tokens]
    board = Board(run, recipe, model, tokens, start, start + run.max_tokens)
    yield run.begin(blanks=run.max_tokens)
    cap = recipe.cap or ROUNDS_PER_POSITION * run.max_tokens
    ending = yield from _rounds(board, cap)
    yield from _reopened(board)
    if board.holes and ending is not Ending.END:
        yield from _write_all(board, cap)
    run.take(list(takewhile(lambda token: token != model.mask_id, board.tokens[start:])))
    yield run.finish()


def _rounds(board: Board, cap: int) -> Generator[Event, None, Ending]:
    """Round after round, until the scope has nothing more, a part stops the run, or the cap is reached."""
    recipe = board.recipe
    while board.rounds < cap:
        window = yield from recipe.scope(board)
        if window is None:
            return Ending.GO
        yield Phase(1, f"Round {board.index + 1}")
        yield from by_hand(board)
        for stop in recipe.stop:
            ending = yield from stop(board)
            if ending is Ending.ALL_IN:
                yield from _all_in(board)
            if ending is not Ending.GO:
                return ending
        yield from _round(board, window)
        board.index += 1
        board.rounds += 1
    return Ending.GO


def _round(board: Board, window: Sequence[int]) -> Generator[Event, None, None]:
    recipe, holes = board.recipe, board.open(window)
    verified, now = Verified([]), None
    if holes:
        prediction = yield from board.predict()
        now = yield from _propose(board, prediction, holes)
        chosen = yield from recipe.select(now)
        verified = Verified(now.picks(chosen))
        if recipe.verify is not None:
            verified = yield from recipe.verify(board, now, verified.picks)
    yield from _commit(board, now, verified.picks)
    if verified.ahead is not None:
        board.ahead(verified.ahead)
    if recipe.revise is not None:
        yield from recipe.revise(board, now, verified.picks)


def _commit(board: Board, now: Round | None, picks: Sequence[Pick]) -> Generator[Event, None, None]:
    if now is not None and len(picks) > 1:
        yield from together(board, now, picks)
    if picks:
        board.write(picks)
        yield Commit(ANSWER, tuple(pick.candidate for pick in picks))


def _all_in(board: Board) -> Generator[Event, None, None]:
    """Every hole takes what the model says now, without another test."""
    holes = board.holes
    if holes:
        prediction = yield from board.predict()
        now = yield from _propose(board, prediction, holes)
        yield from _commit(board, now, now.picks(range(len(holes))))


def _reopened(board: Board) -> Generator[Event, None, None]:
    """Cells that a person emptied in blocks that were over: nobody has come back to them, so they take what
    the model says now, from one pass over the whole canvas."""
    holes = board.open(sorted({*board.reopened}))
    if holes:
        yield Phase(0, "Put back by hand")
        recipe, board.recipe = board.recipe, replace(board.recipe, compute=plain, logits=())
        board.forget()
        prediction = yield from board.predict()
        now = yield from _propose(board, prediction, holes)
        yield from _commit(board, now, now.picks(range(len(holes))))
        board.recipe = recipe


def _write_all(board: Board, cap: int) -> Generator[Event, None, None]:
    """The rounds are used up: the likeliest tokens fill what is left."""
    yield Phase(0, "What is left")
    board.recipe = replace(board.recipe, sampling=board.recipe.sampling._replace(temperature=0.0))
    prediction = yield from board.predict()
    holes = [i for i in board.holes if prediction.has(i)]
    now = yield from _propose(board, prediction, holes)
    count = len(holes)
    yield ROUND_CAP.judge(now.candidates, [board.rounds] * count, [min(cap, board.rounds)] * count)
    yield from _commit(board, now, now.picks(range(count)))


def _propose(board: Board, prediction: Prediction, holes: list[int]) -> Generator[Event, None, Round]:
    """One candidate per hole in scope, with its score."""
    run, sampling, source = board.run, board.recipe.sampling, prediction.source
    logits = prediction.at(holes)
    if sampling.unchanged and tuple(holes) == prediction.positions:
        probs = prediction.own  # recorded already: one softmax, and rows that are thinned once
    else:
        heat, top_k, top_p = sampling[:3] if sampling.processed else LIKELIEST[:3]
        probs = warp(precise(logits), heat or 1.0, top_k, top_p)
    if sampling.temperature == 0:
        tokens, kind = argmax(logits), DraftKind.POINT
    else:
        noisy = probs if sampling.processed else warp(logits, *sampling[:3])
        tokens, kind = [pick.index for pick in run.dice.picks(noisy)], DraftKind.SAMPLED
    confidence = of_tokens(probs, torch.tensor(tokens, device=probs.device)).tolist()
    if sampling.processed:
        cells, also = Cells(ANSWER, tuple(holes)), [[token] for token in tokens]
        yield from run.observe(source, cells, probs, "processed", also)
    proposed = run.propose(source, holes, tokens, confidence, kind)
    yield proposed
    board.guessed.update(zip(holes, tokens, strict=True))
    ids = Candidates(proposed.ids)
    now = Round(board, prediction, holes, tokens, ids, confidence, probs, [], [])
    now.scores = yield from board.recipe.scoring.of(now)
    now.ranks = _ranks(now.scores)
    return now


def _ranks(scores: Sequence[float]) -> list[int]:
    """0-based, the higher first, the lower position on a tie."""
    ranks = [0] * len(scores)
    for rank, i in enumerate(sorted(range(len(scores)), key=scores.__getitem__, reverse=True)):
        ranks[i] = rank
    return ranks
