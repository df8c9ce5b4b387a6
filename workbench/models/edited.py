"""A model whose beliefs a person has a hand in: tokens that are forced or banned at a position.

The wrapper stands before any adapter, so a method obeys without knowing of it. It changes beliefs and nothing
else: passes, rows and caches are those of the model behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from workbench.models.api import AnyOrder, Beliefs, Causal, Masked, Memory, ModelError, Reading
from workbench.trace.trace import Intervention

Edits = Callable[[], Sequence[Intervention]]
"""What is forced and banned at the moment of a reading."""
INSIDE = ("look", "complete", "exit", "heads", "refine", "given")
"""Ways to read a network that this wrapper does not edit, and so does not have."""


class Edited:
    """`model`, with the beliefs of each reading edited; `did` is told of every edit that met a row.

    A reading that begins with another text than `prompt` (a method tries its models out) is left alone.
    """

    def __init__(
        self, model: Any, prompt: Sequence[int], edits: Edits, did: Callable[[Intervention], None]
    ) -> None:
        self.inner, self._prompt, self._edits, self._did = model, list(prompt), edits, did

    def __getattr__(self, name: str) -> Any:
        if name in INSIDE:
            raise AttributeError(name)
        return getattr(self.inner, name)

    def read(
        self,
        tokens: Sequence[int],
        after: Memory | None = None,
        parents: Sequence[int] | None = None,
        layers: Sequence[int] | None = None,
        want: int | None = None,
    ) -> Reading:
        """See `Causal.read`: row i speaks about the position after token i."""
        model: Causal = self.inner
        edits = self._edits()
        reading = model.read(tokens, after, parents, layers, want)
        if not edits or (after is None and list(tokens[: len(self._prompt)]) != self._prompt):
            return reading
        depths = places(tokens, after, parents)
        return self._edited(
            reading, [depth + 1 for depth in depths[len(depths) - len(reading.beliefs) :]], edits
        )

    def fill(
        self,
        canvas: Sequence[int],
        wanted: Sequence[int] | None = None,
        visible: Tensor | None = None,
        after: Memory | None = None,
        only: Sequence[int] | None = None,
        remember: bool = False,
        positions: Sequence[int] | None = None,
    ) -> Reading:
        """See `Masked.fill`: rows speak about the positions of what was wanted."""
        model: Masked = self.inner
        edits = self._edits()
        reading = model.fill(canvas, wanted, visible, after, only, remember, positions)
        if not edits:
            return reading
        if wanted is None:
            first = 0 if after is None else after.rows
            wanted = range(first, len(canvas)) if only is None else only
        return self._edited(reading, [i if positions is None else positions[i] for i in wanted], edits)

    def joint(
        self,
        tokens: Sequence[int],
        order: Sequence[int],
        given: Sequence[int],
        known: Sequence[int] | None = None,
    ) -> Reading:
        """See `AnyOrder.joint`: row i speaks about position order[i]."""
        model: AnyOrder = self.inner
        edits = self._edits()
        return self._edited(model.joint(tokens, order, given, known), list(order), edits)

    def _edited(self, reading: Reading, about: Sequence[int], edits: Sequence[Intervention]) -> Reading:
        found: dict[int, list[Intervention]] = {}
        for edit in edits:
            found.setdefault(edit.position, []).append(edit)
        rows = [row for row, position in enumerate(about) if position in found]
        if not rows:
            return reading
        logits = reading.beliefs.logits.clone()
        for row in rows:
            logits[row] = edited(logits[row], found[about[row]])
            for edit in found[about[row]]:
                self._did(edit)
        return replace(reading, beliefs=Beliefs(logits, reading.beliefs.model))


def places(tokens: Sequence[int], after: Memory | None, parents: Sequence[int] | None) -> list[int]:
    """The position of every token of a read: the depth of its row in the chain or tree."""
    known = 0 if after is None else after.rows
    if after is None or after.rows == after.length:
        depths = list(range(known))
    else:
        depths = list(range(after.length))
        for parent in after.parents:
            depths.append(depths[parent] + 1 if parent >= 0 else 0)
    for at in range(len(tokens)):
        parent = known + at - 1 if parents is None else parents[at]
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
    return depths[known:]


def edited(logits: Tensor, edits: Sequence[Intervention]) -> Tensor:
    """Logits (V,) of one position after its edits, the latest force last: all of the probability on a token,
    or none. Raises ModelError where nothing is left."""
    forced = max((at for at, each in enumerate(edits) if each.act == "force"), default=-1)
    for edit in edits[max(0, forced) :]:
        if not torch.isfinite(logits[edit.token]):
            if edit.act == "ban":
                continue
            raise ModelError(
                f"Token {edit.token} cannot be forced at position {edit.position}: the model can never say "
                "it there. Force another token."
            )
        if edit.act == "force":
            kept = logits[edit.token].clone()
            logits = torch.full_like(logits, -torch.inf)
            logits[edit.token] = kept
        else:
            logits = logits.index_fill(-1, torch.tensor([edit.token], device=logits.device), -torch.inf)
        if not torch.isfinite(logits).any():
            raise ModelError(
                f"Token {edit.token} cannot be rejected at position {edit.position}: nothing else is left "
                "there. Reject fewer tokens, or force one."
            )
    return logits
