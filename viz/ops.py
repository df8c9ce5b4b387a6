"""Events as ops: what the player has to draw, in small arrays (see assets/player/README.md)."""

from collections.abc import Sequence
from typing import Any

from viz.theme import BIRTHS
from workbench.trace import (
    Blend,
    Candidates,
    Cells,
    Close,
    Commit,
    Event,
    Fill,
    Fork,
    Forward,
    Judge,
    Label,
    Lanes,
    Observe,
    Propose,
    Refs,
    Retract,
    Score,
    Token,
    Vector,
)

Op = list[Any]

FEW, KEEP_ONE, KEEP_FEW, KEEP_MANY = 8, 20, 8, 4
"""Entries of a belief that a reel keeps: about one address, about up to FEW, about more."""


def ops_of(event: Event, birth: str, guess: bool, above: Sequence[int]) -> list[Op]:
    """The ops of one event; `above` are the visual parents of proposed candidates."""
    match event:
        case Forward(source, tick, computed, visible, layers):
            return [["w", source, _length(computed), _length(visible), _length(layers), tick]]
        case Observe():
            return [_belief(event)]
        case Propose():
            return [_propose(event, birth, guess, above)]
        case Score(measure, of, values):
            return [["m", measure, *address(of), [short(value) for value in values]]]
        case Judge(rule, of, values, bounds, passed):
            sides = one([side(value) for value in values]), one([side(bound) for bound in bounds])
            return [["j", rule, *address(of), *sides, one([int(good) for good in passed])]]
        case Commit(lane, ids):
            return [["c", lane, list(ids)]]
        case Retract(cells, reason):
            return [["r", cells.lane, list(cells.positions), reason]]
        case Fork(lane, parent, kept, blanks, holds):
            return [["f", lane, parent, kept, [fill(each) for each in holds], blanks]]
        case Close(lane, verdict, into):
            return [["x", lane, verdict, into]]
        case _:
            return []


def fill(content: Fill) -> Any:
    """A fill as the player reads it: number, string, or a small object."""
    match content:
        case Token(id):
            return id
        case Label(text):
            return text
        case Blend(ids, weights):
            return {"b": [list(ids), [short(weight) for weight in weights]]}
        case Vector(xs):
            return {"v": [short(x) for x in xs]}


def address(refs: Refs) -> list[Any]:
    """Kind, lane and ids of addresses."""
    match refs:
        case Candidates(ids):
            return ["c", 0, list(ids)]
        case Cells(lane, positions):
            return ["p", lane, list(positions)]
        case Lanes(ids):
            return ["l", 0, list(ids)]
        case _:
            return ["y", 0, list(refs.indices)]


def short(value: float) -> float:
    """A number with at most six significant digits; whole numbers as ints."""
    if 0.001 <= value < 1:
        return round(value, 6)
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded == int(rounded) else rounded


def side(value: float) -> float:
    """A side of a verdict: what is below 1 stays below it, because a bound may be 1."""
    return short(value) if not 0.999999 < value < 1 else round(1 - float(f"{1 - value:.3g}"), 15)


def one(column: list[Any]) -> Any:
    """A column that is the same for all is sent once."""
    return column[0] if len(column) > 1 and all(value == column[0] for value in column) else column


def _length(spans: Sequence[tuple[int, int]]) -> int:
    return sum(stop - start for start, stop in spans)


def _propose(event: Propose, birth: str, guess: bool, above: Sequence[int]) -> Op:
    columns = (
        list(event.positions),
        [fill(each) for each in event.fills],
        one(list(event.parents)),
        one([short(prob) for prob in event.probs]),
    )
    head = ["p", event.first, event.source, BIRTHS.index(birth), event.lane]
    return [*head, *columns, event.kind.value, int(guess), one(list(above))]


def kept(of: Refs) -> int:
    """So many entries of a belief about these are in a reel."""
    return KEEP_ONE if len(of) == 1 else KEEP_FEW if len(of) <= FEW else KEEP_MANY


def _belief(event: Observe) -> Op:
    keep = kept(event.of)
    keys = [list(row[:keep]) for row in event.keys]
    probs = [[round(prob, 4) for prob in row[:keep]] for row in event.probs]
    return [
        "b",
        event.source,
        event.space,
        *address(event.of),
        keys,
        probs,
        [round(h, 3) for h in event.entropies],
    ]
