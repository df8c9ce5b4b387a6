"""The consistent depth: what each verb may say, given the events before it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workbench.trace.codec_table import uneven
from workbench.trace.events import (
    Close,
    Commit,
    Event,
    Fork,
    Forward,
    Judge,
    Observe,
    Phase,
    Propose,
    Retract,
    Score,
)
from workbench.trace.fills import Blend, Fill, Token, Vector
from workbench.trace.fold import BLANK, HELD, LaneState, State
from workbench.trace.glossary import OPERATORS
from workbench.trace.refs import ROOT, Candidates, Cells, Lanes, Layers, Refs
from workbench.trace.trace import Trace

EDGE = 1e-9
"""How far float arithmetic may carry a probability out of [0, 1]."""
ROW_SUM = 1e-5
"""How far the rounding to six digits may carry the sum of a row above 1."""
ANSWER = 0


class EventRules:
    """The state so far, and what the next event must respect in it."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.glossary = trace.glossary
        self.state = State()
        self.verdicts = 0
        self.next_candidate = 0
        self.next_lane = 0
        self.answered = 0
        self.masks = {card.mask_id for card in trace.header.models if card.mask_id >= 0}
        self.prompt = tuple(map(Token, trace.header.prompt_ids))
        self.textless: set[int] = set()

    def before(self, event: Event) -> Iterator[str]:
        """Problems of an event in the state before it."""
        if complaint := uneven(event):
            yield f"{complaint}."
            return
        yield from self._tokens(event)
        match event:
            case Phase(level, _):
                if level < 0:
                    yield f"the level {level} of a heading is below 0."
            case Forward():
                yield from self._forward(event)
            case Observe():
                yield from self._observe(event)
            case Propose():
                yield from self._propose(event)
            case Score(measure, of, values):
                yield from self._declared("measure", measure, self.glossary.measures)
                yield from self._refs(of)
                yield from _finite("values", values)
            case Judge():
                yield from self._judge(event)
            case Commit():
                yield from self._commit(event)
            case Retract():
                yield from self._retract(event)
            case Fork():
                yield from self._fork(event)
            case Close():
                yield from self._close(event)
            case _:  # pyright: ignore[reportUnnecessaryComparison]
                yield f"a {type(event).__name__} is no verb."

    def apply(self, event: Event) -> Iterator[str]:
        """Move the state on, and check what holds only afterwards."""
        old = self.answered
        self._count_answer(event)
        self.state.apply(event)
        match event:
            case Propose():
                self.next_candidate = max(self.next_candidate, event.first + len(event.fills))
            case Fork():
                self.next_lane = max(self.next_lane, event.lane + 1)
            case Close(_, _, into) if into == ANSWER and event.lane != ANSWER:
                answer = self.state.lanes[ANSWER]
                self.answered = sum(birth >= 0 for birth in answer.births)
                yield from self._prompt(answer.fills)
            case _:
                pass
        limit = self.trace.header.max_tokens
        if old <= limit < self.answered:
            yield f"lane 0 now holds {self.answered} answer tokens, but the request allows {limit}."

    def ending(self) -> Iterator[str]:
        """What only the last event can settle."""
        if self.trace.footer.status == "complete" and ANSWER not in self.state.lanes:
            yield "The run is complete, but lane 0, the answer, never began."

    def _count_answer(self, event: Event) -> None:
        if isinstance(event, Commit) and event.lane == ANSWER:
            self.answered += len(event.candidates)
        elif isinstance(event, Retract) and event.cells.lane == ANSWER:
            self.answered -= len(event.cells)

    # -- shared parts ------------------------------------------------------------------------------

    def _declared(self, noun: str, id: str, table: Mapping[str, object]) -> Iterator[str]:
        if id not in table:
            yield f"the {noun} '{id}' is not declared in the glossary."

    def _open_lane(self, lane: int) -> Iterator[str]:
        if lane not in self.state.lanes:
            yield f"lane {lane} does not exist."
        elif self.state.lanes[lane].verdict:
            yield f"lane {lane} is closed."

    def _refs(self, refs: Refs) -> Iterator[str]:
        match refs:
            case Candidates(ids):
                unknown = [id for id in ids if id not in self.state.proposals]
                if unknown:
                    yield f"candidate {unknown[0]} was never proposed."
            case Lanes(ids):
                unknown = [id for id in ids if id not in self.state.lanes]
                if unknown:
                    yield f"lane {unknown[0]} does not exist."
            case Cells(lane, positions):
                if lane not in self.state.lanes:
                    yield f"lane {lane} does not exist."
                if any(position < 0 for position in positions):
                    yield f"position {min(positions)} is below 0."
            case Layers(indices):
                if any(index < 0 for index in indices):
                    yield f"layer {min(indices)} is below 0."

    def _tokens(self, event: Event) -> Iterator[str]:
        """Every token id that is mentioned has its text in the trace (each gap is told once)."""
        for id in self._mentioned(event):
            if id not in self.trace.tokens and id not in self.textless:
                self.textless.add(id)
                yield f"the text of token {id} is not in the trace."
                return

    def _mentioned(self, event: Event) -> Iterator[int]:
        match event:
            case Propose():
                yield from _token_ids(event.fills)
            case Fork():
                yield from _token_ids(event.holds)
            case Observe():
                space = self.glossary.spaces.get(event.space)
                if space and not space.bins:
                    for row in event.keys:
                        yield from row
            case _:
                pass

    # -- verbs -------------------------------------------------------------------------------------

    def _forward(self, event: Forward) -> Iterator[str]:
        yield from self._declared("source", event.source, self.glossary.sources)
        if event.tick < self.state.tick or event.tick < 0:
            yield f"tick {event.tick} lies before tick {self.state.tick}; time does not run backwards."
        spans = {"computed": event.computed, "visible": event.visible, "layers": event.layers}
        for name, column in spans.items():
            for start, stop in column:
                if not 0 <= start < stop:
                    yield f"'{name}' holds ({start}, {stop}), which is no span."

    def _observe(self, event: Observe) -> Iterator[str]:
        yield from self._declared("source", event.source, self.glossary.sources)
        yield from self._declared("space", event.space, self.glossary.spaces)
        yield from self._refs(event.of)
        if isinstance(event.of, Cells) and event.of.lane in self.state.lanes:
            yield from self._open_lane(event.of.lane)
        yield from _finite("entropies", event.entropies)
        if any(entropy < -EDGE for entropy in event.entropies):
            yield f"the entropy {min(event.entropies)} is below 0."
        space = self.glossary.spaces.get(event.space)
        bins = len(space.bins) if space and space.bins else None
        for row, (keys, probs) in enumerate(zip(event.keys, event.probs, strict=True)):
            yield from _row_problems(row, keys, probs, bins)

    def _propose(self, event: Propose) -> Iterator[str]:
        yield from self._declared("source", event.source, self.glossary.sources)
        yield from self._open_lane(event.lane)
        if event.first < self.next_candidate:
            yield f"candidate {event.first} is not fresh: ids up to {self.next_candidate - 1} are taken."
        yield from _probabilities("probs", event.probs)
        lane = self.state.lanes.get(event.lane)
        for id, position, parent in zip(event.ids, event.positions, event.parents, strict=True):
            if position < 0:
                yield f"candidate {id} stands at position {position}, below 0."
            yield from self._parent(event, lane, id, position, parent)
        for fill in event.fills:
            yield from _fill_problems(fill)

    def _parent(
        self, event: Propose, lane: LaneState | None, id: int, position: int, parent: int
    ) -> Iterator[str]:
        """A parent comes first; past a lane's end, where text only grows, it stands right before."""
        if parent == ROOT:
            return
        if event.first <= parent < id:
            parent_position = event.positions[parent - event.first]
        elif parent in self.state.proposals and parent < event.first:
            parent_position = self.state.proposals[parent].position
        else:
            yield f"candidate {id} has the parent {parent}, which does not come before it."
            return
        on_canvas = lane is not None and position < len(lane.fills)
        if position == parent_position or (not on_canvas and position != parent_position + 1):
            yield (
                f"candidate {id} stands at position {position}, its parent {parent} at {parent_position}; "
                "a child follows its parent."
            )

    def _judge(self, event: Judge) -> Iterator[str]:
        yield from self._declared("rule", event.rule, self.glossary.rules)
        yield from self._refs(event.of)
        yield from _finite("values", event.values)
        yield from _finite("bounds", event.bounds)
        rule = self.glossary.rules.get(event.rule)
        if rule is None:
            return
        if rule.op not in OPERATORS:
            yield f"rule '{rule.id}' has the operator '{rule.op}', which is none of {', '.join(OPERATORS)}."
            return
        for index, (value, bound, passed) in enumerate(
            zip(event.values, event.bounds, event.passed, strict=True)
        ):
            self.verdicts += 1
            if OPERATORS[rule.op](value, bound) is not bool(passed):
                said = "passed" if passed else "failed"
                sides = f"{value!r} {rule.op} {bound!r}"
                yield f"entry {index} of rule '{rule.id}' {said}, but {sides} says otherwise."

    def _commit(self, event: Commit) -> Iterator[str]:
        yield from self._open_lane(event.lane)
        lane = self.state.lanes.get(event.lane)
        if lane is None:
            return
        end, taken = len(lane.fills), set[int]()
        for id in event.candidates:
            proposal = self.state.proposals.get(id)
            if proposal is None:
                yield f"candidate {id} was never proposed."
                continue
            if proposal.verdicts and not proposal.verdicts[-1][3]:
                yield f"candidate {id} is committed although it failed rule '{proposal.verdicts[-1][0]}'."
            if isinstance(proposal.fill, Token) and proposal.fill.id in self.masks:
                yield f"candidate {id} is the mask token {proposal.fill.id}, which can never be committed."
            position = proposal.position
            blank = 0 <= position < len(lane.births) and lane.births[position] == BLANK
            if position in taken or not (blank or position == end):
                why = _why(lane, position, taken)
                yield f"candidate {id} is committed to cell {position} of lane {lane.id}, which is {why}."
                continue
            taken.add(position)
            end += position == end

    def _retract(self, event: Retract) -> Iterator[str]:
        cells = event.cells
        yield from self._open_lane(cells.lane)
        lane = self.state.lanes.get(cells.lane)
        if lane is None:
            return
        if len(set(cells.positions)) != len(cells.positions):
            yield "it names a cell twice."
        for position in cells.positions:
            birth = lane.births[position] if 0 <= position < len(lane.births) else BLANK
            if birth in (BLANK, HELD):
                what = "was given, not decoded" if birth == HELD else "is blank already or does not exist"
                yield f"cell {position} of lane {cells.lane} {what}."

    def _fork(self, event: Fork) -> Iterator[str]:
        if event.lane in self.state.lanes or event.lane < self.next_lane:
            yield f"lane {event.lane} is not fresh."
        if event.kept < 0 or event.blanks < 0:
            yield f"it keeps {event.kept} cells and adds {event.blanks} blanks; neither can be below 0."
        for fill in event.holds:
            yield from _fill_problems(fill)
        if not self.state.lanes:
            if event.lane != ANSWER or event.parent != ROOT:
                yield "the first lane must be lane 0, forked from nothing."
            yield from self._prompt(event.holds)
        if event.parent == ROOT:
            if event.kept:
                yield f"it keeps {event.kept} cells of no lane."
        elif event.parent not in self.state.lanes:
            yield f"lane {event.parent}, which it is forked from, does not exist."
        elif event.kept > len(self.state.lanes[event.parent].fills):
            length = len(self.state.lanes[event.parent].fills)
            yield f"it keeps {event.kept} cells, but lane {event.parent} has {length}."

    def _prompt(self, fills: Sequence[Fill | None]) -> Iterator[str]:
        if tuple(fills[: len(self.prompt)]) != self.prompt:
            yield "lane 0 does not begin with the prompt of the header."

    def _close(self, event: Close) -> Iterator[str]:
        yield from self._open_lane(event.lane)
        if not event.verdict:
            yield f"lane {event.lane} ends without a verdict."
        if event.into not in (ROOT, event.lane):
            for problem in self._open_lane(event.into):
                yield f"its heir: {problem}"


def _why(lane: LaneState, position: int, taken: set[int]) -> str:
    if position in taken:
        return "filled by the same event"
    if not 0 <= position < len(lane.births):
        return f"beyond its end ({len(lane.births)})"
    return "held by the prompt" if lane.births[position] == HELD else "filled already"


def _finite(name: str, numbers: Iterable[float]) -> Iterator[str]:
    for index, number in enumerate(numbers):
        if not math.isfinite(number):
            yield f"'{name}' entry {index} is {number}, but every number is finite."
            return


def _probabilities(name: str, numbers: Sequence[float], row: str = "") -> Iterator[str]:
    for index, number in enumerate(numbers):
        if not -EDGE <= number <= 1 + EDGE:  # False for nan as well
            yield f"'{name}' {row}entry {index} is {number}, but a probability lies between 0 and 1."
            return


def _row_problems(row: int, keys: Sequence[int], probs: Sequence[float], bins: int | None) -> Iterator[str]:
    yield from _probabilities("probs", probs, f"row {row} ")
    if len(set(keys)) != len(keys):
        yield f"'keys' row {row} names a key twice."
    if any(key < 0 or (bins is not None and key >= bins) for key in keys):
        yield f"'keys' row {row} holds a key that is not in its space."
    if sum(probs) > 1 + ROW_SUM:
        yield f"'probs' row {row} sums to {sum(probs):.6g}, more than 1."


def _fill_problems(fill: Fill) -> Iterator[str]:
    if isinstance(fill, Vector):
        yield from _finite("xs", fill.xs)
    if isinstance(fill, Blend):
        if complaint := uneven(fill):
            yield f"{complaint}."
        yield from _probabilities("weights", fill.weights)
        if abs(sum(fill.weights) - 1) > 1e-3:
            yield f"the weights of a blend sum to {sum(fill.weights):.6g}, not 1."


def _token_ids(fills: Iterable[Fill]) -> Iterator[int]:
    for fill in fills:
        if isinstance(fill, Token):
            yield fill.id
        elif isinstance(fill, Blend):
            yield from fill.ids
