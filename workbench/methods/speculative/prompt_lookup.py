"""Prompt lookup: drafts copied from an earlier occurrence of the last tokens."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafters import chain
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.loops.verification.stepwise import point_mass
from workbench.methods.rules import (
    DRAFT_LENGTH_HELP,
    DRAWN,
    GREEDY_MATCH,
    POINT_MASS,
    RESIDUAL,
    TOP_K_HELP,
    TOP_P_HELP,
)
from workbench.methods.run import Run
from workbench.trace import Candidates, DraftKind, Event, Measure, Score, Source

MATCH = Source("match", "copied from the text so far", "match")
MATCH_LENGTH = Measure(
    "match_length", "length of the match", "tokens", "higher", "tokens of the suffix found again"
)
COPIED_FROM = Measure(
    "copied_from", "copied from position", "position", "neither", "cell that the token was read from"
)


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    draft_length: int = knob(10, 1, 16, 1, DRAFT_LENGTH_HELP)
    max_ngram: int = knob(3, 1, 8, 1, "longest suffix that is looked for first")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


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
    """Drafts the continuation of the earlier occurrence."""

    def __init__(self, p: Params) -> None:
        self.p = p

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        text = run.text
        n, start, stop = find(text, self.p.max_ngram, min(self.p.draft_length, room), run.eos_ids)
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


@method(
    id="prompt_lookup",
    title="Prompt lookup",
    family="speculative",
    year=2023,
    paper="Prompt Lookup Decoding (Saxena, 2023), github.com/apoorvumang/prompt-lookup-decoding",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: copied drafts are a function of the text, so keeping each with the target's own "
        "probability is "
        "exact; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(GREEDY_MATCH, POINT_MASS, DRAWN),
    measures=(MATCH_LENGTH, COPIED_FROM),
    sources=(MATCH, RESIDUAL),
)
def prompt_lookup(run: Run, p: Params) -> Iterator[Event]:
    """Look for the last few tokens earlier in the text and propose what followed them there.

    Source: Saxena 2023 and transformers' PromptLookupCandidateGenerator: suffix lengths from
    `max_ngram` down to 1, the leftmost match wins, the draft is cut after an end-of-text. Differs:
    above temperature 0 drafts are verified with the point-mass rule, which is exact for them.
    """
    yield from draft_verify(run, p, Lookup(p), point_mass)
