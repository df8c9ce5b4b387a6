"""Universal assisted decoding: a drafter with another tokenizer than the target's."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.translated import (
    ALIGNED,
    REPLACED,
    SHARED,
    TRANSLATION,
    UNMAPPED,
    Intersected,
    Retokenized,
)
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, RESIDUAL, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

TEXT, INTERSECTION = "by text", "shared tokens"
MATCH, RATIO = VERIFICATIONS["sample_match"], VERIFICATIONS["ratio"]


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    translation: str = knob(
        TEXT, help="re-tokenise the drafted text, or draw among shared tokens", choices=(TEXT, INTERSECTION)
    )
    draft_length: int = knob(10, 1, 32, 1, "tokens of its own that the drafter writes per round")
    target_lookbehind: int = knob(10, 1, 32, 1, "target tokens before the new ones that are aligned again")
    draft_lookbehind: int = knob(10, 1, 32, 1, "drafter's tokens that the alignment looks back at")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="universal_assisted",
    title="Universal assisted decoding",
    family="speculative",
    year=2025,
    paper="Accelerating LLM Inference with Lossless Speculative Decoding Algorithms for Heterogeneous "
    "Vocabularies (Timor et al., 2025), arXiv 2502.05202; universal assisted generation of transformers",
    needs={"target": "causal", "draft": "causal"},
    models={"draft": "ar-char"},
    own_tokens=("draft",),
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless whatever the two vocabularies are: re-tokenised drafts are a function of the text and only "
        "kept where the target draws the same; shared tokens pass the speculative sampling test with the "
        "probability they were drawn with. At temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=tuple(dict.fromkeys((GREEDY_MATCH, *MATCH.rules, *RATIO.rules, DRAWN))),
    measures=(ALIGNED, REPLACED, SHARED, UNMAPPED, *RATIO.measures),
    sources=(TRANSLATION, RESIDUAL),
)
def universal_assisted(run: Run, p: Params) -> Iterator[Event]:
    """A drafter that spells text in its own tokens helps a target that spells it in others.

    Source: transformers' assisted generation with different tokenizers, and Timor et al. 2025. By text:
    the drafter's likeliest text is tokenised by the target's tokenizer behind the end of the answer, the
    longest common diagonal says where the draft begins, and sample-and-match verifies. Shared tokens: the
    drafter's belief is renormalised over the tokens that both spell before anything is drawn, and the
    ratio test verifies. The drafter's own tokens stand in a second lane, which follows one round behind.
    Differs: tokens are matched by their bytes; an alignment that would not read the same bytes is dropped
    for tokenising anew; the drafter reads the prompt as its own tokenizer and template write it.
    """
    by_text = p.translation == TEXT
    drafter = Retokenized(run, p) if by_text else Intersected(run, p)
    yield from draft_verify(run, p, drafter, (MATCH if by_text else RATIO).verify)
