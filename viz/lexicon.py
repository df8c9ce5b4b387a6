"""Which tokens a reel has to spell out: those that anything in it names."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from viz.ops import kept
from viz.words import compares_tokens
from workbench.trace import Blend, Event, Fill, Fork, Glossary, Judge, Observe, Propose, Token


@dataclass(slots=True)
class Lexicon:
    """Feed it every event; it remembers which tokens are new since it was last asked."""

    glossary: Glossary
    _known: set[int] = field(default_factory=set[int])
    _fresh: set[int] = field(default_factory=set[int])

    def note(self, event: Event) -> None:
        match event:
            case Observe(_, of, space, keys):
                noun = self.glossary.spaces.get(space)
                if not (noun and noun.bins):
                    self._add(id for row in keys for id in row[: kept(of)])
            case Judge(rule, values=values, bounds=bounds):
                noun = self.glossary.rules.get(rule)
                if noun and compares_tokens(noun):
                    self._add(int(value) for value in (*values, *bounds))
            case Propose(fills=fills) | Fork(holds=fills):
                self._fills(fills)
            case _:
                pass

    def fresh(self) -> list[int]:
        """Token ids that came since the last call."""
        new, self._fresh = sorted(self._fresh), set()
        return new

    def _fills(self, fills: Iterable[Fill]) -> None:
        for content in fills:
            if isinstance(content, Token):
                self._add((content.id,))
            elif isinstance(content, Blend):
                self._add(content.ids)

    def _add(self, ids: Iterable[int]) -> None:
        new = set(ids) - self._known
        self._known |= new
        self._fresh |= new
