"""Drafters that write in another vocabulary than the target: by way of the text, or of shared tokens.

The drafter's own tokenisation of the answer stands in a lane of its own, in Labels: what it was
aligned to, what was dropped, and who wrote each piece.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from workbench.methods.loops.drafters import chain
from workbench.methods.loops.drafting import alignment
from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import GREEDY, Sampling, process, record
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import ANSWER, Run
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Commit,
    DraftKind,
    Event,
    Fork,
    Label,
    Lanes,
    Measure,
    Retract,
    Score,
    Source,
)

TRANSLATION = Source("translation", "re-tokenised text", "match")
ALIGNED = Measure(
    "aligned",
    "aligned tokens",
    "tokens",
    "higher",
    "length of the longest common diagonal of old and new tokens",
)
REPLACED = Measure(
    "replaced", "replaced tokens", "tokens", "lower", "drafter's tokens behind the diagonal, tokenised anew"
)
SHARED = Measure("shared", "shared vocabulary", "tokens", "higher", "tokens that both vocabularies spell")
UNMAPPED = Measure(
    "unmapped",
    "unmapped draft mass",
    "probability",
    "lower",
    "share of the drafter's belief on tokens that the target does not have",
)


class Window(Sampling, Protocol):
    """The knobs of drafting in another vocabulary."""

    @property
    def draft_length(self) -> int: ...
    @property
    def target_lookbehind(self) -> int: ...
    @property
    def draft_lookbehind(self) -> int: ...


class Tracked:
    """The answer in the drafter's own tokens, kept in step with the target's by aligning their texts."""

    def __init__(self, run: Run, window: Window) -> None:
        self.window = window
        self.reader = Reader(run.causal("draft"))
        self.target = run.spelling("target").tokens
        self.tokens, self.prompt = run.spelling("draft")
        self.ids: list[int] = []
        """The answer so far in draft ids."""
        self.ahead: list[tuple[int, int]] = []
        """Candidate and draft id of what was drafted behind it."""
        self._lane = ROOT
        self._seen = 0

    @property
    def room(self) -> int:
        """How many tokens the drafter may write now; its own positions may run out before the target's."""
        left = self.reader.model.max_positions - len(self.prompt) - len(self.ids) - 1
        return max(0, min(self.window.draft_length, left))

    def belief(self) -> Tensor:
        """Logits (1, V) of the drafter for what follows the answer and what was drafted."""
        return self.reader.catch_up([*self.prompt, *self.ids, *(id for _, id in self.ahead)]).beliefs.logits

    def align(self, run: Run) -> Iterator[Event]:
        """Take in what was committed since the last call."""
        if self._lane == ROOT:
            self._lane = run.lane()
            yield Fork(self._lane, ROOT, 0, 0, tuple(map(self._label, self.prompt)))
        if run.answer:
            text = alignment.spelled(self.target, run.answer)
            back = self.window.target_lookbehind + len(run.answer) - self._seen
            fresh = alignment.spelled(self.target, run.answer[-back:]).decode("utf-8", errors="ignore")
            old = [*self.ids, *(id for _, id in self.ahead)]
            behind = self.window.draft_lookbehind + len(self.ahead)
            update = alignment.updated(self.tokens, old, fresh, text, behind)
            yield Score(ALIGNED.id, Lanes((self._lane,)), (update.aligned,))
            yield Score(REPLACED.id, Lanes((self._lane,)), (update.replaced,))
            yield from self._show(run, update.ids)
            self._seen = len(run.answer)
        self.ahead = []

    def _show(self, run: Run, ids: list[int]) -> Iterator[Event]:
        """Bring the drafter's lane in step: drafts that held are committed, the rest is re-tokenised text."""
        start, same = len(self.prompt), alignment.agreement(self.ids, ids)
        if same < len(self.ids):
            gone = tuple(range(start + same, start + len(self.ids)))
            yield Retract(Cells(self._lane, gone), "tokenised anew")
            held = 0
        else:
            held = alignment.agreement([id for _, id in self.ahead], ids[same:])
        if held:
            yield Commit(self._lane, tuple(candidate for candidate, _ in self.ahead[:held]))
        new = ids[same + held :]
        if new:
            places = range(start + same + held, start + len(ids))
            ones, labels = [1.0] * len(new), tuple(map(self._label, new))
            proposed = run.offer(TRANSLATION.id, places, labels, ones, DraftKind.POINT, lane=self._lane)
            yield proposed
            yield run.commit(proposed)
        self.ids = ids

    def write(self, run: Run, token: int, prob: float, kind: DraftKind) -> Event:
        """Propose a draft id behind what was drafted, in the drafter's own lane."""
        parent = self.ahead[-1][0] if self.ahead else ROOT
        place = len(self.prompt) + len(self.ids) + len(self.ahead)
        proposed = run.offer("draft", [place], (self._label(token),), [prob], kind, [parent], self._lane)
        self.ahead.append((proposed.first, token))
        return proposed

    def _label(self, id: int) -> Label:
        return Label(self.tokens.token_bytes(id).decode("utf-8", errors="replace"))


class Retokenized:
    """Universal assisted generation: the drafter's text, tokenised by the target's tokenizer."""

    def __init__(self, run: Run, window: Window) -> None:
        self.track = Tracked(run, window)

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """The drafter's likeliest text; an end-of-text becomes the target's own."""
        track = self.track
        yield from track.align(run)
        written = alignment.spelled(track.target, run.answer)
        if room < 1 or alignment.valid_start(written).encode() != written:  # it waits for a whole character
            return Draft()
        ended = False
        for _ in range(track.room):
            logits = track.belief()
            token = int(logits.argmax())
            ended = token in track.reader.model.eos_ids
            if ended:
                break
            yield track.write(run, token, float(process(logits, GREEDY)[0, token]), DraftKind.POINT)
        text = alignment.valid_start(alignment.spelled(track.tokens, [id for _, id in track.ahead]))
        context = run.answer[-track.window.target_lookbehind :]
        tokens = alignment.translated(track.target, context, text) if text else []
        tokens = [*tokens, *([min(run.eos_ids)] if ended and run.eos_ids else [])][:room]
        if not tokens:
            return Draft()
        proposed = run.chain(TRANSLATION.id, len(run.text), tokens, [1.0] * len(tokens), DraftKind.POINT)
        yield proposed
        return chain(proposed.ids, tokens)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round aligns the two texts."""


class Intersected:
    """Token-level intersection: the drafter draws among the tokens that both vocabularies spell."""

    def __init__(self, run: Run, window: Window) -> None:
        self.track = Tracked(run, window)
        self.size = run.causal("target").vocab_size
        own = self.track.reader.model.vocab_size
        self.shared = alignment.shared(self.track.target, self.track.tokens, self.size, own)
        self._told = False

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """Draws from the belief renormalised over the intersection, whose probability is recorded."""
        yield from self.track.align(run)
        if not self._told:
            self._told = True
            yield Score(SHARED.id, Lanes((ANSWER,)), (len(self.shared.targets),))
        sampling, rows, asides = self.track.window, list[Tensor](), list[float]()
        ids, tokens, probs = list[int](), list[int](), list[Tensor]()
        known = dict(zip(self.shared.targets, self.shared.drafts, strict=True))
        length = min(self.track.room, room)
        while len(tokens) < length and not (tokens and tokens[-1] in run.eos_ids):
            row, aside = self._mapped(self.track.belief())
            if not row.isfinite().any():
                break
            law = process(row, sampling)
            token = run.dice.pick(law[0]).index if sampling.temperature else int(row.argmax())
            kind = DraftKind.SAMPLED if sampling.temperature else DraftKind.POINT
            parent, place = ids[-1] if ids else ROOT, len(run.text) + len(ids)
            proposed = run.propose("draft", [place], [token], [float(law[0, token])], kind, [parent])
            yield proposed
            yield self.track.write(run, known[token], float(law[0, token]), kind)
            ids.append(proposed.first)
            tokens.append(token)
            rows.append(row)
            probs.append(law)
            asides.append(aside)
        if ids:
            yield Score(UNMAPPED.id, Candidates(tuple(ids)), tuple(asides))
            yield from self._record(run, ids, tokens, torch.cat(rows), torch.cat(probs))
        return chain(ids, tokens, [law[0] for law in probs] if sampling.temperature else ())

    def _mapped(self, logits: Tensor) -> tuple[Tensor, float]:
        """Logits (1, V of the target), -inf outside the intersection; and the mass that lies outside."""
        mapped = torch.full((1, self.size), -torch.inf, dtype=logits.dtype, device=logits.device)
        mapped[0, self.shared.targets] = logits[0, self.shared.drafts]
        outside = process(logits, GREEDY)[0].clone()
        outside[self.shared.drafts] = 0
        return mapped, float(outside.sum())

    def _record(
        self, run: Run, ids: Sequence[int], tokens: Sequence[int], logits: Tensor, probs: Tensor
    ) -> Iterator[Event]:
        here = Cells(ANSWER, (len(run.text),))
        places = [here, Candidates(tuple(ids[:-1]))] if ids[1:] else [here]
        asked = [[token] for token in tokens]
        yield from record(run, "draft", places, logits, probs, self.track.window, asked)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round aligns the two texts."""
