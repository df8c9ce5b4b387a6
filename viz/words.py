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


ENDS: dict[str, str] = {
    # verdict of a closed lane: in words, where the verdict is not already some
    "eos": "the end of the text was written",
    "budget": "no more tokens were allowed",
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
                why = f": {reason}" if len(cells) == 1 else f", each for the same reason: {reason}"
                return f"{capital(places(cells.positions))} became blank again{why}."
            case Fork():
                return self._fork(event)
            case Close(lane, verdict, into):
                name = "The text" if lane == 0 else f"Lane {lane}"
                heir = "the text" if into == 0 else f"lane {into}"
                left = f"; {heir} is now what it held" if into not in (ROOT, lane) else ""
                return f"{name} ended: {ENDS.get(verdict, verdict)}{left}."

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

    def names(self, ids: Sequence[int]) -> list[str]:
        """Candidates in words: the token and its position."""
        return [self.what(Candidates(tuple(ids)), index) for index in range(len(ids))]

    def verdict(self, event: Judge, index: int) -> str:
        """The sentence of one verdict of a Judge event."""
        rule = self._rule(event.rule)
        sides = self.sides(rule, event.values[index], event.bounds[index])
        return verdict(rule, self.what(event.of, index), sides, event.passed[index])

    def sides(self, rule: Rule, value: float, bound: float) -> tuple[str, str]:
        """Two numbers as the rule means them: token ids are shown as the tokens."""
        if compares_tokens(rule):
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
        surest = f"{key} with probability {number(event.probs[best][0])}{kind} {after}{where}"
        return (
            f"{who} believes most in {surest}."
            if many == 1
            else (f"{who} says what it believes at {many} places; it is surest of {surest}.")
        )

    def _key(self, space: str, key: int) -> str:
        noun = self.glossary.spaces.get(space)
        if noun and noun.bins:
            return f"‘{visible(noun.bins[key])}’"
        return f"‘{visible(self._text(key))}’"

    def _text(self, id: int) -> str:
        return plain(Token(id), self.tokens)

    def _propose(self, event: Propose) -> str:
        many = len(event.fills)
        if not many:
            return f"{self._source(event.source)} has nothing to propose."
        lane = "" if event.lane == 0 else f" in lane {event.lane}"
        if many == 1:
            what = f"{quoted(event.fills[0], self.tokens)} at position {event.positions[0]}{lane}"
            return f"{self._proposes(event.source, what, True)}{_chance(event, 0)}."
        chain = all(parent == event.first + i - 1 for i, parent in enumerate(event.parents) if i)
        noun = "tokens" if chain else "candidates"
        head = self._proposes(event.source, f"{many} {noun} for {places(event.positions)}{lane}", False)
        if chain:
            return f"{head}: ‘{clip(running(event.fills, self.tokens))}’."
        best = max(range(many), key=event.probs.__getitem__)
        token = quoted(event.fills[best], self.tokens)
        surest = f"{token} at position {event.positions[best]}{_chance(event, best)}"
        if len(set(event.probs)) == 1:
            return f"{head}, the first of them {token} at position {event.positions[0]}."
        return f"{head}; the likeliest is {surest}."

    def _proposes(self, source: str, what: str, single: bool) -> str:
        """A model proposes; what was looked up in a table or a text is proposed."""
        noun = self.glossary.sources.get(source)
        if noun and noun.role == "match":
            return f"{capital(what)} {'is' if single else 'are'} proposed ({noun.title})"
        who = self._source(source)
        return f"{who}{',' if ',' in who else ''} proposes {what}"

    def _score(self, event: Score) -> str:
        measure = self.glossary.measures.get(event.measure)
        title, values = capital(measure.title if measure else event.measure), event.values
        better = measure.better if measure else "higher"
        if not values:
            return f"{title}: nothing to measure."
        if event.of == Lanes((0,)):
            return f"{title}: {number(values[0])}."
        if len(values) == 1:
            return f"{title} {_of(event.of)} {self.what(event.of, 0)}: {number(values[0])}."
        head = f"{title} of {count(len(values), _noun(event.of))}"
        if min(values) == max(values):
            return f"{head}: {number(values[0])} each."
        ends = f"from {number(min(values))} to {number(max(values))}"
        if better == "neither":
            return f"{head}: {ends}."
        best = (min if better == "lower" else max)(range(len(values)), key=values.__getitem__)
        word = "lowest" if better == "lower" else "highest"
        return f"{head}: {ends}, {word} {_of(event.of)} {self.what(event.of, best)}."

    def _judge(self, event: Judge) -> str:
        many = len(event.passed)
        if many == 1:
            return self.verdict(event, 0)
        if not many:
            return f"{self._rule(event.rule).title}: nothing to decide."
        good, title = sum(event.passed), capital(self._rule(event.rule).title)
        if good in (0, many):
            everyone = "both" if many == 2 else f"all {many}"
            return (
                f"{title}: {'yes' if good else 'no'} for {everyone}. One of these: {self.verdict(event, 0)}"
            )
        few = good <= many - good  # the smaller part says more
        lone = min(good, many - good) == 1
        who = ("The one" if lone else "One of these") if few else "The other" if lone else "One of the others"
        return f"{title}: yes for {good} of {many}. {who}: {self.verdict(event, event.passed.index(few))}"

    def _commit(self, event: Commit) -> str:
        if not event.candidates:
            return "Nothing is committed."
        picked = [self.state.proposals[id] for id in event.candidates]
        where = [proposal.position for proposal in picked]
        lane = "" if event.lane == 0 else f" in lane {event.lane}"
        if len(picked) == 1:
            return f"{quoted(picked[0].fill, self.tokens)} is committed at position {where[0]}{lane}."
        ordered = sorted(picked, key=lambda proposal: proposal.position)
        together = ordered[-1].position - ordered[0].position == len(ordered) - 1
        if together:
            text = clip(running([proposal.fill for proposal in ordered], self.tokens))
            return f"{len(picked)} tokens are committed at {places(where)}{lane}: ‘{text}’."
        return f"{len(picked)} tokens are committed at {places(where)}{lane}."

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


def flip(rule: Rule, bound: float, shown: str, passed: bool) -> str:
    """What other value would have decided the other way; `shown` is the bound as the rule means it.

    A drawn u lies in [0, 1): a bound outside leaves it no other way.
    """
    if rule.left == "u" and rule.op == "<" and (bound >= 1 if passed else bound <= 0):
        return (
            f"No draw could have {'failed: u is always below 1' if passed else 'passed: u is never below 0'}."
        )
    would_pass, would_fail = FLIPS[rule.op]
    word, value = ("failed", would_fail) if passed else ("passed", would_pass)
    return f"It would have {word} with {the(rule.left)} {value} {shown}."


def the(name: str) -> str:
    """A side of a rule as a sentence names it: u, its rank, the confidence."""
    return name if len(name) == 1 or name.startswith("its ") else f"the {name}"


def compares_tokens(rule: Rule) -> bool:
    """Are the numbers of this rule token ids?"""
    return rule.value_from == "token" or rule.value_from.startswith("top(")


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


def places(positions: Sequence[int]) -> str:
    """position 3; positions 3–5, 9."""
    return f"position{'' if len(set(positions)) == 1 else 's'} {spans(positions)}"


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


def _noun(refs: Refs) -> str:
    match refs:
        case Candidates():
            return "candidate"
        case Cells():
            return "position"
        case Lanes():
            return "lane"
        case _:
            return "layer"


def _of(refs: Refs) -> str:
    """A measure is *at* a position and *of* anything else."""
    return "at" if isinstance(refs, Cells) else "of"


def _chance(event: Propose, index: int) -> str:
    return (
        ""
        if event.kind is DraftKind.POINT and event.probs[index] == 1
        else f" ({number(event.probs[index])})"
    )
