"""Jacobi decoding: a window of guesses is rewritten in parallel until it stands still."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting.window import WINDOW, Window
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, POINT_MASS, RESIDUAL, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature()
    window: int = knob(8, 1, 32, 1, "guesses that are rewritten together")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="jacobi",
    title="Jacobi decoding",
    family="parallel",
    year=2023,
    paper="Accelerating Transformer Inference for Translation via Parallel Decoding (Santilli et al., 2023), "
    "arXiv 2305.10427",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: at temperature 0 the fixed point is the target's greedy text; above it every guess is "
        "kept with the "
        "target's own probability of it, which is exact for guesses fixed before the draw.",
    ),
    params=Params,
    rules=(GREEDY_MATCH, POINT_MASS, DRAWN),
    sources=(WINDOW, RESIDUAL),
)
def jacobi(run: Run, p: Params) -> Iterator[Event]:
    """Guess a window, read it in one pass, keep the prefix that the target agrees with, guess again.

    Source: Santilli et al. 2023, Algorithm 1; accounting and refill as in the inference engine of
    Consistency LLM / Jacobi Forcing: the agreeing prefix and one more token are committed per pass,
    the target's answers to the remaining guesses become the next window, and missing guesses are
    drawn from the prompt. An end-of-text among the guesses ends nothing until it is committed.
    """
    yield from draft_verify(run, p, Window(p.window), VERIFICATIONS["point_mass"].verify)
