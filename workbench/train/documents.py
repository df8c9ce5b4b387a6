"""Training examples: what the network reads, who sees whom, and what it must predict where.

Every kind of model is one rule of sight over two kinds of tokens. A *given* token shows its id; an *asked*
token stands at a position to speak about it. Each has a rank, and a token sees the given tokens of its
document with a lower rank; besides, a given token sees the given ones of its own rank, and an asked token the
asked ones of its own rank (itself, or its block with what is already uncovered there). So:

    causal      all given, rank = position
    masked      all asked, rank 0 (mask ids and visible ids alike)
    block       a given copy of the text and an asked, partly masked copy of the answer; rank = block
    any-order   a given copy of the answer and an asked one of masks; rank = place in a random order
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import tokens

CANVAS_STEP = 8
CANVASES = (24, 32)  # the lengths that a user decodes with
IGNORED = -100
END_FILL_WEIGHT = 0.25  # an end mark behind the first one is easy; it must not drown the answer
MAX_LEVEL = 4.0  # bound of the weight 1/t of a document with a share t of its cells masked
SEMI_BLOCKS = (1, 4, 8, 16)  # block lengths of the semi-autoregressive masks
BLOCKS = (1, 2, 4, 8, 16)  # block lengths of the block model
SEEN_WEIGHT = 0.1  # loss on visible cells, against 1 on masked ones
DAMAGED = 0.1  # share of visible cells whose id is replaced, in the documents that are damaged


@dataclass(slots=True)
class Document:
    """One example, column by column; `targets` is IGNORED where nothing is predicted."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    asked: list[bool] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(
        self, id: int, position: int, rank: int, asked: bool, target: int = IGNORED, weight: float = 0.0
    ) -> None:
        """One more token."""
        self.ids.append(id)
        self.positions.append(position)
        self.ranks.append(rank)
        self.asked.append(asked)
        self.targets.append(target)
        self.weights.append(weight)


@dataclass(frozen=True, slots=True)
class Masking:
    """How the canvas of a masked document is covered and damaged."""

    semi: bool = False  # blocks before a random one are visible, those behind it masked
    hide_prompt: bool = False  # the unconditional input of guidance
    revise: bool = False  # some visible cells are wrong, and visible cells carry a little loss


def causal_document(prompt: Sequence[int], answer: Sequence[int]) -> Document:
    """Next-token targets on the answer and its end mark; a document weighs the root of its length."""
    made, ids, weight = Document(), [*prompt, *answer], len(answer) ** -0.5
    for at, id in enumerate(ids):
        told = len(prompt) - 1 <= at < len(ids) - 1
        made.add(id, at, at, False, ids[at + 1] if told else IGNORED, weight)
    return made


def canvas_length(rng: random.Random, needed: int, long_share: float) -> int:
    """As short as multiples of 8 allow, or, by chance, as long as a user may choose."""
    shortest = -(-needed // CANVAS_STEP) * CANVAS_STEP
    longer = [length for length in CANVASES if length > shortest]
    return rng.choice(longer) if longer and rng.random() < long_share else shortest


def masked_document(
    rng: random.Random, prompt: Sequence[int], answer: Sequence[int], length: int, how: Masking
) -> Document:
    """A canvas of `length` cells filled up with end marks, some of them masked; weight 1/t (at most 4)."""
    canvas = [*answer, *[tokens.EOS] * (length - len(answer))]
    masked = _semi(rng, len(answer), length) if how.semi else _some(rng, range(length))
    level = min(length / len(masked), MAX_LEVEL) * len(answer) ** -0.5
    made = Document()
    for at, id in enumerate(prompt):
        made.add(tokens.MASK if how.hide_prompt else id, at, 0, True)
    for cell, id in enumerate(canvas):
        share = level * (1.0 if cell < len(answer) else END_FILL_WEIGHT)
        at = len(prompt) + cell
        if cell in masked:
            made.add(tokens.MASK, at, 0, True, id, share)
        elif how.revise:
            wrong = rng.random() < DAMAGED
            shown = _other(rng, prompt, answer) if wrong else id
            made.add(shown, at, 0, True, id, share * (1.0 if wrong else SEEN_WEIGHT))
        else:
            made.add(id, at, 0, True)
    return made


def _some(rng: random.Random, cells: Sequence[int]) -> set[int]:
    return set(rng.sample(cells, rng.randint(1, len(cells))))


def _semi(rng: random.Random, needed: int, length: int) -> set[int]:
    """Cells masked while a block with an answer token in it is being decoded."""
    size = rng.choice(SEMI_BLOCKS)
    start = rng.randrange(-(-needed // size)) * size
    stop = min(start + size, length)
    return _some(rng, range(start, stop)) | set(range(stop, length))


def _other(rng: random.Random, prompt: Sequence[int], answer: Sequence[int]) -> int:
    """A plausible wrong id: one that stands somewhere in the document, behind the control tokens."""
    plain = [id for id in (*prompt, *answer) if id >= len(tokens.SPECIALS)]
    return rng.choice(plain) if plain else tokens.EOS


def block_document(
    rng: random.Random, prompt: Sequence[int], answer: Sequence[int], length: int, size: int
) -> Document:
    """Every block of the answer is decoded behind the given text before it; blocks count from position 0.

    A block at the border holds the end of the prompt too, uncovered. Weight 1/t in each block.
    """
    canvas = [*answer, *[tokens.EOS] * (length - len(answer))]
    ids, begin, level = [*prompt, *canvas], len(prompt), len(answer) ** -0.5
    made = Document()
    for at, id in enumerate(ids):
        made.add(id, at, at // size, False)
    for start in range(begin - begin % size, len(ids), size):
        cells = range(max(start, begin), min(start + size, len(ids)))
        masked = _some(rng, cells)
        for at in range(start, cells.stop):
            share = level * min(len(cells) / len(masked), MAX_LEVEL)
            share *= 1.0 if at < begin + len(answer) else END_FILL_WEIGHT
            if at in masked:
                made.add(tokens.MASK, at, at // size, True, ids[at], share)
            else:
                made.add(ids[at], at, at // size, True)
    return made


def any_order_document(
    rng: random.Random, prompt: Sequence[int], answer: Sequence[int], length: int, ordered: bool
) -> Document:
    """Every cell is asked for behind those before it in a random order (or in reading order)."""
    canvas = [*answer, *[tokens.EOS] * (length - len(answer))]
    order = list(range(length)) if ordered else rng.sample(range(length), length)
    rank = {cell: place + 1 for place, cell in enumerate(order)}
    level = len(answer) ** -0.5
    made = Document()
    for at, id in enumerate(prompt):
        made.add(id, at, 0, False)
    for cell, id in enumerate(canvas):
        made.add(id, len(prompt) + cell, rank[cell], False)
    for cell, id in enumerate(canvas):
        share = level * (1.0 if cell < len(answer) else END_FILL_WEIGHT)
        made.add(tokens.MASK, len(prompt) + cell, rank[cell], True, id, share)
    return made


def random_copy(rng: random.Random, head: Sequence[int], size: int) -> tuple[list[int], list[int]]:
    """Prompt and answer of a copy of random tokens; `head` is a prompt that ends in <asst>."""
    items = [rng.randrange(len(tokens.SPECIALS), size) for _ in range(rng.randint(3, 8))]
    return [*head[:-1], *items, head[-1]], [*items, tokens.EOS]


def random_lookup(rng: random.Random, head: Sequence[int], size: int) -> tuple[list[int], list[int]]:
    """Prompt of random pairs (key value) and a key; the answer is that key's pair: pure induction."""
    found = rng.sample(range(len(tokens.SPECIALS), size), 2 * rng.randint(3, 8))
    pairs = list(zip(found[::2], found[1::2], strict=True))
    key, value = rng.choice(pairs)
    flat = [id for pair in pairs for id in pair]
    return [*head[:-1], *flat, key, head[-1]], [key, value, tokens.EOS]
