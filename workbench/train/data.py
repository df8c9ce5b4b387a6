"""Packed training batches: rows of whole documents, each with its own positions and sight.

A batch is a pure function of (recipe, tokens to train, index), so a resumed run needs no data state but the
index of its next batch. Shapes: B rows, T tokens a row, K positions that carry loss (padded to a fixed K).
"""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from workbench import tasks

from . import documents, tokens
from .documents import IGNORED, Document
from .recipes import Recipe

NEARLY_FULL = 6  # tokens; a row with less room is left as it is


@dataclass(frozen=True, slots=True)
class Batch:
    """B packed rows. `where` indexes the flattened (B*T) positions that carry loss."""

    ids: Tensor  # (B, T) int64
    positions: Tensor  # (B, T) int64, restarting at each document
    owner: Tensor  # (B, T) int64, number of the document; -1 for padding
    ranks: Tensor  # (B, T) int64, see `documents`
    asked: Tensor  # (B, T) bool
    where: Tensor  # (K,) int64
    targets: Tensor  # (K,) int64
    weights: Tensor  # (K,) float32; 0 for padding
    count: int  # tokens that belong to documents

    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors in the order of their fields."""
        return tuple(getattr(self, name) for name in TENSORS)

    def to(self, device: torch.device) -> Batch:
        """The batch on another device."""
        moved = {name: getattr(self, name).to(device, non_blocking=True) for name in TENSORS}
        return dataclasses.replace(self, **moved)


TENSORS = ("ids", "positions", "owner", "ranks", "asked", "where", "targets", "weights")


class Source:
    """Draws documents by the recipe's mix and packs them."""

    def __init__(self, recipe: Recipe, tokenizer: Tokenizer) -> None:
        self.recipe = recipe
        self.tokenizer = tokenizer
        self._heads = {text: tokens.prompt_ids(tokenizer, text) for text in ("Copy:", "Find")}

    def batch(self, index: int, progress: float) -> Batch:
        """Micro-batch number `index` of the run at a progress from 0 to 1."""
        rng = random.Random(f"{self.recipe.seed}/{self.recipe.kind}/{index}")
        rows: list[list[Document]] = [[] for _ in range(self.recipe.rows)]
        room = [self.recipe.row] * len(rows)
        misses = 0
        while misses < 4 and max(room) > NEARLY_FULL:
            document = self.document(rng, progress)
            fitting = [row for row, left in enumerate(room) if left >= len(document.ids)]
            if not fitting:
                misses += 1
                continue
            row = min(fitting, key=lambda fit: room[fit])
            rows[row].append(document)
            room[row] -= len(document.ids)
        return pack(rows, int(self.recipe.loss_room * self.recipe.row * len(rows)), self.recipe.row)

    def document(self, rng: random.Random, progress: float) -> Document:
        """One example of the mix, or early on a copy or a lookup among random tokens."""
        warm, recipe = self.recipe.warm_up, self.recipe
        if warm and rng.random() < 0.3 * (1 - progress / warm):
            prompt, answer = self._warm_up(rng)
        else:
            weights = [share.at(progress) for share in recipe.mix]
            share = rng.choices(recipe.mix, weights)[0]
            instance = tasks.make(share.task, rng.getrandbits(48), "train")
            prompt = tokens.prompt_ids(self.tokenizer, instance.prompt)
            answer = tokens.answer_ids(self.tokenizer, instance.answer)
        if recipe.kind == "causal":
            return documents.causal_document(prompt, answer)
        length = documents.canvas_length(rng, len(answer), recipe.long_canvases)
        if recipe.kind == "block":
            return documents.block_document(rng, prompt, answer, length, rng.choice(documents.BLOCKS))
        if recipe.kind == "any-order":
            return documents.any_order_document(rng, prompt, answer, length, rng.random() < recipe.semi_share)
        chances = (recipe.semi_share, recipe.hidden_prompts, recipe.revise_share)
        how = documents.Masking(*(rng.random() < chance for chance in chances))
        return documents.masked_document(rng, prompt, answer, length, how)

    def _warm_up(self, rng: random.Random) -> tuple[list[int], list[int]]:
        if rng.random() < 0.5:
            return documents.random_copy(rng, self._heads["Copy:"], self.tokenizer.get_vocab_size())
        return documents.random_lookup(rng, self._heads["Find"], self.tokenizer.get_vocab_size())


def pack(rows: list[list[Document]], room: int, width: int) -> Batch:
    """Lay documents out in rows; at most `room` positions carry loss (surplus ones lose it)."""
    shape = (len(rows), width)
    ids = torch.full(shape, tokens.PAD)
    positions, ranks = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64)
    asked = torch.zeros(shape, dtype=torch.bool)
    owner = torch.full(shape, -1)
    where: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    count = 0
    for row, packed in enumerate(rows):
        at = 0
        for number, document in enumerate(packed):
            span = slice(at, at + len(document.ids))
            ids[row, span] = torch.tensor(document.ids)
            positions[row, span] = torch.tensor(document.positions)
            ranks[row, span] = torch.tensor(document.ranks)
            asked[row, span] = torch.tensor(document.asked)
            owner[row, span] = number
            for offset, target in enumerate(document.targets):
                if target != IGNORED:
                    where.append(row * width + at + offset)
                    targets.append(target)
                    weights.append(document.weights[offset])
            at = span.stop
        count += at
    spare = max(room - len(where), 0)
    return Batch(
        ids,
        positions,
        owner,
        ranks,
        asked,
        torch.tensor(where[:room] + [0] * spare),
        torch.tensor(targets[:room] + [0] * spare),
        torch.tensor(weights[:room] + [0.0] * spare),
        count,
    )


def attention_mask(owner: Tensor, ranks: Tensor, asked: Tensor) -> Tensor:
    """(B, T) each -> (B, 1, T, T) bool: who sees whom, by the rule of `documents`."""

    def pairs(column: Tensor) -> tuple[Tensor, Tensor]:
        return column[:, :, None], column[:, None, :]

    (mine, other), (rank, its_rank), (asks, it_asks) = pairs(owner), pairs(ranks), pairs(asked)
    earlier = ~it_asks & (its_rank < rank)
    alike = (it_asks == asks) & (its_rank == rank)
    return ((mine == other) & (earlier | alike))[:, None]
