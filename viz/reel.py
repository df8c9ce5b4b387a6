"""A trace as a reel: the JSON that the player draws, made event by event so that a live run streams.

The player knows no algorithm. Everything that needs understanding (what became of a candidate,
what a round is, which sentence explains a step) is decided here, once, from the trace alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from viz import acceptance, fate, gallery, summary
from viz.bits import Costs
from viz.clocks import Clocks, described
from viz.conflict import Conflicts
from viz.fate import Fates
from viz.forest import Forest
from viz.glyphs import piece
from viz.grid import Grid
from viz.headings import Headings
from viz.ledger import Round
from viz.lexicon import Lexicon
from viz.ops import Op, ops_of
from viz.preface import footer_json, glossary_json, header_json, looks_json
from viz.records import Records
from viz.story import told
from viz.theme import BIRTHS, STATUSES
from viz.words import Narrator
from workbench.trace import (
    BLANK,
    HELD,
    Candidates,
    Close,
    Commit,
    Event,
    Footer,
    Fork,
    Forward,
    Glossary,
    Header,
    Judge,
    Observe,
    Phase,
    Proposal,
    Propose,
    Retract,
    Score,
    State,
    Token,
    Trace,
)

FORMAT = 1
_UNSENT = {"beats": 0, "rounds": 0, "rows": 0, "born": 0, "nouns": -1}
FOLDED = (Phase, Forward, Observe, Score)
"""Nothing to see by itself: these lead in to the next beat."""
NOTHING, REJECTION, REMASK, END, OTHER = range(5)
"""Marks of beats, for the scrub bar and the keys J and K."""


@dataclass(slots=True)
class ReelBuilder:
    """Feed it events as they happen; `delta()` is everything new since the last call."""

    header: Header
    glossary: Glossary
    tokens: Mapping[int, bytes]
    state: State = field(default_factory=State)
    rounds: list[Round] = field(default_factory=list)
    born: list[list[Any]] = field(default_factory=list)
    costs: dict[str, list[int]] = field(default_factory=dict)
    spent: Costs = field(default_factory=Costs)
    by_round: dict[int, Costs] = field(default_factory=dict[int, Costs])
    footer: Footer | None = None
    fates: Fates = field(init=False)
    clocks: Clocks = field(init=False)
    words: Narrator = field(init=False)
    forest: Forest = field(init=False)
    records: Records = field(init=False)
    conflicts: Conflicts = field(init=False)
    lexicon: Lexicon = field(init=False)
    grid: Grid = field(default_factory=Grid)
    headings: Headings = field(default_factory=Headings)
    _eos: frozenset[int] = frozenset()
    _beats: list[dict[str, Any]] = field(default_factory=list)
    _pending: list[Op] = field(default_factory=list)
    _leads: list[str] = field(default_factory=list)
    _start: int = 0
    _net: int = 0
    _sent: dict[str, int] = field(
        default_factory=lambda: {"beats": 0, "rounds": 0, "rows": 0, "born": 0, "nouns": -1}
    )
    _finished: bool = False
    _ended: bool = False
    _due: bool = False
    """A round was announced, and nothing has happened in it yet: a run that ends here had no such round."""

    def __post_init__(self) -> None:
        self.fates = Fates(self.glossary, self.state)
        self.clocks = Clocks(self.glossary)
        self.lexicon = Lexicon(self.glossary)
        self.words = Narrator(self.glossary, self.tokens, self.state)
        self.forest = Forest(self.state, self.fates)
        self.records = Records(self.state, self.fates, self.forest)
        self._eos = frozenset(id for card in self.header.models for id in card.eos_ids)
        self.conflicts = Conflicts(self.state, self.tokens, self._eos)
        self.grid.fed.audited = bool(self.header.knobs.get("audit"))

    # ---- feeding -------------------------------------------------------------------------

    def feed(self, event: Event, ms: float = 0.0) -> None:
        """Take one event in; `ms` is its time since the start of the run."""
        if isinstance(event, Phase):
            self._phase(event)
        elif self._due and not (isinstance(event, Close) and event.lane == 0):
            self._open_round()
        if isinstance(event, Forward):
            self._forward(event)
        self.clocks.ms = max(self.clocks.ms, ms)
        changed = self.fates.feed(event)
        self.state.apply(event)
        above = self.forest.parents(event) if isinstance(event, Propose) else ()
        guess = isinstance(event, Propose) and event.first in self.fates.guesses and self.grid.shows(event)
        birth = self.fates.birth[event.first] if isinstance(event, Propose) and event.ids else BIRTHS[0]
        self._pending += ops_of(event, birth, guess, above)
        self.lexicon.note(event)
        self.records.feed(event, self._index, len(self.rounds) - 1, ms)
        self._take(event, guess)
        self.forest.touch(changed.get(fate.PRUNED, ()))
        self._pending += self.forest.extras(event)
        self._pending += [["s", status, ids] for status, ids in changed.items()]
        self.clocks.events += 1
        if not isinstance(event, FOLDED):
            self._close_beat(event, changed)
        elif not isinstance(event, Phase):
            self._leads.append(self.words.sentence(event))

    def finish(self, footer: Footer) -> None:
        """The run ended; whatever still waited is settled."""
        self._close_round(last=True)
        if self._pending:
            self._push("end", self._leads.pop() if self._leads else "The run ended.", NOTHING)
        self.footer = footer
        self._finished = True

    # ---- reading -------------------------------------------------------------------------

    def delta(self) -> dict[str, Any]:
        """Everything new since the last call, JSON-ready. The first one begins the reel."""
        sent = self._sent
        new: dict[str, Any] = {"reel": FORMAT, "from": sent["beats"]}
        nouns = sum(map(len, (self.glossary.rules, self.glossary.measures, self.glossary.sources)))
        if sent["nouns"] < 0:
            new |= {"header": header_json(self.header), "clocks": described(), "eos": sorted(self._eos)}
            new |= {"statuses": STATUSES, "births": BIRTHS, "looks": looks_json()}
        if nouns != sent["nouns"]:
            new["glossary"] = glossary_json(self.glossary)
        new["vocab"] = {id: piece(id, self.tokens) for id in self.lexicon.fresh()}
        new["beats"] = self._beats
        new["born"] = self.born[sent["born"] :]
        lines = self.lines(sent["rounds"])
        new["rounds"] = list(enumerate(lines, sent["rounds"]))
        new["trees"] = self.forest.changed()
        if self.grid.width:
            self.grid.freeze()
            rows = self.grid.rows
            new["map"] = self.grid.described() | {"rows": list(enumerate(rows[sent["rows"] :], sent["rows"]))}
        new["offered"] = self.offered()
        self._sent = {
            "beats": sent["beats"] + len(self._beats),
            "rounds": max(0, len(self.rounds) - 1),
            "rows": max(0, len(self.grid.rows) - 1),
            "born": len(self.born),
            "nouns": nouns,
        }
        if self._finished or len(self.rounds) // 8 > sent["rounds"] // 8:
            new["figures"] = self.figures()
        if self._finished:
            new["footer"] = footer_json(self.footer)
            new["summary"] = self.summary()
        self._beats = []
        return new

    def lines(self, start: int = 0) -> list[dict[str, Any]]:
        """The rounds as plain numbers, each with its sentences."""
        return [self._told(each) for each in self.rounds[start:]]

    def _told(self, round: Round) -> dict[str, Any]:
        line = round.line(self.fates, self.forest.key(round.number))
        single = self.words.names(round.committed)[0] if len(round.committed) == 1 else ""
        return line | {"s": told(line, line["open"], single)}

    def offered(self) -> list[str]:
        """Ids of the figures that apply so far."""
        return gallery.offered(self)

    def summary(self) -> dict[str, Any]:
        """The run in a few numbers, under the names that serving engines use."""
        text = len(self.state.lanes[0].written(self._eos)) if 0 in self.state.lanes else 0
        return summary.of(self.lines(), self.drafts(), self.clocks, self.spent, text)

    def drafts(self) -> list[acceptance.Draft]:
        """What every verifying pass judged."""
        return acceptance.drafts(self.rounds, self.fates, self.state.proposals)

    def figures(self) -> dict[str, Any]:
        """The figures that come with data of their own."""
        return gallery.figures(self)

    # ---- one event -----------------------------------------------------------------------

    def _phase(self, event: Phase) -> None:
        if any(op[0] == "w" for op in self._pending):
            self._push("forward", self._leads.pop() if self._leads else "", NOTHING)
        self._due = self.headings.phase(event) or self._due

    def _forward(self, event: Forward) -> None:
        if self.headings.tick(event.tick):
            self._open_round()
        self.clocks.forward(event)
        rows = sum(stop - start for start, stop in event.computed)
        layers = sum(stop - start for start, stop in event.layers)
        cost = self.costs.setdefault(event.source, [0, 0, 0])
        cost[0], cost[1], cost[2] = cost[0] + 1, cost[1] + rows, cost[2] + rows * layers
        self.grid.fed.forward(event)
        for costs in (self.spent, self.by_round.setdefault(max(0, len(self.rounds) - 1), Costs())):
            costs.forward(event.tick, rows)
        if self.rounds:
            self.rounds[-1].passes += 1
            self.rounds[-1].rows += rows
            self.rounds[-1].cached += sum(stop - start for start, stop in event.visible)
            self.rounds[-1].target += self.fates.role(event.source) in fate.JUDGES

    def _close_round(self, last: bool = False) -> None:
        if self.rounds:
            self.rounds[-1].settled = self.fates.settled(last)
        self._pending += [["s", status, ids] for status, ids in self.fates.new_round(last).items()]

    def _open_round(self) -> None:
        self._due = False
        self._close_round()
        beat = self._index
        last = self.rounds[-1] if self.rounds else None
        if last and not (last.candidates or last.committed or last.retracted):
            last.title, last.heading = self._titles(last.number)
            last.settled = None
            return
        number = len(self.rounds)
        self.rounds.append(Round(number, *self._titles(number), beat, beat))
        self.clocks.rounds = len(self.rounds)
        self.grid.new_round(number)
        self.forest.new_round(number, self.fates.waiting)
        self._holes()

    def _titles(self, number: int) -> tuple[str, str]:
        return self.headings.round or f"Round {number + 1}", self.headings.block

    def _take(self, event: Event, guess: bool) -> None:
        match event:
            case Fork():
                self.grid.fork(event, self.state.lanes[event.lane].births.count(HELD))
                self._net = self._count()
            case Propose():
                self._proposed(event, guess)
            case Judge(rule) if self.rounds and rule in self.glossary.rules:
                self.rounds[-1].judge(event, self.state, self.glossary.rules[rule])
                self.grid.fed.judge(event, self.state)
            case Commit():
                self._committed(event)
            case Retract(cells):
                if cells.lane == 0:
                    self.grid.retract(event)
                if self.rounds and cells.lane not in self.fates.labelled:
                    self.rounds[-1].retracted += len(cells)
                self._net = self._count()
                self._holes()
            case Close():
                self._net = self._count()
        self.clocks.tokens = max(self.clocks.tokens, self._net)

    def _proposed(self, event: Propose, guess: bool) -> None:
        if guess and event.lane == 0:
            self.grid.propose(event)
        self.forest.add(event)
        self.conflicts.told(event)
        if self.rounds:
            self.rounds[-1].candidates.extend(event.ids)
            if guess:
                self.rounds[-1].confidences.extend(event.probs)
            drafted = event.ids and self.fates.birth[event.first] == "draft"
            if drafted and event.lane not in self.fates.labelled:
                self.rounds[-1].drafted.extend(event.ids)

    def _committed(self, event: Commit) -> None:
        picked = [self.state.proposals[id] for id in event.candidates]
        if event.lane == 0:
            places = [each.position for each in picked]
            self.grid.commit(places, [each.prob for each in picked], [self._is_end(each) for each in picked])
            self.grid.block(self.headings.block, places)
            number = len(self.rounds) - 1
            self.conflicts.commit(picked, number, self._index)
            for each in picked:
                prob = self.forest.target_probs.get(each.id, each.prob)
                entropy = self.forest.entropy(each)
                self.born.append([each.position, each.id, self._index, number, prob, entropy])
        if self.rounds and event.lane not in self.fates.labelled:
            self.rounds[-1].committed.extend(event.candidates)
            self.rounds[-1].lanes.add(event.lane)
        self._net = self._count()
        self._holes()

    def _holes(self) -> None:
        if self.rounds and self.grid.width:
            self.rounds[-1].holes = self.state.lanes[0].births.count(BLANK)

    def _tested(self, event: Judge, changed: dict[int, list[int]]) -> None:
        """A rejected draft ends the draft, unless a later test passes after all."""
        for status in (fate.ACCEPTED, fate.REJECTED):
            drafts = [id for id in changed.get(status, ()) if self.fates.birth[id] == "draft"]
            if drafts and isinstance(event.of, Candidates):
                said = self.words.verdict(event, event.of.ids.index(drafts[0]))
                self.rounds[-1].ended = [self._index, drafts[0], said] if status == fate.REJECTED else None

    def _count(self) -> int:
        def own(births: list[int]) -> int:
            return sum(birth >= 0 for birth in births)

        lanes = (lane for lane in self.state.lanes.values() if lane.id not in self.fates.labelled)
        return max((own(lane.births) for lane in lanes if lane.id == 0 or not lane.verdict), default=0)

    # ---- beats ---------------------------------------------------------------------------

    @property
    def _index(self) -> int:
        return self._sent["beats"] + len(self._beats)

    def _close_beat(self, event: Event, changed: dict[int, list[int]]) -> None:
        mark = NOTHING
        if isinstance(event, Judge) and self.rounds:
            self._tested(event, changed)
        if fate.REJECTED in changed:
            mark = REJECTION
        elif isinstance(event, Retract):
            mark = REMASK
        elif isinstance(event, Commit) and self._ends(event):
            mark = END
        elif isinstance(event, Judge) and not all(event.passed):
            mark = OTHER
        self._push(type(event).__name__.lower(), self.words.sentence(event), mark)

    def _ends(self, event: Commit) -> bool:
        if event.lane != 0 or self._ended:
            return False
        self._ended = any(self._is_end(self.state.proposals[id]) for id in event.candidates)
        return self._ended

    def _is_end(self, each: Proposal) -> bool:
        return isinstance(each.fill, Token) and each.fill.id in self._eos

    def _push(self, kind: str, sentence: str, mark: int) -> None:
        beat = {
            "e": [self._start, self.clocks.events - 1],
            "c": self.clocks.reading(),
            "n": self._net,
            "r": len(self.rounds) - 1,
            "h": self.headings.path,
            "k": kind,
            "s": sentence,
            "d": mark,
            "o": self._pending,
        }
        if self._leads:
            beat["l"] = self._leads
        if self.rounds:
            self.rounds[-1].last = self._index
        self._beats.append(beat)
        self._pending, self._leads, self._start = [], [], self.clocks.events


def reel(trace: Trace) -> dict[str, Any]:
    """The whole trace as one delta."""
    return built(trace).delta()


def built(trace: Trace) -> ReelBuilder:
    """A builder that was fed the whole trace."""
    builder = ReelBuilder(trace.header, trace.glossary, trace.tokens)
    times = trace.clock if len(trace.clock) == len(trace.events) else (0.0,) * len(trace.events)
    for event, ms in zip(trace.events, times, strict=True):
        builder.feed(event, ms)
    builder.finish(trace.footer)
    return builder


def dumps(delta: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(delta, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
