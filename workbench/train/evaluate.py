"""Exact-match accuracy of a network, decoded as a user would: nothing is taken from the reference answer.

These are the plainest decoders, batched over prompts; the methods of the workbench are written elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from workbench import tasks
from workbench.models.net import Net

from . import tokens

ANSWER_ROOM = 40  # tokens of an autoregressive answer
CANVAS = 32  # cells of a masked answer
CHUNK = 64  # prompts decoded together


@dataclass(frozen=True, slots=True)
class Decoded:
    """Answers, and the rounds that each took."""

    texts: list[str]
    rounds: list[int]


def instances(names: Sequence[str], count: int) -> list[tasks.Instance]:
    """`count` held-out instances of each task, without repeated prompts."""
    found: list[tasks.Instance] = []
    for name in names:
        distinct: dict[str, tasks.Instance] = {}
        for seed in range(20 * count):
            if len(distinct) < count:
                instance = tasks.make(name, seed)
                distinct.setdefault(instance.prompt, instance)
        found += distinct.values()
    return found


def _left_padded(prompts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids (N, P) and the padding in front of each row (N,)."""
    longest = max(map(len, prompts))
    rows = [[tokens.PAD] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    return torch.tensor(rows), torch.tensor([longest - len(prompt) for prompt in prompts])


@torch.no_grad()
def greedy(net: Net, prompts: Sequence[Sequence[int]], room: int = ANSWER_ROOM) -> list[list[int]]:
    """The most probable next token until the end mark; ids of each answer with its end mark."""
    device = net.embed.device
    ids, pad = (part.to(device) for part in _left_padded(prompts))
    count, width = ids.shape
    slots = torch.arange(width + room, device=device)
    positions = (slots[None] - pad[:, None]).clamp(min=0)
    visible = slots[None] >= pad[:, None]  # (N, S)
    cache = net.new_cache(width + room, count)
    rows = slots[:width]
    own = torch.eye(width, dtype=torch.bool, device=device)  # padding sees itself, so that no row is empty
    mask = (visible[:, None, :width] & (rows[None, :] <= rows[:, None])) | own
    out = net(ids, positions[:, :width], mask[:, None], cache, 0, rows=slice(width - 1, width))
    answer: list[Tensor] = []
    done = torch.zeros(count, dtype=torch.bool, device=device)
    for step in range(room):
        chosen = out.logits[:, -1].argmax(-1).masked_fill(done, tokens.EOS)
        answer.append(chosen)
        done |= chosen == tokens.EOS
        at = width + step
        if bool(done.all()) or step == room - 1:
            break
        out = net(chosen[:, None], positions[:, at : at + 1], visible[:, None, None, : at + 1], cache, at)
    return [_until_end(row) for row in torch.stack(answer, 1).tolist()]


def _until_end(row: list[int]) -> list[int]:
    return row[: row.index(tokens.EOS) + 1] if tokens.EOS in row else row


@torch.no_grad()
def unmask(
    net: Net,
    prompts: Sequence[Sequence[int]],
    canvas: int = CANVAS,
    per_round: int = 1,
    threshold: float | None = None,
) -> tuple[list[list[int]], list[int]]:
    """Low-confidence decoding of a fixed canvas; the ids of each canvas and its number of rounds.

    Each round fills the `per_round` most confident cells, or with a threshold all cells at or above it (and
    always the best one).
    """
    device = net.embed.device
    ids, pad = (part.to(device) for part in _left_padded(prompts))
    count, width = ids.shape
    ids = torch.cat([ids, torch.full((count, canvas), tokens.MASK, device=device)], 1)
    slots = torch.arange(width + canvas, device=device)
    positions = (slots[None] - pad[:, None]).clamp(min=0)
    mask = (slots[None] >= pad[:, None])[:, None, None, :].expand(-1, -1, width + canvas, -1)
    rounds = [0] * count
    while bool((ids[:, width:] == tokens.MASK).any()):
        logits = net(ids, positions, mask, rows=slice(width, width + canvas)).logits
        logits[..., tokens.MASK] = -torch.inf
        top = logits.softmax(-1).max(-1)
        holes = ids[:, width:] == tokens.MASK
        confidence = top.values.masked_fill(~holes, -1.0)
        best = confidence.topk(per_round if threshold is None else 1, -1).indices
        fill = torch.zeros_like(holes).scatter_(1, best, True)
        if threshold is not None:
            fill |= confidence >= threshold
        fill &= holes
        ids[:, width:] = torch.where(fill, top.indices, ids[:, width:])
        rounds = [n + int(open_) for n, open_ in zip(rounds, holes.any(1).tolist(), strict=True)]
    return ids[:, width:].tolist(), rounds


def decode(
    net: Net,
    tokenizer: Tokenizer,
    kind: str,
    asked: Sequence[tasks.Instance],
    per_round: int = 1,
    threshold: float | None = None,
) -> Decoded:
    """Answers of a causal network (greedy) or a masked one (see `unmask`)."""
    texts: list[str] = []
    rounds: list[int] = []
    for start in range(0, len(asked), CHUNK):
        prompts = [tokens.prompt_ids(tokenizer, each.prompt) for each in asked[start : start + CHUNK]]
        if kind == "causal":
            answers = greedy(net, prompts)
            counts = [len(answer) for answer in answers]
        else:
            answers, counts = unmask(net, prompts, per_round=per_round, threshold=threshold)
        texts += [tokens.answer_text(tokenizer, answer) for answer in answers]
        rounds += counts
    return Decoded(texts, rounds)


def accuracy(asked: Sequence[tasks.Instance], texts: Sequence[str]) -> dict[str, float]:
    """Share of right answers per task."""
    verdicts: dict[str, list[bool]] = {}
    for instance, text in zip(asked, texts, strict=True):
        verdicts.setdefault(instance.task, []).append(tasks.score(instance, text).right)
    return {name: sum(each) / len(each) for name, each in verdicts.items()}


@torch.no_grad()
def acceptance(
    target: Net, drafter: Net, tokenizer: Tokenizer, asked: Sequence[tasks.Instance], drafts: int = 4
) -> dict[str, float]:
    """Accepted / examined greedy drafts per task, in rounds of `drafts` tokens and one bonus token.

    Along the target's greedy answer a draft is accepted if it is the drafter's choice too, so one pass of the
    drafter over the answer gives every verdict of every round. A round ends at its first rejection.
    """
    accepted: dict[str, int] = {}
    examined: dict[str, int] = {}
    for instance in asked:
        prompt = tokens.prompt_ids(tokenizer, instance.prompt)
        answer = greedy(target, [prompt])[0]
        ids = torch.tensor([prompt + answer])
        logits = drafter(ids, torch.arange(ids.shape[1])[None]).logits[0]
        agrees = (logits[len(prompt) - 1 : -1].argmax(-1) == ids[0, len(prompt) :]).tolist()
        at = 0
        while at < len(agrees):
            window = agrees[at : at + drafts]
            passed = window.index(False) if False in window else len(window)
            accepted[instance.task] = accepted.get(instance.task, 0) + passed
            examined[instance.task] = examined.get(instance.task, 0) + min(passed + 1, len(window))
            at += passed + 1
    return {name: accepted[name] / examined[name] for name in accepted}
