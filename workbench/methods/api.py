"""What a method is: a generator of events, declared once with everything the house needs to know.

A method file holds a frozen dataclass of knobs and one generator function under `@method`; its
controls, validation, documentation page and conformance tests follow from that declaration.
"""

import dataclasses
import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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

    @property
    def options(self) -> tuple[Value, ...]:
        """What can be chosen one by one: the texts of a list, the two sides of a switch, else nothing."""
        return (False, True) if isinstance(self.default, bool) else self.choices


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
Legal = Callable[[Any], str]
"""Params -> '', or the sentence that says why these knobs cannot go together."""
Holds = Callable[[Any], Guarantee]
"""Params -> what a run with them promises, where that depends on the knobs."""
Idle = Callable[[Any], frozenset[str]]
"""Params -> the names of the knobs that change nothing, as long as the others are what they are."""


def all_read(params: Any) -> frozenset[str]:
    """The knobs of a method that reads them all, whatever they are: none is idle."""
    return frozenset()


def always(params: Any) -> str:
    """The law of a method whose knobs all go together."""
    return ""


Changes = frozenset[tuple[str, Value]]
"""Knobs with other values than they have now."""


class _Watched:
    """The values of knobs, which remember who was asked for."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values, self._asked = values, set[str]()

    def __getattr__(self, name: str) -> Value:
        self._asked.add(name)
        return self._values[name]

    def asked(self) -> set[str]:
        return self._asked


def _broken(laws: Sequence[Legal], values: Mapping[str, Value]) -> set[str] | None:
    """The knobs that the first broken law has looked at; None if all are kept."""
    for law in laws:
        watched = _Watched(values)
        if law(watched):
            return watched.asked()
    return None


def _pairs(choices: Mapping[str, Sequence[Value]]) -> Iterator[tuple[str, Value]]:
    return ((name, value) for name, values in choices.items() for value in values)


@dataclass(frozen=True)
class Laws:
    """Many laws as one: the first that is broken speaks."""

    each: tuple[Legal, ...]

    def __call__(self, params: Any) -> str:
        return next((reason for law in self.each if (reason := law(params))), "")


@dataclass(frozen=True)
class Method:
    """A decoding method as the catalogue knows it. `needs` maps roles to capabilities.

    guarantee: of the default knobs; `promise` says what other knobs give. models: a role's own default.
    own_tokens: roles whose model may have another tokenizer than the target's. lanes: it decodes several
    lanes side by side and asks `run.hand` which of them a person has ended.
    """

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
    legal: Legal = always
    holds: Holds | None = None
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    own_tokens: tuple[str, ...] = ()
    lanes: bool = False
    idle: Idle = all_read

    @property
    def knobs(self) -> tuple[Knob, ...]:
        fields = dataclasses.fields(self.params)
        return tuple(Knob(f.name, cast(Value, f.default), *f.metadata["knob"]) for f in fields)

    def parse(self, given: Mapping[str, object]) -> Any:
        """The method's Params; unknown names, bad values and illegal combinations are one sentence."""
        params = self.values(given)
        if reason := self.legal(params):
            raise WorkbenchError(reason)
        return params

    def values(self, given: Mapping[str, object]) -> Any:
        """Params whose values are each in range; whether they go together is not asked."""
        knobs = {k.name: k for k in self.knobs}
        for name in given:
            if name not in knobs:
                near = difflib.get_close_matches(name, knobs, 1)
                hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(knobs) or 'none'}."
                raise WorkbenchError(f"{self.id} has no knob '{name}'; {hint}")
        return self.params(**{name: knobs[name].parse(value) for name, value in given.items()})

    def promise(self, params: Any) -> Guarantee:
        """What a run with these knobs promises."""
        return self.holds(params) if self.holds else self.guarantee

    def blocked(self, params: Any) -> dict[str, dict[Value, str]]:
        """Knob -> choice -> why it is illegal with the values that the other knobs have now."""
        if self.legal is always:
            return {}
        found = {
            knob.name: {
                choice: reason
                for choice in knob.options
                if (reason := self.legal(dataclasses.replace(params, **{knob.name: choice})))
            }
            for knob in self.knobs
        }
        return {name: reasons for name, reasons in found.items() if reasons}

    def nearest(self, params: Any, keep: Collection[str] = ()) -> Any | None:
        """The legal Params with the fewest other choices than `params`; None if there are none.

        The knobs in `keep` stay as they are, and so do numbers. Of equals those win that change knobs
        declared last: what is declared first leads. A law stays broken as long as nothing changes that it
        has looked at, so only such knobs are tried.
        """
        free = [knob for knob in reversed(self.knobs) if knob.options and knob.name not in keep]
        now = dict(vars(params))
        others = {k.name: [each for each in k.options if each != now[k.name]] for k in free}
        names = list(others)

        def rank(changes: Changes) -> tuple[list[int], list[int]]:
            """Which knobs, then which of their choices."""
            order = sorted((names.index(name), others[name].index(value)) for name, value in changes)
            return [knob for knob, _ in order], [choice for _, choice in order]

        laws = self.legal.each if isinstance(self.legal, Laws) else (self.legal,)
        trials: set[Changes] = {frozenset()}
        while trials:
            legal: list[Changes] = []
            further: set[Changes] = set()
            for changes in trials:
                if (asked := _broken(laws, {**now, **dict(changes)})) is None:
                    legal.append(changes)
                    continue
                changed = {name for name, _ in changes}
                tried = {name: others[name] for name in asked & others.keys() - changed}
                further |= {changes | {pair} for pair in _pairs(tried)}
            if legal:
                return dataclasses.replace(params, **dict(min(legal, key=rank)))
            trials = further
        return None

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
    legal: Legal = always,
    holds: Holds | None = None,
    models: Mapping[str, str] | None = None,
    own_tokens: tuple[str, ...] = (),
    lanes: bool = False,
    idle: Idle = all_read,
) -> Callable[[Body], Method]:
    """Declare the decorated generator function as a method; its docstring is its documentation.

    legal(params) -> '' or one sentence: knobs that cannot go together are refused with it wherever they
    come from, and the page greys the choices that it rules out. holds(params) -> Guarantee, where what is
    promised depends on the knobs; it must agree with `guarantee` on the defaults. idle(params) -> the knobs
    that do nothing beside the others, which the page sets apart.
    """

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
            legal,
            holds,
            models or {},
            own_tokens,
            lanes,
            idle,
        )

    return declare
