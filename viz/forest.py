"""Draft trees and beams: who hangs on whom, where it stands, and what the target thinks of it.

A lane of labels, in which a drafter spells the answer in tokens of its own, has no part in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from viz.examined import Examined
from viz.fate import JUDGES, PRUNED, Fates
from viz.layout import lanes, tidy
from viz.ops import Op, fill, short
from workbench.trace import (
    PROCESSED,
    ROOT,
    Candidate,
    Candidates,
    Cell,
    Cells,
    Commit,
    Event,
    Judge,
    Observe,
    Proposal,
    Propose,
    State,
    Token,
)

ALL = "all"


@dataclass(slots=True)
class Forest:
    """One tree per round; one tree for the whole run as soon as there is a second lane."""

    state: State
    fates: Fates
    above: dict[int, int] = field(default_factory=dict)
    """Visual parent: the declared one, or the candidate that fills the cell before."""
    target_probs: dict[int, float] = field(default_factory=dict)
    _spaces: dict[int, str] = field(default_factory=dict)
    _rounds: dict[int, list[int]] = field(default_factory=dict)
    _roots: dict[int, tuple[int, int, Any]] = field(default_factory=dict)
    _round: int = -1
    _dirty: set[int] = field(default_factory=set)
    _tail: list[int] = field(default_factory=list)
    _sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Trees of single rounds as they were last sent; a second lane makes them obsolete."""
    grown: bool = False
    examined: Examined = field(init=False)

    def __post_init__(self) -> None:
        self.examined = Examined(self.fates.glossary)

    @property
    def several(self) -> bool:
        """Is there more than one lane of tokens?"""
        return len(self.state.lanes.keys() - self.fates.labelled) > 1

    def new_round(self, number: int, waiting: Sequence[int] = ()) -> None:
        """A round begins; drafts that wait from the round before stand first in its tree."""
        self._round = number
        if waiting:
            self._join(list(waiting))

    def parents(self, event: Propose) -> list[int]:
        """Visual parents of new candidates (the state has them already)."""
        births = self.state.lanes[event.lane].births if event.lane in self.state.lanes else []
        found = []
        for id, position, parent in zip(event.ids, event.positions, event.parents, strict=True):
            free = id in self.fates.guesses and self.fates.birth[id] != "draft"
            if parent == ROOT and not free and 0 < position <= len(births) and births[position - 1] >= 0:
                parent = births[position - 1]
            self.above[id] = parent
            found.append(parent)
        return found

    def add(self, event: Propose) -> None:
        """New candidates join the tree of this round, unless they are plain guesses of a canvas."""
        if event.lane in self.fates.labelled:
            return
        ids = [id for id in event.ids if id not in self.fates.guesses or self.fates.birth[id] == "draft"]
        if ids:
            self._join(ids)

    def _join(self, ids: list[int]) -> None:
        members = self._rounds.setdefault(self._round, [])
        if not members:
            first = self.state.proposals[ids[0]]
            lane, base = first.lane, first.position - 1
            fills = self.state.lanes[lane].fills if lane in self.state.lanes else []
            content = fills[base] if 0 <= base < len(fills) else None
            self._roots[self._round] = (lane, base, None if content is None else fill(content))
        members.extend(ids)
        self._dirty.add(self._round)
        self.grown = self.grown or len(members) > 1

    def touch(self, ids: Sequence[int]) -> None:
        """Candidates became small: the layout of their round changes."""
        if ids:
            self._dirty.add(self._round)

    def extras(self, event: Event) -> list[Op]:
        """Ops that follow from an event: the draft behind the text, the target's probabilities."""
        match event:
            case Propose(lane=lane) if lane in self.fates.labelled:
                return []
            case Propose() if event.ids and self.fates.birth[event.first] == "draft":
                return [] if event.first in self.fates.guesses else self._behind(event.lane)
            case Propose() if event.ids and self.fates.birth[event.first] == "residual":
                return self._known(event)
            case Observe(source, of, space, keys, probs) if self.fates.role(source) in JUDGES:
                return self._seen(of, space, keys, probs)
            case Judge() if self.fates.verifying:
                members = self._rounds.get(self._round, ())
                drafts = [id for id in members if self.fates.birth[id] == "draft"]
                if self.examined.judged(event, self.above, drafts):
                    self._dirty.add(self._round)
                return []
            case Commit(lane) if self._tail:
                self._tail = []
                return [["q", lane, []]]
            case _:
                return []

    def key(self, number: int) -> str | None:
        """Under which key the player finds a round's tree."""
        if self.several:
            return ALL if self.grown else None
        members = self._rounds.get(number, ())
        drafted = len(members) == 1 and self.fates.birth[members[0]] == "draft"
        return str(number) if len(members) > 1 or drafted else None

    def changed(self) -> dict[str, Any]:
        """Layouts of the trees that grew since the last call."""
        dirty, self._dirty = sorted(self._dirty), set()
        if self.several:
            everything = [id for number in sorted(self._rounds) for id in self._rounds[number]]
            first = min(self._rounds, default=-1)
            gone = dict.fromkeys(sorted(self._sent))
            self._sent.clear()
            return gone | ({ALL: self._tree(everything, first)} if dirty and self.grown else {})
        trees = {
            str(number): self._tree(self._rounds[number], number) for number in dirty if self.key(number)
        }
        new = {key: tree for key, tree in trees.items() if self._sent.get(key) != tree}
        self._sent |= new
        return new

    def all(self) -> dict[str, Any]:
        """Layouts of every tree."""
        self._dirty = set(self._rounds)
        self._sent.clear()
        return self.changed()

    def entropy(self, proposal: Proposal) -> float | None:
        """The target's entropy at the place of a candidate, where it was recorded."""
        ref = self.address(proposal)
        for source, noun in self.fates.glossary.sources.items():
            if noun.role in JUDGES:
                for space in self.fates.glossary.spaces:
                    belief = self.state.beliefs.get((source, space, ref))
                    if belief is not None:
                        return round(belief.entropy, 4)
        return None

    def _tree(self, ids: list[int], number: int) -> dict[str, Any]:
        small = {id for id in ids if self.fates.status[id] == PRUNED}
        if self.several:
            depth, rows, height = lanes(ids, self.above, small)
        else:
            depth, rows, height = tidy(self.examined.sort(ids), self.above, small)
        index = {id: at for at, id in enumerate(ids)}
        lane, base, root = self._roots[number]
        return {
            "round": number,
            "lane": lane,
            "base": base,
            "root": root,
            "ids": ids,
            "parent": [index.get(self.above[id], -1) for id in ids],
            "x": [depth[id] for id in ids],
            "y": [round(rows[id], 3) for id in ids],
            "small": [int(id in small) for id in ids],
            "rows": round(height, 3),
            "depth": max(depth.values()),
        }

    def _behind(self, lane: int) -> list[Op]:
        waiting = [id for id in self.fates.waiting if self.state.proposals[id].lane == lane]
        first: dict[int, int] = {}
        for id in waiting:
            first.setdefault(self.state.proposals[id].parent, id)
        tail, at = [], first.get(ROOT)
        while at is not None:
            tail.append(at)
            at = first.get(at)
        self._tail = tail
        return [["q", lane, tail]]

    def address(self, proposal: Proposal) -> Cell | Candidate:
        """Where beliefs about this candidate's cell were recorded."""
        above = self.above.get(proposal.id, ROOT)
        ref = Candidate(above)
        return (
            Cell(proposal.lane, proposal.position)
            if proposal.parent == ROOT and not self._speaks(ref)
            else ref
        )

    def _speaks(self, ref: Candidate) -> bool:
        return any(
            (source, space, ref) in self.state.beliefs
            for source in self.fates.glossary.sources
            for space in self.fates.glossary.spaces
        )

    def _seen(self, of: Any, space: str, keys: Any, probs: Any) -> list[Op]:
        places: dict[Any, int] = {}
        if isinstance(of, Candidates):
            places = {id: at for at, id in enumerate(of.ids)}
        elif isinstance(of, Cells):
            places = {(of.lane, position): at for at, position in enumerate(of.positions)}
        found: dict[int, float] = {}
        for id in self.fates.waiting:
            proposal = self.state.proposals[id]
            root = proposal.parent == ROOT
            at = places.get((proposal.lane, proposal.position) if root else proposal.parent)
            if at is not None:
                self._match(found, proposal, space, keys[at], probs[at])
        return [["t", space, list(found), [short(value) for value in found.values()]]] if found else []

    def _known(self, event: Propose) -> list[Op]:
        found: dict[int, float] = {}
        for id in event.ids:
            proposal = self.state.proposals[id]
            ref = self.address(proposal)
            for (source, space, where), belief in self._beliefs_at(ref):
                if self.fates.role(source) in JUDGES and where == ref:
                    self._match(found, proposal, space, belief.keys, belief.probs)
        return [["t", self._spaces[event.first], list(found), list(found.values())]] if found else []

    def _beliefs_at(self, ref: Cell | Candidate) -> list[Any]:
        keys = [
            (source, space, ref)
            for source in self.fates.glossary.sources
            for space in self.fates.glossary.spaces
        ]
        return [(key, self.state.beliefs[key]) for key in keys if key in self.state.beliefs]

    def _match(self, found: dict[int, float], proposal: Proposal, space: str, keys: Any, probs: Any) -> None:
        """Prefer processed probabilities where both are recorded: those are what was tested."""
        content = proposal.fill
        if not isinstance(content, Token) or (self._spaces.get(proposal.id) == PROCESSED.id != space):
            return
        if content.id in keys:
            prob = probs[keys.index(content.id)]
            found[proposal.id] = self.target_probs[proposal.id] = prob
            self._spaces[proposal.id] = space
