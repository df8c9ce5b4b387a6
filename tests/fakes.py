"""Models whose law is a table, and dice that walk every branch: what exact tests are made of."""

import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor

from workbench.methods.api import Method
from workbench.methods.dice import Pick, SeededDice
from workbench.methods.run import Run
from workbench.models.api import Beliefs, Reading
from workbench.models.meter import Meter
from workbench.models.tokens import Tokens
from workbench.run.prepare import Prepared, glossary
from workbench.trace import Header, ModelCard

Law = Callable[[tuple[int, ...]], Tensor]
"""A prefix of token ids -> the distribution (V,) of the next token."""


def random_law(seed: int, size: int = 3, zeros: int = 0, sharpness: float = 1.0) -> Law:
    """A different random distribution after every prefix, with `zeros` impossible tokens in each."""

    def law(prefix: tuple[int, ...]) -> Tensor:
        rng = random.Random(f"{seed}:{prefix}")
        weights = [rng.random() ** sharpness + 0.02 for _ in range(size)]
        for token in rng.sample(range(size), zeros):
            weights[token] = 0.0
        probs = torch.tensor(weights, dtype=torch.float64)
        return probs / probs.sum()

    return law


@dataclass(frozen=True)
class TableMemory:
    """The path of tokens behind every cached row; the first `length` rows are the trunk."""

    paths: tuple[tuple[int, ...], ...] = ()
    parents: tuple[int, ...] = ()
    length: int = 0

    @property
    def rows(self) -> int:
        return len(self.paths)

    def keep(self, rows: Sequence[int]) -> "TableMemory":
        trunk = self.paths[: len(self.paths[rows[0]]) - 1]
        kept = (*trunk, *(self.paths[row] for row in rows))
        assert all(len(path) == i + 1 for i, path in enumerate(kept)), "not a path from the trunk"
        return TableMemory(kept, (), len(kept))

    def back_to(self, length: int) -> "TableMemory":
        return TableMemory(self.paths[:length], (), length)

    def copy(self) -> "TableMemory":
        return self


class TableCausal:
    """A causal model that answers from a law, exactly and in float64."""

    max_positions = 512
    eos_ids: tuple[int, ...] = ()

    def __init__(self, law: Law, size: int, role: str, meter: Meter, eos_ids: Sequence[int] = ()) -> None:
        self.law, self.vocab_size, self.role, self.name = law, size, role, f"table-{role}"
        self.meter, self.eos_ids = meter, tuple(eos_ids)

    def read(
        self,
        tokens: Sequence[int],
        after: TableMemory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
        want: int | None = None,
    ) -> Reading:
        held = after or TableMemory()
        paths = list(held.paths)
        first = len(paths)
        parents = range(first - 1, first - 1 + len(tokens)) if parents is None else parents
        for token, parent in zip(tokens, parents, strict=True):
            paths.append((*(paths[parent] if parent >= 0 else ()), token))
        self.meter.count(self.role, ((first, len(paths)),), ((0, first),) if first else (), ((0, 1),))
        logits = torch.stack([self.law(path).log() for path in paths[first:]])
        memory = TableMemory(tuple(paths), tuple(parents), held.length)
        return Reading(Beliefs(logits[-(want or len(tokens)) :], self.name), memory, range(first, len(paths)))


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
        after: object = None,
        only: Sequence[int] | None = None,
        remember: bool = False,
    ) -> Reading:
        self.meter.count(self.role, ((0, len(canvas)),), (), ((0, 1),))
        law = random_law(self.seed, self.vocab_size, sharpness=4.0)
        rows = torch.stack([law((*canvas, i)).log() for i in (wanted or range(len(canvas)))])
        rows[:, self.mask_id] = -torch.inf
        return Reading(Beliefs(rows, self.name), TableMemory(), range(len(canvas)))


@dataclass
class ScriptedDice:
    """Follows a script of branch numbers, then the first branch; notes the choices it had."""

    script: Sequence[int]
    weight: float = 1.0
    widths: list[int] = field(default_factory=list)

    def _branch(self, weights: Sequence[float]) -> int:
        at = len(self.widths)
        branch = self.script[at] if at < len(self.script) else 0
        self.widths.append(len(weights))
        self.weight *= weights[branch]
        return branch

    def uniform(self, below: float) -> float:
        """Two branches: under the bound, or not; the number returned lies in the middle of its branch."""
        if below >= 1 or below <= 0:
            return 0.5 * below if below >= 1 else 0.5
        return 0.5 * below if self._branch([below, 1 - below]) == 0 else 0.5 * (1 + below)

    def pick(self, probs: Tensor) -> Pick:
        support = [i for i, p in enumerate(probs.tolist()) if p > 0]
        index = support[self._branch([float(probs[i]) for i in support])] if len(support) > 1 else support[0]
        upper = float(probs[: index + 1].sum())
        return Pick(index, upper - 0.5 * float(probs[index]), upper, float(probs[index]))


def branches(play: Callable[[ScriptedDice], object]) -> Iterator[tuple[float, object]]:
    """(weight, result) of every way the dice can fall. `play` must be a function of its dice alone."""
    scripts: list[list[int]] = [[]]
    while scripts:
        script = scripts.pop()
        dice = ScriptedDice(script)
        result = play(dice)
        taken = [*script, *[0] * (len(dice.widths) - len(script))]
        for at in range(len(script), len(dice.widths)):
            scripts += [[*taken[:at], other] for other in range(1, dice.widths[at])]
        yield dice.weight, result


class LetterTokens:
    """Token i reads as the i-th letter."""

    vocab_hash = "letters"

    def token_bytes(self, id: int) -> bytes:
        return b" " + bytes([97 + id % 26])


def table_run(
    method: Method,
    knobs: dict | None = None,
    seed: int = 0,
    tokens: int = 12,
    detail: str = "full",
    stop=lambda: False,
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
    run = Run(prompt, tokens, models, eos, SeededDice(seed), meter, detail == "full")
    cards = tuple(
        ModelCard(r, m.name, "0" * 64, 0, size, getattr(m, "mask_id", -1), eos) for r, m in models.items()
    )
    promise = method.guarantee.promise.value
    header = Header(
        method.id, method.title, method.family, method.status, promise, method.guarantee.sentence,
        dataclasses.asdict(params), cards, "a b c a b", prompt, seed, tokens, detail, "cpu", "float64", {},
    )  # fmt: skip
    return Prepared(method, params, run, meter, header, glossary(method), cast(Tokens, LetterTokens()))
