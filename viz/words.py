"""Event -> one plain sentence, generated from the declared nouns and never written by a method.

A sentence is about an event in its context, so a `Narrator` reads the state *after* it: the
addresses that an event names are then known.
"""

from collections.abc import Mapping, Sequence

from viz.glyphs import number, numbers, plain, quoted, running, visible
from workbench.trace import (
    HELD,
    ROOT,
    Candidates,
    Cells,
    Close,
    Commit,
    DraftKind,
    Event,
    Fork,
    Forward,
    Glossary,
    Judge,
    Lanes,
    Observe,
    Phase,
    Propose,
    Refs,
    Retract,
    Rule,
    Score,
    State,
    Token,
)

FLIPS: dict[str, tuple[str, str]] = {
    # operator: (what lets the test pass, what makes it fail)
    "<": ("below", "at or above"),
    "<=": ("at or below", "above"),
    ">": ("above", "at or below"),
    ">=": ("at or above", "below"),
    "==": ("equal to", "different from"),
    "!=": ("different from", "equal to"),
}


class Narrator:
    """Says what happened. Give it the state that the event has led to."""

    def __init__(self, glossary: Glossary, tokens: Mapping[int, bytes], state: State) -> None:
        self.glossary, self.tokens, self.state = glossary, tokens, state

    def sentence(self, event: Event) -> str:
        """One sentence for any verb."""
        match event:
            case Phase(_, title):
                return f"{title} begins."
            case Forward():
                return self._forward(event)
            case Observe():
                return self._observe(event)
            case Propose():
                return self._propose(event)
            case Score():
                return self._score(event)
            case Judge():
                return self._judge(event)
            case Commit():
                return self._commit(event)
            case Retract(cells, reason):
                noun = "Position" if len(cells) == 1 else "Positions"
                return f"{noun} {spans(cells.positions)} became blank again: {reason}."
            case Fork():
                return self._fork(event)
            case Close(lane, verdict, into):
                heir = f"; lane {into} takes its text over" if into not in (ROOT, lane) else ""
                return f"Lane {lane} ended: {verdict}{heir}."

    def what(self, refs: Refs, index: int) -> str:
        """An address in words: the token and position of a candidate, or the position, lane, layer."""
        match refs:
            case Candidates(ids):
                proposal = self.state.proposals[ids[index]]
                return f"{quoted(proposal.fill, self.tokens)} at position {proposal.position}"
            case Cells(lane, positions):
                cells = self.state.lanes.get(lane)
                place = positions[index]
                fill = cells.fills[place] if cells and place < len(cells.fills) else None
                held = f"{quoted(fill, self.tokens)} at " if fill is not None else ""
                return f"{held}position {place}" + ("" if lane == 0 else f" of lane {lane}")
            case Lanes(ids):
                return f"lane {ids[index]}"
            case _:
                return f"layer {refs.indices[index]}"

    def verdict(self, event: Judge, index: int) -> str:
        """The sentence of one verdict of a Judge event."""
        rule = self._rule(event.rule)
        sides = self.sides(rule, event.values[index], event.bounds[index])
        return verdict(rule, self.what(event.of, index), sides, event.passed[index])

    def sides(self, rule: Rule, value: float, bound: float) -> tuple[str, str]:
        """Two numbers as the rule means them: token ids are shown as the tokens."""
        if rule.value_from == "token":
            return quoted(Token(int(value)), self.tokens), quoted(Token(int(bound)), self.tokens)
        return numbers(value, bound)

    def _rule(self, id: str) -> Rule:
        return self.glossary.rules.get(id) or Rule(
            id, id, "==", "value", "bound", "{what} passed", "{what} failed"
        )

    def _source(self, id: str) -> str:
        source = self.glossary.sources.get(id)
        return capital(source.title if source else id)

    def _forward(self, event: Forward) -> str:
        rows = sum(stop - start for start, stop in event.computed)
        seen = sum(stop - start for start, stop in event.visible)
        cached = f", {seen} more from the cache" if seen else ""
        return f"Forward pass: {self._source(event.source)} reads {count(rows, 'row')}{cached}."

    def _observe(self, event: Observe) -> str:
        who, many = self._source(event.source), len(event.of)
        if not many or not event.keys[0]:
            return f"{who} was asked what it believes."
        best = max(range(many), key=lambda i: event.probs[i][0] if event.probs[i] else 0.0)
        key = self._key(event.space, event.keys[best][0])
        where = self.what(event.of, best)
        after = "after " if isinstance(event.of, Candidates) else "at "
        kind = "" if event.space == "vocabulary" else f" ({event.space})"
        surest = f"{key} with {number(event.probs[best][0])}{kind} {after}{where}"
        return (
            f"{who} believes most in {surest}."
            if many == 1
            else (f"{who} gives its beliefs at {many} places; the surest is {surest}.")
        )

    def _key(self, space: str, key: int) -> str:
        noun = self.glossary.spaces.get(space)
        if noun and noun.bins:
            return f"‘{visible(noun.bins[key])}’"
        return f"‘{visible(self._text(key))}’"

    def _text(self, id: int) -> str:
        return plain(Token(id), self.tokens)

    def _propose(self, event: Propose) -> str:
        who = self._source(event.source)
        if len(event.fills) == 1:
            first = f"{quoted(event.fills[0], self.tokens)} at position {event.positions[0]}"
            return f"{who} proposes {first}{_chance(event, 0)}."
        head = f"{who} proposes {len(event.fills)}"
        chain = all(parent == event.first + i - 1 for i, parent in enumerate(event.parents) if i)
        if chain:
            text = running(event.fills, self.tokens)
            return f"{head} tokens at positions {spans(event.positions)}: ‘{clip(text)}’."
        best = max(range(len(event.fills)), key=event.probs.__getitem__)
        token = quoted(event.fills[best], self.tokens)
        surest = f"{token} at position {event.positions[best]}{_chance(event, best)}"
        return f"{head} candidates at positions {spans(event.positions)}; likeliest {surest}."

    def _score(self, event: Score) -> str:
        measure = self.glossary.measures.get(event.measure)
        title = measure.title if measure else event.measure
        if len(event.values) == 1:
            return f"{capital(title)} of {self.what(event.of, 0)}: {number(event.values[0])}."
        lower = measure is not None and measure.better == "lower"
        best = (min if lower else max)(range(len(event.values)), key=event.values.__getitem__)
        ends = f"{number(min(event.values))} to {number(max(event.values))}"
        word = "lowest" if lower else "highest"
        return f"{capital(title)} of {len(event.values)}: {ends}; {word} for {self.what(event.of, best)}."

    def _judge(self, event: Judge) -> str:
        many = len(event.passed)
        if many == 1:
            return self.verdict(event, 0)
        if not many:
            return f"{self._rule(event.rule).title}: nothing to decide."
        good = sum(event.passed)
        head = f"{capital(self._rule(event.rule).title)}: {good} of {many} pass."
        telling = (
            event.passed.index(False)
            if 0 < good < many and good >= many - good
            else (event.passed.index(True) if good else 0)
        )
        return f"{head} {self.verdict(event, telling)}"

    def _commit(self, event: Commit) -> str:
        if not event.candidates:
            return "Nothing is committed."
        picked = [self.state.proposals[id] for id in event.candidates]
        places = [proposal.position for proposal in picked]
        lane = "" if event.lane == 0 else f" in lane {event.lane}"
        if len(picked) == 1:
            return f"{quoted(picked[0].fill, self.tokens)} is committed at position {places[0]}{lane}."
        ordered = sorted(picked, key=lambda proposal: proposal.position)
        together = ordered[-1].position - ordered[0].position == len(ordered) - 1
        if together:
            text = clip(running([proposal.fill for proposal in ordered], self.tokens))
            return f"{len(picked)} tokens are committed at positions {spans(places)}{lane}: ‘{text}’."
        return f"{len(picked)} tokens are committed at positions {spans(places)}{lane}."

    def _fork(self, event: Fork) -> str:
        if event.parent == ROOT:
            given = count(len(event.holds), "given token")
            blanks = f" and {count(event.blanks, 'open position')}" if event.blanks else ""
            name = "The text" if event.lane == 0 else f"Lane {event.lane}"
            return f"{name} begins with {given}{blanks}."
        own = sum(birth != HELD for birth in self.state.lanes[event.lane].births[: event.kept])
        return f"Lane {event.lane} branches off lane {event.parent}, keeping {count(own, 'decoded token')}."


def verdict(rule: Rule, what: str, sides: tuple[str, str], passed: bool) -> str:
    """A rule's own sentence, with its numbers put in."""
    template = rule.yes if passed else rule.no
    filled = fill(template, what, *sides)
    return filled if filled.endswith((".", "!", "?")) else filled + "."


def flip(rule: Rule, bound: str, passed: bool) -> str:
    """What other value would have decided the other way."""
    would_pass, would_fail = FLIPS[rule.op]
    return (
        f"It would have failed with {rule.left} {would_fail} {bound}."
        if passed
        else f"It would have passed with {rule.left} {would_pass} {bound}."
    )


def fill(template: str, what: str, left: str, right: str) -> str:
    """A template with its three places filled; nothing else in it is interpreted."""
    parts: list[str] = []
    rest = template
    places = {"{what}": what, "{left}": left, "{right}": right}
    while rest:
        at = min(((rest.find(place), place) for place in places if place in rest), default=None)
        if at is None:
            break
        parts += [rest[: at[0]], places[at[1]]]
        rest = rest[at[0] + len(at[1]) :]
    return capital("".join([*parts, rest]))


def spans(positions: Sequence[int]) -> str:
    """Positions as short ranges: 3–5, 9."""
    runs: list[list[int]] = []
    for position in sorted(set(positions)):
        if runs and position == runs[-1][1] + 1:
            runs[-1][1] = position
        else:
            runs.append([position, position])
    words = [str(a) if a == b else f"{a}–{b}" for a, b in runs]
    return ", ".join(words) if len(words) <= 6 else ", ".join(words[:5]) + f" and {len(words) - 5} more"


def count(many: int, noun: str) -> str:
    """1 row, 2 rows."""
    return f"{many} {noun}" + ("" if many == 1 else "s")


def clip(text: str, longest: int = 48) -> str:
    """Visible text, shortened in the middle of nowhere."""
    shown = visible(text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def capital(text: str) -> str:
    """First letter upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def _chance(event: Propose, index: int) -> str:
    return (
        ""
        if event.kind is DraftKind.POINT and event.probs[index] == 1
        else f" ({number(event.probs[index])})"
    )
