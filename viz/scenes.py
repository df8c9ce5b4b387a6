"""Moments of a recorded run for which a guided tour has a sentence, found in the run itself.

Every finder answers with a scene: where the cursor goes, what is selected, and the facts that the
tour's sentence names. A run in which such a moment does not happen is refused with a LookupError,
so a tour can never tell of something that its recording does not show.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from viz.figure import first_divergence
from viz.glyphs import number, quoted, running, visible
from viz.reel import ReelBuilder, built
from viz.theme import BIRTHS
from viz.words import Narrator
from workbench.trace import Candidates, Cells, Fork, Judge, Proposal, Retract, State, Trace

Beat = Mapping[str, Any]
Select = Mapping[str, int] | None
DRAFT = BIRTHS.index("draft")


@dataclass(frozen=True, slots=True)
class Scene:
    """The cursor (an event), what is selected there, and what may be said about it."""

    event: int
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    select: Select = None


@dataclass(frozen=True)
class Film:
    """A trace with everything that was derived from it; `other` stands beside it, if there is one."""

    trace: Trace
    other: Trace | None = None

    @cached_property
    def built(self) -> ReelBuilder:
        return built(self.trace)

    @cached_property
    def reel(self) -> Mapping[str, Any]:
        return self.built.delta()

    @property
    def beats(self) -> list[Beat]:
        return self.reel["beats"]

    @cached_property
    def rounds(self) -> list[dict[str, Any]]:
        return self.built.lines()

    def proposal(self, id: int) -> Proposal:
        return self.built.state.proposals[id]

    def token(self, id: int) -> str:
        return quoted(self.proposal(id).fill, self.trace.tokens)

    def event(self, beat: int) -> int:
        """The last event of a beat: what the beat shows has happened."""
        return self.beats[beat]["e"][1]

    @property
    def models(self) -> dict[str, str]:
        """Role -> name of its model."""
        return {card.role: card.name for card in self.trace.header.models}

    def verdict(self, event: int, index: int) -> str:
        """The sentence of a verdict, in the words of its own moment."""
        state = State()
        for each in self.trace.events[: event + 1]:
            state.apply(each)
        judge = self.trace.events[event]
        if not isinstance(judge, Judge):
            raise LookupError("no verdict stands at this event")
        return Narrator(self.trace.glossary, self.trace.tokens, state).verdict(judge, index)

    def ops(self, kind: str) -> Iterator[tuple[int, list[Any]]]:
        for at, beat in enumerate(self.beats):
            for op in beat["o"]:
                if op[0] == kind:
                    yield at, op

    def judged(self, beat: int) -> Judge:
        """The verdicts that a beat ends with."""
        event = self.trace.events[self.event(beat)]
        if not isinstance(event, Judge):
            raise LookupError("no verdict stands at this beat")
        return event


Finder = Callable[[Film], Scene]


def start(film: Film) -> Scene:
    """Before anything: the prompt alone."""
    header = film.trace.header
    holes = next((event.blanks for event in film.trace.events if isinstance(event, Fork)), 0)
    facts = {"title": header.title, "prompt": header.prompt, "holes": str(holes)}
    return Scene(film.event(0), facts)


def end(film: Film) -> Scene:
    """The last step, with the run in numbers; and those of the run beside it."""
    told = film.built.summary()
    facts = {name: number(told[name]) for name in ("tokens", "target_passes", "forward_passes", "rounds")}
    if film.other:
        beside = built(film.other).summary()
        facts |= {f"other_{name}": number(beside[name]) for name in facts}
        facts["other"] = film.other.header.title
        parted = first_divergence(film.trace, film.other)
        facts["parted"] = "none" if parted is None else str(parted + 1)
    return Scene(film.event(len(film.beats) - 1), facts | {"title": film.trace.header.title})


def fallen(film: Film) -> int:
    """The beat of the first rejection; of a round in which other drafts were accepted, if there is one."""
    beats = [at for at, beat in enumerate(film.beats) if beat["d"] == 1]
    if not beats:
        raise LookupError("no draft was rejected")
    return next((at for at in beats if film.rounds[film.beats[at]["r"]]["accepted"]), beats[0])


def drafted(film: Film) -> Scene:
    """The draft of the round with that rejection, before its verdicts."""
    wanted, ids, last = film.beats[fallen(film)]["r"], list[int](), -1
    for at, op in film.ops("p"):
        if film.beats[at]["r"] == wanted and op[3] == DRAFT:
            ids += range(op[1], op[1] + len(op[5]))
            last = at
    fills = [film.proposal(id).fill for id in ids]
    text = f"‘{visible(running(fills, film.trace.tokens))}’"
    facts = {"many": str(len(ids)), "text": text, "first": film.token(ids[0]), "round": _title(film, wanted)}
    return Scene(film.event(last), facts)


def rejected(film: Film) -> Scene:
    """That rejection, with its inequality."""
    at = fallen(film)
    event = film.judged(at)
    index = next(i for i, good in enumerate(event.passed) if not good)
    return Scene(film.event(at), _verdict(film, event, index), _chosen(event, index))


def replaced(film: Film) -> Scene:
    """What stands in the text where the rejected draft was."""
    lost = rejected(film)
    place = film.proposal((lost.select or {})["candidate"]).position
    for at, op in film.ops("c"):
        if film.event(at) > lost.event:
            for id in op[2]:
                if film.proposal(id).position == place:
                    birth = film.built.fates.birth[id]
                    own = {"token": film.token(id), "place": str(place), "origin": birth}
                    return Scene(film.event(at), own | {"lost": lost.facts["token"]}, {"candidate": id})
    raise LookupError("nothing replaced the rejected draft")


def bought(film: Film) -> Scene:
    """The end of the round with that rejection, in numbers."""
    return _round(film, film.beats[fallen(film)]["r"])


def richest(film: Film) -> Scene:
    """The round that wrote most tokens."""
    best = max(range(len(film.rounds)), key=lambda at: film.rounds[at]["committed"])
    return _round(film, best)


def guessed(film: Film) -> Scene:
    """The first guesses for open positions."""
    for at, op in film.ops("p"):
        if op[10]:
            ids = range(op[1], op[1] + len(op[5]))
            best = max(ids, key=lambda id: film.proposal(id).prob)
            facts = {"many": str(len(ids)), "token": film.token(best)}
            facts |= {"place": str(film.proposal(best).position), "prob": number(film.proposal(best).prob)}
            return Scene(film.event(at), facts)
    raise LookupError("nothing was guessed")


def held_back(film: Film) -> Scene:
    """The first verdict on guesses of which some passed and some did not."""
    return _mixed(film, False)


def let_through(film: Film) -> Scene:
    """The same verdict, seen from one that passed."""
    return _mixed(film, True)


def taken_back(film: Film) -> Scene:
    """The first tokens that were taken out of the text again, with the verdict behind it."""
    for at, beat in enumerate(film.beats):
        event = film.trace.events[beat["e"][1]]
        if not isinstance(event, Retract):
            continue
        place = event.cells.positions[0]
        doubt = _doubt(film, at, place)
        facts = {"many": str(len(event.cells)), "place": str(place), "reason": event.reason} | doubt
        return Scene(film.event(at), facts, {"lane": event.cells.lane, "position": place})
    raise LookupError("nothing was taken back")


def ranked_low(film: Film) -> Scene:
    """Where the answer's own token was not the likeliest, and a single choice would have lost it."""
    answer = set(film.built.state.lanes[0].births)
    for at, _ in film.ops("j"):
        event = film.judged(at)
        if not isinstance(event.of, Candidates) or "rank" not in film.trace.glossary.rules[event.rule].left:
            continue
        for index, id in enumerate(event.of.ids):
            if id in answer and event.values[index] > 0:
                first = event.of.ids[event.values.index(min(event.values))]
                facts = {"likeliest": film.token(first)} | _verdict(film, event, index)
                return Scene(film.event(at), facts, _chosen(event, index))
    raise LookupError("the answer was the likeliest at every step")


def chosen(film: Film) -> Scene:
    """The first token of the answer, with its verdict."""
    for at, _ in film.ops("j"):
        event = film.judged(at)
        if isinstance(event.of, Candidates) and any(event.passed):
            index = event.passed.index(True)
            return Scene(film.event(at), _verdict(film, event, index), _chosen(event, index))
    raise LookupError("nothing was chosen")


def _title(film: Film, at: int) -> str:
    return " · ".join(filter(None, (film.rounds[at]["heading"], film.rounds[at]["title"])))


def _round(film: Film, at: int) -> Scene:
    line = film.rounds[at]
    names = ("accepted", "rejected", "unexamined", "pruned", "committed", "passes", "bonus")
    facts = {name: str(line[name]) for name in names}
    facts |= {"round": _title(film, at), "story": line["s"]}
    return Scene(film.event(line["b"][1]), facts, {"round": at})


def _verdict(film: Film, event: Judge, index: int) -> dict[str, str]:
    rule = film.trace.glossary.rules[event.rule]
    value, bound = film.built.words.sides(rule, event.values[index], event.bounds[index])
    ids = event.of.ids if isinstance(event.of, Candidates) else ()
    token = film.token(ids[index]) if ids else ""
    place = str(film.proposal(ids[index]).position) if ids else ""
    return {"token": token, "place": place, "value": value, "bound": bound, "rule": rule.title}


def _chosen(event: Judge, index: int) -> Select:
    return {"candidate": event.of.ids[index]} if isinstance(event.of, Candidates) else None


def _mixed(film: Film, passed: bool) -> Scene:
    for at, _ in film.ops("j"):
        event = film.judged(at)
        if isinstance(event.of, Candidates) and len(set(event.passed)) == 2:
            index = event.passed.index(passed)
            facts = {"good": str(sum(event.passed)), "many": str(len(event.passed))}
            return Scene(film.event(at), facts | _verdict(film, event, index), _chosen(event, index))
    raise LookupError("no verdict parted the guesses")


def _doubt(film: Film, beat: int, place: int) -> dict[str, str]:
    """The last failed or telling verdict about this position before it was taken back."""
    for at in range(beat - 1, -1, -1):
        event = film.trace.events[film.event(at)]
        if not isinstance(event, Judge):
            continue
        match event.of:
            case Candidates(ids):
                places = [film.proposal(id).position for id in ids]
            case Cells(_, positions):
                places = list(positions)
            case _:
                continue
        if place in places:
            return {"said": film.verdict(film.event(at), places.index(place))}
    raise LookupError("nothing speaks of the position that was taken back")
