"""What a parallel round ignores: how likely two of its tokens are together. It is told and decides nothing.

In the verbs: the tokens that may stand at one place with their marginals, and for each, as its children,
those at the other place with the probability that they have once it stands. The product along a path is the
joint. The order is that of the text; asked in the other order, a network may give another joint.
"""

from collections.abc import Callable, Generator, Sequence
from itertools import combinations

import torch
from torch import Tensor

from workbench.maths.sample import precise, warp
from workbench.methods.loops.unmasking.board import Board, Pick, Round, plain
from workbench.models.api import Exact
from workbench.trace import DraftKind, Event, Source

LAW = Source("joint_law", "the law of all right answers", "combined")
ASKED = Source("joint_asked", "the model, asked once more", "combined")
PAIRS_HELP = (
    "also ask how likely two positions that take the same item are together; costs a batch of passes where "
    "it happens, and decides nothing"
)
TOKENS = 6
Given = Callable[[Sequence[int]], list[Tensor]]
"""Tokens for the first place -> for each what stands at the second place then, (V,)."""


def together(board: Board, now: Round, picks: Sequence[Pick]) -> Generator[Event, None, None]:
    """Tell the joint of the least sure two picks that are the same item, if there are such two.

    Where the model is a law it is looked up; a network is asked if the recipe wants it.
    """
    law = board.law
    if law is None and not board.recipe.pairs:
        return
    pair = _least_sure(board, picks)
    if pair is None:
        return
    one, two = pair
    here, there = warp(precise(now.prediction.at([one.position, two.position])))
    likely = torch.maximum(here, there).sort(descending=True, stable=True).indices.tolist()
    tokens = [one.token, *(token for token in likely[: TOKENS + 1] if token != one.token)][:TOKENS]
    tokens = [token for token in tokens if here[token] > 0 or there[token] > 0]
    first = [token for token in tokens if here[token] > 0]
    source = LAW if law is not None else ASKED
    proposed = board.run.propose(
        source.id, [one.position] * len(first), first, here[first].tolist(), DraftKind.POINT
    )
    yield proposed
    rows = _looked_up(board, law, pair, first) if law is not None else _asked(board, pair, first)
    yield board.run.propose(
        source.id,
        [two.position] * (len(rows) * len(tokens)),
        tokens * len(rows),
        [prob for row in rows for prob in row[tokens].tolist()],
        DraftKind.POINT,
        [parent for parent in proposed.ids for _ in tokens],
    )


def _least_sure(board: Board, picks: Sequence[Pick]) -> tuple[Pick, Pick] | None:
    """Of the picks that are the same item the two with the smallest product, from the left."""
    ends = set(board.run.eos_ids)
    items = sorted(pick for pick in picks if pick.token not in ends and _is_item(board, pick.token))
    same = [(one, two) for one, two in combinations(items, 2) if one.token == two.token]
    return min(same, key=lambda pair: pair[0].prob * pair[1].prob, default=None)


def _is_item(board: Board, token: int) -> bool:
    """Marks and spaces stand twice by right; words and digits are worth a question."""
    return any(sign.isalnum() for sign in board.run.spell(token).decode("utf-8", "ignore"))


def _looked_up(board: Board, law: Exact, pair: tuple[Pick, Pick], first: Sequence[int]) -> list[Tensor]:
    one, two = pair
    return [law.given(board.tokens, one.position, token, two.position) for token in first]


def _asked(board: Board, pair: tuple[Pick, Pick], first: Sequence[int]) -> list[Tensor]:
    """A pass over the canvas for each token, all in one tick."""
    one, two = pair
    rows: list[Tensor] = []
    with board.run.together():
        for token in first:
            canvas = [*board.tokens]
            canvas[one.position] = token
            (view,) = plain(board, canvas, [two.position])
            rows.append(warp(precise(view.logits))[0])
    return rows
