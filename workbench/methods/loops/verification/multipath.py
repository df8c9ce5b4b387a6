"""Greedy multi-path block verification: of several chains the one the target likes best, as a block."""

from collections.abc import Generator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workbench.maths.accept import highest_of, odds
from workbench.methods.loops.verification.base import PATHS, Draft, Outcome, Verification
from workbench.methods.loops.verification.block import BLOCK, Chain, judge_chain
from workbench.methods.rules import RESIDUAL
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Measure, Rule, Score

DRAWS = Measure(
    "draws",
    "chains through it",
    "chains",
    "neither",
    "how many of the drawn chains run through this node",
)
ODDS = Measure("odds", "target/draft", "ratio", "higher", "target probability over draft probability")
FOLLOWED = Rule(
    "followed",
    "highest drawn sibling",
    "<",
    "rank by target/draft",
    "siblings followed",
    "{what} is on the path that is judged: its rank by target/draft among the drawn siblings is {left}.",
    "{what} is not on the path that is judged: its rank by target/draft among the drawn siblings is {left}.",
    value_from="rank(score:odds)",
    bound_from="const(1)",
)
BELOW = Measure(
    "ranked_below",
    "probability ranked below",
    "probability",
    "higher",
    "probability of all chains that rank under this path",
)
SKEWED = Measure(
    "skewed",
    "skewed draft probability",
    "probability",
    "higher",
    "probability of this token in the highest of the drawn chains",
    value_from="highest(ranked_below)",
)


@dataclass
class _Path:
    """The nodes of the highest path, and what each of them is distributed by once it was chosen."""

    nodes: list[int] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)
    drawn_from: list[Tensor] = field(default_factory=list)
    below: list[float] = field(default_factory=list)


def _follow(draft: Draft, target: Tensor) -> Generator[Event, None, _Path]:
    """From the root go to the drawn child that ranks highest, and note the law of what is chosen so."""
    chains = sum(_counts(draft)[node] for node in draft.children(ROOT))
    path, node, below, joint = _Path(), ROOT, 0.0, 1.0
    while True:
        row = target[node + 1]
        path.rows.append(row)
        children = draft.children(node)
        if not children:
            return path
        drawn_from = draft.drawn_from[children[0]]
        ratios = odds(row, drawn_from)
        order = highest_first(ratios)
        places = _places(order)
        yield from _judge_siblings(draft, children, ratios, places)
        node = _highest(draft, children, places)
        law, under = highest_of(drawn_from, order, below, joint, chains)
        token = draft.tokens[node]
        below, joint = float(under[token]), joint * float(drawn_from[token])
        path.nodes.append(node)
        path.drawn_from.append(law)
        path.below.append(below)


def _counts(draft: Draft) -> tuple[int, ...]:
    """How many chains run through every node: one each where none were merged."""
    return draft.counts or (1,) * len(draft.ids)


def highest_first(ratios: Tensor) -> Tensor:
    """The token ids (V,) from the highest ratio down, the lower id first on a tie."""
    return ratios.sort(descending=True, stable=True).indices


def _places(order: Tensor) -> Tensor:
    """The place (V,) of every token id in `order` (V,)."""
    return torch.empty_like(order).index_copy_(0, order, torch.arange(len(order), device=order.device))


def _highest(draft: Draft, children: list[int], places: Tensor) -> int:
    """The child whose token stands first."""
    return min(children, key=lambda child: int(places[draft.tokens[child]]))


def _judge_siblings(
    draft: Draft, children: list[int], ratios: Tensor, places: Tensor
) -> Generator[Event, None, None]:
    of = Candidates(tuple(draft.ids[child] for child in children))
    tokens = [draft.tokens[child] for child in children]
    yield Score(ODDS.id, of, tuple(ratios[tokens].tolist()))
    mine = places[tokens].tolist()
    yield FOLLOWED.judge(of, [sorted(mine).index(place) for place in mine], [1] * len(tokens))


def multipath_block(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """Choose the highest of the drawn chains and judge it as a block against the law of that choice.

    At every node the vocabulary is ordered by target/draft (the lower id on a tie); the path of the
    highest children is the lexicographically highest chain. Being chosen so makes its tokens likelier
    under the target than a single draw, and the skewed draft says by how much (Thomas & Pal 2026).
    """
    if not draft.ids:
        return Outcome([], target[0], False, target)
    yield Score(DRAWS.id, Candidates(draft.ids), _counts(draft))
    path = yield from _follow(draft, target)
    ids = tuple(draft.ids[node] for node in path.nodes)
    tokens = tuple(draft.tokens[node] for node in path.nodes)
    of = Candidates(ids)
    yield Score(BELOW.id, of, tuple(path.below))
    skewed = (float(law[token]) for law, token in zip(path.drawn_from, tokens, strict=True))
    yield Score(SKEWED.id, of, tuple(skewed))
    chain = Chain(ids, tokens, torch.stack(path.rows), path.drawn_from)
    accepted, after = yield from judge_chain(run, chain)
    return Outcome(path.nodes[:accepted], after, accepted < len(ids), target)


MULTIPATH_BLOCK = Verification(
    "multipath_block",
    "greedy multi-path block verification",
    "Follows the highest of several drawn chains by target/draft and judges it as a block.",
    multipath_block,
    (DraftKind.SAMPLED,),
    (PATHS,),
    True,
    (FOLLOWED, *BLOCK.rules),
    (DRAWS, ODDS, BELOW, SKEWED, *BLOCK.measures),
    (RESIDUAL,),
)
