"""Thresholds for a model, proposed as quantiles of a static reference run.

The papers tuned their bars on networks of eight billion parameters; another network is sure of itself in
another way. The reference writes one token a round, the surest first. In every round each open position
has a likeliest token, and once the text is finished it is known which of them were *kept* and which were
*changed* later. A proposal is a quantile of what was changed: a bar at its 0.95 quantile would have let
through one in twenty of the tokens about which the reference changed its mind.

The reference is fed as the model was made to be: a block model block by block behind kept rows, any other
the whole canvas. So there are two lists of knobs, one for each kind of model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from workbench import tasks
from workbench.methods.api import Method
from workbench.methods.catalogue import catalogue, find
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import CONFIDENCE, Recipe
from workbench.methods.loops.unmasking.blockwise import fitting, is_block_model
from workbench.methods.loops.unmasking.watch import Look, watch
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare, usual_model
from workbench.run.request import DEFAULT_MODELS, Request
from workbench.trace import WorkbenchError

REFERENCE = "llada_low_confidence"
TASKS = ("copy", "reverse", "sort", "replace", "remove", "insert", "sudoku", "latin", "code", "story")
CANVAS, BLOCK = 32, 8
STRICT, MILD = 0.95, 0.8
"""The share of changed tokens that a strict and a mild bar hold back."""
CHANGED, KEPT = "changed", "kept"
WHOLE, BLOCKS = "a model that sees the whole canvas", "a block model"
"""The kinds of models that the lists of knobs are for."""
FEW = 20
"""Fewer changes than this say little."""


@dataclass(frozen=True)
class Asked:
    """One knob: which quantity it bounds, which quantile is proposed, what the paper says.

    above: tokens above the bar pass (a confidence); else those below it (an entropy). of: the quantile holds
    back this share of what was changed later, or lets through this share of what was kept. on: the kind of
    model.
    """

    method: str
    knob: str
    quantity: str
    level: float
    paper: float
    above: bool = True
    of: str = CHANGED
    on: str = WHOLE


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
    Asked("prophet", "early", "mean gap, first third", STRICT, 7.5),
    Asked("prophet", "middle", "mean gap, second third", STRICT, 5.0),
    Asked("prophet", "late", "mean gap, last third", STRICT, 2.5),
    Asked("freedave_plus", "threshold", "confidence", STRICT, 0.9),
    Asked("block_dynamic", "threshold", "confidence", STRICT, 0.9, on=BLOCKS),
    Asked("block_dynamic", "budget", "entropy up to it", STRICT, 0.35, above=False, on=BLOCKS),
    Asked("s2d2", "threshold", "confidence", STRICT, 0.85, on=BLOCKS),
    Asked("bacd", "high", "confidence", STRICT, 0.9, on=BLOCKS),
    Asked("bacd", "low", "confidence", MILD, 0.6, on=BLOCKS),
    Asked("tccf", "high", "confidence", STRICT, 0.9, on=BLOCKS),
    Asked("tccf", "low", "confidence", MILD, 0.6, on=BLOCKS),
)
QUANTITIES = ("confidence", "factor", "entropy spent before", "entropy up to it", "move")
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
    shelf: Shelf, model: str = "", method: str = "", count: int = 40, seed: int = 0
) -> list[Proposal]:
    """Proposals for every calibrated knob of `method` ('' = of all methods), from `count` held-out prompts.

    model: of the role denoiser; '' = the one that the method chooses by itself. Raises WorkbenchError for a
    method without such a knob, and for one whose knobs are calibrated on the other kind of model.
    """
    if count < 1:
        raise WorkbenchError(f"n = {count} is out of range; give 1 prompt or more.")
    named = find(method) if method else None
    asked = [each for each in KNOBS if method in ("", each.method)]
    if not asked:
        known = ", ".join(dict.fromkeys(each.method for each in KNOBS))
        raise WorkbenchError(f"{method} has no threshold to calibrate; these have: {known}.")
    model = model or (usual_model(named, "denoiser", shelf) if named else DEFAULT_MODELS["denoiser"])
    kind = _kind(shelf, model)
    here = [each for each in asked if each.on == kind]
    if not here:
        raise WorkbenchError(
            f"The model '{model}' is {kind}, and the thresholds of {method} are calibrated on "
            f"{asked[0].on}; name one with --model denoiser=NAME."
        )
    seen = _reference(shelf, model, count, seed)
    return [_propose(each, seen[each.quantity], catalogue()[each.method]) for each in here]


def _kind(shelf: Shelf, model: str) -> str:
    prompt = tasks.make(TASKS[0], 0).prompt
    run = prepare(Request(REFERENCE, prompt, models={"denoiser": model}, max_tokens=1), shelf).run
    return BLOCKS if is_block_model(run.masked("denoiser")) else WHOLE


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
    seen = {name: _Seen() for name in (*QUANTITIES, *THIRDS)}
    for number in range(count):
        task = TASKS[number % len(TASKS)]
        prompt = tasks.make(task, seed + number // len(TASKS)).prompt
        request = Request(REFERENCE, prompt, models={"denoiser": model}, max_tokens=CANVAS)
        run = prepare(request, shelf).run
        looks: list[Look] = []
        scope, compute, stop = fitting(run.masked("denoiser"), BLOCK)
        recipe = Recipe(
            scope, watch(looks), CONFIDENCE, compute=compute, stop=stop, also=lambda board: board.region
        )
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
        if look.whole:
            third = THIRDS[0 if look.at < 0.33 else 1 if look.at < 0.67 else 2]
            seen[third].add([look.gap], [look.whole == text])
