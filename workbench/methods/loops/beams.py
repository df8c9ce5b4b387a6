"""Hypotheses side by side, as one tree in the cache: the steps of beam search and of what grows from it."""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.maths.sample import precise
from workbench.methods.hand import BY_HAND
from workbench.methods.run import ANSWER, Run
from workbench.models.api import Reading
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Close,
    Commit,
    DraftKind,
    Event,
    Fork,
    Lanes,
    Measure,
    Rule,
    Score,
    WorkbenchError,
)

LOGPROB = Measure("logprob", "log-probability", "nats", "higher", "sum of ln p(token) over the answer so far")
NORMALISED = Measure(
    "normalised", "normalised score", "nats", "higher", "log-probability / length ^ length_penalty"
)
SURVIVES = Rule(
    "survives",
    "among the surviving beams",
    "<",
    "rank among open candidates",
    "beams",
    "{what} survives: rank {left} is below {right} beams.",
    "{what} is dropped: rank {left} is not below {right} beams.",
    value_from="rank(score:logprob)",
    bound_from="knob(beams)",
)
FINISHES = Rule(
    "finishes",
    "ends well enough to be kept",
    "<",
    "rank among all candidates",
    "beams",
    "{what} ends a hypothesis: rank {left} is below {right}.",
    "{what} ends too low to be kept: rank {left} is not below {right}.",
    bound_from="knob(beams)",
)
BEST = Rule(
    "best",
    "best hypothesis",
    ">=",
    "its normalised score",
    "best normalised score",
    "{what} is the answer: its score {left} is the best.",
    "{what} is not the answer: its score {left} is below the best, {right}.",
    value_from="score(normalised)",
)


class Beam(NamedTuple):
    """A live hypothesis: its lane, the cache row of its last token, its tokens and log-probability."""

    lane: int
    row: int
    tokens: tuple[int, ...] = ()
    logprob: float = 0.0


class Extension(NamedTuple):
    """A candidate: one more token on a beam."""

    beam: Beam
    token: int
    prob: float
    logprob: float
    id: int = ROOT


@dataclass
class Pool:
    """Finished hypotheses as (normalised score, lane, tokens)."""

    size: int
    penalty: float
    ended: list[tuple[float, int, tuple[int, ...]]] = field(default_factory=list)

    def score(self, logprob: float, length: int) -> float:
        return logprob / length**self.penalty

    def settled(self, live: list[Beam], longest: int, early: bool) -> bool:
        """Enough have ended, and no live beam can still beat the worst of the best."""
        best = sorted((score for score, _, _ in self.ended), reverse=True)[: self.size]
        if len(best) < self.size:
            return False
        return early or all(self.score(beam.logprob, longest) <= best[-1] for beam in live)


def extend(
    run: Run, live: list[Beam], reading: Reading, width: int
) -> Generator[Event, None, list[Extension]]:
    """Propose the 2 x width likeliest extensions of all beams, best first."""
    logprobs = torch.log_softmax(precise(reading.beliefs.logits), dim=-1)  # (beams, V)
    best = logprobs.topk(min(2 * width, logprobs.shape[-1]), dim=-1)
    found = [
        (-live[i].logprob - gain, i, token, gain)
        for i, (gains, tokens) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True))
        for gain, token in zip(gains, tokens, strict=True)
        if gain > -math.inf
    ]
    found.sort()
    kept = [Extension(live[i], token, math.exp(gain), -cost) for cost, i, token, gain in found[: 2 * width]]
    return (yield from _propose(run, live, logprobs, kept))


def _propose(
    run: Run, live: list[Beam], logprobs: Tensor, found: list[Extension]
) -> Generator[Event, None, list[Extension]]:
    """Observe every beam and propose its extensions in its own lane; the extensions with their ids."""
    position = len(run.prompt) + len(live[0].tokens)
    families = [[e for e in found if e.beam is beam] for beam in live]
    if run.full:
        cells = [Cells(beam.lane, (position,)) for beam in live]
        asked = [[e.token for e in family] for family in families]
        yield from run.observe("target", cells, logprobs.exp(), also=asked)
    named = {}
    for beam, family in zip(live, families, strict=True):
        if not family:
            continue
        tokens, probs = [e.token for e in family], [e.prob for e in family]
        where = [position] * len(family)
        proposed = run.propose("target", where, tokens, probs, DraftKind.POINT, lane=beam.lane)
        yield proposed
        yield Score(LOGPROB.id, Candidates(proposed.ids), tuple(e.logprob for e in family))
        named |= {(beam.lane, token): id for token, id in zip(tokens, proposed.ids, strict=True)}
    return [e._replace(id=named[e.beam.lane, e.token]) for e in found]


def select(
    run: Run, live: list[Beam], found: list[Extension], width: int, pool: Pool
) -> Generator[Event, None, list[Beam]]:
    """Judge the extensions, fork a lane for each that goes on, close those that end or lead nowhere."""
    ends = [(rank, e) for rank, e in enumerate(found) if e.token in run.eos_ids]
    going = [e for e in found if e.token not in run.eos_ids]
    if ends:
        ids = Candidates(tuple(e.id for _, e in ends))
        yield FINISHES.judge(ids, [rank for rank, _ in ends], [width] * len(ends))
    if going:
        yield SURVIVES.judge(Candidates(tuple(e.id for e in going)), range(len(going)), [width] * len(going))
    for rank, e in ends:
        if rank < width:
            beam = yield from _grow(run, e, fork=True)
            score = pool.score(beam.logprob, len(beam.tokens))
            yield Score(NORMALISED.id, Lanes((beam.lane,)), (score,))
            pool.ended.append((score, beam.lane, beam.tokens))
    survivors = going[:width]
    next_live = []
    for i, e in enumerate(survivors):
        shared = any(later.beam is e.beam for later in survivors[i + 1 :])
        next_live.append((yield from _grow(run, e, fork=shared)))
    for beam in live:
        if all(e.beam is not beam for e in survivors):
            yield Close(beam.lane, "pruned", ROOT)
    return next_live


def ended(run: Run, live: list[Beam]) -> Generator[Event, None, list[Beam]]:
    """The beams that go on after a person has ended some."""
    for act in run.hand.due("close"):
        rest = [beam for beam in live if beam.lane != act.lane]
        if len(rest) == len(live):
            raise WorkbenchError(
                f"Lane {act.lane} is not open at event {act.at}; open are: "
                f"{', '.join(str(beam.lane) for beam in live)}."
            )
        if not rest:
            raise WorkbenchError(f"Lane {act.lane} is the last one at event {act.at}, so it has to stay.")
        yield Close(act.lane, BY_HAND, ROOT)
        live = rest
    return live


def _grow(run: Run, e: Extension, fork: bool) -> Generator[Event, None, Beam]:
    """Commit an extension in its beam's lane, or in a fork of it where others still need the lane."""
    lane = e.beam.lane
    if fork:
        lane = run.lane()
        yield Fork(lane, e.beam.lane, len(run.prompt) + len(e.beam.tokens), 0, ())
    yield Commit(lane, (e.id,))
    return Beam(lane, e.beam.row, (*e.beam.tokens, e.token), e.logprob)


def answer(run: Run, live: list[Beam], pool: Pool) -> Iterator[Event]:
    """The best of the finished hypotheses, or of the live ones that the budget cut off if none finished."""
    if not pool.ended:
        for beam in live:
            score = pool.score(beam.logprob, len(beam.tokens))
            yield Score(NORMALISED.id, Lanes((beam.lane,)), (score,))
            pool.ended.append((score, beam.lane, beam.tokens))
    best = max(pool.ended, key=lambda hypothesis: hypothesis[0])
    scores, lanes, _ = zip(*pool.ended, strict=True)
    yield BEST.judge(Lanes(lanes), scores, [best[0]] * len(scores))
    for lane in (*lanes, *(b.lane for b in live if b.lane not in lanes)):
        if lane != best[1]:
            yield Close(lane, "not the best", ROOT)
    yield Close(best[1], "best", ANSWER)
    run.take(best[2])
    yield run.finish()
