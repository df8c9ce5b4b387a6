"""The derived depth: both sides of each verdict, and each score, recomputed from earlier events."""

from collections.abc import Iterator, Sequence

from workbench.trace.derive import TAKES, View, derive_all, parse_derivation
from workbench.trace.errors import WorkbenchError
from workbench.trace.events import Event, Judge, Score
from workbench.trace.fold import State
from workbench.trace.glossary import GIVEN, Glossary
from workbench.trace.refs import Candidate, Cell, Lane, Layer, Ref
from workbench.trace.trace import Header, Trace


def declarations(trace: Trace) -> Iterator[str]:
    """Derivations that are not in the vocabulary, or that name what nobody declared."""
    sides = [
        (f"rule '{r.id}'", text)
        for r in trace.glossary.rules.values()
        for text in (r.value_from, r.bound_from)
    ]
    sides += [(f"measure '{m.id}'", m.value_from) for m in trace.glossary.measures.values()]
    for owner, text in sides:
        try:
            missing = _undeclared(text, trace)
        except WorkbenchError as error:
            yield f"{owner}: {error}"
        else:
            if missing:
                yield f"{owner}: '{text}' names {missing}, which the trace does not declare."


def _undeclared(text: str, trace: Trace) -> str:
    asked = parse_derivation(text)
    takes, name = TAKES[asked.name], asked.argument
    if takes == "quantity":
        kind, _, name = name.partition(":")
        takes = {"score": "measure", "observed": "source"}.get(kind, "") if name else ""
    known = {
        "source": trace.glossary.sources,
        "measure": trace.glossary.measures,
        "rule": trace.glossary.rules,
        "knob": trace.header.knobs,
    }
    if takes in known and name not in known[takes]:
        return f"the {takes} '{name}'"
    if asked.space and asked.space not in trace.glossary.spaces:
        return f"the space '{asked.space}'"
    return ""


class DerivedNumbers:
    """Counts what could be recomputed, and says what came out differently."""

    def __init__(self, header: Header, glossary: Glossary, state: State) -> None:
        self.header = header
        self.glossary = glossary
        self.state = state
        self.derived = self.underivable = self.given = 0

    def of(self, event: Event) -> Iterator[str]:
        """Problems of one event, judged from the state before it."""
        if isinstance(event, Judge):
            rule = self.glossary.rules[event.rule]
            view = View(self.state, self.header, event, rule.space)
            yield from self._side(rule.left or "value", rule.value_from, event.values, view)
            yield from self._side(rule.right or "bound", rule.bound_from, event.bounds, view)
        elif isinstance(event, Score):
            measure = self.glossary.measures[event.measure]
            view = View(self.state, self.header, event)
            yield from self._side(measure.title, measure.value_from, event.values, view)

    def _side(self, what: str, text: str, recorded: Sequence[float], view: View) -> Iterator[str]:
        if text == GIVEN:
            self.given += len(recorded)
            return
        try:
            parse_derivation(text)
        except WorkbenchError:  # already a problem of the glossary
            self.underivable += len(recorded)
            return
        wrong = ""
        others = 0
        answers = derive_all(text, view)
        for ref, number, answer in zip(view.event.of.each(), recorded, answers, strict=True):
            if answer is None:
                self.underivable += 1
                continue
            self.derived += 1
            if not answer.fits(number):
                others += bool(wrong)
                wrong = wrong or (
                    f"{what} of {name_of(ref)} is recorded as {number:.6g}, "
                    f"but {text} gives {answer.value:.6g}"
                )
        if wrong:
            yield wrong + (f" (and {others} more in this event)." if others else ".")


def name_of(ref: Ref) -> str:
    """An address in words."""
    match ref:
        case Candidate(id):
            return f"candidate {id}"
        case Cell(lane, position):
            return f"cell {position} of lane {lane}"
        case Lane(id):
            return f"lane {id}"
        case Layer(index):
            return f"layer {index}"
