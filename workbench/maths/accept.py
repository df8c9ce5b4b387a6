"""Verification of drafts against a target: the arithmetic of lossless speculation.

Leviathan et al. 2023 (Algorithm 1) and Chen et al. 2023; `target` and `draft` are
distributions over the vocabulary, (V,), each exactly as it would be sampled from.
"""

import torch
from torch import Tensor

from workbench.maths.sample import precise


def ratio(target: float, draft: float) -> float:
    """min(1, target/draft): the probability of keeping a token drawn from `draft`; 0/0 is 0."""
    if target <= 0:
        return 0.0
    return 1.0 if target >= draft else target / draft


def running_product(before: float, target: float, draft: float) -> float:
    """min(1, before * target/draft): what a prefix is worth as a whole (Sun et al. 2025); 0/0 is 0."""
    if target <= 0:
        return 0.0
    return min(1.0, before * target / draft) if draft > 0 else 1.0


def residual(target: Tensor, draft: Tensor, weight: float = 1.0) -> Tensor:
    """norm(max(weight * target - draft, 0)): what is left of the target once a draft was rejected.

    Where nothing is left (the two are equal, so that no rejection can happen) the target itself.
    """
    left = ((target if weight == 1 else weight * target) - draft).clamp_min_(0)
    mass = left.sum()
    return left / mass if float(mass) > 0 else target


def left_mass(target: Tensor, draft: Tensor, weight: float = 1.0) -> float:
    """sum(max(weight * target - draft, 0)): how much of the target its draft leaves uncovered."""
    return float((weight * target - draft).clamp_min_(0).sum())


def rest_weight(weight: float, left: float) -> float:
    """left / (left + 1 - weight): how surely a prefix stands that was given up behind its end; 0/0 is 1.

    Block verification (Sun et al. 2025) and, sibling by sibling, traversal
    verification (Weng et al. 2025). `weight` is the running product before, `left` the mass that
    the rejected draft has left of `weight * target`.
    """
    missing = 1 - weight
    return left / (left + missing) if missing > 0 else 1.0


def without(probs: Tensor, token: int) -> Tensor:
    """`probs` with `token` struck out and the rest renormalised; all zeros if nothing is left."""
    left = probs.clone()
    left.select(0, token).zero_()  # quicker than an assignment
    mass = left.sum()
    return left / mass if float(mass) > 0 else left


def odds(target: Tensor, draft: Tensor) -> Tensor:
    """target/draft per token (V,); -1 where nothing can be drawn."""
    return torch.where(draft > 0, target / draft, -1.0)


def highest_of(
    draft: Tensor, order: Tensor, below: float, joint: float, chains: int
) -> tuple[Tensor, Tensor]:
    """How the next token of the highest of several chains is distributed (Thomas & Pal 2026).

    `chains` independent chains are drawn from `draft` (V,) behind a prefix of probability `joint`,
    and the highest in the lexicographic order that `order` (V,) gives (first = highest) is kept;
    chains of total probability `below` rank under this prefix. Returns the token's law (V,) and,
    per token, the probability (V,) of all chains that rank under the prefix with that token.
    """
    exact = precise(draft)
    exact = exact / exact.sum()  # a sum that is off counts `chains` times
    lowest = order.flip(0)
    rising = exact.index_select(0, lowest).cumsum(0)
    ranked = below + joint * torch.cat((rising.new_zeros(1), rising[:-1]))
    under = torch.empty_like(exact).index_copy_(0, lowest, ranked)
    floor, top = under / (below + joint), (under + joint * exact) / (below + joint)
    # (top^K - floor^K) / (top - floor), written out so that nothing cancels
    spread = torch.stack([top**i * floor ** (chains - 1 - i) for i in range(chains)]).sum(0)
    law = exact * spread
    return (law / law.sum()).to(draft.dtype), under
