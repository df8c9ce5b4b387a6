"""Selecting with a memory: what came next in the round before, and what was believed there (CCD).

Both rules order by negative entropy and keep a queue: after every round the masks that came next.
"""

from collections.abc import Generator, Iterable

import torch
from torch import Tensor

from workbench.maths.confidence import entropy
from workbench.maths.sample import argmax, precise
from workbench.methods.loops.unmasking.board import Board, Prediction, Round, Select, Transform
from workbench.methods.loops.unmasking.scores import NEGATIVE_ENTROPY
from workbench.methods.loops.unmasking.selects import passed, top
from workbench.methods.run import ANSWER
from workbench.trace import Cells, Event, Judge, Lanes, Measure, Rule, Score

RANK = "rank(score:negative_entropy)"
OVERLAP = Rule(
    "overlap",
    "the surest were waiting",
    ">=",
    "tokens due that were next in line",
    "one",
    "{left} of the surest masks stood in line in the round before: the line is asked.",
    "None of the surest masks stood in line in the round before: the surest are written.",
    bound_from="const(1)",
)
IN_VIEW = Rule(
    "in_view",
    "among the first now",
    "<",
    "rank by negative entropy",
    "length of the line",
    "{what} is among the first {right}: its rank is {left}.",
    "{what} stays masked: its rank {left} is not among the first {right}.",
    value_from=RANK,
)
WAITED = Rule(
    "waited",
    "next in line one round before",
    "<",
    "place in the line",
    "length of the line then",
    "{what} stood in line one round before, at place {left} of {right}.",
    "{what} is new: one round before its place was {left}, and the line had {right}.",
)
KEPT_TOKEN = Rule(
    "kept_token",
    "the same likeliest token as one round before",
    "==",
    "likeliest token",
    "likeliest token one round before",
    "{what} is coherent: its likeliest token has not changed.",
    "{what} is held back: its likeliest token was {right} one round before.",
    value_from="top(denoiser)",
)
ENOUGH = Rule(
    "enough",
    "enough of the line is coherent",
    ">=",
    "coherent tokens",
    "tokens due this round",
    "Of the line {left} are coherent and {right} are due: the line is written.",
    "Of the line only {left} are coherent and {right} are due: the surest are written.",
)
COHERENT = Rule(
    "coherent",
    "among the surest of the line",
    "<",
    "rank by negative entropy in the line",
    "tokens due this round",
    "{what} is written: rank {left} in the line is below the {right} due.",
    "{what} stays masked: rank {left} in the line is not below the {right} due.",
    value_from=RANK,
)
TWO_STEP_RULES = (NEGATIVE_ENTROPY.quota, OVERLAP, IN_VIEW, WAITED, KEPT_TOKEN, ENOUGH, COHERENT)

LATE = 0.1
"""From this share of masks on, the line is short again."""


def two_step(due: int, widest: int, warm_up: int, dynamic: bool) -> Select:
    """The `due` surest masks; but if one of them stood in line one round before, those of the line that
    still stand there with the same likeliest token: all of them (dynamic), or the `due` surest.

    widest: the longest line. warm_up: rounds without the rule; the line grows from the last of them on.
    """
    line, length = dict[int, int](), 1  # place of every mask that was not written, and how many are the line
    likeliest = dict[int, int]()

    def select(now: Round) -> Generator[Event, None, list[int]]:
        nonlocal line, length, likeliest
        before, length = length, _length(now, length, widest, warm_up)
        best = dict(zip(now.holes, argmax(now.prediction.at(now.holes)), strict=True))
        chosen: list[int] = []
        if now.board.rounds >= warm_up:
            waiting = {hole for hole, place in line.items() if place < before}
            first = sum(now.holes[i] in waiting for i in _first(now, due))
            verdict = OVERLAP.judge(Lanes((ANSWER,)), [first], [1])
            yield verdict
            if verdict.passed[0]:
                stable = yield from _stable(now, (line, before), (likeliest, best), length)
                chosen = yield from _of_line(now, stable, due, dynamic)
        chosen = chosen or (yield from top(lambda _: due)(now))
        order = [i for i in _first(now, len(now.holes)) if i not in set(chosen)]
        line = {now.holes[i]: place for place, i in enumerate(order)}
        likeliest = best
        return chosen

    return select


def _length(now: Round, length: int, widest: int, warm_up: int) -> int:
    if len(now.board.holes) <= LATE * len(now.board.region):
        length = 1
    return 1 if now.board.rounds < warm_up - 1 else min(length + 1, widest)


def _first(now: Round, count: int) -> list[int]:
    return sorted(range(len(now.holes)), key=now.ranks.__getitem__)[:count]


def _stable(
    now: Round, queue: tuple[dict[int, int], int], tokens: tuple[dict[int, int], dict[int, int]], length: int
) -> Generator[Event, None, list[int]]:
    """Those among the first that stood in line one round before, with the same likeliest token."""
    line, before = queue
    view = IN_VIEW.judge(now.candidates, now.ranks, [length] * len(now.holes))
    yield view
    kept = passed(view)
    places = [line.get(now.holes[i], max(before, len(line))) for i in kept]
    waited = WAITED.judge(now.refs(kept), places, [before] * len(kept))
    yield waited
    kept = [kept[i] for i in passed(waited)]
    if not kept:
        return []
    old, new = ([each[now.holes[i]] for i in kept] for each in tokens)
    same = KEPT_TOKEN.judge(now.refs(kept), new, old)
    yield same
    return [kept[i] for i in passed(same)]


def _of_line(now: Round, stable: list[int], due: int, dynamic: bool) -> Generator[Event, None, list[int]]:
    verdict = ENOUGH.judge(Lanes((ANSWER,)), [len(stable)], [due])
    yield verdict
    if not verdict.passed[0] or dynamic:
        return stable if verdict.passed[0] else []
    chosen = _surest(now, stable, due)
    yield chosen
    return [stable[i] for i in passed(chosen)]


def _surest(now: Round, among: list[int], due: int) -> Judge:
    order = sorted(among, key=now.ranks.__getitem__)
    return COHERENT.judge(now.refs(among), [order.index(i) for i in among], [due] * len(among))


# -- the averaging rule ------------------------------------------------------------------------------

AVERAGED = "averaged"
SPREAD = Measure(
    "spread",
    "entropy of the mean less mean entropy",
    "nats",
    "lower",
    "what the context still tells about the token",
)
SEEN = Rule(
    "seen",
    "believed in more than one context",
    ">=",
    "rounds that its mean is of",
    "two",
    "{what} may be written: its belief is the mean of {left} rounds.",
    "{what} is held back: its belief comes from this round alone.",
    bound_from="const(2)",
)
CALM = Rule(
    "calm",
    "its mean belief is sure",
    "<=",
    "entropy of the mean belief",
    "limit in nats",
    "{what} is written: the entropy of its mean belief is {left}, within {right}.",
    "{what} stays masked: the entropy of its mean belief is {left}, above {right}.",
    value_from="entropy(averaged)",
    bound_from="knob(limit)",
)
AVERAGING_RULES = (NEGATIVE_ENTROPY.quota, SEEN, COHERENT, CALM)


class Averaging:
    """The logits part and the select part of the averaging rule, and their memory.

    depth: rounds that a mean is taken of. length: masks in line. limit: nats; below 0 nothing is written
    beyond the tokens due.
    """

    def __init__(self, due: int, depth: int, length: int, limit: float) -> None:
        self.due, self.depth, self.length, self.limit = due, depth, length, limit
        self._kept: dict[int, list[Tensor]] = {}  # beliefs of the masks in line, the oldest first
        self._now: dict[int, list[Tensor]] = {}

    @property
    def logits(self) -> Transform:
        """A mask in line is believed to be the mean of what it was believed to be in the last rounds."""

        def average(board: Board, prediction: Prediction) -> Generator[Event, None, Prediction]:
            logits = precise(prediction.logits).clone()
            probs = logits.softmax(dim=-1)
            rows = {hole: row for row, hole in enumerate(prediction.positions)}
            self._now = {hole: [*self._kept.get(hole, []), probs[row]] for hole, row in rows.items()}
            held = [hole for hole, beliefs in self._now.items() if len(beliefs) > 1]
            for hole in held:
                logits[rows[hole]] = torch.stack(self._now[hole]).mean(dim=0).log()
            if held:
                yield self._spread(held)
            changed = prediction.then(AVERAGED, logits)
            yield from board.observe(changed)
            return changed

        return average

    def _spread(self, held: list[int]) -> Score:
        stacks = [torch.stack(self._now[hole]) for hole in held]
        gaps = [
            float(entropy(beliefs.mean(0, keepdim=True))[0] - entropy(beliefs).mean()) for beliefs in stacks
        ]
        return Score(SPREAD.id, Cells(ANSWER, tuple(held)), tuple(gaps))

    def select(self, now: Round) -> Generator[Event, None, list[int]]:
        """Of the masks with a mean all within the limit, at least the due; without any, the surest."""
        counts = [len(self._now[hole]) for hole in now.holes]
        verdict = SEEN.judge(now.candidates, counts, [2] * len(counts))
        yield verdict
        known = passed(verdict)
        chosen = yield from (self._among(now, known) if known else top(lambda _: self.due)(now))
        rest = (i for i in _first(now, len(now.holes)) if i not in set(chosen))
        self._keep(now.holes[i] for i in rest)
        return chosen

    def _among(self, now: Round, known: list[int]) -> Generator[Event, None, list[int]]:
        if self.limit >= 0:
            entropies = [-now.scores[i] for i in known]
            calm = CALM.judge(now.refs(known), entropies, [self.limit] * len(known))
            yield calm
            if sum(calm.passed) >= self.due:
                return [known[i] for i in passed(calm)]
        chosen = _surest(now, known, self.due)
        yield chosen
        return [known[i] for i in passed(chosen)]

    def _keep(self, line: Iterable[int]) -> None:
        first = [hole for hole, _ in zip(line, range(self.length), strict=False)]
        self._kept = {hole: self._now[hole][-(self.depth - 1) :] if self.depth > 1 else [] for hole in first}
