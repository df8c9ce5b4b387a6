"""What exact tests are made of: the laboratory's table models and dice, and a masked model beside them."""

import dataclasses
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from workbench.lab.enumerate import ScriptedDice, branches
from workbench.lab.tables import Law, LetterTokens, TableCausal, TableMemory, random_law
from workbench.methods.api import Method
from workbench.methods.dice import SeededDice
from workbench.methods.hand import Hand
from workbench.methods.run import Run, Spelling
from workbench.models.api import Beliefs, Reading
from workbench.models.meter import Meter, spans
from workbench.models.tokens import Tokens
from workbench.run.intervene import handed, promised
from workbench.run.prepare import Prepared, glossary
from workbench.trace import Header, Intervention, ModelCard

__all__ = [
    "CORPUS",
    "Law",
    "LetterTokens",
    "Letters",
    "ScriptedDice",
    "TableCausal",
    "TableMasked",
    "TableMemory",
    "branches",
    "random_law",
    "spellings",
    "table_run",
]  # fmt: skip


class TableMasked:
    """A masked model: the belief at a hole depends on all visible tokens, by a seeded table."""

    max_positions = 512

    def __init__(self, seed: int, size: int, role: str, meter: Meter, eos_ids: Sequence[int] = ()) -> None:
        self.seed, self.vocab_size, self.role, self.name = seed, size, role, f"table-{role}"
        self.meter, self.mask_id, self.eos_ids = meter, size - 1, tuple(eos_ids)

    def fill(
        self,
        canvas: Sequence[int],
        wanted: Sequence[int] | None = None,
        visible: Tensor | None = None,
        after: TableMemory | None = None,
        only: Sequence[int] | None = None,
        remember: bool = False,
        positions: Sequence[int] | None = None,
    ) -> Reading:
        size = len(canvas)
        first = 0 if after is None or only is not None else after.rows
        fed = range(first, size) if only is None else only
        self.meter.count(self.role, spans(fed), spans(sorted({*range(size)} - {*fed})), ((0, 1),))
        law = random_law(self.seed, self.vocab_size, sharpness=4.0)
        rows = torch.stack([law(self._key(canvas, i, visible, positions)).log() for i in wanted or fed])
        rows[:, self.mask_id] = -torch.inf
        memory = TableMemory(tuple((i,) for i in range(size)), (), size) if remember else TableMemory()
        return Reading(Beliefs(rows, self.name), memory, range(size))

    def _key(
        self, canvas: Sequence[int], row: int, visible: Tensor | None, positions: Sequence[int] | None
    ) -> tuple[int, ...]:
        """What the belief of a row depends on: the tokens that it sees, and where it stands."""
        place = row if positions is None else positions[row]
        if visible is None:
            return (*canvas, place)
        seen = visible if visible.dim() == 1 else visible[row]
        return (*(token if see else -1 for token, see in zip(canvas, seen.tolist(), strict=True)), place)


class Letters:
    """A tokenizer of `size` letters; turned: the first id reads as the last letter."""

    def __init__(self, size: int, turned: bool = False) -> None:
        letters = [bytes([97 + i]) for i in range(size)]
        self.size, self._letters = size, letters[::-1] if turned else letters

    def encode(self, text: str) -> list[int]:
        return [self._letters.index(letter.encode()) for letter in text]

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(map(self.token_bytes, ids)).decode()

    def token_bytes(self, id: int) -> bytes:
        return self._letters[id]

    def special(self, id: int) -> bool:
        return False


def spellings(prompt: Sequence[int], size: int) -> dict[str, Spelling]:
    """A target and a drafter that number the same letters in opposite order."""
    turned = tuple(size - 1 - id for id in prompt)
    return {
        "target": Spelling(Letters(size), tuple(prompt)),
        "draft": Spelling(Letters(size, turned=True), turned),
    }


CORPUS = ((1, 0, 1, 2, 0, 1, 1, 2), (2, 0, 1, 0, 0, 2, 1), (0, 2, 1, 2, 2, 0, 1, 2))
"""A few texts to retrieve from, for every vocabulary of three tokens or more."""


def table_run(
    method: Method,
    knobs: dict | None = None,
    seed: int = 0,
    tokens: int = 12,
    detail: str = "full",
    stop=lambda: False,
    told: Sequence[Intervention] = (),
) -> Prepared:
    """A run on table models with nine tokens, the last of them the mask, the one before the end-of-text."""
    meter, size, eos = Meter(stop), 9, (7,)
    causal = {"target": random_law(seed, size, 1, 3.0), "draft": random_law(seed + 1, size, 1, 3.0)}
    models = {}
    for role, capability in method.needs.items():
        if capability == "masked":
            models[role] = TableMasked(seed, size, role, meter, eos)
        else:
            models[role] = TableCausal(causal[role], size, role, meter, eos)
    params = method.parse(knobs or {})
    prompt = (0, 1, 2, 0, 1)
    hand = Hand(told)
    run = Run(
        prompt, tokens, handed(method, models, prompt, hand), eos, SeededDice(seed), meter, detail == "full",
        spellings(prompt, size), hand=hand, corpus=lambda: CORPUS,
        spell=lambda id: b"abcd\nfghi"[id : id + 1],
    )  # fmt: skip
    cards = tuple(
        ModelCard(r, m.name, "0" * 64, 0, size, getattr(m, "mask_id", -1), eos) for r, m in models.items()
    )
    promise = promised(method.promise(params), told)
    header = Header(
        method.id, method.title, method.family, method.status, promise.promise.value, promise.sentence,
        dataclasses.asdict(params), cards, "a b c a b", prompt, seed, tokens, detail, "cpu", "float64", {},
        tuple(told),
    )  # fmt: skip
    return Prepared(method, params, run, meter, header, glossary(method, told), cast(Tokens, LetterTokens()))
