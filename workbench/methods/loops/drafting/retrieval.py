"""Drafts retrieved from a corpus: what followed the last tokens elsewhere, merged into a tree (REST)."""

from bisect import bisect_left, bisect_right
from collections.abc import Generator, Sequence
from functools import lru_cache

from workbench.methods.loops.drafting.growth import Growth, siblings_together
from workbench.methods.loops.drafting.lookup import MATCH_LENGTH
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import ANSWER, Corpus, Run
from workbench.trace import ROOT, Candidates, Cells, Event, Measure, Score, Source

LONGEST, SHORTEST = 16, 2
"""Suffixes of the text that are looked for: the longest first."""
BETWEEN = -1
"""Stands between two texts of the datastore; no token has this id."""

DATASTORE = Source("datastore", "retrieved from the datastore", "match")
HITS = Measure("hits", "hits", "places", "higher", "places of the datastore where the suffix stands")
TRIE_NODES = Measure(
    "trie_nodes", "nodes of the trie", "nodes", "neither", "different beginnings of the continuations"
)
TRIE_COUNT = Measure(
    "trie_count", "continuations", "count", "higher", "retrieved continuations that begin with this path"
)
FOUND_IN = Measure("found_in", "found in text", "text", "neither", "first text that continues like this")
FOUND_AT = Measure(
    "found_at", "found at position", "position", "neither", "where the token stands in that text"
)
RETRIEVAL_MEASURES = (HITS, TRIE_NODES, MATCH_LENGTH, TRIE_COUNT, FOUND_IN, FOUND_AT)


class Datastore:
    """Texts in one row, and a suffix array over them: every place, sorted by the LONGEST tokens there."""

    def __init__(self, texts: Corpus) -> None:
        self.tokens: list[int] = []
        self.starts: list[int] = []
        for text in texts:
            self.starts.append(len(self.tokens))
            self.tokens += (*text, BETWEEN)
        self._order = sorted(range(len(self.tokens)), key=lambda at: self.tokens[at : at + LONGEST])

    def find(self, suffix: Sequence[int]) -> list[int]:
        """The places right behind an occurrence of `suffix` (at most LONGEST tokens) where a text goes on."""
        wanted, n = list(suffix), len(suffix)

        def head(at: int) -> list[int]:
            return self.tokens[at : at + n]

        low = bisect_left(self._order, wanted, key=head)
        high = bisect_right(self._order, wanted, lo=low, key=head)
        behind = (at + n for at in self._order[low:high])
        return sorted(at for at in behind if self.tokens[at] != BETWEEN)

    def longest(self, text: Sequence[int], longest: int) -> tuple[int, list[int]]:
        """(n, places): where the longest suffix of `text` goes on in the datastore; n 0 if nowhere."""
        for n in range(min(longest, len(text)), SHORTEST - 1, -1):
            if places := self.find(text[len(text) - n :]):
                return n, places
        return 0, []

    def after(self, place: int, length: int, ends: frozenset[int]) -> list[int]:
        """At most `length` tokens from `place` on, to the end of its text or its first of `ends`."""
        taken: list[int] = []
        for token in self.tokens[place : place + length]:
            if token == BETWEEN:
                break
            taken.append(token)
            if token in ends:
                break
        return taken

    def where(self, place: int) -> tuple[int, int]:
        """(number of the text, position in it)."""
        text = bisect_right(self.starts, place) - 1
        return text, place - self.starts[text]


@lru_cache(maxsize=4)
def datastore(texts: Corpus) -> Datastore:
    """The datastore over these texts; made once per process and corpus."""
    return Datastore(texts)


class Trie:
    """Continuations merged where they begin alike. Node i: its token, parent, count and first place."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.depths: list[int] = []
        self.counts: list[int] = []
        self.places: list[int] = []
        self._at: dict[tuple[int, int], int] = {}

    def add(self, path: Sequence[int], place: int) -> None:
        """Count a continuation that was found at `place`."""
        node = ROOT
        for depth, token in enumerate(path):
            parent, node = node, self._at.setdefault((node, token), len(self.tokens))
            if node == len(self.tokens):
                self.tokens.append(token)
                self.parents.append(parent)
                self.depths.append(depth)
                self.counts.append(0)
                self.places.append(place + depth)
            self.counts[node] += 1

    def likeliest(self, limit: int) -> list[int]:
        """The nodes with the highest counts (then the shallower, then the lower token), level by level.

        A parent counts at least as much as its child and is shallower, so it is kept before it.
        """
        order = sorted(
            range(len(self.tokens)), key=lambda n: (-self.counts[n], self.depths[n], self.tokens[n], n)
        )
        kept = order[:limit]
        place = {ROOT: ROOT, **{node: i for i, node in enumerate(kept)}}
        return [kept[i] for i in siblings_together([place[self.parents[node]] for node in kept])]


class Retrieval:
    """Drafts the commonest continuations of the longest suffix that the datastore knows."""

    def __init__(self, texts: Corpus, longest: int, matches: int, length: int, nodes: int) -> None:
        self.store = datastore(texts)
        self.longest, self.matches, self.length, self.nodes = longest, matches, length, nodes

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """A tree of points; empty where no suffix is found."""
        if room < 1:
            return Draft()
        here = Cells(ANSWER, (len(run.text),))
        n, places = self.store.longest(run.text, self.longest)
        yield Score(HITS.id, here, (len(places),))
        if not places:
            return Draft()
        trie = Trie()
        for place in places[: self.matches]:
            trie.add(self.store.after(place, min(self.length, room), run.eos_ids), place)
        yield Score(TRIE_NODES.id, here, (len(trie.tokens),))
        kept = trie.likeliest(self.nodes)
        draft = yield from self._grown(trie, kept, len(places[: self.matches])).offer(run, DATASTORE.id)
        ids = Candidates(draft.ids)
        found = [self.store.where(trie.places[node]) for node in kept]
        yield Score(MATCH_LENGTH.id, Candidates(draft.ids[:1]), (n,))
        yield Score(TRIE_COUNT.id, ids, tuple(trie.counts[node] for node in kept))
        yield Score(FOUND_IN.id, ids, tuple(text for text, _ in found))
        yield Score(FOUND_AT.id, ids, tuple(at for _, at in found))
        return draft

    def _grown(self, trie: Trie, kept: list[int], all: int) -> Growth:
        """The kept nodes; the probability of each is its share of its parent's continuations."""
        tree, place = Growth(), {ROOT: ROOT}
        for node in kept:
            parent = trie.parents[node]
            share = trie.counts[node] / (all if parent == ROOT else trie.counts[parent])
            place[node] = tree.add(trie.tokens[node], place[parent], share)
        return tree

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the datastore stays as it is."""
