"""Muon for the matrices of the layers, AdamW for the rest, in one optimizer.

Muon (Jordan et al. 2024): the momentum of a matrix is replaced by the nearest orthogonal matrix, found by
five Newton-Schulz steps. Fused matrices (q, k, v; gate, up) are split first, since each is a map of its own.
Matrices of one shape are handled as one batch, which on a CPU is several times faster than one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalised(matrices: Tensor, steps: int = 5) -> Tensor:
    """(N, rows, columns) -> about the orthogonal factor of each, singular values near 1 (in bf16)."""
    a, b, c = COEFFICIENTS
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = (x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)).bfloat16()
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    x = x.to(matrices.dtype)
    return x.mT if tall else x


def pieces_of(name: str) -> int:
    """How many maps of equal size are stacked in the rows of a weight of `Net`."""
    return {"qkv": 3, "gate_up": 2}.get(name.rsplit(".", 1)[-1], 1)


class MuonAdamW(torch.optim.Optimizer):
    """One group of matrices under Muon, one of everything else under AdamW (no weight decay)."""

    def __init__(self, named: Iterable[tuple[str, nn.Parameter]], muon_rate: float, adam_rate: float) -> None:
        named = list(named)
        matrices = [(name, p) for name, p in named if p.ndim == 2 and name.startswith("layers.")]
        chosen = {name for name, _ in matrices}
        rest = [p for name, p in named if name not in chosen]
        self.pieces = [pieces_of(name) for name, _ in matrices]
        groups = [
            {"params": [p for _, p in matrices], "peak": muon_rate, "muon": True},
            {"params": rest, "peak": adam_rate, "muon": False},
        ]
        super().__init__(groups, {"lr": 0.0})

    def set_rate(self, factor: float) -> None:
        """Scale both peak rates."""
        for group in self.param_groups:
            group["lr"] = group["peak"] * factor

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One update from the gradients."""
        for group in self.param_groups:
            (self._muon if group["muon"] else self._adam)(group["params"], group["lr"])

    def _muon(self, params: list[nn.Parameter], rate: float, momentum: float = 0.95) -> None:
        waiting: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for p, pieces in zip(params, self.pieces, strict=True):
            assert p.grad is not None
            state = self.state[p]
            if not state:
                state["momentum"] = torch.zeros_like(p)
            state["momentum"].lerp_(p.grad, 1 - momentum)
            update = p.grad.lerp(state["momentum"], momentum)
            for part, wanted in zip(p.chunk(pieces), update.chunk(pieces), strict=True):
                turned = part.shape[0] > part.shape[1]
                waiting[tuple(sorted(part.shape))].append((part, wanted.mT if turned else wanted))
        for group in waiting.values():
            flat = orthogonalised(torch.stack([wanted for _, wanted in group]))
            for (part, wanted), found in zip(group, flat, strict=True):
                rows, columns = part.shape
                scale = max(1.0, rows / columns) ** 0.5
                part.sub_(found.mT if wanted.shape != part.shape else found, alpha=rate * scale)

    def _adam(
        self, params: list[nn.Parameter], rate: float, betas: tuple[float, float] = (0.9, 0.95)
    ) -> None:
        for p in params:
            assert p.grad is not None
            state = self.state[p]
            if not state:
                state.update(step=0, mean=torch.zeros_like(p), square=torch.zeros_like(p))
            state["step"] += 1
            state["mean"].lerp_(p.grad, 1 - betas[0])
            state["square"].lerp_(p.grad.square(), 1 - betas[1])
            mean = state["mean"] / (1 - betas[0] ** state["step"])
            square = state["square"] / (1 - betas[1] ** state["step"])
            p.sub_(mean / (square.sqrt() + 1e-8), alpha=rate)
