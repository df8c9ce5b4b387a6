"""Quantities over rounds: whatever a rule read against its bound, and every declared measure.

A rule whose value is the score of a measure stands for that measure. Rules that compare for equality (token
ids, places) have no curve. Where a `combined` source proposes, what the model alone gives the same candidate
stands beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.charts import Spec
from viz.fate import JUDGES
from workbench.trace import (
    VOCABULARY,
    Candidate,
    Candidates,
    Cell,
    Cells,
    Event,
    Glossary,
    Judge,
    Lanes,
    Observe,
    Propose,
    Ref,
    Rule,
    Score,
    State,
    Token,
)
from workbench.trace.glossary import OPERATORS

if TYPE_CHECKING:
    from viz.reel import ReelBuilder

COLUMNS = (
    "round",
    "n",
    "low",
    "q1",
    "mean",
    "q3",
    "high",
    "least",
    "most",
    "passed",
    "alone",
    "gained",
    "lost",
)
"""Of a row: how many values and their spread; the least and the most bound, and how many passed (None for a
measure without a rule); the mean of the model alone, and how many passed or failed for it only."""
QUESTION = "What did the rules read, round by round, and how far was it from their bounds?"
_PLAIN = ("proposed", "rank(proposed)")


@dataclass(frozen=True, slots=True)
class Reading:
    """One value at one address; bound and verdict where a rule read it; what the model gives `alone`."""

    value: float
    bound: float | None = None
    passed: bool | None = None
    alone: float | None = None
    would: bool | None = None


@dataclass(slots=True)
class Readings:
    """Feed it every event after the state took it in; `rows` are the finished rounds of each quantity."""

    glossary: Glossary
    state: State
    rows: dict[str, list[list[Any]]] = field(default_factory=dict[str, list[list[Any]]])
    """By quantity, `rule:ID` or `measure:ID`."""
    single: dict[str, bool] = field(default_factory=dict[str, bool])
    """Is the quantity one of the whole run, not of places?"""
    beside: dict[str, str] = field(default_factory=dict[str, str])
    """Rule -> the source that the combination is compared with."""
    _round: int = -1
    _open: dict[str, dict[Ref, Reading]] = field(default_factory=dict[str, dict[Ref, Reading]])
    _base: dict[int, str] = field(default_factory=dict[int, str])
    _alone: dict[int, float] = field(default_factory=dict[int, float])

    def feed(self, event: Event, number: int) -> None:
        """`number` is the round that the event belongs to."""
        if number != self._round:
            self._close()
            self._round = number
        match event:
            case Observe(source, Cells(0, positions), space) if space == VOCABULARY.id:
                if self._role(source) in JUDGES - {"combined"}:
                    for position in positions:
                        self._base.setdefault(position, source)
            case Propose(source=source) if self._role(source) == "combined" and self._base:
                self._compare(event)
            case Score(measure, of, values) if measure in self.glossary.measures:
                self._keep(f"measure:{measure}", of, [Reading(value) for value in values])
            case Judge(rule) if rule in self.glossary.rules:
                self._judged(event, self.glossary.rules[rule])
            case _:
                pass

    def table(self) -> dict[str, list[list[Any]]]:
        """All rows, those of the round that lasts included."""
        now = {id: [_row(self._round, list(each.values()))] for id, each in self._open.items() if each}
        return {id: self.rows.get(id, []) + now.get(id, []) for id in dict.fromkeys((*self.rows, *now))}

    def _role(self, source: str) -> str:
        known = self.glossary.sources.get(source)
        return known.role if known else source

    def _compare(self, event: Propose) -> None:
        for id, position, content in zip(event.ids, event.positions, event.fills, strict=True):
            base = self._base.get(position)
            belief = base and self.state.beliefs.get((base, VOCABULARY.id, Cell(event.lane, position)))
            if belief and isinstance(content, Token) and content.id in belief.keys:
                self._alone[id] = belief.probs[belief.keys.index(content.id)]

    def _judged(self, event: Judge, rule: Rule) -> None:
        if rule.op in ("==", "!=") or rule.value_from == "token":
            return
        test, readings = OPERATORS[rule.op], list[Reading]()
        compared = rule.value_from == "proposed" and isinstance(event.of, Candidates)
        columns = zip(event.of.each(), event.values, event.bounds, event.passed, strict=True)
        for ref, value, bound, passed in columns:
            alone = self._alone.get(ref.id) if compared and isinstance(ref, Candidate) else None
            would = None if alone is None else test(alone, bound)
            if alone is not None and isinstance(ref, Candidate):
                self.beside[rule.id] = self._base[self.state.proposals[ref.id].position]
            readings.append(Reading(value, bound, passed, alone, would))
        self._keep(f"rule:{rule.id}", event.of, readings)

    def _keep(self, id: str, of: Any, readings: Sequence[Reading]) -> None:
        self.single[id] = self.single.get(id, True) and isinstance(of, Lanes)
        self._open.setdefault(id, {}).update(zip(of.each(), readings, strict=True))

    def _close(self) -> None:
        for id, each in self._open.items():
            if each:
                self.rows.setdefault(id, []).append(_row(self._round, list(each.values())))
        self._open, self._base, self._alone = {}, {}, {}


def _row(number: int, readings: Sequence[Reading]) -> list[Any]:
    column = np.array([each.value for each in readings])
    q1, q3 = np.quantile(column, (0.25, 0.75))
    five = [_short(x) for x in (column.min(), q1, column.mean(), q3, column.max())]
    judged = [each for each in readings if each.bound is not None]
    bounds = [each.bound for each in judged if each.bound is not None]
    ends = (
        [_short(min(bounds)), _short(max(bounds)), sum(bool(each.passed) for each in judged)]
        if bounds
        else [None] * 3
    )
    pairs = [each for each in readings if each.alone is not None]
    if not pairs:
        return [number, len(readings), *five, *ends, None, None, None]
    mean = _short(sum(each.alone or 0.0 for each in pairs) / len(pairs))
    gained = sum(bool(each.passed) and not each.would for each in pairs)
    lost = sum(bool(each.would) and not each.passed for each in pairs)
    return [number, len(readings), *five, *ends, mean, gained, lost]


def _short(value: Any) -> float:
    return float(f"{float(value):.4g}")


def described(readings: Readings) -> list[Spec]:
    """The quantities with a curve, those first that a method measures or decides the whole run by."""
    nouns = readings.glossary
    table = {id: rows for id, rows in readings.table().items() if len(rows) > 1 and not _idle(rows)}
    told = [_rule(nouns.rules[id[5:]], readings, rows) for id, rows in table.items() if id[0] == "r"]
    covered = {each["of"] for each in told}
    told += [
        _measure(nouns, id[8:], readings, rows)
        for id, rows in table.items()
        if id[0] == "m" and id[8:] not in covered
    ]
    return sorted(told, key=lambda each: (each.pop("rank"), -len(each["rows"])))


def _idle(rows: Sequence[Sequence[Any]]) -> bool:
    """A rule that read one and the same number each time and always said yes."""
    return len({tuple(row[2:7]) for row in rows}) == 1 and all(row[1] == row[9] for row in rows)


def _rule(rule: Rule, readings: Readings, rows: list[list[Any]]) -> Spec:
    source = readings.beside.get(rule.id, "")
    known = readings.glossary.sources.get(source)
    of = rule.value_from[6:-1] if rule.value_from.startswith("score(") else ""
    alone = readings.single[f"rule:{rule.id}"]
    return {
        "id": f"rule:{rule.id}", "title": rule.title, "value": rule.left, "bound": rule.right, "op": rule.op,
        "unit": readings.glossary.measures[of].unit if of in readings.glossary.measures else "", "of": of,
        "single": alone, "beside": known.title if known else "", "base": source, "rows": rows,
        "rank": 0 if of or source else 1 if alone else 4 if rule.value_from in _PLAIN else 2,
    }  # fmt: skip


def _measure(glossary: Glossary, id: str, readings: Readings, rows: list[list[Any]]) -> Spec:
    noun = glossary.measures[id]
    return {
        "id": f"measure:{id}", "title": noun.title, "value": noun.title, "bound": "", "op": "",
        "unit": "" if noun.unit == "1" else noun.unit, "of": "", "single": readings.single[f"measure:{id}"],
        "beside": "", "base": "", "rows": rows, "rank": 3,
    }  # fmt: skip


def offered(readings: Readings) -> bool:
    """Is there a quantity with a curve?"""
    return any(len(rows) > 1 and not _idle(rows) for rows in readings.table().values())


def panel(built: "ReelBuilder") -> Spec:
    """The quantities with a row per round, and the rounds in which everything was written early."""
    early = built.grid.early()
    spec: Mapping[str, Any] = {
        "columns": list(COLUMNS), "early": early, "quantities": described(built.records.readings)
    }  # fmt: skip
    return {"title": "Measures", "question": QUESTION, "kind": "measures", "clock": "", "spec": spec}
