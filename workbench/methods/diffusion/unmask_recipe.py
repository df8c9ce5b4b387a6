"""The unmasking workbench: one part for every place of the loop, in one selection."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import BLOCK_HELP, EXACT, GUIDANCE_SOURCES, ROUND_CAP, menu
from workbench.methods.loops.unmasking.audit import AUDIT_HELP
from workbench.methods.loops.unmasking.credit import CREDIT_SOURCE
from workbench.methods.loops.unmasking.nouns import MEASURES, RULES
from workbench.methods.loops.unmasking.wide import SHADOWS
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    scope: str = knob(menu.ADAPTIVE, help="where may be written now", choices=menu.SCOPES)
    compute: str = knob(menu.PLAIN, help="what is fed, which rows are reused", choices=menu.COMPUTES)
    logits: str = knob(menu.CREDIT, help="what changes the prediction", choices=menu.LOGITS)
    score: str = knob(menu.SURE, help="what makes a mask come first", choices=menu.SCORES)
    select: str = knob(menu.BAR, help="which masks are written in a round", choices=menu.SELECTS)
    verify: str = knob(menu.NONE, help="what checks them before", choices=menu.VERIFIES)
    revise: str = knob(menu.NONE, help="what takes them back after", choices=menu.REVISES)
    stop: str = knob(menu.EARLY, help="what ends the run early", choices=menu.STOPS)
    temperature: float = temperature()
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP + "; adaptive blocks: where no delimiter is sure")
    steps: int = knob(0, 0, 512, 1, "schedule: rounds over the whole canvas; 0 writes one token a round")
    threshold: float = knob(0.85, 0, 1, 0.01, "upper bar: threshold, anchors, steady, winners, moving bar")
    low: float = knob(0.7, 0, 1, 0.01, "lower bar of run winners and of the moving bar")
    relaxed: float = knob(0.7, 0, 1, 0.01, "neighbourhoods: lower bar near an anchor")
    reach: int = knob(4, 0, 64, 1, "neighbourhoods: positions to either side of an anchor")
    factor: float = knob(0.6, 0, 4, 0.05, "factor: rank r needs a confidence above 1 - factor / (r + 1)")
    gamma: float = knob(0.01, 0, 10, 0.01, "entropy budget: nats that a round may ignore")
    delta: float = knob(0.01, 0, 1, 0.005, "steady: nats below which a belief has not moved")
    history: int = knob(2, 0, 8, 1, "steady: rounds without a move")
    wide: float = knob(0.7, 0, 1, 0.01, "generous: confidence above which a token is tried")
    narrow: float = knob(0.9, 0, 1, 0.01, "shadows: a token is masked again below this")
    delimiter: float = knob(0.3, 0, 1.1, 0.05, "adaptive blocks: probability that ends a block")
    alpha: float = knob(0.7, 0, 4, 0.05, "credit: its weight; 0 is none")
    early: float = knob(15.0, 0, 100, 0.5, "early commit: mean gap in the first third (paper: 7.5)")
    middle: float = knob(10.5, 0, 100, 0.5, "early commit: mean gap in the second third (paper: 5)")
    late: float = knob(10.5, 0, 100, 0.5, "early commit: mean gap in the last third (paper: 2.5)")
    guidance: float = knob(1.0, 0, 5, 0.1, "guidance: its weight; 0 is none")
    depth: int = knob(4, 1, 16, 1, "drafts: canvases that are checked at once")
    audit: bool = knob(False, help=AUDIT_HELP)


@method(
    id="unmask_recipe",
    title="Unmasking workbench",
    family="diffusion",
    year=2026,
    paper="",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Lossy like its parts: what is written in one round is independent, whatever chooses it; nobody has "
        "measured this combination but you.",
    ),
    params=Params,
    rules=(*RULES, ROUND_CAP),
    measures=MEASURES,
    sources=(EXACT, *GUIDANCE_SOURCES, CREDIT_SOURCE, SHADOWS),
    legal=menu.refuse,
)
def unmask_recipe(run: Run, p: Params) -> Iterator[Event]:
    """Compose scope, compute, logits, score, select, verify, revise and stop as no paper need have done.

    Source: the parts are those of the methods beside this one, each with its source there. Parts that
    contradict each other are refused with the reason: what reuses stale rows cannot judge what it reuses,
    what remembers a mask cannot follow where masks come back, and some scores speak to one selecting part
    only. By default trace credit, adaptive blocks and early commit work together. The recipe is in the knobs
    of the trace, and reproduces from it. Knobs of parts that are not chosen do nothing.
    """
    yield from unmask(run, menu.recipe(run, p))
