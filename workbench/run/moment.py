"""When a wish of a person who looks at a recorded run takes hold: the last moment that still changes what
they look at, so that as much as possible stays as it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.run.intervene import DRAFTERS
from workbench.trace import (
    BLANK,
    ROOT,
    Candidates,
    Commit,
    Event,
    Forward,
    Intervention,
    Judge,
    Phase,
    Propose,
    State,
    Trace,
    WorkbenchError,
    fold,
)

ANSWER = 0
ROUND = 1
"""The level of the headings behind which a person may touch a canvas."""
ENDS = "After this nothing would come that could be changed: {}. Go back to an earlier step."


@dataclass(frozen=True)
class Wish:
    """Do `act`, seen at `event` (-1: at the end). candidate: what was pointed at, -1 for a bare cell or lane;
    the numbers that an act does not use are -1."""

    act: str
    event: int = -1
    candidate: int = -1
    position: int = -1
    token: int = -1
    lane: int = -1


def interventions(trace: Trace, wishes: Sequence[Wish]) -> tuple[Intervention, ...]:
    """The list for the run that is to be made: what was done to this one before, and the wishes.

    What was done later than the first wish belongs to a story that does not happen now.
    """
    new = sorted((moment(trace, wish) for wish in wishes), key=lambda each: each.at)
    if not new:
        return trace.header.interventions
    return (*(each for each in trace.header.interventions if each.at <= new[0].at), *new)


def moment(trace: Trace, wish: Wish) -> Intervention:
    """The intervention that does what was wished. Raises WorkbenchError where it would come too late."""
    upto = len(trace.events) if wish.event < 0 else min(wish.event + 1, len(trace.events))
    if wish.act == "close":
        return Intervention(_open_lane(trace, wish.lane, upto), "close", wish.lane, -1, -1)
    if wish.act in ("lift", "mask"):
        at = _heading(trace, wish, upto)
        return Intervention(at, wish.act, -1, wish.position, wish.token if wish.act == "lift" else -1)
    return Intervention(_reading(trace, wish, upto), wish.act, -1, wish.position, wish.token)


def _open_lane(trace: Trace, lane: int, upto: int) -> int:
    """The pass before which the lane can be ended: the one that the current step reads, or the next."""
    state, best = State(), -1
    for at, event in enumerate(trace.events):
        home = state.lanes.get(lane)
        is_open = home is not None and not home.verdict
        if isinstance(event, Forward) and is_open and (at < upto or best < 0):
            best = at
        state.apply(event)
    if best < 0:
        raise WorkbenchError(ENDS.format(f"no pass reads lane {lane} any more"))
    return best


def _heading(trace: Trace, wish: Wish, upto: int) -> int:
    """The heading of the present round if the cell was already as it is then, else of the next round."""
    headings = [
        i for i, event in enumerate(trace.events) if isinstance(event, Phase) and event.level == ROUND
    ]
    present = [i for i in headings if i < upto][-1:]
    for at in (*present, *(i for i in headings if i >= upto)):
        home = fold(trace.events[:at]).lanes.get(ANSWER)
        if home is None or not 0 <= wish.position < len(home.births):
            continue
        if (home.births[wish.position] == BLANK) == (wish.act == "lift"):
            return at
    raise WorkbenchError(ENDS.format(f"no round begins with position {wish.position} in this state"))


def _reading(trace: Trace, wish: Wish, upto: int) -> int:
    """The heading of the round whose passes decide about the candidate or cell, or an earlier pass of which
    that round still lives."""
    decided, drafted = _decision(trace, wish, upto)
    start = max((i for i in range(decided + 1) if isinstance(trace.events[i], Phase)), default=0)
    level = getattr(trace.events[start], "level", 0)
    stop = decided + 1
    if drafted:  # it is a draft: the pass that decides comes later in its round
        rest = range(decided + 1, len(trace.events))
        ends = (i for i in rest if isinstance(e := trace.events[i], Phase) and e.level <= level)
        stop = next(ends, len(trace.events))
    passes = [i for i in range(stop) if _decides(trace, trace.events[i])]
    if not passes or passes[-1] >= start:
        return start
    tick = getattr(trace.events[passes[-1]], "tick", -1)
    return next(i for i in passes if getattr(trace.events[i], "tick", -2) == tick)


def _decides(trace: Trace, event: Event) -> bool:
    """Whether this is a pass of a model that decides."""
    if not isinstance(event, Forward):
        return False
    source = trace.glossary.sources.get(event.source)
    return (source.role if source else event.source) not in DRAFTERS


def _decision(trace: Trace, wish: Wish, upto: int) -> tuple[int, bool]:
    """The event that decided about the candidate or cell, and whether a drafter had proposed it."""
    state = fold(trace.events[:upto])
    home = state.lanes.get(ANSWER)
    candidate = wish.candidate
    if candidate not in state.proposals and home is not None and 0 <= wish.position < len(home.births):
        candidate = home.births[wish.position]
    if candidate not in state.proposals:
        rivals = [each.id for each in state.proposals.values() if each.position == wish.position]
        candidate = max(rivals, default=ROOT)
    if candidate == ROOT:
        return upto - 1, False
    found = max(_about(trace.events[:upto], candidate))
    source = trace.glossary.sources.get(state.proposals[candidate].source)
    return found, source is not None and source.role in ("draft", "match")


def _about(events: Sequence[Event], candidate: int) -> Iterator[int]:
    """The events that propose, judge or commit a candidate."""
    for at, event in enumerate(events):
        match event:
            case Propose() if event.first <= candidate < event.first + len(event.fills):
                yield at
            case Judge(of=Candidates(ids)) if candidate in ids:
                yield at
            case Commit(_, ids) if candidate in ids:
                yield at
            case _:
                pass
