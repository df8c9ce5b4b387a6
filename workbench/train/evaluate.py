"""Exact-match accuracy of a network, decoded as a user would: nothing is taken from the reference answer.

These are the plainest decoders, batched over prompts; the methods of the workbench are written elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from workbench import tasks
from workbench.models.net import Net

from . import tokens
from .data import attention_mask

ANSWER_ROOM = 40  # tokens of an autoregressive answer
CANVAS = 32  # cells of a masked answer
BLOCK = 8  # cells of a block, for the block model
CHUNK = 64  # prompts decoded together
POSITIONS = 512  # no text is longer
DRAFTED_CHARACTERS = 24  # of a character-level drafter, for four tokens of the target
UNRANKED = 10_000  # the rank of a cell that is not filled yet: nobody sees it


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
    block: int | None = None,
) -> tuple[list[list[int]], list[int]]:
    """Low-confidence decoding of a fixed canvas; the ids of each canvas and its number of rounds.

    Each round fills the `per_round` most confident cells, or with a threshold all cells at or above it (and
    always the best one). With `block` only cells of the first open block (counted from position 0 of the
    text) are filled, and a position sees its own block and those before it.
    """
    device = net.embed.device
    ids, pad = (part.to(device) for part in _left_padded(prompts))
    count, width = ids.shape
    ids = torch.cat([ids, torch.full((count, canvas), tokens.MASK, device=device)], 1)
    slots = torch.arange(width + canvas, device=device)
    positions = (slots[None] - pad[:, None]).clamp(min=0)
    mask = (slots[None] >= pad[:, None])[:, None, None, :].expand(-1, -1, width + canvas, -1)
    blocks = positions // (block or POSITIONS)
    if block:
        own = torch.eye(width + canvas, dtype=torch.bool, device=device)  # padding sees itself
        mask = mask & (blocks[:, None, :, None] >= blocks[:, None, None, :]) | own
    rounds = [0] * count
    while bool((ids[:, width:] == tokens.MASK).any()):
        logits = net(ids, positions, mask, rows=slice(width, width + canvas), causal=False).logits
        logits[..., tokens.MASK] = -torch.inf
        top = logits.softmax(-1).max(-1)
        holes = ids[:, width:] == tokens.MASK
        first = blocks[:, width:].masked_fill(~holes, POSITIONS).amin(1, keepdim=True)
        active = holes & (blocks[:, width:] == first)
        confidence = top.values.masked_fill(~active, -1.0)
        best = confidence.topk(per_round if threshold is None else 1, -1).indices
        fill = torch.zeros_like(holes).scatter_(1, best, True)
        if threshold is not None:
            fill |= confidence >= threshold
        fill &= active
        ids[:, width:] = torch.where(fill, top.indices, ids[:, width:])
        rounds = [n + int(open_) for n, open_ in zip(rounds, holes.any(1).tolist(), strict=True)]
    return ids[:, width:].tolist(), rounds


@torch.no_grad()
def fill_in_any_order(
    net: Net, prompts: Sequence[Sequence[int]], canvas: int = CANVAS, ordered: bool = False
) -> list[list[int]]:
    """One cell a round, the most confident one first (or in reading order); the ids of each canvas.

    Two streams, as in training: the cells that are filled, ranked by when, and one query per open cell.
    """
    device = net.embed.device
    ids, pad = (part.to(device) for part in _left_padded(prompts))
    count, width = ids.shape
    shape = (count, canvas)
    answer = torch.full(shape, tokens.MASK, device=device)
    query = torch.full(shape, tokens.MASK, device=device)
    rank = torch.full(shape, UNRANKED, device=device)
    slots = torch.arange(width + canvas, device=device)
    positions = (slots[None] - pad[:, None]).clamp(min=0)
    positions = torch.cat([positions, positions[:, width:]], 1)
    owner = (slots[None] < pad[:, None]).long() * -1
    owner = torch.cat([owner, torch.zeros(shape, dtype=torch.int64, device=device)], 1)
    asked = torch.zeros(count, width + 2 * canvas, dtype=torch.bool, device=device)
    asked[:, width + canvas :] = True
    own_rank = UNRANKED - 1 - torch.arange(canvas, device=device).expand(shape)
    for step in range(canvas):
        ranks = torch.cat([torch.zeros_like(ids), rank, own_rank], 1)
        mask = attention_mask(owner, ranks, asked)
        text = torch.cat([ids, answer, query], 1)
        logits = net(text, positions, mask, rows=slice(width + canvas, None), causal=False).logits
        logits[..., tokens.MASK] = -torch.inf
        top = logits.softmax(-1).max(-1)
        confidence = top.values.masked_fill(rank < UNRANKED, -1.0)
        best = torch.full((count, 1), step, device=device) if ordered else confidence.argmax(1, keepdim=True)
        answer.scatter_(1, best, top.indices.gather(1, best))
        rank.scatter_(1, best, step + 1)
    return answer.tolist()


def decode(
    net: Net,
    tokenizer: Tokenizer,
    kind: str,
    asked: Sequence[tasks.Instance],
    room: int = ANSWER_ROOM,
    **how: Any,
) -> Decoded:
    """Answers of a causal network (greedy, at most `room` tokens), a masked or block one (`unmask`), or an
    any-order one (`fill_in_any_order`); `how` are their options."""
    texts: list[str] = []
    rounds: list[int] = []
    for start in range(0, len(asked), CHUNK):
        prompts = [tokens.prompt_ids(tokenizer, each.prompt) for each in asked[start : start + CHUNK]]
        if kind == "causal":
            answers = greedy(net, prompts, room)
            counts = [len(answer) for answer in answers]
        elif kind == "any-order":
            answers = fill_in_any_order(net, prompts, **how)
            counts = [CANVAS] * len(answers)
        else:
            answers, counts = unmask(net, prompts, block=BLOCK if kind == "block" else None, **how)
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


@torch.no_grad()
def acceptance_of_characters(
    target: Net, drafter: Net, shared: Tokenizer, characters: Tokenizer, asked: Sequence[tasks.Instance]
) -> dict[str, float]:
    """As `acceptance`, for a drafter with its own tokens: it writes text, read in the target's tokens.

    A round's draft are at most four of these tokens; the last one is dropped, since it may go on.
    """
    found: dict[str, float] = {}
    for name in dict.fromkeys(instance.task for instance in asked):
        accepted = examined = 0
        for instance in (each for each in asked if each.task == name):
            wanted = greedy(target, [tokens.prompt_ids(shared, instance.prompt)])[0]
            at = 0
            while at < len(wanted):
                draft = _drafted(drafter, shared, characters, instance.prompt, wanted[:at])
                agrees = [a == b for a, b in zip(draft, wanted[at:], strict=False)]
                passed = agrees.index(False) if False in agrees else len(agrees)
                accepted += passed
                examined += min(passed + 1, len(agrees))
                at += passed + 1
        found[name] = accepted / max(examined, 1)
    return found


def _drafted(
    drafter: Net, shared: Tokenizer, characters: Tokenizer, prompt: str, written: list[int]
) -> list[int]:
    """Up to four of the target's tokens behind those `written`."""
    so_far = shared.decode(written, skip_special_tokens=True)
    start = tokens.prompt_ids(characters, prompt)
    start += characters.encode(so_far, add_special_tokens=False).ids
    more = greedy(drafter, [start], room=DRAFTED_CHARACTERS)[0]
    ended = more[-1] == tokens.EOS
    text = so_far + characters.decode(more, skip_special_tokens=True)
    ids = shared.encode(text, add_special_tokens=False).ids
    if ids[: len(written)] != written:
        return []
    draft = [*ids[len(written) :], tokens.EOS] if ended else ids[len(written) : -1]
    return draft[:4]
