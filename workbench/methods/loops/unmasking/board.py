"""The canvas of a masked run, and the contracts of the eight parts that work on it."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.maths.sample import precise, warp
from workbench.methods.run import ANSWER, Run
from workbench.models.api import Exact, Masked
from workbench.trace import Candidates, Cells, Event, Measure, Phase, Retract, Rule


class Block(NamedTuple):
    """Where the run stands: block `number` (0-based) of `count` (0: unknown) is [first, stop).

    masks: how many holes it had when it began.
    """

    number: int
    count: int
    first: int
    stop: int
    masks: int


NOWHERE = Block(-1, 0, 0, 0, 0)
"""Before the first block."""


class View(NamedTuple):
    """What one source says: row i of `logits` (R, V) is about positions[i]."""

    source: str
    positions: tuple[int, ...]
    logits: Tensor


class Prediction:
    """The logits that a round decides with; `views` are all that was computed for them, these last."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = tuple(views)
        self.source, self.positions, self.logits = self.views[-1]
        self._row = {position: row for row, position in enumerate(self.positions)}

    def at(self, positions: Sequence[int]) -> Tensor:
        """Logits (R, V) about these positions; KeyError for one that was not asked for."""
        if tuple(positions) == self.positions:
            return self.logits
        return self.logits[[self._row[position] for position in positions]]

    @cached_property
    def own(self) -> Tensor:
        """What these logits say by themselves, (R, V) float64: at temperature 1, without filters."""
        return warp(precise(self.logits))

    def has(self, position: int) -> bool:
        """Whether a row is about this position."""
        return position in self._row

    def view(self, source: str) -> View | None:
        """What this source said, if it was asked."""
        return next((view for view in reversed(self.views) if view.source == source), None)

    def then(self, source: str, logits: Tensor) -> "Prediction":
        """The same positions with other logits (R, V), said by `source`."""
        return Prediction((*self.views, View(source, self.positions, logits)))


class Pick(NamedTuple):
    """A candidate that was chosen: `prob` is the probability that it was proposed with."""

    position: int
    token: int
    candidate: int
    prob: float


@dataclass
class Round:
    """The candidates of one round: one for every hole in scope. All columns run over `holes`. It speaks of
    the board as it is before the commit.

    board, prediction: what they were proposed on. probs: (H, V), the distribution that confidence and
    other scores are read from. confidence[i]: its probability of tokens[i]. scores, ranks: by the
    recipe's scoring, rank 0 is the best; empty until it has scored.
    """

    board: "Board"
    prediction: Prediction
    holes: list[int]
    tokens: list[int]
    candidates: Candidates
    confidence: list[float]
    probs: Tensor
    scores: list[float]
    ranks: list[int]

    @property
    def scoring(self) -> "Scoring":
        """The recipe's scoring."""
        return self.board.recipe.scoring

    @property
    def block(self) -> Block:
        """The block that is being written."""
        return self.board.block

    @property
    def index(self) -> int:
        """Rounds of the block that are done."""
        return self.board.index

    @property
    def best(self) -> int:
        """The index of the hole with the highest score."""
        return self.ranks.index(0)

    def refs(self, indices: Sequence[int]) -> Candidates:
        """The candidates at some indices."""
        return Candidates(tuple(self.candidates.ids[i] for i in indices))

    def picks(self, indices: Sequence[int]) -> list[Pick]:
        """The candidates at some indices, chosen."""
        ids = self.candidates.ids
        return [Pick(self.holes[i], self.tokens[i], ids[i], self.confidence[i]) for i in indices]


class Ending(StrEnum):
    """What a stopping part says before a round."""

    GO = "go on"
    ALL_IN = "write every hole now"
    END = "end here"


class Verified(NamedTuple):
    """What a verifying part lets through; `ahead` is the prediction for the canvas that then stands,
    where the part has computed it already: the next round then costs no pass."""

    picks: list[Pick]
    ahead: Prediction | None = None


class Scoring(NamedTuple):
    """The score part: `of` gives every hole a number, higher is surer.

    quota and first: the rules "its rank is below what is due" and "it is the best, and a round must
    advance", each reading this score's rank.
    """

    id: str
    title: str
    of: "Callable[[Round], Generator[Event, None, list[float]]]"
    quota: Rule
    first: Rule
    measures: tuple[Measure, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What a method with this score declares."""
        return self.quota, self.first


class Sampling(NamedTuple):
    """How a token is chosen for a hole: temperature 0 takes the likeliest.

    processed: the scores read the distribution after temperature, top-k and top-p (Dream), not the
    model's own at temperature 1 (LLaDA). At temperature 0 only top-k and top-p apply to it.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    processed: bool = False

    @property
    def unchanged(self) -> bool:
        """Whether the scores read a processed distribution that is the model's own all the same."""
        return self.processed and (self.temperature or 1.0, self.top_k, self.top_p) == (1.0, 0, 1.0)


LIKELIEST = Sampling()


@dataclass
class Board:
    """The canvas: the prompt, then a region [start, stop) of masks to fill; and what has happened to it.

    tokens: the whole canvas. written: what fills a position of the region now. block, rounds, index: where
    the run stands; rounds counts the rounds that are done, index those of this block. guessed: the token
    that was last proposed at a position. reopened: what a person emptied; a cache is as old as its length.
    """

    run: Run
    recipe: "Recipe"
    model: Masked
    tokens: list[int]
    start: int
    stop: int
    block: Block = NOWHERE
    rounds: int = 0
    index: int = 0
    written: dict[int, Pick] = field(default_factory=dict[int, Pick])
    guessed: dict[int, int] = field(default_factory=dict[int, int])
    reopened: list[int] = field(default_factory=list[int])
    _seen: Prediction | None = None
    _ahead: Prediction | None = None

    @cached_property
    def law(self) -> Exact | None:
        """The model, where it is a law: what follows from its beliefs can be looked up."""
        return self.model if isinstance(self.model, Exact) else None

    @property
    def region(self) -> range:
        """The positions behind the prompt."""
        return range(self.start, self.stop)

    @property
    def holes(self) -> list[int]:
        """The masked positions of the region, from the left."""
        return self.open(self.region)

    def open(self, positions: Sequence[int]) -> list[int]:
        """Those of some positions that are masked."""
        mask = self.model.mask_id
        return [i for i in positions if self.tokens[i] == mask]

    def enter(self, first: int, stop: int, number: int, count: int = 0) -> Generator[Event, None, None]:
        """A new block begins, with its heading."""
        self.block = Block(number, count, first, stop, len(self.open(range(first, stop))))
        self.index = 0
        yield Phase(0, f"Block {number + 1}")

    def predict(self) -> Generator[Event, None, Prediction]:
        """What the model says about the holes of the canvas as it stands: computed once, then remembered.

        Any part may ask; whoever asks first in a round has the pass recorded there.
        """
        if self._seen is None:
            wanted = sorted({*self.holes, *self.recipe.also(self)})
            prediction = self._ahead or Prediction(self.recipe.compute(self, self.tokens, wanted))
            for view in prediction.views[:-1]:
                yield from self.observe(Prediction([view]))
            yield from self.observe(prediction)
            for transform in self.recipe.logits:
                prediction = yield from transform(self, prediction)
            self._seen = prediction
        return self._seen

    def peek(self, tokens: Sequence[int], wanted: Sequence[int]) -> Prediction:
        """What the model would say about another canvas, by the recipe's compute; nothing is recorded but
        the pass. Several of one tick: put the calls under `run.together()`."""
        return Prediction(self.recipe.compute(self, tokens, wanted))

    def observe(self, prediction: Prediction) -> Generator[Event, None, None]:
        """Record what the last source of a prediction believes; of written positions also their token."""
        if not prediction.positions or not self.run.full:
            return
        also = [[self.tokens[i]] if i in self.written else [] for i in prediction.positions]
        cells = Cells(ANSWER, prediction.positions)
        probs = prediction.own if self.recipe.sampling.unchanged else warp(prediction.logits)
        yield from self.run.observe(prediction.source, cells, probs, also=also if any(also) else ())

    def write(self, picks: Sequence[Pick]) -> None:
        """The picks stand on the canvas; the caller yields the Commit."""
        for pick in picks:
            self.tokens[pick.position] = pick.token
            self.written[pick.position] = pick
        if picks:
            self.forget()

    def erase(self, positions: Sequence[int], reason: str) -> Generator[Event, None, None]:
        """Positions of the region become masks again."""
        if not positions:
            return
        for position in positions:
            self.tokens[position] = self.model.mask_id
            del self.written[position]
        self.forget()
        yield Retract(Cells(ANSWER, tuple(positions)), reason)

    def forget(self) -> None:
        """What was predicted for the canvas as it stands does not hold any more."""
        self._seen = self._ahead = None

    def ahead(self, prediction: Prediction) -> None:
        """What the model says about the canvas as it stands is known already (recorded when it is used)."""
        self._ahead = prediction


Scope = Callable[[Board], Generator[Event, None, Sequence[int] | None]]
"""The positions whose holes may be written in the coming round; None: the run is done."""
Compute = Callable[[Board, Sequence[int], Sequence[int]], Sequence[View]]
"""(board, canvas, wanted) -> views, the decisive one last. It may answer for fewer positions than wanted,
but must for all in scope."""
Transform = Callable[[Board, Prediction], Generator[Event, None, Prediction]]
"""Changes the logits; says (observes) what it made of them under a source of its own."""
Select = Callable[[Round], Generator[Event, None, list[int]]]
"""Judge the candidates of a round (there is one at least); returns the indices of those to write."""
Verify = Callable[[Board, Round, list[Pick]], Generator[Event, None, Verified]]
"""Check what was selected with more passes; may propose candidates of its own."""
Revise = Callable[[Board, Round | None, list[Pick]], Generator[Event, None, None]]
"""After the commit of the picks: erase what should be thought over. The round is None if no hole was left."""
Stop = Callable[[Board], Generator[Event, None, Ending]]
"""Asked before every round; `board.predict()` is at hand and costs no second pass."""
Also = Callable[[Board], Sequence[int]]
"""Positions beside the holes whose prediction some part needs (an answer region, written tokens)."""


def plain(board: Board, tokens: Sequence[int], wanted: Sequence[int]) -> Sequence[View]:
    """Compute: one pass over the whole canvas."""
    source = board.model.role
    if not wanted:
        return [View(source, (), torch.empty(0, board.model.vocab_size))]
    return [View(source, tuple(wanted), board.model.fill(tokens, wanted).beliefs.logits)]


def nothing_else(board: Board) -> Sequence[int]:
    """Also: the holes are enough."""
    return ()


@dataclass(frozen=True)
class Recipe:
    """The parts of one masked sampler. cap: most rounds of a run, 0 = four for every position; when they
    are spent, the likeliest tokens fill what is left. pairs: ask a network, too, for the joint of two tokens
    that a round takes for the same item."""

    scope: Scope
    select: Select
    scoring: Scoring
    sampling: Sampling = LIKELIEST
    compute: Compute = plain
    logits: tuple[Transform, ...] = ()
    verify: Verify | None = None
    revise: Revise | None = None
    stop: tuple[Stop, ...] = ()
    also: Also = nothing_else
    cap: int = 0
    pairs: bool = False
