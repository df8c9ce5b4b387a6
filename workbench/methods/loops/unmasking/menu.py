"""Every part of masked decoding that can be chosen by itself, by place, and the knobs that parts read.

What goes together is said in `fits`, how the parts are put together in `compose`. The one part that is
missing is the guide: it asks a second model, and a method's models do not depend on its knobs.
"""

from dataclasses import dataclass

from workbench.methods.api import knob, temperature
from workbench.methods.loops.unmasking import BLOCK_HELP
from workbench.methods.loops.unmasking.audit import AUDIT_HELP

NONE = "none"
FIXED, CANVAS, ADAPTIVE, WINDOW = "blocks", "whole canvas", "adaptive blocks", "window"
AHEAD, ALIGNED, STAGED = "blocks and what follows", "model's blocks", "wide, then narrow blocks"
ROUNDS, GROWING = "fixed rounds", "growing blocks"
SCOPES = (FIXED, CANVAS, ADAPTIVE, WINDOW, AHEAD, ALIGNED, STAGED, ROUNDS, GROWING)

PLAIN, GUIDANCE, PREFIX, DUAL, FROZEN = "all rows", "guidance", "prefix cache", "dual cache", "frozen text"
CLEAN, SLIDING, KEPT = "frozen tokens", "sliding rows", "finished blocks"
COMPUTES = (PLAIN, GUIDANCE, PREFIX, DUAL, FROZEN, CLEAN, SLIDING, KEPT)

CREDIT, MEAN = "credit", "mean of rounds"
LOGITS = (NONE, CREDIT, MEAN)

SURE, GAP, ENTROPY, CHANCE, LATE = "confidence", "margin", "entropy", "random", "late end of text"
LEFT = "left to right"
SCORES = (SURE, GAP, ENTROPY, CHANCE, LATE, LEFT)

EVEN, BAR, FACTOR, SLIPPED = "even schedule", "threshold", "factor", "factor, as released"
BUDGET, TOGETHER = "entropy budget", "small entropies"
MOVING, LEAP, STEADY, WINNERS = "moving bar", "neighbourhoods", "steady", "run winners"
COHERENT, COHERENT_DUE, CALM = "coherent line", "coherent, as many as due", "calm means"
GENEROUS, EVERY, SURER, BEYOND = "generous", "everything", "threshold or quota", "threshold, also ahead"
DOUBLING, GRID, COINS, HIT = "doubling", "time grid", "coins", "one at random"
SELECTS = (
    BAR, EVEN, FACTOR, SLIPPED, BUDGET, TOGETHER, MOVING, LEAP, STEADY, WINNERS, COHERENT, COHERENT_DUE, CALM,
    GENEROUS, EVERY, SURER, BEYOND, DOUBLING, GRID, COINS, HIT,
)  # fmt: skip

DRAFTS, PARTS, GUESS, CHECK = "drafts", "drafts in part", "guesses", "self-check"
VERIFIES = (NONE, DRAFTS, PARTS, GUESS, CHECK)

KEEP, KEEP_COSINE, SHADOW = "keep the surest", "keep the surest, cosine", "shadows"
TOSS = {"coins, cap": "cap", "coins, rescale": "rescale", "coins, conf": "conf", "coins, loop": "loop"}
"""Second thoughts by coin, and the name of each variant."""
REVISES = (NONE, KEEP, KEEP_COSINE, SHADOW, *TOSS)

END, EARLY, BLOCK_END = "end of text", "early commit", "end of text in a block"
STOPS = (NONE, END, EARLY, BLOCK_END)
"""The choices of each place; their sources are the methods beside the composed one."""

SPAN = 16
"""Rows to either side of the first mask that are fed where rows slide."""


@dataclass(frozen=True)
class Menu:
    """The knobs of a composition: a part for every place, then what the parts read."""

    scope: str = knob(ADAPTIVE, help="where may be written now", choices=SCOPES)
    compute: str = knob(PLAIN, help="what is fed, which rows are reused", choices=COMPUTES)
    logits: str = knob(CREDIT, help="what changes the prediction", choices=LOGITS)
    score: str = knob(SURE, help="what makes a mask come first", choices=SCORES)
    select: str = knob(BAR, help="which masks are written in a round", choices=SELECTS)
    verify: str = knob(NONE, help="what checks them before", choices=VERIFIES)
    revise: str = knob(NONE, help="what takes them back after", choices=REVISES)
    stop: str = knob(EARLY, help="what ends the run early", choices=STOPS)
    temperature: float = temperature()
    block_length: int = knob(8, 1, 512, 1, BLOCK_HELP + "; adaptive blocks: where no delimiter is sure")
    ahead: int = knob(
        1, 0, 16, 1, "blocks behind the current one that are open; growing blocks: last rounds of their own"
    )
    steps: int = knob(
        0,
        0,
        512,
        1,
        "schedules: rounds over the whole canvas (model's blocks: of a block); 0 is one token each",
    )
    threshold: float = knob(0.85, 0, 1, 0.01, "upper bar: threshold, anchors, steady, winners, moving bar")
    far: float = knob(0.95, 0, 1, 0.01, "threshold, also ahead: the bar behind the block")
    low: float = knob(0.7, 0, 1, 0.01, "lower bar of run winners and of the moving bar")
    relaxed: float = knob(0.7, 0, 1, 0.01, "neighbourhoods: lower bar near an anchor")
    reach: int = knob(4, 0, 64, 1, "neighbourhoods: positions to either side of an anchor")
    factor: float = knob(0.6, 0, 4, 0.05, "factor: rank r needs a confidence above 1 - factor / (r + 1)")
    gamma: float = knob(0.01, 0, 10, 0.01, "entropy budget: nats that a round may ignore")
    budget: float = knob(0.36, 0, 10, 0.01, "small entropies: nats that a round may write")
    delta: float = knob(0.01, 0, 1, 0.005, "steady: nats below which a belief has not moved")
    history: int = knob(2, 0, 8, 1, "steady: rounds without a move; mean of rounds: how many")
    limit: float = knob(
        0.1, -1, 5, 0.01, "calm means: nats of a mean belief; below 0 only those that are due"
    )
    wide: float = knob(0.7, 0, 1, 0.01, "generous: confidence above which a token is tried")
    narrow: float = knob(0.9, 0, 1, 0.01, "shadows: a token is masked again below this")
    eta: float = knob(0.05, 0, 1, 0.005, "second thoughts by coin: how likely they are")
    delimiter: float = knob(0.3, 0, 1.1, 0.05, "adaptive blocks: probability that ends a block")
    alpha: float = knob(0.7, 0, 4, 0.05, "credit: its weight; 0 is none")
    early: float = knob(15.0, 0, 100, 0.5, "early commit: mean gap in the first third (paper: 7.5)")
    middle: float = knob(10.5, 0, 100, 0.5, "early commit: mean gap in the second third (paper: 5)")
    late: float = knob(10.5, 0, 100, 0.5, "early commit: mean gap in the last third (paper: 2.5)")
    tail: int = knob(0, 0, 128, 1, "early commit: positions of the answer before the end; 0 is all")
    guidance: float = knob(1.0, 0, 5, 0.1, "guidance: its weight; 0 is none")
    gamma_min: float = knob(0.4, 0, 1, 0.01, "late end of text: its factor in the first round")
    alg_temp: float = knob(0.0, 0, 2, 0.05, "time grid: chance in the order; 0 writes the best scores")
    depth: int = knob(4, 1, 16, 1, "drafts: canvases that are checked at once")
    fewest: int = knob(2, 0, 32, 1, "guesses: a round that writes fewer guesses one token more")
    branches: int = knob(3, 1, 8, 1, "guesses: tokens that are tried out; 1 never guesses")
    bar: float = knob(0.0, -32, 32, 0.5, "self-check: worth from which drafts are checked; -32 is always")
    audit: bool = knob(False, help=AUDIT_HELP)
