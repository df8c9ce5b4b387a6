"""Which chosen parts of a composition read which knobs; the others are idle, and the page sets them apart."""

from collections.abc import Callable, Mapping

from workbench.methods.loops.unmasking import menu as m

DUE = (m.EVEN, m.TOGETHER, m.SURER)
"""Selecting parts that ask how many tokens a round of the schedule owes."""
SHARED = (m.COHERENT, m.COHERENT_DUE, m.CALM)
"""Selecting parts that write a round's share of the tokens."""
BARS = (m.BAR, m.MOVING, m.LEAP, m.STEADY, m.WINNERS, m.SURER, m.BEYOND)
AUDITED = (m.PREFIX, m.DUAL, m.FROZEN, m.CLEAN, m.SLIDING)
LENGTHS = (m.FIXED, m.ADAPTIVE, m.AHEAD, m.ALIGNED, m.STAGED)
KEEPING = (m.KEEP, m.KEEP_COSINE)


def _steps(p: m.Menu) -> bool:
    """Whatever counts the rounds of the run, or of a block."""
    late = p.score == m.LATE and p.select != m.DOUBLING
    clock = p.scope == m.ROUNDS or p.select in (*DUE, *SHARED, m.GRID, m.COINS)
    return late or clock or p.revise in (*KEEPING, *m.TOSS) or p.stop == m.EARLY


READERS: Mapping[str, Callable[[m.Menu], bool]] = {
    "block_length": lambda p: p.scope in LENGTHS,
    "ahead": lambda p: p.scope in (m.AHEAD, m.GROWING),
    "steps": _steps,
    "threshold": lambda p: p.select in BARS or p.verify in (m.GUESS, m.CHECK),
    "far": lambda p: p.select == m.BEYOND,
    "low": lambda p: p.select in (m.WINNERS, m.MOVING),
    "relaxed": lambda p: p.select == m.LEAP,
    "reach": lambda p: p.select == m.LEAP,
    "factor": lambda p: p.select in (m.FACTOR, m.SLIPPED),
    "gamma": lambda p: p.select == m.BUDGET,
    "budget": lambda p: p.select == m.TOGETHER,
    "delta": lambda p: p.select == m.STEADY,
    "history": lambda p: p.select == m.STEADY or p.logits == m.MEAN,
    "limit": lambda p: p.logits == m.MEAN,
    "wide": lambda p: p.select == m.GENEROUS,
    "narrow": lambda p: p.revise == m.SHADOW,
    "eta": lambda p: p.revise in m.TOSS,
    "delimiter": lambda p: p.scope == m.ADAPTIVE,
    "alpha": lambda p: p.logits == m.CREDIT,
    "early": lambda p: p.stop == m.EARLY,
    "middle": lambda p: p.stop == m.EARLY,
    "late": lambda p: p.stop == m.EARLY,
    "tail": lambda p: p.stop == m.EARLY,
    "guidance": lambda p: p.compute == m.GUIDANCE,
    "gamma_min": lambda p: p.score == m.LATE,
    "alg_temp": lambda p: p.select == m.GRID,
    "depth": lambda p: p.verify in (m.DRAFTS, m.PARTS),
    "fewest": lambda p: p.verify == m.GUESS,
    "branches": lambda p: p.verify == m.GUESS,
    "bar": lambda p: p.verify == m.CHECK,
    "audit": lambda p: p.compute in AUDITED or p.scope == m.WINDOW,
}
"""Knob -> whether something chosen reads it. What is not here is always read."""


def idle(menu: m.Menu) -> frozenset[str]:
    """The knobs that no chosen part reads."""
    return frozenset(name for name, reads in READERS.items() if not reads(menu))
