"""Which heading is a round: the deepest level whose titles are numbered ("Block 2", "Round 7")."""

import re
from dataclasses import dataclass, field

from workbench.trace import Phase

_NUMBERED = re.compile(r"\d")


@dataclass(slots=True)
class Headings:
    """Feed it Phases (and the ticks of forwards, for runs without headings)."""

    titles: list[str] = field(default_factory=list)
    level: int = -1
    """The level of rounds, as far as is known."""
    _loose_tick: int | None = None

    def phase(self, event: Phase) -> bool:
        """Take a heading in; does a round begin with it? One above the rounds begins one too: what is read
        before the heading of that round belongs to it, not to the round before."""
        self.titles[event.level :] = [event.title]
        if not _NUMBERED.search(event.title):
            return False
        self.level = max(self.level, event.level)
        return True

    def tick(self, tick: int) -> bool:
        """Without any numbered heading, each new tick is a round."""
        begins = self.level < 0 and tick != self._loose_tick
        self._loose_tick = tick
        return begins

    @property
    def path(self) -> str:
        return " · ".join(self.titles)

    @property
    def block(self) -> str:
        """The headings above the round."""
        return " · ".join(self.titles[: self.level]) if self.level > 0 else ""

    @property
    def round(self) -> str:
        return self.titles[self.level] if 0 <= self.level < len(self.titles) else ""
