"""The perfect model as one that can be named: 'oracle:TASK:SEED' knows every right answer of one prompt."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import nn

from workbench import tasks
from workbench.models.api import ModelError
from workbench.models.meter import Meter
from workbench.models.oracle import Oracle
from workbench.models.shelf import Entry, Loaded, Shelf
from workbench.run.request import DEFAULT_MODELS
from workbench.trace import WorkbenchError

ORACLE = "oracle"
"""The first part of its name; alone it means the one of the prompt that is asked."""
TITLE = "Knows every right answer of the chosen task's prompt: what is lost with it, the decoder has lost"


@dataclass(frozen=True, eq=False)
class Perfect(Loaded):
    """A masked model without weights. answers: token ids (A, N), padded with the end of text."""

    answers: tuple[tuple[int, ...], ...] = ()
    start: int = 0
    mask_id: int = -1

    @cached_property
    def sha256(self) -> str:
        """The hash of what stands in the place of weights: the answers."""
        return hashlib.sha256(repr((self.start, self.answers)).encode()).hexdigest()

    def adapter(self, meter: Meter, source: str) -> Any:
        """See `Loaded.adapter`."""
        size = int(self.config["vocab_size"])
        return Oracle(self.answers, self.start, size, self.mask_id, self.eos_ids, source, meter)


def is_oracle(name: str) -> bool:
    """Whether a model's name means the perfect model."""
    return name.partition(":")[0] == ORACLE


def meant(models: Mapping[str, str], task: str, seed: int) -> dict[str, str]:
    """Models by role, where the perfect model alone means the one of this task's prompt. task '': of a prompt
    of one's own, whose right answers nobody has listed. Raises WorkbenchError."""
    if ORACLE in models.values() and not task:
        raise WorkbenchError(
            f"A perfect model knows the answers of a generated task only; choose a task whose answers can be "
            f"listed ({_able()}) and leave its prompt as it is, or choose another model."
        )
    return {role: f"{ORACLE}:{task}:{seed}" if name == ORACLE else name for role, name in models.items()}


def _able() -> str:
    return ", ".join(each.name for each in tasks.TASKS.values() if each.answers)


def open_model(shelf: Shelf, name: str, device: str, dtype: str, prompt: str) -> Loaded:
    """The model of this name, from the shelf or made for this prompt. Raises WorkbenchError."""
    return _perfect(shelf, name, prompt) if is_oracle(name) else shelf.open(name, device, dtype)


def _perfect(shelf: Shelf, name: str, prompt: str) -> Perfect:
    _, _, which = name.partition(":")
    task, _, seed = which.partition(":")
    if task not in tasks.TASKS or not seed.isdecimal() or len(seed) > 9:
        raise ModelError(f"The perfect model is named {ORACLE}:TASK:SEED, for instance {ORACLE}:shuffle:3.")
    instance = tasks.make(task, int(seed))
    if instance.prompt.strip() != prompt.strip():
        raise ModelError(
            f"'{name}' knows the answers of its own prompt only; ask it with --task {task}:{seed}."
        )
    texts = tasks.answers(instance)
    if not texts:
        raise ModelError(f"The right answers of '{task}' cannot be listed; a perfect model has: {_able()}.")
    return _made(shelf.open(DEFAULT_MODELS["denoiser"], "cpu", "float32"), name, instance.prompt, texts)


def _made(like: Loaded, name: str, prompt: str, texts: tuple[str, ...]) -> Perfect:
    """An oracle that writes in the tokens of an embedded masked model."""
    start = len(like.tokens.encode_prompt(prompt))
    rows = [like.tokens.encode_dialogue(prompt, text)[start:] for text in texts]
    longest, end = max(map(len, rows)), like.eos_ids[0]
    mask_id = like.adapter(Meter(), "").mask_id  # type: ignore[union-attr]
    entry: Entry = replace(like.entry, name=name, parameters=0, size=0, hash="", title="Perfect model")
    size = int(like.config.get("embedding_size") or like.config["vocab_size"])
    return Perfect(
        entry, like.tokens, nn.Identity(), torch.device("cpu"), torch.float32, {"vocab_size": size},
        like.eos_ids, like.never, None,
        tuple(tuple(row + [end] * (longest - len(row))) for row in map(list, rows)), start, mask_id,
    )  # fmt: skip
