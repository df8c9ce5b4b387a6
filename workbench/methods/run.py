"""What a method is handed: prompt, models, dice, budget and the makers of well-formed events."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import NamedTuple, Protocol, cast

from torch import Tensor

from workbench.maths.trees import Tree
from workbench.methods.dice import Dice
from workbench.methods.hand import Hand
from workbench.methods.thinning import FEW, Belief, Later, Rows, observed
from workbench.models.api import Causal, Masked
from workbench.trace import ROOT, Close, Commit, DraftKind, Event, Fill, Fork, Observe, Propose, Refs, Token

ANSWER = 0
"""The lane of the answer."""

_token = cache(Token)
"""A Token by its id; what is immutable need not be made anew for every candidate."""

Corpus = tuple[tuple[int, ...], ...]
"""Whole texts as token ids."""


def unspelled(token: int) -> bytes:
    """Nobody knows how tokens read."""
    return b""


class Ticks(Protocol):
    """The part of the meter that a method may touch."""

    def together(self) -> AbstractContextManager[object]: ...


class Tokenizer(Protocol):
    """The part of a model's tokenizer that a method may use."""

    @property
    def size(self) -> int: ...
    def encode(self, text: str) -> list[int]: ...
    def decode(self, ids: Sequence[int]) -> str: ...
    def token_bytes(self, id: int) -> bytes: ...
    def special(self, id: int) -> bool: ...


class Spelling(NamedTuple):
    """How the model of a role writes: its tokenizer, and the prompt in its tokens."""

    tokens: Tokenizer
    prompt: tuple[int, ...]


class Run:
    """One run of one method. `answer` holds the committed tokens; `ended` says why it is complete.

    prompt: token ids. max_tokens: how many new tokens may be committed at most.
    """

    def __init__(
        self,
        prompt: Sequence[int],
        max_tokens: int,
        models: Mapping[str, object],
        eos_ids: Sequence[int],
        dice: Dice,
        meter: Ticks,
        full: bool = True,
        spellings: Mapping[str, Spelling] | None = None,
        corpus: Callable[[], Corpus] = tuple,
        spell: Callable[[int], bytes] = unspelled,
        hand: Hand | None = None,
    ) -> None:
        self.prompt = tuple(prompt)
        self.max_tokens = max_tokens
        self.dice = dice
        self.full = full
        self.eos_ids = frozenset(eos_ids)
        self.answer: list[int] = []
        self.ended = ""
        self.spell = spell  # the bytes of a token of the first role
        self.hand = hand or Hand()  # what a person does to this run
        self.later: Later | None = None  # where a recorder wants beliefs thinned many at a time
        self._models = models
        self._meter = meter
        self._spellings = spellings or {}
        self._corpus = corpus
        self._next_candidate = 0
        self._next_lane = 1

    # -- models ----------------------------------------------------------------------------------

    def causal(self, role: str) -> Causal:
        """The model of this role; the runner has already matched it against `needs`."""
        return cast(Causal, self._models[role])

    def masked(self, role: str) -> Masked:
        return cast(Masked, self._models[role])

    def spelling(self, role: str) -> Spelling:
        """How this role writes; handed to methods that let a role have its `own_tokens`."""
        return self._spellings[role]

    @property
    def corpus(self) -> Corpus:
        """Solved tasks to retrieve from, in the target's tokens; this prompt's own is not among them."""
        return self._corpus()

    def together(self) -> AbstractContextManager[object]:
        """Forwards inside share one tick: they could run at the same time."""
        return self._meter.together()

    # -- the answer and its budget ---------------------------------------------------------------

    @property
    def text(self) -> list[int]:
        """Prompt and committed tokens."""
        return [*self.prompt, *self.answer]

    @property
    def room(self) -> int:
        """How many more tokens may be committed."""
        return self.max_tokens - len(self.answer)

    def take(self, tokens: Sequence[int]) -> int:
        """Add tokens to the answer, up to the first end-of-text and the budget; how many were taken.

        Sets `ended` to 'eos' or 'budget' when nothing more may follow.
        """
        for count, token in enumerate(tokens, 1):
            self.answer.append(token)
            if token in self.eos_ids:
                self.ended = "eos"
            elif not self.room:
                self.ended = "budget"
            if self.ended:
                return count
        return len(tokens)

    # -- events ----------------------------------------------------------------------------------

    def begin(self, blanks: int = 0) -> Event:
        """Lane 0 begins: it holds the prompt, then `blanks` empty cells."""
        return Fork(ANSWER, ROOT, 0, blanks, tuple(map(_token, self.prompt)))

    def finish(self, verdict: str = "") -> Event:
        """Lane 0 ends, by default with the reason that `take` found."""
        return Close(ANSWER, verdict or self.ended or "done", ROOT)

    def lane(self) -> int:
        """A fresh lane id."""
        self._next_lane += 1
        return self._next_lane - 1

    def propose(
        self,
        source: str,
        positions: Sequence[int],
        tokens: Sequence[int],
        probs: Sequence[float],
        kind: DraftKind,
        parents: Sequence[int] = (),
        lane: int = ANSWER,
    ) -> Propose:
        """Candidates with fresh ids. Without `parents` all hang on the committed text."""
        return self.offer(source, positions, tuple(map(_token, tokens)), probs, kind, parents, lane)

    def offer(
        self,
        source: str,
        positions: Sequence[int],
        fills: tuple[Fill, ...],
        probs: Sequence[float],
        kind: DraftKind,
        parents: Sequence[int] = (),
        lane: int = ANSWER,
    ) -> Propose:
        """`propose` for fills that are no tokens of the target's vocabulary."""
        first = self._next_candidate
        self._next_candidate += len(fills)
        parents = tuple(parents) or (ROOT,) * len(fills)
        return Propose(first, source, lane, tuple(positions), fills, parents, tuple(probs), kind)

    def chain(
        self, source: str, start: int, tokens: Sequence[int], probs: Sequence[float], kind: DraftKind
    ) -> Propose:
        """Candidates in a row from position `start`, each the parent of the next."""
        first = self._next_candidate
        parents = [ROOT, *range(first, first + len(tokens) - 1)]
        return self.propose(
            source, range(start, start + len(tokens)), tokens, probs, kind, parents[: len(tokens)]
        )

    def tree(
        self,
        source: str,
        start: int,
        tokens: Sequence[int],
        parents: Sequence[int],
        probs: Sequence[float],
        kind: DraftKind,
        known: Sequence[int] = (),
    ) -> Propose:
        """Candidates in a tree at position `start`: `parents[i]` is an entry before i, or ROOT.

        known: ids of the first entries, where they are on the table already; the others are proposed.
        """
        new = len(known)
        ids = [*known, *range(self._next_candidate, self._next_candidate + len(tokens) - new)]
        above = [ROOT if parent == ROOT else ids[parent] for parent in parents]
        positions = Tree(tuple(parents)).positions(start)
        return self.propose(source, positions[new:], tokens[new:], probs[new:], kind, above[new:])

    def commit(self, proposed: Propose) -> Commit:
        """All candidates of a proposal become content of its lane."""
        return Commit(proposed.lane, proposed.ids)

    def observe(
        self,
        source: str,
        of: Refs | Sequence[Refs],
        probs: Tensor,
        space: str = "vocabulary",
        also: Rows = (),
        most: int = FEW,
    ) -> Iterator[Observe]:
        """What `source` believes: the likeliest entries of `probs` (R, V), one row per address.

        Several `of` share the rows in order, an event each (one event has one kind of address, and one
        lane). `also[i]` are ids that a verdict needs, kept however unlikely; `most` entries are kept where
        there are few rows. Nothing where Observe is off.
        """
        if not self.full:
            return
        belief = Belief(source, tuple(of) if isinstance(of, Sequence) else (of,), space, probs, also, most)
        yield from observed(belief) if self.later is None or not probs.is_cpu else self.later.put(belief)
