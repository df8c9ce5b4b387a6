"""Packed training batches: rows of 128 tokens of whole documents, each with its own positions and mask.

A batch is a pure function of (recipe, tokens to train, index), so a resumed run needs no data state but the
index of its next batch. Shapes: B rows, T = 128 tokens, K positions that carry loss (padded to a fixed K).
"""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from workbench import tasks

from . import tokens
from .recipes import Recipe

ROW = 128
CANVAS_STEP = 8
CANVASES = (24, 32)  # the lengths that a user decodes with
IGNORED = -100
END_FILL_WEIGHT = 0.25  # an end mark behind the first one is easy; it must not drown the answer
NEARLY_FULL = 6  # tokens; a row with less room is left as it is


@dataclass(frozen=True, slots=True)
class Document:
    """One example: input ids, the id to predict at each position (IGNORED for none) and its weight."""

    ids: list[int]
    targets: list[int]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class Batch:
    """B packed rows. `where` indexes the flattened (B*T) positions that carry loss."""

    ids: Tensor  # (B, T) int64
    positions: Tensor  # (B, T) int64, restarting at each document
    owner: Tensor  # (B, T) int64, number of the document; -1 for padding
    where: Tensor  # (K,) int64
    targets: Tensor  # (K,) int64
    weights: Tensor  # (K,) float32; 0 for padding
    count: int  # tokens that belong to documents

    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors in the order of their fields."""
        return (self.ids, self.positions, self.owner, self.where, self.targets, self.weights)

    def to(self, device: torch.device) -> Batch:
        """The batch on another device."""
        fields = ("ids", "positions", "owner", "where", "targets", "weights")
        moved = {name: getattr(self, name).to(device, non_blocking=True) for name in fields}
        return dataclasses.replace(self, **moved)


class Source:
    """Draws documents by the recipe's mix and packs them."""

    def __init__(self, recipe: Recipe, tokenizer: Tokenizer) -> None:
        self.recipe = recipe
        self.tokenizer = tokenizer

    def batch(self, index: int, progress: float) -> Batch:
        """Micro-batch number `index` of the run at a progress from 0 to 1."""
        rng = random.Random(f"{self.recipe.seed}/{self.recipe.kind}/{index}")
        rows: list[list[Document]] = [[] for _ in range(self.recipe.rows)]
        room = [ROW] * len(rows)
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
        return pack(rows, int(self.recipe.loss_room * ROW * len(rows)))

    def document(self, rng: random.Random, progress: float) -> Document:
        """One example of the mix, or early on a copy of random tokens."""
        warm = self.recipe.warm_up
        if warm and rng.random() < 0.3 * (1 - progress / warm):
            prompt, answer = self._random_copy(rng)
        else:
            weights = [share.at(progress) for share in self.recipe.mix]
            share = rng.choices(self.recipe.mix, weights)[0]
            instance = tasks.make(share.task, rng.getrandbits(48), "train")
            prompt = tokens.prompt_ids(self.tokenizer, instance.prompt)
            answer = tokens.answer_ids(self.tokenizer, instance.answer)
        if self.recipe.kind == "causal":
            return causal_document(prompt, answer)
        length = canvas_length(rng, len(answer), self.recipe.long_canvases)
        hide = rng.random() < self.recipe.hidden_prompts
        return masked_document(rng, prompt, answer, length, rng.random() < self.recipe.suffix_share, hide)

    def _random_copy(self, rng: random.Random) -> tuple[list[int], list[int]]:
        items = [rng.randrange(len(tokens.SPECIALS), tokens.VOCABULARY) for _ in range(rng.randint(3, 8))]
        head = tokens.prompt_ids(self.tokenizer, "Copy:")
        return [*head[:-1], *items, tokens.ASST], [*items, tokens.EOS]


def causal_document(prompt: list[int], answer: list[int]) -> Document:
    """Next-token targets on the answer and its end mark; a document weighs the root of its length."""
    ids = [*prompt, *answer]
    targets = [IGNORED] * (len(prompt) - 1) + answer + [IGNORED]
    weight = len(answer) ** -0.5
    return Document(ids, targets, [weight] * len(ids))


def canvas_length(rng: random.Random, needed: int, long_share: float) -> int:
    """As short as multiples of 8 allow, or, by chance, as long as a user may choose."""
    shortest = -(-needed // CANVAS_STEP) * CANVAS_STEP
    longer = [length for length in CANVASES if length > shortest]
    return rng.choice(longer) if longer and rng.random() < long_share else shortest


def masked_document(
    rng: random.Random, prompt: list[int], answer: list[int], length: int, suffix: bool, hide_prompt: bool
) -> Document:
    """A canvas of `length` cells filled up with end marks; a random subset or a suffix is masked.

    `hide_prompt` masks the prompt without a target, which is the unconditional input of guidance.
    """
    canvas = answer + [tokens.EOS] * (length - len(answer))
    if suffix:
        masked = set(range(rng.randrange(len(answer)), length))
    else:
        masked = set(rng.sample(range(length), rng.randint(1, length)))
    share = len(masked) / length
    prompt = [tokens.MASK] * len(prompt) if hide_prompt else prompt
    ids = prompt + [tokens.MASK if cell in masked else token for cell, token in enumerate(canvas)]
    targets = [IGNORED] * len(prompt) + [
        token if cell in masked else IGNORED for cell, token in enumerate(canvas)
    ]
    level = min(1 / share, 4.0) * len(answer) ** -0.5
    weights = [level] * (len(prompt) + len(answer)) + [level * END_FILL_WEIGHT] * (length - len(answer))
    return Document(ids, targets, weights)


def pack(rows: list[list[Document]], room: int) -> Batch:
    """Lay documents out in rows; at most `room` positions carry loss (surplus ones lose it)."""
    ids = torch.full((len(rows), ROW), tokens.PAD)
    positions = torch.zeros(len(rows), ROW, dtype=torch.int64)
    owner = torch.full((len(rows), ROW), -1)
    where: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    count = 0
    for row, documents in enumerate(rows):
        at = 0
        for number, document in enumerate(documents):
            size = len(document.ids)
            ids[row, at : at + size] = torch.tensor(document.ids)
            positions[row, at : at + size] = torch.arange(size)
            owner[row, at : at + size] = number
            for offset, target in enumerate(document.targets):
                if target != IGNORED:
                    where.append(row * ROW + at + offset)
                    targets.append(target)
                    weights.append(document.weights[offset])
            at += size
        count += at
    spare = max(room - len(where), 0)
    return Batch(
        ids,
        positions,
        owner,
        torch.tensor(where[:room] + [0] * spare),
        torch.tensor(targets[:room] + [0] * spare),
        torch.tensor(weights[:room] + [0.0] * spare),
        count,
    )


def attention_mask(owner: Tensor, causal: bool) -> Tensor:
    """(B, T) owners to (B, 1, T, T) bool: a token sees its own document, only backwards if causal."""
    same = owner[:, :, None] == owner[:, None, :]
    return (same.tril() if causal else same)[:, None]
