"""A select part that only looks: one token a round, the surest, and notes on everything that was open."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from torch import Tensor

from workbench.maths.confidence import divergence, entropy
from workbench.maths.sample import argmax
from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.selects import best_only
from workbench.trace import Event


@dataclass
class Look:
    """One round: what was open, its likeliest tokens, and their quantities (NaN: not known yet).

    at: the share of the rounds that are done then. gap: mean gap of the two best logits over the canvas.
    whole: the canvas with every mask at its likeliest. Both say nothing (0 and empty) where the prediction
    is of one block alone.
    """

    at: float
    holes: list[int]
    tokens: list[int]
    quantities: dict[str, list[float]]
    gap: float
    whole: list[int]


def watch(looks: list[Look]) -> Select:
    """Writes the surest and notes what all holes looked like; the canvas as a whole, if it is predicted."""
    before: dict[int, Tensor] = {}

    def select(now: Round) -> Generator[Event, None, list[int]]:
        moves = [
            float(divergence(now.probs[i : i + 1], before[hole])) if hole in before else float("nan")
            for i, hole in enumerate(now.holes)
        ]
        before.update((hole, now.probs[i : i + 1]) for i, hole in enumerate(now.holes))
        factors = [(rank + 2) * (1 - c) for rank, c in zip(now.ranks, now.confidence, strict=True)]
        nats = entropy(now.probs).tolist()
        before_it = spent(nats)
        quantities = {
            "confidence": list(now.confidence),
            "factor": factors,
            "entropy spent before": before_it,
            "entropy up to it": [one + own for one, own in zip(before_it, nats, strict=True)],
            "move": moves,
        }
        done = (now.board.rounds + 1) / len(now.board.region)
        looks.append(Look(done, list(now.holes), list(now.tokens), quantities, *_whole(now)))
        return (yield from best_only(now))

    return select


def _whole(now: Round) -> tuple[float, list[int]]:
    """Mean gap of the region's logits, and the region with every mask at its likeliest."""
    board = now.board
    if not all(map(now.prediction.has, board.region)):
        return 0.0, []
    region = now.prediction.at(board.region)
    best = region.topk(2, dim=-1).values
    likeliest = zip(board.region, argmax(region), strict=True)
    whole = [board.tokens[i] if i in board.written else token for i, token in likeliest]
    return float((best[:, 0] - best[:, 1]).clamp_max(1e6).mean()), whole


def spent(entropies: Sequence[float]) -> list[float]:
    """For every hole the entropies of all that come before it in their order: what writing it would cost."""
    spent, total = [0.0] * len(entropies), 0.0
    for i in sorted(range(len(entropies)), key=entropies.__getitem__):
        spent[i] = total
        total += entropies[i]
    return spent
