"""Masked canvases: the loop of masked diffusion decoding. A method is a recipe of its parts.

Each round: scope (which holes may be committed now) -> compute -> logits -> score -> select. The parts
that no method here changes (verify, revise, stop) join the recipe with the first method that does.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.maths.sample import precise, warp
from workbench.methods.run import ANSWER, Run
from workbench.trace import Candidates, Cells, Commit, DraftKind, Event, Phase, Rule


@dataclass(frozen=True)
class Round:
    """What a selecting part sees: the holes in scope, their candidates, and where the block stands.

    confidence[i]: the model's probability of the token chosen for holes[i], at temperature 1.
    masks: how many holes the block had when it began; index: rounds done in this block.
    """

    holes: list[int]
    candidates: Candidates
    confidence: list[float]
    block: int
    blocks: int
    masks: int
    index: int


Select = Callable[[Round], Generator[Event, None, list[int]]]
"""Judge the candidates of a round; returns the indices of those to commit, at least one."""


@dataclass(frozen=True)
class Recipe:
    """The parts of one masked sampler."""

    select: Select
    block_length: int
    temperature: float = 0.0
    guidance: float = 0.0


def unmask(run: Run, recipe: Recipe) -> Iterator[Event]:
    """Fill a canvas of `run.max_tokens` masks behind the prompt, block by block."""
    model = run.masked("denoiser")
    start, stop = len(run.prompt), len(run.prompt) + run.max_tokens
    canvas = [*run.prompt, *[model.mask_id] * run.max_tokens]
    starts = range(start, stop, recipe.block_length)
    yield run.begin(blanks=run.max_tokens)
    for block, first in enumerate(starts):
        scope = range(first, min(first + recipe.block_length, stop))
        yield Phase(0, f"Block {block + 1}")
        index = 0
        while any(canvas[i] == model.mask_id for i in scope):
            yield Phase(1, f"Round {index + 1}")
            holes = [i for i in range(start, stop) if canvas[i] == model.mask_id]
            logits = yield from _believe(run, recipe, canvas, holes)
            inside = [row for row, hole in enumerate(holes) if hole in scope]
            open_here = [holes[row] for row in inside]
            tokens, ids, confidence = yield from _propose(run, recipe, logits[inside], open_here)
            now = Round(open_here, Candidates(ids), confidence, block, len(starts), len(scope), index)
            chosen = yield from recipe.select(now)
            for i in chosen:
                canvas[open_here[i]] = tokens[i]
            yield Commit(ANSWER, tuple(ids[i] for i in chosen))
            index += 1
    run.take(canvas[start:])
    yield run.finish()


def _believe(
    run: Run, recipe: Recipe, canvas: Sequence[int], holes: list[int]
) -> Generator[Event, None, Tensor]:
    """Logits (holes, V) at every hole, guided if asked for: z_u + (w + 1) (z_c - z_u) (LLaDA, "
    "generate.py)."""
    model = run.masked("denoiser")
    cells = Cells(ANSWER, tuple(holes))
    if not recipe.guidance:
        logits = model.fill(canvas, holes).beliefs.logits
        yield from run.observe("denoiser", cells, warp(logits))
        return logits
    blind = [model.mask_id] * len(run.prompt) + list(canvas[len(run.prompt) :])
    with run.together():
        seen = model.fill(canvas, holes).beliefs.logits
        unseen = model.fill(blind, holes).beliefs.logits
    guided = torch.where(seen.isfinite(), unseen + (recipe.guidance + 1) * (seen - unseen), seen)
    for source, logits in (("denoiser", seen), ("unconditional", unseen), ("guided", guided)):
        yield from run.observe(source, cells, warp(logits))
    return guided


def _propose(
    run: Run, recipe: Recipe, logits: Tensor, holes: list[int]
) -> Generator[Event, None, tuple[list[int], tuple[int, ...], list[float]]]:
    """One candidate per hole in scope: tokens, candidate ids, confidences (probabilities at temperature "
    "1)."""
    clean = warp(precise(logits))
    if recipe.temperature == 0:
        tokens, kind = logits.argmax(dim=-1).tolist(), DraftKind.POINT
    else:
        noisy = warp(logits, recipe.temperature)
        tokens, kind = [run.dice.pick(row).index for row in noisy], DraftKind.SAMPLED
    confidence = clean[range(len(tokens)), tokens].tolist()
    source = "guided" if recipe.guidance else "denoiser"
    proposed = run.propose(source, holes, tokens, confidence, kind)
    yield proposed
    return tokens, proposed.ids, confidence


def ranked(confidence: Sequence[float]) -> list[int]:
    """0-based rank of each, the surer first, the lower position on a tie."""
    order = sorted(range(len(confidence)), key=lambda i: -confidence[i])
    ranks = [0] * len(order)
    for rank, i in enumerate(order):
        ranks[i] = rank
    return ranks


QUOTA = Rule(
    "quota",
    "among the surest of the round",
    "<",
    "rank by confidence",
    "tokens due this round",
    "{what} is written: rank {left} by confidence is below the {right} due this round.",
    "{what} stays masked: rank {left} by confidence is not below the {right} due this round.",
    value_from="rank(proposed)",
)
THRESHOLD = Rule(
    "threshold",
    "sure enough",
    ">=",
    "confidence",
    "threshold",
    "{what} is written: confidence {left} reaches the threshold {right}.",
    "{what} stays masked: confidence {left} is below the threshold {right}.",
    value_from="proposed",
    bound_from="knob(threshold)",
)
AT_LEAST_ONE = Rule(
    "at_least_one",
    "the surest, so that every round advances",
    "<",
    "rank by confidence",
    "one",
    "{what} is written although below the threshold: it is the surest, and a round must advance.",
    "{what} stays masked: another is surer.",
    bound_from="const(1)",
)
BLOCK_HELP = "positions that are unmasked together before the next block begins"
GUIDANCE_HELP = "classifier-free guidance: how far to move away from the answer without the prompt; 0 is off"
