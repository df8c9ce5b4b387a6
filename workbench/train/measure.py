"""The figures of an exported model, computed from its folder alone: those of its card and of `eval`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from workbench import tasks
from workbench.models.net import Net

from . import documents, evaluate, folders, tokens
from .data import attention_mask, pack
from .documents import IGNORED, Document
from .loop import layer_states
from .recipes import Recipe

PER_ROUND = (1, 2, 4, 8)
THRESHOLDS = (0.5, 0.7, 0.9)
BINS = 10
CHARACTERS_PER_TOKEN = 3  # room of a character-level answer against one in the shared tokens
Report = Callable[[str], None]


def measure(recipe: Recipe, models: Path, names: Sequence[str], count: int, report: Report) -> dict[str, Any]:
    """All figures of the exported model of `recipe` on `count` held-out prompts of each named task.

    overall and tasks: exact match; calibration_error: see `calibration`; by kind of model also ways (accuracy
    and rounds at several degrees of parallelism), acceptance, early_exit. Shares from 0 to 1.
    """
    folder = models / recipe.name
    net, tokenizer = folders.network(folder), tokens.load(folder)
    asked = evaluate.instances(names, count)
    ways = {}
    for title, options in _ways(recipe):
        report(f"{recipe.name}: {title}")
        decoded = evaluate.decode(net, tokenizer, recipe.kind, asked, **options)
        found = evaluate.accuracy(asked, decoded.texts)
        ways[title] = {
            "overall": _mean(found.values()),
            "tasks": _rounded(found),
            "rounds": round(sum(decoded.rounds) / len(decoded.rounds), 2),
        }
    first = next(iter(ways.values()))
    figures: dict[str, Any] = {
        "overall": first["overall"],
        "tasks": first["tasks"],
        "rounds": first["rounds"],
    }
    report(f"{recipe.name}: calibration")
    figures["calibration_error"] = calibration(net, tokenizer, recipe.kind, asked)
    if len(ways) > 1:
        figures["ways"] = ways
    if recipe.layer_skip:
        figures["early_exit"] = early_exit(net, tokenizer, asked)
    if recipe.teacher or recipe.characters:
        report(f"{recipe.name}: acceptance")
        target = folders.network(models / (recipe.teacher or "ar-target"))
        few = evaluate.instances(names, max(count // 2, 1))
        accepted = (
            evaluate.acceptance_of_characters(target, net, tokens.load(models / "ar-target"), tokenizer, few)
            if recipe.characters
            else evaluate.acceptance(target, net, tokenizer, few)
        )
        figures["acceptance"] = _mean(accepted.values())
        figures["acceptance_by_task"] = _rounded(accepted)
    return figures


def steps(recipe: Recipe) -> int:
    """How many times `measure` reports."""
    return len(list(_ways(recipe))) + 1 + bool(recipe.teacher or recipe.characters)


def _ways(recipe: Recipe) -> Iterator[tuple[str, dict[str, Any]]]:
    """Title and options of each way to decode; the first one is the model's own accuracy."""
    if recipe.kind == "causal":
        room = evaluate.ANSWER_ROOM * (CHARACTERS_PER_TOKEN if recipe.characters else 1)
        yield "greedy", {"room": room}
    elif recipe.kind == "any-order":
        yield "most confident first", {}
        yield "reading order", {"ordered": True}
    else:
        for number in PER_ROUND:
            yield f"{number} a round", {"per_round": number}
        for threshold in THRESHOLDS:
            yield f"threshold {threshold}", {"threshold": threshold}


def _mean(values: Any) -> float:
    values = list(values)
    return round(sum(values) / len(values), 3)


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in found.items()}


def calibration(net: Net, tokenizer: Tokenizer, kind: str, asked: Sequence[tasks.Instance]) -> float:
    """Expected calibration error, ten equal bins: |confidence - share right| of the top token, weighted.

    Right means: the token of the reference answer, which is a draw from the law the network was trained on.
    Masked, block and any-order networks are asked on random partly masked states of it, causal ones behind
    the reference's own prefix. The fill behind the end mark does not count.
    """
    sums = torch.zeros(BINS, 3)  # confidence, right, count
    for start in range(0, len(asked), evaluate.CHUNK):
        states = [_state(tokenizer, kind, each) for each in asked[start : start + evaluate.CHUNK]]
        top, targets = _top(net, states)
        bins = (top.values * BINS).long().clamp(max=BINS - 1)
        right = (top.indices == targets).float()
        sums.index_add_(0, bins, torch.stack([top.values, right, torch.ones_like(right)], 1))
    confidence, right, count = sums.unbind(1)
    return round(float((confidence - right).abs().sum() / count.sum()), 4)


def _state(tokenizer: Tokenizer, kind: str, instance: tasks.Instance) -> Document:
    rng = random.Random(f"calibration/{instance.prompt}")
    prompt = tokens.prompt_ids(tokenizer, instance.prompt)
    answer = tokens.answer_ids(tokenizer, instance.answer)
    length = max(evaluate.CANVAS, -(-len(answer) // 8) * 8)
    if kind == "causal":
        made = documents.causal_document(prompt, answer)
    elif kind == "masked":
        made = documents.masked_document(rng, prompt, answer, length, documents.Masking())
    elif kind == "block":
        made = documents.block_document(rng, prompt, answer, length, evaluate.BLOCK)
    else:
        made = documents.any_order_document(rng, prompt, answer, length, False)
    end = len(prompt) + len(answer)
    made.targets = [
        target if position < end else IGNORED
        for target, position in zip(made.targets, made.positions, strict=True)
    ]
    return made


@torch.no_grad()
def _top(net: Net, states: Sequence[Document]) -> tuple[Any, Tensor]:
    """Confidence and choice (K,), and the reference's token (K,), where the documents have targets."""
    room = sum(target != IGNORED for made in states for target in made.targets)
    batch = pack([[made] for made in states], room, max(len(made.ids) for made in states))
    mask = attention_mask(batch.owner, batch.ranks, batch.asked)
    hidden = layer_states(net, batch.ids, batch.positions, mask)[-1]
    logits = net.unembed(hidden.flatten(0, 1)[batch.where])
    if bool(batch.asked.any()):
        logits[:, tokens.MASK] = -torch.inf
    return logits.softmax(-1).max(-1), batch.targets


@torch.no_grad()
def early_exit(net: Net, tokenizer: Tokenizer, asked: Sequence[tasks.Instance]) -> dict[str, float]:
    """Per layer: how often its state, under the shared head, chooses the whole network's token."""
    states = [_state(tokenizer, "causal", each) for each in asked]
    room = sum(target != IGNORED for made in states for target in made.targets)
    batch = pack([[made] for made in states], room, max(len(made.ids) for made in states))
    mask = attention_mask(batch.owner, batch.ranks, batch.asked)
    hidden = layer_states(net, batch.ids, batch.positions, mask)
    hidden = [*map(net.normalised, hidden[1:-1]), hidden[-1]]
    chosen = [net.unembed(each.flatten(0, 1)[batch.where]).argmax(-1) for each in hidden]
    return {
        f"layer {number}": round(float((each == chosen[-1]).float().mean()), 3)
        for number, each in enumerate(chosen, 1)
    }
