"""How sure a belief is. Rows are distributions (R, V)."""

import numpy as np
from torch import Tensor


def of_tokens(probs: Tensor, tokens: Tensor) -> Tensor:
    """probs[i, tokens[i]]: the confidence (R,) in the chosen tokens (LLaDA's, Fast-dLLM's)."""
    return probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


TINY = 1e-38
"""The smallest normal float32, roughly: p ln p is 0 long before."""


def entropy(probs: Tensor) -> Tensor:
    """-sum p ln p in nats, (R,)."""
    logs = probs.clamp_min(TINY)
    if logs.is_cpu:  # numpy's logarithm takes a third of the time of torch's
        np.log(logs.numpy(), out=logs.numpy())
    else:
        logs.log_()
    return logs.mul_(probs).sum(dim=-1).neg_()


def margin(probs: Tensor) -> Tensor:
    """Likeliest minus second likeliest probability, (R,); 0 where there is but one entry."""
    top = probs.topk(min(2, probs.shape[-1]), dim=-1).values
    return top[:, 0] - top[:, -1]


def divergence(now: Tensor, before: Tensor) -> Tensor:
    """KL(now || before) in nats, (R,): how far beliefs have moved since the last round (KLASS)."""
    moved = (now * (now.clamp_min(TINY).log() - before.clamp_min(TINY).log())).sum(dim=-1)
    return moved.clamp_min(0)  # never below 0; rounding of equal beliefs may be
