"""Drafters without a model: every table against a brute-force reference."""

import itertools
import random
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Generator
from math import log, sqrt

import pytest
import torch
from drafted import fresh_run, last, path_of
from fakes import CORPUS, random_law

from workbench.methods.loops.drafting.adaptive import C1, C2, CAP, PER_PAIR, STEP, Search, Trigrams, counted
from workbench.methods.loops.drafting.growth import DECAY, siblings_together, template
from workbench.methods.loops.drafting.lookup import find
from workbench.methods.loops.drafting.memory import Memory, Remembering
from workbench.methods.loops.drafting.pool import Lookahead, Pool
from workbench.methods.loops.drafting.recycling import Recycling
from workbench.methods.loops.drafting.retrieval import LONGEST, SHORTEST, Datastore, Trie
from workbench.methods.loops.verification import Draft, Outcome
from workbench.trace import ROOT


def texts(seed: int, count: int = 12, length: int = 30, size: int = 3) -> tuple[tuple[int, ...], ...]:
    rng = random.Random(seed)
    return tuple(tuple(rng.randrange(size) for _ in range(rng.randrange(length))) for _ in range(count))


@pytest.mark.parametrize("seed", range(6))
def test_prompt_lookup_finds_the_leftmost_longest_match(seed: int) -> None:
    rng = random.Random(seed)
    text = [rng.randrange(4) for _ in range(rng.randrange(2, 40))]
    ends = frozenset({3})
    hits = [
        (n, at + n)
        for n in range(3, 0, -1)
        for at in range(len(text) - n)
        if text[at : at + n] == text[len(text) - n :]
    ]
    found = find(text, 3, 5, ends)
    if not hits:
        assert found == (0, 0, 0)
        return
    n, start = hits[0]
    copied = text[start : start + 5]
    cut = copied.index(3) + 1 if 3 in copied else len(copied)
    assert found == (n, start, start + cut)


@pytest.mark.parametrize("seed", range(6))
def test_the_datastore_finds_what_scanning_finds(seed: int) -> None:
    made = texts(seed)
    store = Datastore(made)
    rng = random.Random(seed)
    for _ in range(40):
        suffix = [rng.randrange(3) for _ in range(rng.randrange(1, 6))]
        n = len(suffix)
        expected = [
            (number, at + n)
            for number, text in enumerate(made)
            for at in range(len(text) - n)  # not the last place: nothing follows there
            if list(text[at : at + n]) == suffix
        ]
        places = store.find(suffix)
        assert [store.where(place) for place in places] == expected
        for place, (number, at) in zip(places, expected, strict=True):
            assert store.after(place, 4, frozenset()) == list(made[number][at : at + 4])


@pytest.mark.parametrize("seed", range(6))
def test_the_longest_suffix_with_a_hit_wins(seed: int) -> None:
    store, rng = Datastore(texts(seed)), random.Random(seed)
    for _ in range(30):
        text = [rng.randrange(3) for _ in range(rng.randrange(1, 20))]
        n, places = store.longest(text, LONGEST)
        longer = [m for m in range(SHORTEST, min(LONGEST, len(text)) + 1) if store.find(text[-m:])]
        assert n == (max(longer) if longer else 0)
        assert places == (store.find(text[-n:]) if n else [])


def test_a_continuation_ends_with_its_text_or_an_end_of_text() -> None:
    store = Datastore(((0, 1, 2), (0, 1, 3, 2, 2)))
    assert [store.after(place, 9, frozenset({3})) for place in store.find([0, 1])] == [[2], [3]]
    assert store.find([2, 2]) == [], "nothing follows the last place of a text"


@pytest.mark.parametrize("seed", range(4))
def test_the_trie_counts_beginnings_and_keeps_the_commonest(seed: int) -> None:
    rng = random.Random(seed)
    paths = [tuple(rng.randrange(3) for _ in range(rng.randrange(1, 5))) for _ in range(25)]
    trie = Trie()
    for place, path in enumerate(paths):
        trie.add(path, 10 * place)
    counts = Counter(path[:n] for path in paths for n in range(1, len(path) + 1))
    for limit in (1, 5, 12, 200):
        kept = trie.likeliest(limit)
        named = {_spelt(trie, node): trie.counts[node] for node in kept}
        expected = sorted(counts, key=lambda path: (-counts[path], len(path), path[-1]))[:limit]
        assert sorted(named.values()) == sorted(counts[path] for path in expected)
        assert all(counts[path] == count for path, count in named.items())
        assert all(path[:-1] in named for path in named if len(path) > 1), "a child without its parent"
        first = {path: 10 * i + len(path) - 1 for i, path in reversed(list(_beginnings(paths)))}
        assert all(trie.places[node] == first[_spelt(trie, node)] for node in kept)


def _beginnings(paths: list[tuple[int, ...]]) -> Generator[tuple[int, tuple[int, ...]]]:
    for i, path in enumerate(paths):
        for n in range(1, len(path) + 1):
            yield i, path[:n]


def _spelt(trie: Trie, node: int) -> tuple[int, ...]:
    path: tuple[int, ...] = ()
    while node != ROOT:
        path, node = (trie.tokens[node], *path), trie.parents[node]
    return path


SHAPES = [(1, 4, 4), (7, 2, 3), (20, 4, 6), (80, 8, 6), (99, 3, 3)]


@pytest.mark.parametrize(("nodes", "ranks", "depth"), SHAPES)
def test_the_fixed_tree_is_the_best_of_all_paths(nodes: int, ranks: int, depth: int) -> None:
    deep = min(depth, 4)  # all paths would be many
    tree = template(nodes, ranks, deep)

    def worth(path: tuple[int, ...]) -> float:
        value = DECAY ** len(path)
        for rank in path:
            value /= rank + 1
        return value

    every = [path for n in range(1, deep + 1) for path in itertools.product(range(ranks), repeat=n)]
    best = sorted((worth(path) for path in every), reverse=True)[:nodes]
    paths: list[tuple[int, ...]] = []
    for parent, rank in zip(tree.parents, tree.ranks, strict=True):
        paths.append((*(paths[parent] if parent != ROOT else ()), rank))
    assert len(set(paths)) == len(paths) == len(best)
    assert sorted(map(worth, paths), reverse=True) == pytest.approx(best)
    assert siblings_together(tree.parents) == list(range(len(tree)))


@pytest.mark.parametrize("greedy", [True, False])
def test_recycled_rows_are_what_the_last_pass_said(greedy: bool) -> None:
    rng = random.Random(1)
    torch.manual_seed(1)
    drafter, table = Recycling(3, 9, 3, greedy), dict[int, tuple[int, ...]]()
    run = fresh_run([0, 1, 2, 3])
    for round in range(1, 9):
        draft = last(drafter.draft(run, 9))
        for node, parent in enumerate(draft.parents):
            above = run.text[-1] if parent == ROOT else draft.tokens[parent]
            assert draft.tokens[node] in table[above], "a draft that stands in no row"
        rows = torch.rand(1 + len(draft.tokens), 6, dtype=torch.float64)
        rows = rows.log() if greedy else rows / rows.sum(-1, keepdim=True)
        rows[:, rng.randrange(6)] = float("-inf") if greedy else 0.0
        impossible = float("-inf") if greedy else 0.0
        for token, row in zip((run.text[-1], *draft.tokens), rows.tolist(), strict=True):
            ranked = sorted(range(6), key=lambda id: (-row[id], id))
            table[token] = tuple(id for id in ranked[:3] if row[id] > impossible)
        drafter.learn(run, draft, Outcome([], rows[0], True, rows))
        assert drafter.table == table
        assert drafter.written[run.text[-1]] == round
        run.take([rng.randrange(4)])
    assert any(draft.tokens for draft in [last(drafter.draft(run, 9))])


def test_the_pool_forgets_what_was_not_seen_for_longest() -> None:
    rng, pool, reference = random.Random(2), Pool(3), defaultdict(OrderedDict)
    for round in range(300):
        key, tail = rng.randrange(3), (rng.randrange(3), rng.randrange(2))
        pool.add(key, tail, (round, 0))
        reference[key][tail] = (round, 0)
        reference[key].move_to_end(tail)
        if len(reference[key]) > 3:
            reference[key].popitem(last=False)
        for other in range(3):
            assert pool.find(other) == list(reversed(reference[other].items()))
    assert len(pool) == sum(map(len, reference.values()))
    nothing = Pool(0)
    nothing.add(1, (2,), (0, 0))
    assert not nothing.find(1) and len(nothing) == 0


@pytest.mark.parametrize(("width", "ngram"), [(1, 2), (1, 4), (4, 2), (3, 3), (5, 4), (2, 6)])
def test_the_window_moves_as_it_should(width: int, ngram: int) -> None:
    """The law is asked again for every path that the window reads; n-grams are what it answered."""
    law, run = random_law(5, 6, sharpness=3.0), fresh_run([0, 1, 2, 3, 4], 6, 5)
    drafter = Lookahead(width, ngram, 4, False)
    pool: dict[int, OrderedDict] = defaultdict(OrderedDict)
    rows: list[list[int]] | None = None
    for round in range(1, 12):
        draft = last(drafter.draft(run, 9))
        rows = rows or [list(drafter.rows[0])]
        rows[0][0] = run.text[-1]
        assert drafter.rows == rows
        warm = len(rows) == ngram - 1
        assert len(rows[0]) == (width if warm else width + ngram - 1 - len(rows))
        assert draft.looked == len(rows) * len(rows[0]) - 1
        found = pool[run.text[-1]]
        assert _guesses(draft) == {tail[:n] for tail in found for n in range(1, len(tail) + 1)}
        above = [*run.text[:-1]]
        chains = [[*above, *rows[0][: c + 1], *(row[c] for row in rows[1:])] for c in range(len(rows[0]))]
        answers = [int(law(tuple(chain)).argmax()) for chain in chains]
        read = torch.stack([law((*run.text, *path_of(draft, node))) for node in range(-1, len(draft.tokens))])
        drafter.learn(run, draft, Outcome([], read[0], True, read))
        if warm:
            for c, answer in enumerate(answers):
                key, *tail = [*(row[c] for row in rows), answer]
                pool[key].pop(tuple(tail), None)
                pool[key][tuple(tail)] = round
                while len(pool[key]) > 4:
                    pool[key].popitem(last=False)
            rows = [*(list(row) for row in rows[1:]), answers]
        else:
            rows = [row[1:] for row in (*rows, answers)]
        run.take([answers[0] if round % 3 else (answers[0] + 1) % 6])
    assert any(pool.values())


def _guesses(draft: Draft) -> set[tuple[int, ...]]:
    return {tuple(path_of(draft, node)) for node in range(len(draft.tokens) - draft.looked)}


@pytest.mark.parametrize("seed", range(3))
def test_the_memory_is_the_plain_mean(seed: int) -> None:
    rng, size = random.Random(seed), 5
    memory, heard = Memory(1, 3, size), defaultdict(list)
    text: list[int] = []
    for _ in range(60):
        text.append(rng.randrange(3))
        weights = [rng.random() for _ in range(size)]
        probs = {token: weight / sum(weights) for token, weight in enumerate(weights)}
        memory.learn(text, probs)
        for n in range(1, min(3, len(text)) + 1):
            heard[tuple(text[-n:])].append(probs)
    assert len(memory) == len(heard)
    for n, row in (memory.find(text[:i]) for i in range(4, 60)):
        assert n >= 1 and row is not None
    for gram, all in heard.items():
        n, row = memory.find(gram)
        assert row is not None and (n, row.seen) == (len(gram), len(all))
        assert row.probs == pytest.approx({t: sum(p[t] for p in all) / len(all) for t in range(size)})


def test_the_memory_backs_off_and_keeps_the_likeliest() -> None:
    memory = Memory(1, 3, 2)
    assert memory.find([1, 2, 3]) == (0, None)
    memory.learn([3], {0: 0.2, 1: 0.2, 2: 0.6})
    n, row = memory.find([1, 2, 3])
    assert n == 1 and row is not None and row.probs == {2: 0.6, 0: 0.2}, "the lower id on a tie"
    memory.learn([9, 2, 3], {1: 1.0})
    n, row = memory.find([9, 2, 3])
    assert n == 3 and row is not None and row.probs == {1: 1.0}
    n, row = memory.find([3])
    assert row is not None and row.seen == 2
    assert row.probs == pytest.approx({1: 0.5, 2: 0.3})


def test_the_remembered_row_is_what_the_draws_are_from() -> None:
    """`drawn_from` is the renormalised row without the siblings before, and sums to 1."""
    run, drafter = fresh_run([0, 1, 0, 1], 4), Remembering(Memory(1, 2, 3), (12, 3, 3), True, False)
    rows = torch.tensor([[0.4, 0.3, 0.2, 0.1]], dtype=torch.float64)
    assert not last(drafter.draft(run, 5)).tokens, "the memory starts cold"
    drafter.learn(run, Draft(), Outcome([], rows[0], False, rows))
    draft = last(drafter.draft(run, 5))
    first = draft.children(ROOT)
    assert len(first) == 3
    assert draft.drawn_from[first[0]].tolist() == pytest.approx([4 / 9, 3 / 9, 2 / 9, 0.0])
    for node, parent in enumerate(draft.parents):
        assert float(draft.drawn_from[node].sum()) == pytest.approx(1)
        before = [b for b in draft.children(parent) if b < node]
        assert all(draft.drawn_from[node][draft.tokens[b]] == 0 for b in before)
        assert draft.drawn_from[node][draft.tokens[node]] > 0


@pytest.mark.parametrize("seed", range(3))
def test_trigrams_are_counted(seed: int) -> None:
    made = texts(seed, 8, 60, 16)
    counts: dict[tuple[int, int], Counter] = defaultdict(Counter)
    for text in made:
        for at in range(len(text) - 2):
            counts[text[at], text[at + 1]][text[at + 2]] += 1
    table = counted(made)
    assert table.keys() == counts.keys()
    for pair, row in table.items():
        ranked = sorted(counts[pair], key=lambda token: (-counts[pair][token], token))[:PER_PAIR]
        assert list(row) == ranked
        assert row == pytest.approx({t: counts[pair][t] / counts[pair].total() for t in ranked})


def test_the_table_adapts_and_forgets_with_the_run() -> None:
    table = Trigrams(CORPUS)
    before = dict(table.after((0, 1)))
    assert table.raise_recent([0, 1, 2, 0, 1, 2]) == 3, "0 1 2, 1 2 0, 2 0 1"
    assert table.after((0, 1)) == before | {2: before[2] + STEP}
    for _ in range(200):
        table.raise_recent([0, 1, 2])
    assert table.after((0, 1))[2] == CAP
    assert Trigrams(CORPUS).after((0, 1)) == before
    assert table.raise_recent([5] * 100) == 1 and table.after((5, 5)) == {5: STEP}


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_search_adds_up(depth: int) -> None:
    table = Trigrams(texts(4, 8, 60, 6))
    search = Search(fresh_run([0, 1]), table, (0, 1), depth)
    for _ in range(40):
        search.simulate()
    assert search.root.visits == 40
    stack, seen = [search.root], 0
    while stack:
        node = stack.pop()
        seen += 1
        assert node.depth <= depth
        assert 0 <= node.total <= node.visits
        tokens, shares, _ = search.row(node.pair)
        assert not tokens or sum(shares) == pytest.approx(1)
        assert [child.pair[1] for child in node.children] == tokens[: len(node.children)]
        if node.children:
            own = 0 if node is search.root else 1  # the visit that found it rolled out from it
            assert sum(child.visits for child in node.children) == node.visits - own
        if len(node.children) < len(tokens):
            assert all(child.visits == 1 for child in node.children), "twice before another once"
        for child, priority in zip(node.children, node.priorities(), strict=True):
            pull = (C1 + log((node.visits + C2 + 1) / C2)) * child.share * sqrt(node.visits)
            expected = child.total / child.visits + pull / (1 + child.visits)
            assert priority == pytest.approx(expected)
        stack += node.children
    assert seen > 1
