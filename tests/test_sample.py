"""Top-k and top-p against their definition, on narrow, flat and tied rows."""

import pytest
import torch
from torch import Tensor

from workbench.maths.sample import argmax, warp


def rows(kind: str) -> Tensor:
    """Logits (6, 700) in float64."""
    torch.manual_seed(1)
    logits = torch.randn(6, 700, dtype=torch.float64)
    if kind == "tied":
        return (2 * logits).round()
    return logits * {"narrow": 9.0, "flat": 0.1}[kind]


def kept(probs: list[float], top_k: int, top_p: float) -> set[int]:
    """The smallest set of likeliest tokens that reaches top_p among the top_k; the lower id on a tie."""
    order = sorted(range(len(probs)), key=lambda id: (-probs[id], id))[: top_k or len(probs)]
    total, mass, found = sum(probs[id] for id in order), 0.0, set[int]()
    for id in order:
        if mass >= top_p * total:
            break
        found.add(id)
        mass += probs[id]
    return found


@pytest.mark.parametrize("kind", ["narrow", "flat", "tied"])
@pytest.mark.parametrize(("top_k", "top_p"), [(0, 0.3), (0, 0.97), (5, 1.0), (300, 0.9)])
def test_what_stays_is_what_the_definition_keeps(kind: str, top_k: int, top_p: float) -> None:
    logits = rows(kind)
    warped = warp(logits, 0.7, top_k, top_p)
    for row, probs in zip(warped, torch.softmax(logits / 0.7, -1), strict=True):
        stays = kept(probs.tolist(), top_k, top_p)
        assert set(row.nonzero().flatten().tolist()) == stays
        whole = probs[sorted(stays)].sum()
        assert torch.allclose(row[sorted(stays)], probs[sorted(stays)] / whole)


def test_the_lower_id_is_the_likeliest_on_a_tie() -> None:
    assert argmax(torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]])) == [1, 0]
