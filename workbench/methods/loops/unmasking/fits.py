"""Which parts of masked decoding go together: the laws that a composition must keep, a sentence each.

What reuses stale rows cannot judge what it reuses, what remembers a mask cannot follow where masks come
back, a schedule cannot wait, and some scores speak to one selecting part only.
"""

from collections.abc import Callable

from workbench.methods.api import Laws, Legal
from workbench.methods.loops.unmasking import menu as m

BLOCKS = (m.FIXED, m.CANVAS, m.ADAPTIVE, m.ALIGNED)
"""Scopes with one block at a time, to its last hole."""
OWN_ROWS = (m.WINDOW, m.STAGED)
"""Scopes that decide themselves which rows are computed."""
STALE = (m.PREFIX, m.DUAL, m.FROZEN, m.CLEAN, m.SLIDING, m.KEPT)
NEAR = (m.DUAL, m.SLIDING, m.KEPT)
"""Computes that predict the nearest masks only."""
REMEMBERING = (m.STEADY, m.COHERENT, m.COHERENT_DUE, m.CALM)
"""Selecting parts that remember a mask from round to round."""
COHERENT = (m.COHERENT, m.COHERENT_DUE)
SCHEDULED = (m.EVEN, m.DOUBLING, m.GRID, m.COINS)
DRAFTING = (m.DRAFTS, m.PARTS)
KEEPING = (m.KEEP, m.KEEP_COSINE)


def law(broken: Callable[[m.Menu], bool], sentence: str) -> Legal:
    """One law. The sentence may name knobs of the menu."""
    return lambda menu: sentence.format(menu=menu) if broken(menu) else ""


ROWS = (
    law(
        lambda p: p.scope in OWN_ROWS and p.compute != m.PLAIN,
        "The scope '{menu.scope}' decides itself which rows are computed and kept; choose all rows.",
    ),
    law(
        lambda p: p.compute in (m.FROZEN, m.CLEAN) and p.scope not in (m.FIXED, m.ADAPTIVE, m.ALIGNED),
        "Frozen text grows from the left, and '{menu.scope}' writes in any order; choose blocks.",
    ),
    law(
        lambda p: p.compute == m.KEPT and p.scope != m.ALIGNED,
        "Finished blocks are kept as the model counts them; choose the model's blocks as scope.",
    ),
    law(
        lambda p: p.compute == m.SLIDING and p.scope not in (m.FIXED, m.ALIGNED),
        f"Sliding rows reach {m.SPAN} positions from the first mask; choose blocks of known length.",
    ),
    law(
        lambda p: p.compute == m.SLIDING and p.block_length > m.SPAN - 2,
        f"Sliding rows do not reach over a block of {{menu.block_length}}; give {m.SPAN - 2} at most.",
    ),
    law(
        lambda p: p.compute == m.DUAL and p.scope == m.AHEAD,
        "A dual cache predicts its block only, and what follows is open too; choose all rows.",
    ),
    law(
        lambda p: p.stop == m.EARLY and p.compute in NEAR,
        "An early commit writes all masks at once, and '{menu.compute}' predicts the nearest only.",
    ),
    law(
        lambda p: p.stop == m.EARLY and p.scope in OWN_ROWS,
        "An early commit writes all masks at once, and '{menu.scope}' predicts the nearest only.",
    ),
)
"""The rows that are fed fit the positions that may be written."""

MEMORY = (
    law(
        lambda p: p.scope == m.WINDOW and (p.logits != m.NONE or p.select in REMEMBERING),
        "A window refreshes its rows in the middle, and what was remembered speaks of the stale ones.",
    ),
    law(
        lambda p: (p.logits == m.MEAN) != (p.select == m.CALM),
        f"'{m.MEAN}' and '{m.CALM}' share one memory of the masks in line; choose both or neither.",
    ),
    law(
        lambda p: p.select in COHERENT and (p.logits != m.NONE or p.compute == m.GUIDANCE),
        "The coherent line compares the model's own tokens; choose neither credit nor guidance.",
    ),
)
"""What is remembered of a mask holds, and is read."""

CLOCKS = (
    law(
        lambda p: p.scope == m.ROUNDS and p.select not in (m.COINS, m.GRID),
        "Fixed rounds are for parts that may write nothing in a round: choose coins or a time grid.",
    ),
    law(
        lambda p: p.select == m.COINS and p.scope not in (m.ROUNDS, m.ALIGNED),
        "Coins need to know how many rounds there are; choose fixed rounds or the model's blocks.",
    ),
    law(
        lambda p: p.select == m.GRID and p.scope != m.ROUNDS,
        "A time grid counts the rounds of the whole run; choose fixed rounds as scope.",
    ),
    law(
        lambda p: p.scope == m.GROWING and p.select != m.DOUBLING,
        "Growing blocks are made for rounds that double; choose doubling.",
    ),
    law(
        lambda p: p.select == m.DOUBLING and p.scope not in (m.CANVAS, m.GROWING),
        "Rounds that double count the whole canvas; choose it, or growing blocks, as scope.",
    ),
)
"""The rounds of the scope are those of the selecting part."""

ORDERS = (
    law(
        lambda p: p.select in (m.FACTOR, m.SLIPPED, m.GENEROUS, m.EVERY) and p.score != m.SURE,
        "The part '{menu.select}' is made for ranks by confidence; choose confidence as score.",
    ),
    law(
        lambda p: p.select in (*COHERENT, m.CALM) and p.score != m.ENTROPY,
        "The part '{menu.select}' is ordered by entropy; choose entropy as score.",
    ),
    law(
        lambda p: p.select == m.MOVING and p.low > p.threshold,
        "low = {menu.low:g} is above threshold = {menu.threshold:g}, the moving bar's upper bound.",
    ),
    law(
        lambda p: p.select == m.EVERY and p.revise not in KEEPING,
        "Writing everything leaves nothing to choose; let 'keep the surest' take some of it back.",
    ),
)
"""The selecting part can read these scores."""

DRAFTS = (
    law(
        lambda p: p.verify == m.PARTS and p.select != m.BAR,
        "A part of a round is a draft where rounds hold several tokens; choose the threshold.",
    ),
    law(
        lambda p: p.verify in DRAFTING and p.select not in (m.EVEN, m.BAR),
        "Drafts are checked against one token a round or a threshold; choose one of these.",
    ),
    law(
        lambda p: p.verify in DRAFTING and p.select == m.EVEN and p.steps > 0,
        "Drafts are checked against one token a round; give steps = 0, or choose a threshold.",
    ),
    law(
        lambda p: p.verify in DRAFTING and (p.score != m.SURE or p.temperature > 0),
        "Drafts follow the likeliest tokens by confidence; choose that score, and temperature 0.",
    ),
    law(
        lambda p: p.verify in DRAFTING and (p.compute not in (m.PLAIN, m.KEPT) or p.logits != m.NONE),
        "Drafted canvases are looked at afresh; choose all rows (or finished blocks) and no credit.",
    ),
    law(
        lambda p: p.verify in DRAFTING and p.scope not in BLOCKS,
        "Drafts are of one block, and '{menu.scope}' moves with what is written; choose blocks.",
    ),
)
"""Drafts can be compared with the plain sampler."""

GUESSES = (
    law(
        lambda p: p.verify == m.GUESS and p.select not in (m.BAR, m.BEYOND, m.FACTOR, m.SLIPPED),
        "A guess helps a round in which little is sure; choose a threshold or a factor.",
    ),
    law(
        lambda p: p.verify == m.GUESS and (p.compute != m.PLAIN or p.logits != m.NONE),
        "Guesses are tried out on copies of the canvas; choose all rows, and neither credit nor means.",
    ),
    law(
        lambda p: p.verify == m.GUESS and p.scope not in (*BLOCKS, m.AHEAD),
        "A guess stands in the current block, and '{menu.scope}' has none of its own; choose blocks.",
    ),
)
"""A guess can be tried out."""

SELF_CHECKS = (
    law(
        lambda p: p.verify == m.CHECK and (p.scope != m.ALIGNED or p.compute != m.KEPT),
        "A self-check reads the block behind finished ones; choose the model's blocks, and keep them.",
    ),
    law(
        lambda p: p.verify == m.CHECK and (p.select != m.SURER or p.score != m.SURE),
        f"What a self-check leaves goes by '{m.SURER}' and confidence; choose these.",
    ),
    law(
        lambda p: p.verify == m.CHECK and p.logits != m.NONE,
        "A self-check compares the model with itself; choose neither credit nor means.",
    ),
)
"""A block model can check its own drafts."""

REVISIONS = (
    law(
        lambda p: p.revise != m.NONE and p.verify != m.NONE,
        "What may be taken back was verified for nothing; choose one of the two.",
    ),
    law(
        lambda p: p.revise != m.NONE and (p.compute in STALE or p.scope in OWN_ROWS),
        "What may be taken back cannot have frozen rows: stale rows would judge it.",
    ),
    law(
        lambda p: p.revise != m.NONE and (p.logits != m.NONE or p.select in REMEMBERING),
        "What was remembered of a mask is wrong once its neighbours are taken back.",
    ),
    law(
        lambda p: p.revise in KEEPING and (p.select != m.EVERY or p.scope not in (m.FIXED, m.CANVAS)),
        "'Keep the surest' counts the rounds of known blocks in which everything is written.",
    ),
    law(
        lambda p: p.revise == m.SHADOW and p.select in SCHEDULED,
        "A schedule has no rounds for what is taken back; choose a bar, or the generous part.",
    ),
    law(
        lambda p: p.revise == m.SHADOW and (p.compute != m.PLAIN or p.scope not in (m.FIXED, m.CANVAS)),
        "Shadows stand behind a block of known length, in a pass of their own kind; choose all rows.",
    ),
    law(
        lambda p: p.revise in m.TOSS and (p.select != m.COINS or p.scope != m.ROUNDS),
        "Second thoughts by coin share a clock with lifting by coin; choose coins in fixed rounds.",
    ),
)
"""What is written can be taken back here."""

FITS = Laws((*ROWS, *MEMORY, *CLOCKS, *ORDERS, *DRAFTS, *GUESSES, *SELF_CHECKS, *REVISIONS))
"""'' where all parts go together, else the first reason."""
