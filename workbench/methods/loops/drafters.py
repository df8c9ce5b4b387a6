"""Drafters that more than one method uses."""

from collections.abc import Generator, Sequence

import torch

from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import Sampling, process, record
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import ANSWER, Run
from workbench.trace import ROOT, Candidates, Cells, DraftKind, Event


class ModelChain:
    """A smaller model writes a few tokens ahead, one pass each."""

    def __init__(self, run: Run, sampling: Sampling, length: int, stop_below: float) -> None:
        self.reader = Reader(run.causal("draft"))
        self.sampling, self.length, self.stop_below = sampling, length, stop_below

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """Stops early after an end-of-text or a token less likely than `stop_below` (the token stays)."""
        start = len(run.prompt) + len(run.answer)
        ids, tokens, logits, probs = [], [], [], []
        greedy = self.sampling.temperature == 0
        kind = DraftKind.POINT if greedy else DraftKind.SAMPLED
        while len(tokens) < min(self.length, room):
            reading = self.reader.extend(tokens[-1:]) if tokens else self.reader.catch_up(run.text)
            logits.append(reading.beliefs.logits)
            probs.append(process(logits[-1], self.sampling))
            if greedy:
                token = int(logits[-1].argmax())
                prob = float(probs[-1][0, token])
            else:
                token, _, _, prob = run.dice.pick(probs[-1][0])
            parent = ids[-1] if ids else ROOT
            proposed = run.propose("draft", [start + len(tokens)], [token], [prob], kind, [parent])
            yield proposed
            ids.append(proposed.first)
            tokens.append(token)
            if token in run.eos_ids or prob < self.stop_below:
                break
        if run.full and ids:  # all at once: a quarter of the work, and nothing reads them before
            contexts = [Cells(ANSWER, (start,)), *([Candidates(tuple(ids[:-1]))] if ids[:-1] else [])]
            rows, asked = (torch.cat(logits), torch.cat(probs)), [[token] for token in tokens]
            yield from record(run, "draft", contexts, *rows, self.sampling, asked)
        return chain(ids, tokens, () if greedy else [row[0] for row in probs])

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the reader drops rejected tokens by itself."""


def chain(ids: Sequence[int], tokens: Sequence[int], drawn_from: Sequence = ()) -> Draft:
    """A draft in a row: drawn from `drawn_from`, or points where that is empty."""
    parents = tuple(range(ROOT, len(tokens) - 1))
    kind = DraftKind.SAMPLED if drawn_from else DraftKind.POINT
    return Draft(tuple(ids), tuple(tokens), parents, tuple(drawn_from), kind)
