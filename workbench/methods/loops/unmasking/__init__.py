"""The parts of masked diffusion decoding, and how to write one. `loops.unmask` is the loop around them.

A method is a `Recipe`: one part for each place, most of them the usual ones, at most a few of its own.
All parts of a run work on one `Board` (the canvas and what happened to it). A part is a function, or a
function that makes one and keeps its memory in the closure, so that every run has its own; nearly all are
generators, because what they find out they yield as events.

    place     called                      decides
    scope     before every round          positions that may be written now; None: done. `board.enter` opens
                                          a block. May insert text, or ask the model first (adaptive blocks)
    stop      before every round          GO, ALL_IN (write every hole now) or END (leave the rest blank)
    compute   for each canvas once        what is fed, what is reused; answers as `View`s, the decisive last
    logits    after it, in order          other logits for the same positions (credit, end-of-text)
    score     with the candidates         a number per hole, higher is surer; its rank rules
    select    once a round                which candidates are written
    verify    before the commit           fewer, or other candidates, after more passes (`board.peek`);
                                          it may hand on the next round's prediction
    revise    after the commit            what becomes a mask again (`board.erase`)

`board.predict()` belongs to the round, not to a place: whichever part asks first pays for the pass, all
others get the same prediction, until the canvas changes. So a stopping rule or an adaptive scope that
looks before the commit costs nothing. Selecting parts must write one token at least, unless the scope
counts rounds; `Recipe.cap` bounds the rounds in any case, and then the likeliest tokens fill what is left.
The mask can never be written: no model predicts it.

A selecting part of its own, complete, with its rule:

    STRICT = Rule("strict", "surer than at first", ">", "confidence", "bar", "{what}: {left} > {right}.",
                  "{what} waits: {left} is not above {right}.", value_from="proposed")

    def rising(now: Round) -> Generator[Event, None, list[int]]:
        bar = min(0.9, 0.5 + 0.1 * now.index)
        verdict = STRICT.judge(now.candidates, now.confidence, [bar] * len(now.holes))
        yield verdict
        return passed(verdict) or (yield from best_only(now))

    yield from unmask(run, Recipe(blocks(32), rising, CONFIDENCE))

and the method declares `rules=(STRICT, AT_LEAST_ONE)`.
"""

from workbench.methods.loops.unmasking.board import (
    Block,
    Board,
    Compute,
    Ending,
    Pick,
    Prediction,
    Recipe,
    Revise,
    Round,
    Sampling,
    Scope,
    Scoring,
    Select,
    Stop,
    Transform,
    Verified,
    Verify,
    View,
)
from workbench.methods.loops.unmasking.computes import dual_cache, guided, plain, prefix_cache, reach
from workbench.methods.loops.unmasking.rules import (
    AT_LEAST_ONE,
    QUOTA,
    REMASK_COIN,
    ROUND_CAP,
    THRESHOLD,
    UNMASK_COIN,
    by_score,
)
from workbench.methods.loops.unmasking.scopes import blocks, rounds
from workbench.methods.loops.unmasking.scores import (
    CONFIDENCE,
    MARGIN,
    NEGATIVE_ENTROPY,
    RANDOM,
    RANDOM_RULES,
    chance,
    scoring,
)
from workbench.methods.loops.unmasking.selects import (
    above,
    best_only,
    coins,
    evenly,
    everything,
    judged,
    passed,
    top,
)
from workbench.methods.loops.unmasking.stops import stop_at_end
from workbench.trace import Source

__all__ = [
    "AT_LEAST_ONE", "BLOCK_HELP", "CONFIDENCE", "EXACT", "GUIDANCE_HELP", "GUIDANCE_SOURCES", "MARGIN",
    "NEGATIVE_ENTROPY", "QUOTA", "RANDOM", "RANDOM_RULES", "REMASK_COIN", "ROUND_CAP", "STEPS_HELP",
    "THRESHOLD", "THRESHOLD_HELP", "UNMASK_COIN", "Block", "Board", "Compute", "Ending", "Pick",
    "Prediction", "Recipe", "Revise", "Round", "Sampling", "Scope", "Scoring", "Select", "Stop",
    "Transform", "Verified", "Verify", "View", "above", "best_only", "blocks", "by_score", "chance",
    "coins", "dual_cache", "evenly", "everything", "guided", "judged", "passed", "plain", "prefix_cache",
    "reach", "rounds", "scoring", "stop_at_end", "top",
]  # fmt: skip

BLOCK_HELP = "positions that are unmasked together before the next block begins"
GUIDANCE_HELP = "classifier-free guidance: how far to move away from the answer without the prompt; 0 is off"
STEPS_HELP = "rounds over the whole canvas; 0 writes one token a round"
THRESHOLD_HELP = "confidence from which a token is written"
EXACT = Source("exact", "the same canvas without a cache", "combined")
GUIDANCE_SOURCES = (
    Source("unconditional", "the model without the prompt", "draft"),
    Source("guided", "guided combination", "combined"),
)
