"""Lookahead decoding: a Jacobi window collects n-grams, a pool of them gives the drafts."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.pool import POOL, POOL_MEASURES, Lookahead
from workbench.methods.loops.drafting.window import WINDOW
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, POINT_MASS, RESIDUAL, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    window: int = knob(7, 1, 20, 1, "columns of the window: places that are looked ahead at")
    ngram: int = knob(4, 2, 8, 1, "tokens of an n-gram; the window has one row less")
    guesses: int = knob(7, 0, 20, 1, "n-grams kept per first token, and so verified at most")
    pool_from_prompt: bool = knob(False, help="begin with the n-grams of the prompt in the pool")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="lookahead",
    title="Lookahead decoding",
    family="parallel",
    year=2024,
    paper="Break the Sequential Dependency of LLM Inference Using Lookahead Decoding (Fu et al., 2024), "
    "arXiv 2402.02057",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: n-grams are collected in earlier rounds, so keeping each token with the target's own "
        "probability is exact; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(GREEDY_MATCH, POINT_MASS, DRAWN),
    measures=POOL_MEASURES,
    sources=(POOL, WINDOW, RESIDUAL),
)
def lookahead(run: Run, p: Params) -> Iterator[Event]:
    """Let a window of guesses run ahead in the same pass, and draft from the n-grams that it produced.

    Source: Fu et al. 2024, sections 3 and 4, and their code: ngram - 1 rows of `window` columns, read
    under a mask by which every column hangs on its token in row 0; the answers to the last row are the
    next row, each column with its answer is an n-gram in a pool with `guesses` places per first token,
    and the n-grams that begin with the last token are verified in the same pass. Differs: n-grams that
    begin alike share their nodes, so a common beginning is read once; a guess that matches whole counts
    in full; above temperature 0 the siblings of a node are tried one after another by the point-mass
    rule, which is the paper's. The first ngram - 2 rounds fill the window from random tokens of the
    prompt. Window and pool start cold in every run, so that a run depends on no other.
    Rows: the target reads (ngram - 1) window + guessed nodes rows per round.
    """
    drafter = Lookahead(p.window, p.ngram, p.guesses, p.pool_from_prompt)
    yield from draft_verify(run, p, drafter, VERIFICATIONS["point_mass"].verify)
