"""How sure a belief is. Rows are distributions (R, V)."""

import torch
from torch import Tensor


def of_tokens(probs: Tensor, tokens: Tensor) -> Tensor:
    """probs[i, tokens[i]]: the confidence (R,) in the chosen tokens (LLaDA's, Fast-dLLM's)."""
    return probs.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


def entropy(probs: Tensor) -> Tensor:
    """-sum p ln p in nats, (R,)."""
    return torch.special.entr(probs).sum(dim=-1)
