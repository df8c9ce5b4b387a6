"""What a method is: a generator of events, declared once with everything the house needs to know.

A method file holds a frozen dataclass of knobs and one generator function under `@method`; its
controls, validation, documentation page and conformance tests follow from that declaration.
"""

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from workbench.methods.run import Run
from workbench.trace import Event, Measure, Rule, Source, Space, Value, WorkbenchError

PUBLISHED = "published rule"
RECONSTRUCTION = "reconstruction"


class Promise(StrEnum):
    """What a method promises about its output; it picks the test and is shown to the user."""

    SAME_DISTRIBUTION = "same distribution"
    SAME_GREEDY = "same greedy text"
    LOSSY = "lossy"
    OTHER_TARGET = "other target"
    REFERENCE = "reference"


@dataclass(frozen=True)
class Guarantee:
    """A promise, the method it is measured against ('' for none), and one sentence for people."""

    promise: Promise
    baseline: str
    sentence: str


@dataclass(frozen=True)
class Knob:
    """A setting, declared once: control, validation and documentation follow. `choices` for texts."""

    name: str
    default: Value
    low: float
    high: float
    step: float
    help: str
    choices: tuple[str, ...]

    def parse(self, value: object) -> Value:
        """`value` in this knob's type and range, or a sentence that says what is allowed."""
        kind = type(self.default)
        if self.choices:
            if value not in self.choices:
                raise WorkbenchError(f"{self.name} = {value!r} is not one of: {', '.join(self.choices)}.")
            return str(value)
        if kind is bool:
            return _boolean(self.name, value)
        try:
            number = float(str(value))
            exact = int(number) if kind is int else number
        except (ValueError, OverflowError):
            raise WorkbenchError(
                f"{self.name} = {value!r} is not a number; give one from {self.range}."
            ) from None
        if exact != number or not self.low <= number <= self.high:
            noun = "a whole number" if kind is int else "a number"
            raise WorkbenchError(f"{self.name} = {value} is out of range; give {noun} from {self.range}.")
        return exact

    @property
    def range(self) -> str:
        return f"{self.low:g} to {self.high:g}"


def _boolean(name: str, value: object) -> bool:
    text = str(value).lower()
    if text not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        raise WorkbenchError(f"{name} = {value!r} is neither true nor false; give one of the two.")
    return text in ("true", "1", "yes", "on")


def knob(
    default: Value,
    low: float = 0,
    high: float = 0,
    step: float = 1,
    help: str = "",
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field that is a control: default, range, step and one line of help."""
    return field(default=default, metadata={"knob": (low, high, step, help, choices)})


TEMPERATURE_HELP = "0 decodes greedily; 1 samples from the model's own distribution"


def temperature(default: float = 0.0) -> Any:
    """The knob that every method that can sample has."""
    return knob(default, 0, 2, 0.05, TEMPERATURE_HELP)


Body = Callable[[Run, Any], Iterator[Event]]


@dataclass(frozen=True)
class Method:
    """A decoding method as the catalogue knows it. `needs` maps roles to capabilities."""

    id: str
    title: str
    family: str
    year: int
    paper: str
    needs: Mapping[str, str]
    guarantee: Guarantee
    rules: tuple[Rule, ...]
    measures: tuple[Measure, ...]
    sources: tuple[Source, ...]
    spaces: tuple[Space, ...]
    status: str
    params: type
    body: Body
    doc: str

    @property
    def knobs(self) -> tuple[Knob, ...]:
        fields = dataclasses.fields(self.params)
        return tuple(Knob(f.name, cast(Value, f.default), *f.metadata["knob"]) for f in fields)

    def parse(self, given: Mapping[str, object]) -> Any:
        """The method's Params from named values; unknown names and bad values are one sentence."""
        knobs = {k.name: k for k in self.knobs}
        for name in given:
            if name not in knobs:
                near = difflib.get_close_matches(name, knobs, 1)
                hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(knobs) or 'none'}."
                raise WorkbenchError(f"{self.id} has no knob '{name}'; {hint}")
        return self.params(**{name: knobs[name].parse(value) for name, value in given.items()})

    def start(self, run: Run, params: Any) -> Iterator[Event]:
        """The generator of this run's events."""
        return self.body(run, params)


def method(
    *,
    id: str,
    title: str,
    family: str,
    year: int,
    paper: str,
    needs: Mapping[str, str],
    guarantee: Guarantee,
    params: type,
    rules: tuple[Rule, ...] = (),
    measures: tuple[Measure, ...] = (),
    sources: tuple[Source, ...] = (),
    spaces: tuple[Space, ...] = (),
    status: str = PUBLISHED,
) -> Callable[[Body], Method]:
    """Declare the decorated generator function as a method; its docstring is its documentation."""

    def declare(body: Body) -> Method:
        doc = (body.__doc__ or "").strip()
        if not doc:
            raise WorkbenchError(f"The method {id} has no docstring; say its idea, source and differences.")
        return Method(
            id,
            title,
            family,
            year,
            paper,
            needs,
            guarantee,
            rules,
            measures,
            sources,
            spaces,
            status,
            params,
            body,
            doc,
        )

    return declare
