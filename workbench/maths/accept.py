"""Verification of drafts against a target: the arithmetic of lossless speculation.

Leviathan et al. 2023 (Algorithm 1) and Chen et al. 2023; `target` and `draft` are
distributions over the vocabulary, (V,), each exactly as it would be sampled from.
"""

from torch import Tensor


def ratio(target: float, draft: float) -> float:
    """min(1, target/draft): the probability of keeping a token drawn from `draft`; 0/0 is 0."""
    if target <= 0:
        return 0.0
    return 1.0 if target >= draft else target / draft


def residual(target: Tensor, draft: Tensor) -> Tensor:
    """norm(max(target - draft, 0)): what is left of the target once a draft was rejected.

    Where nothing is left (the two are equal, so that no rejection can happen) the target itself.
    """
    left = (target - draft).clamp_min(0)
    mass = left.sum()
    return left / mass if mass > 0 else target


def without(probs: Tensor, token: int) -> Tensor:
    """`probs` with `token` struck out and the rest renormalised; all zeros if nothing is left."""
    left = probs.clone()
    left[token] = 0
    mass = left.sum()
    return left / mass if mass > 0 else left
