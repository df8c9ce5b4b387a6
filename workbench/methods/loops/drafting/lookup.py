"""Drafts copied from the text so far (prompt lookup, Saxena 2023)."""

from collections.abc import Generator, Sequence

from workbench.methods.loops.drafters import chain
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import Candidates, DraftKind, Event, Measure, Score, Source

MATCH = Source("match", "copied from the text so far", "match")
MATCH_LENGTH = Measure(
    "match_length", "length of the match", "tokens", "higher", "tokens of the suffix found again"
)
COPIED_FROM = Measure(
    "copied_from", "copied from position", "position", "neither", "cell that the token was read from"
)


def find(text: Sequence[int], longest: int, room: int, ends: frozenset[int]) -> tuple[int, int, int]:
    """(n, start, stop): the first earlier place after the longest suffix that occurs again; n 0 if none."""
    for n in range(min(longest, len(text) - 1), 0, -1):
        suffix = list(text[-n:])
        for at in range(len(text) - n):
            if list(text[at : at + n]) == suffix:
                start, stop = at + n, min(at + n + room, len(text))
                cut = next((i + 1 for i in range(start, stop) if text[i] in ends), stop)
                return n, start, cut
    return 0, 0, 0


class Lookup:
    """Drafts up to `length` tokens of what followed the longest suffix of at most `max_ngram` tokens."""

    def __init__(self, length: int, max_ngram: int) -> None:
        self.length, self.max_ngram = length, max_ngram

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """A chain of points; empty where no suffix occurs again."""
        text = run.text
        n, start, stop = find(text, self.max_ngram, min(self.length, room), run.eos_ids)
        tokens = text[start:stop]
        if not tokens:
            return Draft()
        proposed = run.chain("match", len(text), tokens, [1.0] * len(tokens), DraftKind.POINT)
        yield proposed
        yield Score("match_length", Candidates(proposed.ids[:1]), (n,))
        yield Score("copied_from", Candidates(proposed.ids), tuple(range(start, stop)))
        return chain(proposed.ids, tokens)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the text is the whole memory."""
