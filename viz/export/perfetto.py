"""A run as a Chrome trace (JSON of the Trace Event Format), which ui.perfetto.dev opens.

One process per run. Tracks: the headings with the rounds nested in them; one per source for its forward
passes; one for everything that is decided. An event lasts from the one before it to itself, so slices of
one track never overlap. Counters: accepted drafts per round, masks left. Arrows go from a draft to its
verdict. The file carries the first run's trace, so that it can be opened here again.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from viz.fate import DRAFTERS
from viz.glyphs import plain
from viz.reel import reel
from workbench.exchange import KEY, pack
from workbench.trace import (
    BLANK,
    Candidates,
    Commit,
    Event,
    Fork,
    Forward,
    Judge,
    Propose,
    Retract,
    State,
    Trace,
)

Slice = dict[str, Any]
ROUNDS, DECISIONS, SOURCES = 1, 2, 10
"""Track numbers; sources count on from the last."""
TICK_NS = 100
"""The shortest slice: an arrow needs something to end on, and events may share a time."""
MOST = 16
"""Numbers of one event that go into its arguments; the trace has them all."""


def timeline(traces: Sequence[Trace]) -> bytes:
    """One or two runs as one file."""
    events = [each for pid, trace in enumerate(traces, 1) for each in Process(trace, pid).events()]
    time = "measured" if timed(traces[0]) else "not recorded: one event takes one microsecond"
    carried = {KEY: {"trace": pack(traces[0]), "time": time}}
    whole = {"traceEvents": events, "displayTimeUnit": "ms"} | carried
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def timed(trace: Trace) -> bool:
    """Were the times of the events recorded?"""
    return len(trace.clock) == len(trace.events)


def ends(trace: Trace) -> list[int]:
    """When every event ended, in ns: as measured, but at least TICK_NS behind the one before."""
    found: list[int] = []
    for index in range(len(trace.events)):
        own = round(trace.clock[index] * 1e6) if timed(trace) else (index + 1) * 1000
        found.append(max(own, (found[-1] if found else 0) + TICK_NS))
    return found


def us(ns: int) -> float:
    """Microseconds, the unit of the format, to the nanosecond."""
    return round(ns / 1000, 3)


@dataclass
class Process:
    """One run; `starts[i]` and `ends[i]` bound event i, in ns."""

    trace: Trace
    pid: int
    ends: list[int] = field(init=False)
    starts: list[int] = field(init=False)
    lines: list[dict[str, Any]] = field(init=False)
    spans: list[tuple[int, int]] = field(init=False)
    round_of: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ends = ends(self.trace)
        self.starts = [0, *self.ends[:-1]]
        drawn = reel(self.trace)
        self.lines = [line for _, line in drawn["rounds"]]
        beats = drawn["beats"]
        first = [self._first(beats, line["b"][0]) for line in self.lines]
        begins = [self.starts[at] if at < len(self.starts) else self.ends[-1] for at in first]
        self.spans = list(zip(begins, [*begins[1:], *self.ends[-1:]], strict=False))
        self.round_of = [bisect_right(first, index) for index in range(len(self.ends))]

    def _first(self, beats: Sequence[dict[str, Any]], beat: int) -> int:
        """The first event of a beat; a round that a broken run left empty begins at the end."""
        return beats[beat]["e"][0] if beat < len(beats) else len(self.ends)

    def events(self) -> Iterator[Slice]:
        """Everything about the run, in the order of the tracks."""
        yield from self._names()
        yield from self._rounds()
        yield from self._steps()
        yield from self._arrows()

    def _names(self) -> Iterator[Slice]:
        header = self.trace.header
        yield self._meta("process_name", {"name": f"{header.title} ({header.method})"})
        used = {self._track(event.source) for event in self.trace.events if isinstance(event, Forward)}
        sources = {self._track(id): noun.title for id, noun in self.trace.glossary.sources.items()}
        tracks = {ROUNDS: "rounds", DECISIONS: "decisions"} | {tid: sources[tid] for tid in sorted(used)}
        for order, (tid, title) in enumerate(tracks.items()):
            yield self._meta("thread_name", {"name": title}, tid)
            yield self._meta("thread_sort_index", {"sort_index": order}, tid)

    def _meta(self, name: str, args: dict[str, Any], tid: int = 0) -> Slice:
        return {"ph": "M", "pid": self.pid, "tid": tid, "name": name, "args": args}

    def _track(self, source: str) -> int:
        return SOURCES + list(self.trace.glossary.sources).index(source)

    def _slice(self, tid: int, name: str, span: tuple[int, int], args: dict[str, Any]) -> Slice:
        at = {"ts": us(span[0]), "dur": us(span[1] - span[0])}
        return {"ph": "X", "pid": self.pid, "tid": tid, "name": name, **at, "args": args}

    def _counter(self, name: str, ns: int, value: int) -> Slice:
        return {"ph": "C", "pid": self.pid, "name": name, "ts": us(ns), "args": {name: value}}

    # -- rounds ----------------------------------------------------------------------------

    def _rounds(self) -> Iterator[Slice]:
        """Headings around runs of rounds, then the rounds, then how many drafts each accepted."""
        opened = 0
        for number, line in enumerate(self.lines, 1):
            if number < len(self.lines) and self.lines[number]["heading"] == line["heading"]:
                continue
            if line["heading"]:
                span = self.spans[opened][0], self.spans[number - 1][1]
                yield self._slice(ROUNDS, line["heading"], span, {"rounds": number - opened})
            opened = number
        drafting = any(line["drafted"] for line in self.lines)
        for number, (line, span) in enumerate(zip(self.lines, self.spans, strict=True), 1):
            args = {"round": number} | {name: line[name] for name in COUNTED}
            yield self._slice(ROUNDS, line["title"], span, args)
            if drafting:
                yield self._counter("accepted drafts", span[0], line["accepted"])

    # -- events ----------------------------------------------------------------------------

    def _steps(self) -> Iterator[Slice]:
        """Forward passes, decisions, and the masks that are left after each."""
        state, masked = State(), False
        for index, event in enumerate(self.trace.events):
            state.apply(event)
            span = self.starts[index], self.ends[index]
            about = {"round": self.round_of[index], "event": index}
            if isinstance(event, Forward):
                yield self._slice(self._track(event.source), "forward", span, about | forward(event))
            elif said := decision(event, state, self.trace):
                yield self._slice(DECISIONS, said[0], span, about | said[1])
            masked = masked or (isinstance(event, Fork) and event.lane == 0 and event.blanks > 0)
            if masked and isinstance(event, Fork | Commit | Retract):
                yield self._counter("masks left", self.ends[index], state.lanes[0].births.count(BLANK))

    def _arrows(self) -> Iterator[Slice]:
        """From the proposal of a draft to the first verdict on one of its candidates."""
        sources, born = self.trace.glossary.sources, dict[int, int]()
        seen: set[tuple[int, int]] = set()
        for index, event in enumerate(self.trace.events):
            if isinstance(event, Propose) and event.source in sources:
                if sources[event.source].role in DRAFTERS:
                    born |= dict.fromkeys(event.ids, index)
            elif isinstance(event, Judge) and isinstance(event.of, Candidates):
                for start in dict.fromkeys(born[id] for id in event.of.ids if id in born):
                    if (start, index) not in seen:
                        yield self._arrow("s", len(seen), start)
                        yield self._arrow("f", len(seen), index)
                        seen.add((start, index))

    def _arrow(self, phase: str, number: int, index: int) -> Slice:
        """One end of an arrow; it binds to the slice of event `index` on the track of decisions."""
        end = {"bp": "e"} if phase == "f" else {}
        about = {"cat": "draft", "name": "draft to verdict", "id": self.pid * 10_000_000 + number}
        return {"ph": phase, "pid": self.pid, "tid": DECISIONS, "ts": us(self.starts[index]), **about, **end}


COUNTED = (
    "passes",
    "target",
    "drafted",
    "accepted",
    "rejected",
    "unexamined",
    "pruned",
    "committed",
    "retracted",
)


def forward(event: Forward) -> dict[str, Any]:
    """The arguments of a forward pass."""

    def length(spans: Sequence[tuple[int, int]]) -> int:
        return sum(stop - start for start, stop in spans)

    rows = {"computed rows": length(event.computed), "cached rows": length(event.visible)}
    return {"tick": event.tick} | rows | {"layers": length(event.layers)}


def decision(event: Event, state: State, trace: Trace) -> tuple[str, dict[str, Any]] | None:
    """Name and arguments of what stands on the track of decisions; None for the other verbs."""

    def named(ids: Sequence[int]) -> dict[str, Any]:
        words = [plain(state.proposals[id].fill, trace.tokens) for id in ids[:MOST]]
        return {"candidates": list(ids[:MOST]), "text": words}

    match event:
        case Propose(probs=probs):
            return f"propose {len(event.ids)}", named(event.ids) | {"probability": list(probs[:MOST])}
        case Judge(rule, of, values, bounds, passed):
            noun = trace.glossary.rules.get(rule)
            told = {"rule": noun.title, "operator": noun.op} if noun else {"rule": rule}
            told |= named(of.ids) if isinstance(of, Candidates) else {}
            sides = {
                "value": list(values[:MOST]),
                "bound": list(bounds[:MOST]),
                "passed": list(passed[:MOST]),
            }
            return f"{rule}: {sum(passed)} of {len(passed)} pass", told | sides
        case Commit(lane, ids):
            return f"commit {len(ids)}", {"lane": lane} | named(ids)
        case Retract(cells, reason):
            return f"retract {len(cells)}", {"reason": reason, "positions": list(cells.positions[:MOST])}
        case _:
            return None
