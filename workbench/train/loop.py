"""The training loop: reproducible by seed, resumable at any checkpoint, scheduled by tokens."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from workbench.models.net import Config, Net

from . import evaluate, tokens
from .data import Source, attention_mask
from .optim import MuonAdamW
from .recipes import Recipe, Shape

POSITIONS = 512
CHECKPOINT = "checkpoint.pt"
LOG_EVERY = 20.0  # seconds
SAVE_EVERY = 30.0
EVAL_COUNT = 8  # prompts per task in the small evaluations


def config_of(shape: Shape, vocabulary: int = tokens.VOCABULARY) -> Config:
    """The network of a shape: as many key/value heads as heads, tied embedding."""
    return Config(
        vocab_size=vocabulary,
        width=shape.width,
        depth=shape.depth,
        heads=shape.heads,
        kv_heads=shape.heads,
        head_dim=shape.width // shape.heads,
        ffn=shape.ffn,
        max_positions=POSITIONS,
    )


@dataclass(slots=True)
class Progress:
    """Where a run is: everything of a checkpoint but the tensors."""

    micro: int = 0  # index of the next micro-batch
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    next_eval: int = 0
    log: list[dict] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is carried out; none of it changes what is learned, except `tokens` and number formats."""

    folder: Path
    device: torch.device
    tokens: int
    compiled: bool = True
    bf16: bool = False
    seconds: float | None = None  # stop (resumably) after so long
    stop_at: int | None = None  # stop (resumably) at so many tokens


class Run:
    """One training run in a folder: checkpoint.pt (resumable) and log.jsonl."""

    def __init__(
        self,
        recipe: Recipe,
        tokenizer: Tokenizer,
        settings: Settings,
        teacher: Net | None = None,
        start: Net | None = None,
    ) -> None:
        self.recipe, self.settings, self.tokenizer, self.teacher = recipe, settings, tokenizer, teacher
        torch.manual_seed(recipe.seed)
        self.net = Net(config_of(recipe.shape, tokenizer.get_vocab_size())).to(settings.device)
        if start is not None:
            self.net.load_state_dict(start.state_dict())
        self.optimizer = MuonAdamW(self.net.named_parameters(), recipe.muon_rate, recipe.adam_rate)
        self.source = Source(recipe, tokenizer)
        self.state = Progress(next_eval=recipe.eval_every)
        self.loss = loss_function(self.net, recipe, teacher)
        if settings.compiled:
            self.loss = torch.compile(self.loss, dynamic=False)
        settings.folder.mkdir(parents=True, exist_ok=True)

    @property
    def progress(self) -> float:
        """The share of the token budget that is spent."""
        return min(self.state.tokens / self.settings.tokens, 1.0)

    def resume(self) -> bool:
        """Continue from the checkpoint of the folder, if there is one."""
        path = self.settings.folder / CHECKPOINT
        if not path.exists():
            return False
        saved = torch.load(path, map_location=self.settings.device, weights_only=True)
        self.net.load_state_dict(saved["net"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.state = Progress(**saved["progress"])
        return True

    def save(self) -> None:
        """Write the checkpoint under another name, then rename, so that it is always whole."""
        path = self.settings.folder / CHECKPOINT
        fields = Progress.__dataclass_fields__
        torch.save(
            {
                "net": self.net.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "progress": {name: getattr(self.state, name) for name in fields},
            },
            path.with_suffix(".part"),
        )
        os.replace(path.with_suffix(".part"), path)

    def step(self) -> float:
        """One optimizer step over one or more micro-batches; the mean loss per weighted token."""
        count = self.recipe.batches_at(self.progress)
        total = 0.0
        for _ in range(count):
            batch = self.source.batch(self.state.micro, self.progress).to(self.settings.device)
            kept, exit_layer = self.layers(self.state.micro, self.recipe.rows)
            with torch.autocast(self.settings.device.type, torch.bfloat16, enabled=self.settings.bf16):
                loss = self.loss(kept, exit_layer, *batch.tensors())
            (loss / count).backward()
            total += loss.item() / count
            self.state.micro += 1
            self.state.tokens += batch.count
        self.optimizer.set_rate(self.recipe.rate_at(self.progress))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.state.step += 1
        return total

    def layers(self, micro: int, rows: int) -> tuple[Tensor, Tensor]:
        """Which rows keep which layers (layers, rows), and the layer of the early loss (1,)."""
        depth, skip = self.recipe.shape.depth, self.recipe.layer_skip
        if skip is None:
            return torch.ones(depth, rows), torch.zeros(1, dtype=torch.int64)
        rng = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + micro)
        chances = [skip.dropout * (2 ** (i / (depth - 1)) - 1) for i in range(depth)]
        kept = (torch.rand(depth, rows, generator=rng) >= torch.tensor(chances)[:, None]).float()
        return kept.to(self.settings.device), torch.tensor([micro % (depth - 1)]).to(self.settings.device)

    def train(self, report: Callable[[str], None] = print) -> None:
        """Train until the token budget or a limit of the settings is reached; checkpoints on the way."""
        began = logged = saved = time.monotonic()
        spent, mean, since = self.state.seconds, None, self.state.tokens
        while self.state.tokens < self.settings.tokens and not self._stopped(time.monotonic() - began):
            loss = self.step()
            mean = loss if mean is None else 0.95 * mean + 0.05 * loss
            now = time.monotonic()
            self.state.seconds = spent + now - began
            if now - logged > LOG_EVERY:
                speed = (self.state.tokens - since) / (now - logged)
                self._log(report, loss=round(mean, 4), speed=round(speed))
                logged, since = now, self.state.tokens
            if self.state.tokens >= self.state.next_eval:
                self.state.next_eval += self.recipe.eval_every
                self._log(report, loss=round(mean, 4), accuracy=self.small_evaluation())
            if now - saved > SAVE_EVERY:
                self.save()
                saved = time.monotonic()
        self.save()

    def _stopped(self, elapsed: float) -> bool:
        limit, stop = self.settings.seconds, self.settings.stop_at
        return (limit is not None and elapsed > limit) or (stop is not None and self.state.tokens >= stop)

    def _log(self, report: Callable[[str], None], **values: object) -> None:
        entry = {
            "tokens": self.state.tokens,
            "step": self.state.step,
            "seconds": round(self.state.seconds),
            "rate": round(self.recipe.rate_at(self.progress), 4),
            **values,
        }
        self.state.log.append(entry)
        line = json.dumps(entry)
        with (self.settings.folder / "log.jsonl").open("a") as file:
            file.write(line + "\n")
        report(line)

    def small_evaluation(self) -> dict[str, float]:
        """Accuracy on a few held-out prompts per task of the mix."""
        asked = evaluate.instances(self.recipe.tasks, EVAL_COUNT)
        room = evaluate.ANSWER_ROOM * (3 if self.recipe.characters else 1)
        answers = evaluate.decode(self.net, self.tokenizer, self.recipe.kind, asked, room)
        found = evaluate.accuracy(asked, answers.texts)
        mean = sum(found.values()) / len(found)
        return {"all": round(mean, 3)} | {name: round(value, 2) for name, value in found.items()}


def loss_function(net: Net, recipe: Recipe, teacher: Net | None) -> Callable[..., Tensor]:
    """The loss of one micro-batch, as a function of tensors of fixed shapes (so it compiles once)."""
    skip = recipe.layer_skip

    def losses(logits: Tensor, targets: Tensor, wanted: Tensor | None) -> Tensor:
        each = F.cross_entropy(logits.float(), targets, reduction="none")
        if wanted is None:
            return each
        soft = -(wanted * logits.float().log_softmax(-1)).sum(-1)
        return recipe.soft_share * soft + (1 - recipe.soft_share) * each

    def loss(
        kept: Tensor,
        exit_layer: Tensor,
        ids: Tensor,
        positions: Tensor,
        owner: Tensor,
        ranks: Tensor,
        asked: Tensor,
        where: Tensor,
        targets: Tensor,
        weights: Tensor,
    ) -> Tensor:
        mask = attention_mask(owner, ranks, asked)
        states = layer_states(net, ids, positions, mask, kept if skip else None)
        wanted = None
        if teacher is not None:
            with torch.no_grad():
                taught = layer_states(teacher, ids, positions, mask)[-1]
                wanted = teacher.unembed(taught.flatten(0, 1)[where]).float().softmax(-1)
        each = losses(net.unembed(states[-1].flatten(0, 1)[where]), targets, wanted)
        if skip:
            early = torch.stack(states[1:-1]).index_select(0, exit_layer)[0]
            logits = net.unembed(net.normalised(early).flatten(0, 1)[where])
            share = skip.exit_weight * (exit_layer + 1) / (len(states) - 2)
            each = (each + share * losses(logits, targets, wanted)) / (1 + share)
        return (each * weights).sum() / weights.sum()

    return loss


def layer_states(
    net: Net, ids: Tensor, positions: Tensor, mask: Tensor, kept: Tensor | None = None
) -> list[Tensor]:
    """States (B, T, D) before the first layer and after each, the last one normalised.

    kept (layers, B): 0 where a row skips a layer, 1 elsewhere; None keeps all.
    """
    x = F.embedding(ids, net.embed)
    turn = net.turn(positions, x)
    states = [x]
    for number, block in enumerate(net.blocks):
        after = block.forward(x, turn, mask, False, None)
        x = after if kept is None else x + kept[number, :, None, None].to(x.dtype) * (after - x)
        states.append(x)
    states[-1] = net.normalised(x)
    return states
