"""Prompt lookup: drafts copied from an earlier occurrence of the last tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.lookup import COPIED_FROM, MATCH, MATCH_LENGTH, Lookup
from workbench.methods.loops.verification import VERIFICATIONS
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
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    draft_length: int = knob(10, 1, 16, 1, DRAFT_LENGTH_HELP)
    max_ngram: int = knob(3, 1, 8, 1, "longest suffix that is looked for first")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


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
    yield from draft_verify(run, p, Lookup(p.draft_length, p.max_ngram), VERIFICATIONS["point_mass"].verify)
