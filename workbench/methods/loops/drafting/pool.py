"""Drafts from a pool of n-grams that a two-dimensional window collects (lookahead decoding).

The window has rows and columns; column 0 of row 0 is the last committed token. In one pass the target
reads it as a tree: row 0 is a chain, and every column hangs down from its token in row 0, so that
(row r, column c) stands r + c positions behind the last token. What the target answers to the last row
is the next row; a column and its answer are an n-gram, kept in the pool under its first token. What a
round collected is not recorded twice: it is the columns of the proposed window, each with the likeliest
token that the target was observed to believe in behind its last row.
"""

from collections.abc import Generator, Iterator, Sequence

from workbench.methods.loops.drafting.growth import Growth, siblings_together
from workbench.methods.loops.drafting.window import WINDOW, from_prompt
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import ANSWER, Run
from workbench.trace import ROOT, Candidates, Cells, Event, Measure, Score, Source

POOL = Source("pool", "the pool of n-grams", "match")
POOL_SIZE = Measure(
    "pool_size",
    "n-grams in the pool",
    "n-grams",
    "higher",
    "different n-grams over all keys; a round with a full window adds one per column: the tokens down the "
    "column and the target's likeliest token behind them",
)
POOL_HITS = Measure(
    "pool_hits", "pool hits", "n-grams", "higher", "n-grams of the pool that begin with the last token"
)
COLLECTED_IN = Measure(
    "collected_in", "collected in round", "round", "neither", "round that last saw the n-gram; 0: the prompt"
)
COLLECTED_AT = Measure(
    "collected_at", "collected at position", "position", "neither", "where the n-gram began when it was seen"
)
ROW = Measure("window_row", "row of the window", "row", "neither", "0 is the oldest row, a chain of guesses")
COLUMN = Measure("window_column", "column of the window", "column", "neither", "0 begins at the last token")
POOL_MEASURES = (POOL_SIZE, POOL_HITS, COLLECTED_IN, COLLECTED_AT, ROW, COLUMN)

Seen = tuple[int, int]
"""Where an n-gram was seen: round, and position of its first token."""


class Pool:
    """At most `size` n-grams per first token; the one that was not seen for longest goes first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._tails: dict[int, dict[tuple[int, ...], Seen]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._tails.values()))

    def add(self, key: int, tail: tuple[int, ...], seen: Seen) -> None:
        """Note that `tail` followed `key`."""
        tails = self._tails.setdefault(key, {})
        tails.pop(tail, None)
        tails[tail] = seen
        while len(tails) > self.size:
            del tails[next(iter(tails))]

    def find(self, key: int) -> list[tuple[tuple[int, ...], Seen]]:
        """The tails that followed `key`, the latest first."""
        return list(reversed(self._tails.get(key, {}).items()))


class Lookahead:
    """Guesses are the pool's n-grams for the last token; the window is read beside them.

    width: columns. ngram: tokens of an n-gram, its key among them. guesses: n-grams kept per key.
    `rows[r][c]` is the token at (r, c); `rows[0][0]` stands for the last committed token.
    """

    def __init__(self, width: int, ngram: int, guesses: int, pool_from_prompt: bool) -> None:
        self.width, self.ngram = width, ngram
        self.pool = Pool(guesses)
        self.pool_from_prompt = pool_from_prompt
        self.rows: list[list[int]] = []
        self.round = 0
        self._last = 0
        self._read = False

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """The guesses, merged where they begin alike, and behind them the window, which is not judged."""
        self.round += 1
        text = run.text
        if not self.rows:
            self._begin(run)
        self.rows[0][0], self._last = text[-1], len(text) - 1
        here = Cells(ANSWER, (len(text),))
        found = self.pool.find(text[-1]) if room > 0 else []
        yield Score(POOL_SIZE.id, here, (len(self.pool),))
        yield Score(POOL_HITS.id, here, (len(found),))
        tree, seen = merged([(tail[:room], when) for tail, when in found], run.eos_ids)
        if tree:
            yield tree.propose(run, POOL.id)
            yield Score(COLLECTED_IN.id, Candidates(tuple(tree.ids)), tuple(round for round, _ in seen))
            yield Score(COLLECTED_AT.id, Candidates(tuple(tree.ids)), tuple(at for _, at in seen))
        deepest = len(text) + len(self.rows) + len(self.rows[0]) - 2
        self._read = room > 1 and deepest <= run.causal("target").max_positions
        if self._read:
            yield from self._look(run, tree)
        return tree.draft(looked=len(tree) - len(seen))

    def _begin(self, run: Run) -> None:
        """Row 0 of random guesses, wider by the columns that the warm-up rounds drop."""
        self.rows = [[run.text[-1], *from_prompt(run, self.width + self.ngram - 3)]]
        if self.pool_from_prompt:
            for at in range(len(run.prompt) - self.ngram + 1):
                key, *tail = run.prompt[at : at + self.ngram]
                self.pool.add(key, tuple(tail), (0, at))

    def _look(self, run: Run, tree: Growth) -> Iterator[Event]:
        """Add the window's nodes behind those of the guesses."""
        first, places = len(tree), list[Seen]()
        for r, row in enumerate(self.rows):
            for c, token in enumerate(row):
                if r or c:
                    above = self._node(r - 1, c) if r else self._node(0, c - 1)
                    tree.add(token, ROOT if above == ROOT else first + above)
                    places.append((r, c))
        if not places:
            return
        proposed = tree.propose(run, WINDOW.id)
        yield proposed
        yield Score(ROW.id, Candidates(proposed.ids), tuple(r for r, _ in places))
        yield Score(COLUMN.id, Candidates(proposed.ids), tuple(c for _, c in places))

    def _node(self, r: int, c: int) -> int:
        """The number of (r, c) among the window's nodes; (0, 0) is the last committed token."""
        return r * len(self.rows[0]) + c - 1

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """The target's answers to the last row are the next row; full columns become n-grams."""
        if not self._read:
            return
        first = len(draft.tokens) - draft.looked
        choices = outcome.choices
        last = [self._node(len(self.rows) - 1, c) for c in range(len(self.rows[0]))]
        answers = [choices[0 if node == ROOT else 1 + first + node] for node in last]
        if len(self.rows) < self.ngram - 1:
            self.rows = [row[1:] for row in (*self.rows, answers)]
            return
        for c, column in enumerate(zip(*self.rows, answers, strict=True)):
            self.pool.add(column[0], column[1:], (self.round, self._last + c))
        self.rows = [*self.rows[1:], answers]


def merged(tails: Sequence[tuple[Sequence[int], Seen]], ends: frozenset[int]) -> tuple[Growth, list[Seen]]:
    """The tails as a tree, and where each node was first seen in their order; an end-of-text is a leaf."""
    grown, seen, at = Growth(), list[Seen](), dict[tuple[int, int], int]()
    for tail, when in tails:
        node = ROOT
        for token in tail:
            if (node, token) not in at:
                at[node, token] = grown.add(token, node)
                seen.append(when)
            node = at[node, token]
            if token in ends:
                break
    tree, place = Growth(), {ROOT: ROOT}
    order = siblings_together(grown.parents)
    for node in order:
        place[node] = tree.add(grown.tokens[node], place[grown.parents[node]])
    return tree, [seen[node] for node in order]
