"""From the menu to a recipe: parts are made anew for every run, because parts remember."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from workbench.maths.schedule import doubling_quota, lift_chances
from workbench.methods.loops.unmasking import menu as m
from workbench.methods.loops.unmasking.adaptive import SENTENCES, adaptive, delimits
from workbench.methods.loops.unmasking.ascending import (
    doubling,
    doubling_blocks,
    late_end,
    linear,
    with_share,
)
from workbench.methods.loops.unmasking.audit import audited
from workbench.methods.loops.unmasking.blockwise import (
    BlockCache,
    aligned,
    dynamic,
    needs_blocks,
    shared_out,
    stop_after_block,
    together,
)
from workbench.methods.loops.unmasking.board import (
    Compute,
    Recipe,
    Revise,
    Round,
    Sampling,
    Scope,
    Scoring,
    Select,
    Stop,
    Transform,
    Verify,
    nothing_else,
)
from workbench.methods.loops.unmasking.bounded import bounded
from workbench.methods.loops.unmasking.budget import within_budget
from workbench.methods.loops.unmasking.coherence import Averaging, two_step
from workbench.methods.loops.unmasking.computes import dual_cache, guided, plain, prefix_cache
from workbench.methods.loops.unmasking.credit import credit
from workbench.methods.loops.unmasking.drafts import all_above, drafted, surest_one
from workbench.methods.loops.unmasking.dream import by_grid
from workbench.methods.loops.unmasking.early import decided
from workbench.methods.loops.unmasking.explore import Exploring, across, exploit, explore
from workbench.methods.loops.unmasking.factor import by_factor
from workbench.methods.loops.unmasking.growing import ALL, BLOCKS, growing_cache
from workbench.methods.loops.unmasking.growing import SLIDING as SLIDES
from workbench.methods.loops.unmasking.hits import first_hit
from workbench.methods.loops.unmasking.leap import near_anchors
from workbench.methods.loops.unmasking.remask import Remasking
from workbench.methods.loops.unmasking.revises import keep_best
from workbench.methods.loops.unmasking.routing import Router, Routing
from workbench.methods.loops.unmasking.scopes import blocks, rounds
from workbench.methods.loops.unmasking.scores import CONFIDENCE, LEFTMOST, MARGIN, NEGATIVE_ENTROPY, chance
from workbench.methods.loops.unmasking.selects import above, coins, evenly, everything, top
from workbench.methods.loops.unmasking.selfcheck import SelfCheck, needs_own_rows
from workbench.methods.loops.unmasking.stages import Stages
from workbench.methods.loops.unmasking.steady import steady
from workbench.methods.loops.unmasking.stops import stop_at_end
from workbench.methods.loops.unmasking.wide import narrow_out, shadowed, wide_in
from workbench.methods.loops.unmasking.wide import needs_own_rows as needs_rows_for_shadows
from workbench.methods.loops.unmasking.windows import Windows, rest_evenly
from workbench.methods.loops.unmasking.winners import run_winners
from workbench.methods.run import Run

GAMMA_CREDIT, BETA_CREDIT, WARM_UP, WIDEN, LINE, WEIGHT = 0.2, 0.8, 2, 5, 8, 0.1
"""What credit, the coherent line, the line of means and guesses have as knobs of their own methods."""
CANVAS_SHARE, THINK = 0.25, 0.5
"""Shares of the canvas: how far ahead a delimiter is looked for; when the blocks become narrow."""
WINDOWS, ACTIVE, REFRESH = 16, 8, 4
GRID_END = 0.001
"""Time at which the grid ends (Dream)."""
SHARPNESS, COST = 4.0, 1.0
"""How fast doubt lowers the estimate of a self-check, and what the check costs in tokens."""


class _Made(NamedTuple):
    """Parts that are one object in several places; None where they were not asked for."""

    rows: Windows | Stages | BlockCache | None
    means: Averaging | None
    coin: Remasking | None


def recipe(run: Run, menu: m.Menu) -> Recipe:
    """The parts that the menu asks for; the combination is legal."""
    made = _Made(_rows(run, menu), _means(run, menu), _coin(run, menu))
    sampling = Sampling(menu.temperature, processed=processed(menu))
    select, verify = _select(run, menu, made), _verify(menu)
    if menu.verify == m.CHECK and isinstance(made.rows, BlockCache):
        select, verify = _checked(run, menu, made.rows, sampling)
    return Recipe(
        _scope(run, menu, made),
        select,
        _scoring(run, menu),
        sampling,
        _compute(run, menu, made),
        _logits(menu, made),
        verify,
        _revise(run, menu, made),
        _stop(run, menu),
        also=(lambda board: board.region) if menu.stop == m.EARLY else nothing_else,
        cap=_cap(run, menu),
    )


def processed(menu: m.Menu) -> bool:
    """Whether scores are read after temperature, as in the methods that these parts come from."""
    drawn = (m.BUDGET, m.TOGETHER, m.SURER, m.GRID, m.COINS, m.HIT)
    after = menu.score in (m.GAP, m.ENTROPY) or menu.select in drawn
    return after and menu.logits != m.MEAN


# -- what stands in two places -----------------------------------------------------------------------


def _rows(run: Run, menu: m.Menu) -> Windows | Stages | BlockCache | None:
    if menu.scope == m.WINDOW:
        return Windows(WINDOWS, ACTIVE, REFRESH, menu.audit)
    if menu.scope == m.STAGED:
        return Stages(menu.block_length, 1, THINK, b"", b"")
    if menu.compute == m.KEPT:
        needs_blocks(run)
        return BlockCache(menu.block_length, 1 if menu.verify == m.CHECK else 0)
    return None


def _means(run: Run, menu: m.Menu) -> Averaging | None:
    if menu.logits != m.MEAN:
        return None
    return Averaging(_share(run, menu), max(1, menu.history), LINE, menu.limit)


def _coin(run: Run, menu: m.Menu) -> Remasking | None:
    if menu.revise not in m.TOSS:
        return None
    return Remasking(run.dice, m.TOSS[menu.revise], menu.eta, _grid(run, menu))


def _share(run: Run, menu: m.Menu) -> int:
    """Tokens that every round owes."""
    return max(1, run.max_tokens // menu.steps) if menu.steps else 1


def _grid(run: Run, menu: m.Menu) -> int:
    """Rounds of the clock: of the run (second thoughts: twice as many) or of one of the model's blocks."""
    if menu.scope == m.ALIGNED:
        return menu.steps or menu.block_length
    return menu.steps or run.max_tokens * (2 if menu.revise in m.TOSS else 1)


def _cap(run: Run, menu: m.Menu) -> int:
    """Where rounds may write nothing, as many as the clock has."""
    if menu.select not in (m.COINS, m.GRID):
        return 0
    return _grid(run, menu) * (run.max_tokens + 1 if menu.scope == m.ALIGNED else 1)


# -- place by place ----------------------------------------------------------------------------------


def _scope(run: Run, menu: m.Menu, made: _Made) -> Scope:
    if isinstance(made.rows, Windows | Stages):
        return made.rows.scope
    if menu.scope == m.ADAPTIVE:
        far, ends = int(CANVAS_SHARE * run.max_tokens), delimits(run.spell, SENTENCES)
        return adaptive(menu.block_length, ends, menu.delimiter, lambda board, first: far)
    makers: dict[str, Callable[[], Scope]] = {
        m.AHEAD: lambda: across(menu.block_length, menu.ahead),
        m.ALIGNED: lambda: aligned(menu.block_length),
        m.ROUNDS: lambda: rounds(_grid(run, menu)),
        m.GROWING: lambda: doubling_blocks(run.max_tokens, menu.ahead + 1),
    }
    if menu.scope in makers:
        return makers[menu.scope]()
    length = run.max_tokens if menu.scope == m.CANVAS else menu.block_length
    return blocks(length, behind=menu.revise in (m.KEEP, m.KEEP_COSINE))


def _compute(run: Run, menu: m.Menu, made: _Made) -> Compute:
    if made.rows is not None:
        return made.rows
    if menu.revise == m.SHADOW:
        needs_rows_for_shadows(run)
        return shadowed
    cuts = {m.FROZEN: BLOCKS, m.CLEAN: ALL, m.SLIDING: SLIDES}
    if menu.compute in cuts:
        return growing_cache(cuts[menu.compute], menu.block_length, m.SPAN, menu.audit)
    made_of = {m.PREFIX: prefix_cache, m.DUAL: dual_cache}
    if menu.compute in made_of:
        return made_of[menu.compute](menu.audit)
    return guided(menu.guidance) if menu.compute == m.GUIDANCE else plain


def _logits(menu: m.Menu, made: _Made) -> tuple[Transform, ...]:
    found = audited(menu.audit)
    if menu.logits == m.CREDIT:
        return (*found, credit(menu.alpha, GAMMA_CREDIT, BETA_CREDIT))
    return (*found, made.means.logits) if made.means else found


def _scoring(run: Run, menu: m.Menu) -> Scoring:
    if menu.score == m.CHANCE:
        return chance(run.dice)
    if menu.score == m.LATE:
        doubles = len(doubling_quota(run.max_tokens))
        gamma = (
            with_share(menu.gamma_min, 1.0, doubles)
            if menu.select == m.DOUBLING
            else linear(menu.gamma_min, 1.0, menu.steps or run.max_tokens)
        )
        return late_end(gamma)
    return {m.SURE: CONFIDENCE, m.GAP: MARGIN, m.ENTROPY: NEGATIVE_ENTROPY, m.LEFT: LEFTMOST}[menu.score]


def _select(run: Run, menu: m.Menu, made: _Made) -> Select:
    due, share = _due(menu), _share(run, menu)
    makers: dict[str, Callable[[], Select]] = {
        m.EVEN: lambda: top(due),
        m.BAR: lambda: above(menu.threshold),
        m.FACTOR: lambda: by_factor(menu.factor),
        m.SLIPPED: lambda: by_factor(menu.factor, as_released=True),
        m.BUDGET: lambda: within_budget(menu.gamma),
        m.TOGETHER: lambda: together(menu.budget, due),
        m.MOVING: lambda: bounded(menu.low, menu.threshold),
        m.LEAP: lambda: near_anchors(menu.threshold, menu.relaxed, menu.reach),
        m.STEADY: lambda: steady(menu.threshold, menu.delta, menu.history),
        m.WINNERS: lambda: run_winners(menu.threshold, menu.low),
        m.COHERENT: lambda: two_step(share, share * WIDEN, WARM_UP, dynamic=True),
        m.COHERENT_DUE: lambda: two_step(share, share * WIDEN, WARM_UP, dynamic=False),
        m.GENEROUS: lambda: wide_in(menu.wide),
        m.EVERY: lambda: everything,
        m.SURER: lambda: dynamic(menu.threshold, due),
        m.BEYOND: lambda: exploit(menu.threshold, menu.far, _guesses(menu).off),
        m.DOUBLING: lambda: doubling(run.max_tokens),
        m.GRID: lambda: by_grid(run, lift_chances(_grid(run, menu), GRID_END), menu.alg_temp),
        m.COINS: lambda: coins(run.dice, _chances(run, menu, made)),
        m.HIT: lambda: first_hit(run.dice),
    }
    return made.means.select if made.means else makers[menu.select]()


def _due(menu: m.Menu) -> Callable[[Round], int]:
    """What a round of a schedule owes, as the scope counts its rounds."""
    if menu.scope == m.ALIGNED:
        return shared_out(menu.block_length, menu.steps)
    return evenly(menu.steps) if menu.scope in (m.FIXED, m.CANVAS) else rest_evenly(menu.steps)


def _chances(run: Run, menu: m.Menu, made: _Made) -> Callable[[Round], Sequence[float]]:
    if made.coin:
        return made.coin.chances
    grid = lift_chances(_grid(run, menu), 0.0 if menu.scope == m.ALIGNED else GRID_END)
    return lambda now: [grid[now.index]] * len(now.holes)


def _guesses(menu: m.Menu) -> Exploring:
    branches = menu.branches if menu.verify == m.GUESS else 1
    return Exploring(menu.fewest, branches, menu.threshold, WEIGHT)


def _verify(menu: m.Menu) -> Verify | None:
    if menu.verify == m.GUESS:
        return explore(_guesses(menu))
    if menu.verify not in (m.DRAFTS, m.PARTS):
        return None
    plainly = surest_one if menu.select == m.EVEN else all_above(menu.threshold)
    return drafted(menu.depth, plainly, exact=menu.verify == m.DRAFTS)


def _checked(run: Run, menu: m.Menu, cache: BlockCache, sampling: Sampling) -> tuple[Select, Verify]:
    needs_own_rows(run)
    how = Routing(
        "score", "entropy", SHARPNESS, COST, False, menu.bar, menu.bar, 1, menu.threshold, 0.0,
    )  # fmt: skip
    check = SelfCheck(Router(how), cache, sampling, menu.threshold, _due(menu))
    return check.select, check.verify


def _revise(run: Run, menu: m.Menu, made: _Made) -> Revise | None:
    if menu.revise in (m.KEEP, m.KEEP_COSINE):
        schedule = "linear" if menu.revise == m.KEEP else "cosine"
        return keep_best(menu.steps or max(1, run.max_tokens // 2), schedule)
    if made.coin:
        return made.coin.revise
    return narrow_out(menu.narrow) if menu.revise == m.SHADOW else None


def _stop(run: Run, menu: m.Menu) -> tuple[Stop, ...]:
    if menu.stop == m.EARLY:
        bars = (menu.early, menu.middle, menu.late)
        return (decided(bars, menu.steps or run.max_tokens, menu.tail),)
    return {m.END: (stop_at_end,), m.BLOCK_END: (stop_after_block,)}.get(menu.stop, ())
