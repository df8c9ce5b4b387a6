"""What became of every candidate, derived from the events (no method says it).

Roles decide: a candidate of a `draft` or `match` source waits for the target. A test that it fails
before the target has looked is a pruning, unless it only asks which nodes get children; one that it
fails afterwards is a rejection; and when something is committed, whatever no test has reached was
never examined. A draft that hangs on a committed token and whose own cell is still open waits on:
overlapped drafting judges it in a later round. Commit has the last word: where a rule accepts a node
in spite of a failed test, the node is committed, and the failed test stays in its verdicts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from viz.theme import STATUSES
from workbench.trace import (
    BLANK,
    Candidates,
    Commit,
    Event,
    Fork,
    Forward,
    Glossary,
    Judge,
    Label,
    Observe,
    Phase,
    Propose,
    Retract,
    Score,
    State,
)

PROPOSED, ACCEPTED, REJECTED, UNEXAMINED, PRUNED, COMMITTED, OPEN, REMASKED = range(len(STATUSES))

DRAFTERS = frozenset({"draft", "match"})
JUDGES = frozenset({"target", "combined", "denoiser"})
LEAVES = frozenset({"expand", "branches_on"})
"""Rules that say which nodes get children: one that fails is a leaf, and may be verified as others are."""
LOOKED = "window_row"
"""Measure of candidates that the target reads for what it answers there, and never judges: no drafts."""


@dataclass(slots=True)
class Fates:
    """Feed it every event *before* the state applies it; it answers with the statuses that changed."""

    glossary: Glossary
    state: State
    status: dict[int, int] = field(default_factory=dict)
    birth: dict[int, str] = field(default_factory=dict)
    guesses: set[int] = field(default_factory=set)
    waiting: list[int] = field(default_factory=list)
    """Draft candidates of the round that nothing has settled yet."""
    round_drafts: list[int] = field(default_factory=list)
    """All draft candidates that the round may settle: its own, and those that waited from before."""
    labelled: set[int] = field(default_factory=set)
    """Lanes of labels: how a drafter spells the answer in tokens of its own. Nothing there is text."""
    looked: set[int] = field(default_factory=set)
    """Candidates that were read beside the drafts: they have no part in what was drafted and verified."""
    unread: set[int] = field(default_factory=set)
    """Drafts that were written beside or behind the target's latest pass: none has read them yet."""
    dropped: set[int] = field(default_factory=set)
    """Those of them that no test reached either: they were drafted, and never verified."""
    passed: bool = False
    """Has the target made a pass at all? What other programs recorded may hold none."""
    overlapped: bool = False
    """Was something settled while drafts stood that no pass had read? Then no pass reads a whole tree."""
    verifying: bool = False
    """Has the target looked since the last draft?"""

    def role(self, source: str) -> str:
        known = self.glossary.sources.get(source)
        return known.role if known else source

    def feed(self, event: Event) -> dict[int, list[int]]:
        """Statuses that this event changed: status -> candidate ids."""
        match event:
            case Phase():
                return {}
            case Forward(source) | Observe(source):
                looks = self.role(source) in JUDGES
                self.verifying |= bool(self.waiting) and looks
                if looks and isinstance(event, Forward):
                    self.passed = True
                    self.unread.clear()
            case Propose():
                self._propose(event)
            case Score(measure, Candidates(ids)) if measure == LOOKED:
                self.looked.update(ids)
                self.round_drafts = [id for id in self.round_drafts if id not in self.looked]
            case Judge(rule, Candidates(ids)):
                self.verifying |= bool(self.waiting) and self._asks_a_judge(rule)
                return self._set(
                    (id, self._judged(id, good, rule)) for id, good in zip(ids, event.passed, strict=True)
                )
            case Commit(lane, ids):
                self.overlapped |= bool(self.unread) and lane not in self.labelled
                return self._commit(ids)
            case Retract(cells):
                births = self.state.lanes[cells.lane].births
                gone = [births[place] for place in cells.positions if births[place] >= 0]
                return self._set((id, REMASKED) for id in gone)
            case Fork(lane, holds=holds) if any(isinstance(content, Label) for content in holds):
                self.labelled.add(lane)
        return {}

    def _asks_a_judge(self, rule: str) -> bool:
        """Does the rule compare with what a judging model believes? It may have looked before the draft."""
        known = self.glossary.rules.get(rule)
        said = f"{known.value_from} {known.bound_from}" if known else ""
        return any(
            f"({source.id}" in said for source in self.glossary.sources.values() if source.role in JUDGES
        )

    def new_round(self, last: bool = False) -> dict[int, list[int]]:
        """A round ended: a verified draft that no test reached was never examined.

        Drafts that can still become text go on waiting, unless this was the `last` round.
        """
        alive = [] if last else self._alive(())
        changed = self._settle(alive) if self.verifying else {}
        self.waiting = alive if self.verifying else []
        self.round_drafts, self.verifying = list(self.waiting), False
        return changed

    def settled(self, last: bool = False) -> list[int]:
        """The drafts of the round that are not handed on to the next one."""
        alive = set(self._alive(())) if self.verifying and not last else set[int]()
        return [id for id in self.round_drafts if id not in alive]

    def is_guess(self, event: Propose) -> bool:
        """Do these candidates ghost in cells that exist and are blank?"""
        lane = self.state.lanes.get(event.lane)
        if lane is None or not event.positions:
            return False
        first = event.positions[0]
        return first < len(lane.births) and lane.births[first] == BLANK

    def _propose(self, event: Propose) -> None:
        role, guess = self.role(event.source), self.is_guess(event)
        drafting = role in DRAFTERS
        birth = self._birth(role, guess, event)
        for id in event.ids:
            self.status[id], self.birth[id] = PROPOSED, birth
        if guess:
            self.guesses.update(event.ids)
        if any(isinstance(content, Label) for content in event.fills):
            self.labelled.add(event.lane)
        if drafting:
            self.waiting.extend(event.ids)
            if self.passed:
                self.unread.update(event.ids)
            if event.lane not in self.labelled:
                self.round_drafts.extend(event.ids)
            self.verifying = False

    def _birth(self, role: str, guess: bool, event: Propose) -> str:
        if role in DRAFTERS:
            return "draft"
        if role == "residual":
            return "residual"
        if role == "user":
            return "given"
        if guess:
            return "confidence"
        return "bonus" if self.round_drafts and not self._corrects(event) else "target"

    def _corrects(self, event: Propose) -> bool:
        """Does this stand where a draft was rejected (then it is no bonus)?"""
        places = set(event.positions)
        drafts = (self.state.proposals[id] for id in self.round_drafts if self.status[id] == REJECTED)
        return any(each.position in places for each in drafts)

    def _judged(self, id: int, good: bool, rule: str) -> int:
        if self.status[id] in (COMMITTED, REMASKED):
            return self.status[id]
        if self.birth[id] == "draft":
            if self.verifying:
                return ACCEPTED if good else REJECTED
            return PROPOSED if good or rule in LEAVES else PRUNED
        if id in self.guesses:
            return ACCEPTED if good else OPEN
        if good:
            return ACCEPTED
        return PRUNED if len(self.state.lanes) > 1 else REJECTED

    def _commit(self, ids: Iterable[int]) -> dict[int, list[int]]:
        taken = tuple(ids)
        changed = self._set((id, COMMITTED) for id in taken)
        if self.verifying:
            alive = self._alive(taken)
            for status, more in self._settle(alive).items():
                changed.setdefault(status, []).extend(more)
            self.waiting, self.verifying = alive, bool(alive)
        return changed

    def _settle(self, alive: Iterable[int]) -> dict[int, list[int]]:
        kept = set(alive)
        waiting = [id for id in self.waiting if self.status[id] == PROPOSED and id not in kept]
        self.dropped.update(self.unread.intersection(waiting))
        return self._set((id, UNEXAMINED) for id in waiting)

    def _alive(self, taken: Iterable[int]) -> list[int]:
        """Waiting drafts that the text can still grow into, with `taken` about to be committed."""
        proposals, alive = self.state.proposals, list[int]()
        filled = {proposals[id].position for id in taken}
        for id in self.waiting:
            each = proposals[id]
            births = self.state.lanes[each.lane].births if each.lane in self.state.lanes else []
            open_cell = each.position >= len(births) and each.position not in filled
            hangs = each.parent in alive or self.status.get(each.parent) == COMMITTED
            if self.status[id] == PROPOSED and open_cell and hangs:
                alive.append(id)
        return alive

    def _set(self, pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
        changed: dict[int, list[int]] = {}
        for id, status in pairs:
            if self.status[id] != status:
                self.status[id] = status
                changed.setdefault(status, []).append(id)
        return changed
