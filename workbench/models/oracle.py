"""The perfect masked model: exact marginals over a finite set of equally likely answers."""

from collections.abc import Sequence

import torch
from torch import Tensor

from workbench.models.api import Beliefs, Memory, ModelError, Reading
from workbench.models.memory import EMPTY, RowMemory, Store
from workbench.models.meter import Meter, spans


class _NoRows:
    """The physical side of a memory that holds nothing: an oracle reads the canvas itself."""

    def move(self, rows: Sequence[int], to: int) -> None:
        pass

    def clone(self) -> "_NoRows":
        return self


class Oracle:
    """Masked: at each position the exact marginal over the answers that agree with what is visible.

    answers: texts (A, N) of one length that may stand behind the prompt, each as likely as the others. What
    is visible and agrees with no answer (a sampler has erred) is believed nowhere: then all answers count.
    start: how long the prompt is. Positions behind an answer hold the end-of-text. Reused rows are never
    stale here: an oracle is exact about whatever it is asked.
    """

    depth = 1

    def __init__(
        self,
        answers: Sequence[Sequence[int]],
        start: int,
        vocab_size: int,
        mask_id: int,
        eos_ids: Sequence[int],
        role: str,
        meter: Meter,
        max_positions: int = 512,
    ) -> None:
        if not answers or len({len(answer) for answer in answers}) != 1:
            raise ModelError("An oracle needs answers, one at least, that are all equally long.")
        self.answers = torch.tensor(answers)  # (A, N)
        if bool((self.answers == mask_id).any()):
            raise ModelError(f"An oracle's answers cannot hold the mask (token {mask_id}).")
        self.start, self.vocab_size, self.mask_id, self.eos_ids = start, vocab_size, mask_id, tuple(eos_ids)
        self.role, self.name, self.meter, self.max_positions = role, "oracle", meter, max_positions

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
        """See `api.Masked.fill`."""
        size = len(canvas)
        first = after.rows if after is not None and only is None else 0
        fed = range(first, size) if only is None else sorted(set(only))
        self.meter.count(self.role, spans(fed), spans(sorted({*range(size)} - {*fed})), ((0, 1),))
        places = list(range(size) if positions is None else positions)
        rows = list(fed if wanted is None else wanted)
        if visible is None or visible.dim() == 1:  # all rows see the same
            likely = self._agreeing(canvas, places, visible)
            logits = [self._marginal(places[row], likely) for row in rows]
        else:
            logits = [
                self._marginal(places[row], self._agreeing(canvas, places, visible[row])) for row in rows
            ]
        made = torch.stack(logits) if logits else torch.empty(0, self.vocab_size)
        held = RowMemory(Store(_NoRows()), EMPTY.chain(size) if remember else EMPTY, 0, 0)
        if remember:
            held.store.write(0, size)
            held = RowMemory(held.store, held.trail, held.store.generation, size)
        return Reading(Beliefs(made, self.name), held, range(min(fed), max(fed) + 1))

    def given(self, canvas: Sequence[int], place: int, token: int, other: int) -> Tensor:
        """See `api.Exact.given`."""
        with_it = [*canvas[:place], token, *canvas[place + 1 :]]
        return self._marginal(other, self._agreeing(with_it, range(len(canvas)), None)).exp().double()

    def _agreeing(self, canvas: Sequence[int], places: Sequence[int], visible: Tensor | None) -> Tensor:
        """The answers (A', N) that agree with the visible tokens; all of them if none does."""
        agree = torch.ones(len(self.answers), dtype=torch.bool)
        sees = [True] * len(canvas) if visible is None else visible.tolist()
        for token, place, see in zip(canvas, places, sees, strict=True):
            at = place - self.start
            if see and token != self.mask_id and 0 <= at < self.answers.shape[1]:
                agree &= self.answers[:, at] == token
        return self.answers[agree] if bool(agree.any()) else self.answers

    def _marginal(self, place: int, answers: Tensor) -> Tensor:
        """Log-probabilities (V,) of what stands at a position; -inf for what cannot."""
        at = place - self.start
        if not 0 <= at < answers.shape[1]:
            only = torch.full((self.vocab_size,), -torch.inf)
            only[self.eos_ids[0] if self.eos_ids else 0] = 0.0
            return only
        counts = torch.bincount(answers[:, at], minlength=self.vocab_size).double()
        return (counts / counts.sum()).log().float()
