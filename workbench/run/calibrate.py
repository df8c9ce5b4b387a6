"""Thresholds for a model, proposed as quantiles of a static reference run.

The papers tuned their bars on networks of eight billion parameters; another network is sure of itself in
another way. The reference writes one token a round, the surest first. In every round each open position
has a likeliest token, and once the text is finished it is known which of them were *kept* and which were
*changed* later. A proposal is a quantile of what was changed: a bar at its 0.95 quantile would have let
through one in twenty of the tokens about which the reference changed its mind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from workbench import tasks
from workbench.methods.api import Method
from workbench.methods.catalogue import catalogue, find
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, Recipe, blocks
from workbench.methods.loops.unmasking.watch import Look, watch
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.request import Request
from workbench.trace import WorkbenchError

REFERENCE = "llada_low_confidence"
TASKS = ("copy", "reverse", "sort", "replace", "remove", "insert", "sudoku", "latin", "code", "story")
CANVAS, BLOCK = 32, 8
STRICT, MILD = 0.95, 0.8
"""The share of changed tokens that a strict and a mild bar hold back."""
CHANGED, KEPT = "changed", "kept"
FEW = 20
"""Fewer changes than this say little."""


@dataclass(frozen=True)
class Asked:
    """One knob: which quantity it bounds, which quantile is proposed, what the paper says.

    above: tokens above the bar pass (a confidence); else those below it (an entropy). of: the quantile holds
    back this share of what was changed later, or lets through this share of what was kept.
    """

    method: str
    knob: str
    quantity: str
    level: float
    paper: float
    above: bool = True
    of: str = CHANGED


KNOBS = (
    Asked("fast_dllm_threshold", "threshold", "confidence", STRICT, 0.9),
    Asked("fast_dllm_factor", "factor", "factor", STRICT, 1.0, above=False),
    Asked("fast_dllm_cache", "threshold", "confidence", STRICT, 0.9),
    Asked("freecache", "threshold", "confidence", STRICT, 0.9),
    Asked("eb_sampler", "gamma", "entropy spent before", STRICT, 0.1, above=False),
    Asked("klass", "threshold", "confidence", STRICT, 0.9),
    Asked("klass", "delta", "move", MILD, 0.01, above=False, of=KEPT),
    Asked("hierarchy", "threshold", "confidence", STRICT, 0.9),
    Asked("hierarchy", "low", "confidence", MILD, 0.4),
    Asked("wino", "wide", "confidence", MILD, 0.6),
    Asked("credit_decoding", "threshold", "confidence", STRICT, 0.9),
    Asked("local_leap", "threshold", "confidence", STRICT, 0.9),
    Asked("local_leap", "relaxed", "confidence", MILD, 0.75),
    Asked("adablock", "threshold", "confidence", STRICT, 0.9),
    Asked("bacd", "high", "confidence", STRICT, 0.9),
    Asked("bacd", "low", "confidence", MILD, 0.6),
    Asked("prophet", "early", "mean gap, first third", STRICT, 7.5),
    Asked("prophet", "middle", "mean gap, second third", STRICT, 5.0),
    Asked("prophet", "late", "mean gap, last third", STRICT, 2.5),
)
THIRDS = ("mean gap, first third", "mean gap, second third", "mean gap, last third")


@dataclass(frozen=True)
class Proposal:
    """A calibrated value of one knob. passes: the share of the tokens that were kept which it lets through.

    changed, kept: how many of each the reference run showed (of whole canvases, for a mean gap).
    note: '' or why it says little.
    """

    method: str
    knob: str
    quantity: str
    level: float
    of: str
    paper: float
    default: float
    value: float
    passes: float
    changed: int
    kept: int
    note: str


@dataclass
class _Seen:
    """What the reference run showed of one quantity: (value, was it kept)."""

    values: list[float] = field(default_factory=list[float])
    kept: list[bool] = field(default_factory=list[bool])

    def add(self, values: Sequence[float], kept: Sequence[bool]) -> None:
        """More of both."""
        self.values += values
        self.kept += kept

    def quantile(self, asked: Asked) -> float:
        """The bar that is asked for; of everything, where nothing was changed later."""
        wanted = asked.of == KEPT
        chosen = [v for v, kept in zip(self.values, self.kept, strict=True) if kept == wanted] or self.values
        level = asked.level if asked.above != wanted else 1 - asked.level
        return float(torch.tensor(chosen, dtype=torch.float64).quantile(level))

    def passes(self, bar: float, above: bool) -> float:
        """The share of what was kept that the bar lets through."""
        good = [v for v, kept in zip(self.values, self.kept, strict=True) if kept]
        return sum(v >= bar if above else v <= bar for v in good) / len(good) if good else 0.0


def calibrate(
    shelf: Shelf, model: str = "masked", method: str = "", count: int = 40, seed: int = 0
) -> list[Proposal]:
    """Proposals for every calibrated knob of `method` ('' = of all methods), from `count` held-out prompts.

    model: of the role denoiser. Raises WorkbenchError for a method without such a knob.
    """
    if count < 1:
        raise WorkbenchError(f"n = {count} is out of range; give 1 prompt or more.")
    asked = [each for each in KNOBS if method in ("", each.method)]
    if not asked:
        find(method)
        known = ", ".join(dict.fromkeys(each.method for each in KNOBS))
        raise WorkbenchError(f"{method} has no threshold to calibrate; these have: {known}.")
    seen = _reference(shelf, model, count, seed)
    return [_propose(each, seen[each.quantity], catalogue()[each.method]) for each in asked]


def _propose(asked: Asked, seen: _Seen, method: Method) -> Proposal:
    knob = next(knob for knob in method.knobs if knob.name == asked.knob)
    raw = seen.quantile(asked) if seen.values else float(knob.default)
    value = float(f"{min(knob.high, max(knob.low, raw)):.3g}")
    changed = seen.kept.count(False)
    note = "" if changed >= FEW else f"only {changed} changed later; ask more prompts"
    passes = round(seen.passes(value, asked.above), 3)
    default, kept = float(knob.default), len(seen.kept) - changed
    return Proposal(
        asked.method, asked.knob, asked.quantity, asked.level, asked.of, asked.paper, default, value, passes,
        changed, kept, note,
    )  # fmt: skip


def _reference(shelf: Shelf, model: str, count: int, seed: int) -> dict[str, _Seen]:
    """Decode `count` prompts one token a round and look at every round of each."""
    seen = {name: _Seen() for name in ("confidence", "factor", "entropy spent before", "move", *THIRDS)}
    for number in range(count):
        task = TASKS[number % len(TASKS)]
        prompt = tasks.make(task, seed + number // len(TASKS)).prompt
        request = Request(REFERENCE, prompt, models={"denoiser": model}, max_tokens=CANVAS)
        run = prepare(request, shelf).run
        looks: list[Look] = []
        recipe = Recipe(blocks(BLOCK), watch(looks), CONFIDENCE, also=lambda board: board.region)
        for _ in unmask(run, recipe):
            pass
        _compare(looks, seen)
    return seen


def _compare(looks: Sequence[Look], seen: dict[str, _Seen]) -> None:
    """Which tokens of each round the finished text kept."""
    final = {hole: token for look in looks for hole, token in zip(look.holes, look.tokens, strict=True)}
    text = [final[hole] for hole in sorted(final)]
    for look in looks:
        kept = [final[hole] == token for hole, token in zip(look.holes, look.tokens, strict=True)]
        for name, values in look.quantities.items():
            known = [i for i, value in enumerate(values) if value == value]
            seen[name].add([values[i] for i in known], [kept[i] for i in known])
        third = THIRDS[0 if look.at < 0.33 else 1 if look.at < 0.67 else 2]
        seen[third].add([look.gap], [look.whole == text])
