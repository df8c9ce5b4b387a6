"""Declared nouns: the only way in which a method extends the vocabulary.

A Rule owns its operator and its sentences, so explanations are generated and every verdict
can be recomputed. `value_from` and `bound_from` say how the two sides follow from what was
recorded before (see `derive`); `GIVEN` is for numbers that nothing recorded determines, such
as a uniform draw.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from workbench.trace.errors import WorkbenchError
from workbench.trace.events import Judge
from workbench.trace.refs import Refs

GIVEN = "given"

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity that Score events carry. `better` is 'higher', 'lower' or 'neither'."""

    id: str
    title: str
    unit: str
    better: str
    formula: str
    value_from: str = GIVEN


@dataclass(frozen=True, slots=True)
class Rule:
    """A yes/no decision `left op right`.

    `yes` and `no` are sentences with the places {what}, {left}, {right}; `space` names the
    Observe space that the rule reads (raw and processed probabilities are never mixed).
    """

    id: str
    title: str
    op: str
    left: str
    right: str
    yes: str
    no: str
    value_from: str = GIVEN
    bound_from: str = GIVEN
    space: str = "vocabulary"

    def judge(self, of: Refs, values: Sequence[float], bounds: Sequence[float]) -> Judge:
        """The verdict event; the only place where `passed` is computed."""
        test = OPERATORS[self.op]
        return Judge(self.id, of, tuple(values), tuple(bounds), tuple(map(test, values, bounds)))


@dataclass(frozen=True, slots=True)
class Space:
    """What the keys of an Observe mean: vocabulary ids (no bins) or named bins."""

    id: str
    title: str
    bins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Who proposes or believes. `role` is target, draft, residual, match, combined or user."""

    id: str
    title: str
    role: str


Noun = TypeVar("Noun", Measure, Rule, Space, Source)

VOCABULARY = Space("vocabulary", "probabilities of the model at temperature 1")
PROCESSED = Space("processed", "probabilities after temperature, top-k and top-p")


@dataclass(frozen=True, slots=True)
class Glossary:
    """Every noun that a trace uses, by id."""

    measures: dict[str, Measure] = field(default_factory=dict[str, Measure])
    rules: dict[str, Rule] = field(default_factory=dict[str, Rule])
    spaces: dict[str, Space] = field(default_factory=dict[str, Space])
    sources: dict[str, Source] = field(default_factory=dict[str, Source])

    @staticmethod
    def of(
        measures: Sequence[Measure] = (),
        rules: Sequence[Rule] = (),
        spaces: Sequence[Space] = (VOCABULARY, PROCESSED),
        sources: Sequence[Source] = (),
    ) -> "Glossary":
        return Glossary(
            _by_id("measure", measures),
            _by_id("rule", rules),
            _by_id("space", spaces),
            _by_id("source", sources),
        )


def _by_id(noun: str, things: Sequence[Noun]) -> dict[str, Noun]:
    table: dict[str, Noun] = {}
    for thing in things:
        if table.setdefault(thing.id, thing) != thing:
            raise WorkbenchError(
                f"The {noun} id '{thing.id}' is declared twice with different meanings; rename one."
            )
    return table
