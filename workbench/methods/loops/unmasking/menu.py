"""Every part of masked decoding that can be chosen by itself, and which parts go together.

What can be put together is decided here once: the composed method refuses with these sentences, and the
page greys with them. A part is made anew for every run, because parts remember.
"""

from typing import Protocol

from workbench.methods.loops.unmasking.adaptive import SENTENCES, adaptive, delimits
from workbench.methods.loops.unmasking.ascending import late_end, linear
from workbench.methods.loops.unmasking.audit import audited
from workbench.methods.loops.unmasking.board import (
    Compute,
    Recipe,
    Revise,
    Sampling,
    Scope,
    Scoring,
    Select,
    Stop,
    Transform,
    Verify,
)
from workbench.methods.loops.unmasking.bounded import bounded
from workbench.methods.loops.unmasking.budget import within_budget
from workbench.methods.loops.unmasking.coherence import two_step
from workbench.methods.loops.unmasking.computes import dual_cache, guided, plain, prefix_cache
from workbench.methods.loops.unmasking.credit import credit
from workbench.methods.loops.unmasking.drafts import all_above, drafted, surest_one
from workbench.methods.loops.unmasking.early import decided
from workbench.methods.loops.unmasking.factor import by_factor
from workbench.methods.loops.unmasking.growing import BLOCKS as WHOLE_BLOCKS
from workbench.methods.loops.unmasking.growing import growing_cache
from workbench.methods.loops.unmasking.leap import near_anchors
from workbench.methods.loops.unmasking.revises import keep_best
from workbench.methods.loops.unmasking.scopes import blocks
from workbench.methods.loops.unmasking.scores import CONFIDENCE, MARGIN, NEGATIVE_ENTROPY, chance
from workbench.methods.loops.unmasking.selects import above, evenly, everything, top
from workbench.methods.loops.unmasking.steady import steady
from workbench.methods.loops.unmasking.stops import stop_at_end
from workbench.methods.loops.unmasking.wide import narrow_out, needs_own_rows, shadowed, wide_in
from workbench.methods.loops.unmasking.windows import Windows, rest_evenly
from workbench.methods.loops.unmasking.winners import run_winners
from workbench.methods.run import Run

NONE = "none"
CANVAS, FIXED, ADAPTIVE, WINDOW = "whole canvas", "blocks", "adaptive blocks", "window"
PLAIN, GUIDANCE, PREFIX, DUAL, FROZEN = "all rows", "guidance", "prefix cache", "dual cache", "frozen text"
CREDIT = "credit"
SURE, GAP, ENTROPY, CHANCE, LATE = "confidence", "margin", "entropy", "random", "late end of text"
EVEN, BAR, FACTOR, BUDGET = "even schedule", "threshold", "factor", "entropy budget"
MOVING, LEAP, STEADY, WINNERS = "moving bar", "neighbourhoods", "steady", "run winners"
COHERENT, GENEROUS, EVERY = "coherent line", "generous", "everything"
DRAFTS = "drafts"
KEEP, SHADOW = "keep the surest", "shadows"
END, EARLY = "end of text", "early commit"

SCOPES = (FIXED, CANVAS, ADAPTIVE, WINDOW)
COMPUTES = (PLAIN, GUIDANCE, PREFIX, DUAL, FROZEN)
LOGITS = (NONE, CREDIT)
SCORES = (SURE, GAP, ENTROPY, CHANCE, LATE)
SELECTS = (BAR, EVEN, FACTOR, BUDGET, MOVING, LEAP, STEADY, WINNERS, COHERENT, GENEROUS, EVERY)
VERIFIES = (NONE, DRAFTS)
REVISES = (NONE, KEEP, SHADOW)
STOPS = (NONE, END, EARLY)
"""The choices of each place; their sources are the methods beside the composed one."""

STALE = (PREFIX, DUAL, FROZEN)
REMEMBERING = (STEADY, COHERENT)
"""Selecting parts that remember a mask from round to round."""
GAMMA_CREDIT, BETA_CREDIT, WARM_UP, WIDEN = 0.2, 0.8, 2, 5
"""What credit and the coherent line have as knobs of their own methods, at their usual values."""
LATE_FROM = 0.4
"""First factor of a late end of text."""
AHEAD = 0.25
"""How much of the canvas adaptive blocks search for a delimiter."""
WINDOWS, ACTIVE, REFRESH = 16, 8, 4


class Menu(Protocol):
    """The knobs of a composition."""

    @property
    def scope(self) -> str: ...
    @property
    def compute(self) -> str: ...
    @property
    def logits(self) -> str: ...
    @property
    def score(self) -> str: ...
    @property
    def select(self) -> str: ...
    @property
    def verify(self) -> str: ...
    @property
    def revise(self) -> str: ...
    @property
    def stop(self) -> str: ...
    @property
    def temperature(self) -> float: ...
    @property
    def threshold(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def relaxed(self) -> float: ...
    @property
    def reach(self) -> int: ...
    @property
    def factor(self) -> float: ...
    @property
    def gamma(self) -> float: ...
    @property
    def delta(self) -> float: ...
    @property
    def history(self) -> int: ...
    @property
    def wide(self) -> float: ...
    @property
    def narrow(self) -> float: ...
    @property
    def delimiter(self) -> float: ...
    @property
    def alpha(self) -> float: ...
    @property
    def early(self) -> float: ...
    @property
    def middle(self) -> float: ...
    @property
    def late(self) -> float: ...
    @property
    def guidance(self) -> float: ...
    @property
    def depth(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def block_length(self) -> int: ...
    @property
    def audit(self) -> bool: ...


def refuse(menu: Menu) -> str:
    """'' where all parts go together, else the first reason in one sentence."""
    return _not_cached(menu) or _not_selected(menu) or _not_verified(menu) or _not_revised(menu)


def _not_cached(menu: Menu) -> str:
    """Why scope, compute, memory and early commit do not fit."""
    if menu.scope == WINDOW and menu.compute != PLAIN:
        return "A window decides itself which rows are computed and kept; choose all rows as compute."
    if menu.scope == CANVAS and menu.compute == FROZEN:
        return "Frozen text grows from the left, and a whole canvas is written in any order; choose blocks."
    if menu.scope == WINDOW and (menu.logits == CREDIT or menu.select in REMEMBERING):
        return "A window refreshes its rows in the middle, and what was remembered speaks of the stale ones."
    if menu.stop == EARLY and (menu.compute == DUAL or menu.scope == WINDOW):
        return "An early commit writes all masks, and a dual cache or a window predicts the nearest only."
    return ""


def _not_selected(menu: Menu) -> str:
    """Why the selecting part cannot read these scores and logits."""
    if menu.select in (FACTOR, GENEROUS, EVERY) and menu.score != SURE:
        return f"The part '{menu.select}' is made for ranks by confidence; choose confidence as score."
    if menu.select == COHERENT and menu.score != ENTROPY:
        return "The coherent line is ordered by entropy; choose entropy as score."
    if menu.select == COHERENT and (menu.logits == CREDIT or menu.compute == GUIDANCE):
        return "The coherent line compares the model's own tokens; choose neither credit nor guidance."
    if menu.select == MOVING and menu.low > menu.threshold:
        return f"low = {menu.low:g} is above threshold = {menu.threshold:g}, the moving bar's upper bound."
    if menu.select == EVERY and menu.revise != KEEP:
        return "Writing everything leaves nothing to choose; let 'keep the surest' take some of it back."
    return ""


def _not_verified(menu: Menu) -> str:
    """Why drafts cannot be compared with the plain sampler."""
    if menu.verify == NONE:
        return ""
    if menu.select not in (EVEN, BAR) or (menu.select == EVEN and menu.steps):
        return "Drafts are checked against one token a round or a threshold; choose one of these (steps 0)."
    if menu.score != SURE or menu.temperature > 0:
        return "Drafts follow the likeliest tokens by confidence; choose that score, and temperature 0."
    if menu.compute != PLAIN or menu.logits != NONE or menu.scope == WINDOW:
        return "Drafted canvases are looked at afresh; choose all rows, no credit and no window."
    return "" if menu.revise == NONE else "A draft that may be taken back was verified for nothing."


def _not_revised(menu: Menu) -> str:
    """Why what is written cannot be taken back here."""
    if menu.revise == NONE:
        return ""
    if menu.compute in STALE or menu.scope == WINDOW:
        return "What may be taken back cannot have frozen rows: stale rows would judge it."
    if menu.logits == CREDIT or menu.select in REMEMBERING:
        return "What was remembered of a mask is wrong once its neighbours are taken back."
    if menu.revise == KEEP and (menu.select != EVERY or menu.scope == ADAPTIVE):
        return "'Keep the surest' counts the rounds of known blocks in which everything is written."
    if menu.revise == SHADOW and menu.select == EVEN:
        return "A schedule has no rounds for what is taken back; choose a bar, or the generous part."
    if menu.revise == SHADOW and (menu.compute != PLAIN or menu.scope == ADAPTIVE):
        return "Shadows stand behind a block of known length, in a pass of their own kind; choose all rows."
    return ""


def recipe(run: Run, menu: Menu) -> Recipe:
    """The parts that the menu asks for; the combination is legal."""
    windows = Windows(WINDOWS, ACTIVE, REFRESH, menu.audit) if menu.scope == WINDOW else None
    scoring = _scoring(run, menu)
    return Recipe(
        windows.scope if windows else _scope(run, menu),
        _select(run, menu),
        scoring,
        Sampling(menu.temperature, processed=processed(menu)),
        windows or _compute(run, menu),
        _logits(menu),
        _verify(menu),
        _revise(run, menu),
        _stop(run, menu),
        also=(lambda board: board.region) if menu.stop == EARLY else (lambda board: ()),
    )


def processed(menu: Menu) -> bool:
    """Whether scores are read after temperature, as in the methods that these parts come from."""
    return menu.score in (GAP, ENTROPY) or menu.select == BUDGET


def _scope(run: Run, menu: Menu) -> Scope:
    if menu.scope == ADAPTIVE:
        ahead = int(AHEAD * run.max_tokens)
        ends = delimits(run.spell, SENTENCES)
        return adaptive(menu.block_length, ends, menu.delimiter, lambda board, first: ahead)
    length = run.max_tokens if menu.scope == CANVAS else menu.block_length
    return blocks(length, behind=menu.revise == KEEP)


def _compute(run: Run, menu: Menu) -> Compute:
    if menu.revise == SHADOW:
        needs_own_rows(run)
        return shadowed
    if menu.compute == FROZEN:
        return growing_cache(WHOLE_BLOCKS, menu.block_length, audit=menu.audit)
    made = {PREFIX: prefix_cache, DUAL: dual_cache}
    if menu.compute in made:
        return made[menu.compute](menu.audit)
    return guided(menu.guidance) if menu.compute == GUIDANCE else plain


def _logits(menu: Menu) -> tuple[Transform, ...]:
    earned = (credit(menu.alpha, GAMMA_CREDIT, BETA_CREDIT),) if menu.logits == CREDIT else ()
    return (*audited(menu.audit), *earned)


def _scoring(run: Run, menu: Menu) -> Scoring:
    if menu.score == CHANCE:
        return chance(run.dice)
    if menu.score == LATE:
        return late_end(linear(LATE_FROM, 1.0, menu.steps or run.max_tokens))
    return {SURE: CONFIDENCE, GAP: MARGIN, ENTROPY: NEGATIVE_ENTROPY}[menu.score]


def _select(run: Run, menu: Menu) -> Select:
    if menu.select == EVEN:
        counted = menu.scope in (FIXED, CANVAS)
        return top(evenly(menu.steps) if counted else rest_evenly(menu.steps))
    if menu.select == COHERENT:
        due = max(1, run.max_tokens // menu.steps) if menu.steps else 1
        return two_step(due, due * WIDEN, WARM_UP, dynamic=True)
    makers = {
        BAR: lambda: above(menu.threshold),
        FACTOR: lambda: by_factor(menu.factor),
        BUDGET: lambda: within_budget(menu.gamma),
        MOVING: lambda: bounded(menu.low, menu.threshold),
        LEAP: lambda: near_anchors(menu.threshold, menu.relaxed, menu.reach),
        STEADY: lambda: steady(menu.threshold, menu.delta, menu.history),
        WINNERS: lambda: run_winners(menu.threshold, menu.low),
        GENEROUS: lambda: wide_in(menu.wide),
        EVERY: lambda: everything,
    }
    return makers[menu.select]()


def _verify(menu: Menu) -> Verify | None:
    if menu.verify == NONE:
        return None
    return drafted(menu.depth, surest_one if menu.select == EVEN else all_above(menu.threshold))


def _revise(run: Run, menu: Menu) -> Revise | None:
    if menu.revise == KEEP:
        return keep_best(menu.steps or max(1, run.max_tokens // 2), "linear")
    return narrow_out(menu.narrow) if menu.revise == SHADOW else None


def _stop(run: Run, menu: Menu) -> tuple[Stop, ...]:
    if menu.stop == EARLY:
        bars = (menu.early, menu.middle, menu.late)
        return (decided(bars, menu.steps or run.max_tokens),)
    return (stop_at_end,) if menu.stop == END else ()
