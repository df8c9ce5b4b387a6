"""Drafters that more than one method uses."""

from collections.abc import Generator, Sequence

from workbench.methods.loops.drafting.ahead import write
from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, DraftKind, Event


class ModelChain:
    """A smaller model writes a few tokens ahead, one pass each."""

    def __init__(self, run: Run, sampling: Sampling, length: int, stop_below: float) -> None:
        self.reader = Reader(run.causal("draft"))
        self.sampling, self.length, self.stop_below = sampling, length, stop_below

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """Stops early after an end-of-text or a token less likely than `stop_below` (the token stays)."""
        length = min(self.length, room)
        if length < 1:
            return Draft()
        first = [self.reader.catch_up(run.text).beliefs.logits]
        new = yield from write(run, self.sampling, self.reader, first, length, stop_below=self.stop_below)
        drawn_from = [each.drawn_from for each in new] if self.sampling.temperature else ()
        return chain([each.id for each in new], [each.token for each in new], drawn_from)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the reader drops rejected tokens by itself."""


def chain(ids: Sequence[int], tokens: Sequence[int], drawn_from: Sequence = ()) -> Draft:
    """A draft in a row: drawn from `drawn_from`, or points where that is empty."""
    parents = tuple(range(ROOT, len(tokens) - 1))
    kind = DraftKind.SAMPLED if drawn_from else DraftKind.POINT
    return Draft(tuple(ids), tuple(tokens), parents, tuple(drawn_from), kind)
