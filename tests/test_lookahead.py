"""Lookahead decoding: which n-grams a round collects, and with them the whole pool, follow from its trace."""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from fakes import table_run

from workbench.methods.catalogue import catalogue
from workbench.run.recorder import Recording
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Commit,
    Observe,
    Phase,
    Propose,
    Score,
    Token,
    Trace,
    check,
)

NGRAM, GUESSES, TOKENS = 3, 4, 30


@dataclass
class Told:
    """What the trace says of one round: the last token, the guesses, the window, and what was believed.

    room: how many tokens may still be drafted. guesses: the first tokens of what the pool offered.
    """

    last: int
    room: int
    guesses: set[int] = field(default_factory=set[int])
    window: tuple[int, ...] = ()
    rows: tuple[float, ...] = ()
    columns: tuple[float, ...] = ()
    tokens: dict[int, int] = field(default_factory=dict[int, int])
    top: dict[int, int] = field(default_factory=dict[int, int])
    top_at_root: int = -1
    scores: dict[str, float] = field(default_factory=dict[str, float])


def rounds(trace: Trace) -> list[Told]:
    found: list[Told] = []
    text = list(trace.header.prompt_ids)
    proposed: dict[int, int] = {}
    for event in trace.events:
        match event:
            case Phase():
                found.append(Told(text[-1], TOKENS - (len(text) - len(trace.header.prompt_ids)) - 1))
            case Propose(source=source, parents=parents):
                tokens = [fill.id for fill in event.fills if isinstance(fill, Token)]
                proposed |= zip(event.ids, tokens, strict=True)
                found[-1].tokens |= zip(event.ids, tokens, strict=True)
                if source == "window":
                    found[-1].window = event.ids
                elif source == "pool":
                    pairs = zip(tokens, parents, strict=True)
                    found[-1].guesses = {token for token, parent in pairs if parent == ROOT}
            case Score("window_row", _, values):
                found[-1].rows = values
            case Score("window_column", _, values):
                found[-1].columns = values
            case Score("pool_size" | "pool_hits" as measure, _, values):
                found[-1].scores[measure] = values[0]
            case Observe("target", Candidates(ids), keys=keys):
                found[-1].top |= {id: row[0] for id, row in zip(ids, keys, strict=True)}
            case Observe("target", Cells(), keys=keys):
                found[-1].top_at_root = keys[0][0]
            case Commit(_, candidates):
                text += [proposed[id] for id in candidates]
            case _:
                pass
    return found


def collected(told: Told) -> list[tuple[int, ...]]:
    """The new n-grams of a round, column by column; none while the window is being filled."""
    cells: dict[tuple[int, int], tuple[int, int]] = {(0, 0): (told.last, told.top_at_root)}
    for id, row, column in zip(told.window, told.rows, told.columns, strict=True):
        cells[int(row), int(column)] = (told.tokens[id], told.top[id])
    height = 1 + max(row for row, _ in cells)
    width = 1 + max(column for row, column in cells if row == height - 1)
    if height < NGRAM - 1 or not told.window:
        return []
    return [
        (*(cells[row, column][0] for row in range(height)), cells[height - 1, column][1])
        for column in range(width)
    ]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_pool_can_be_rebuilt(temperature: float) -> None:
    hits = 0
    for seed in range(4):
        knobs = {"ngram": NGRAM, "guesses": GUESSES, "window": 5, "temperature": temperature}
        run = table_run(catalogue()["lookahead"], knobs, seed=seed, tokens=TOKENS)
        trace = Recording(run).run()
        assert check(trace).ok
        pool: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for told in rounds(trace):
            assert told.scores["pool_size"] == sum(map(len, pool.values()))
            hits += int(told.scores["pool_hits"])
            known = pool[told.last] if told.room > 0 else []
            assert told.scores["pool_hits"] == len(known)
            assert told.guesses == {tail[0] for tail in known}
            for key, *tail in collected(told):
                tails = pool[key]
                if tuple(tail) in tails:
                    tails.remove(tuple(tail))
                tails.append(tuple(tail))
                del tails[:-GUESSES]
    assert hits
