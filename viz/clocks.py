"""Clocks: the quantities on which two methods can be put side by side. Each only grows."""

from dataclasses import dataclass, field

from viz.fate import JUDGES
from workbench.trace import Forward, Glossary

CLOCKS: tuple[tuple[str, str, str], ...] = (
    ("passes", "Forward passes", "one after the other; passes that could run at the same time count once"),
    ("sequences", "Sequences", "passes of any network, those of the same time counted one by one"),
    ("target", "Target passes", "passes of the target model only"),
    ("rounds", "Rounds", "one draft-and-verify cycle, denoising step or token"),
    ("tokens", "Tokens committed", "most tokens that the answer has held so far"),
    ("rows", "Rows pushed", "sequence rows through any network"),
    ("ms", "Milliseconds", "measured on the machine that recorded the run"),
    ("events", "Every step", "each recorded step by itself"),
)
MODELLED = ("modelled", "Modelled time", "under the costs that the reader sets; modelled, not measured")
"""Has no reading of its own: the page (or viz.timeline.clock) works it out from the passes."""


def described() -> list[dict[str, str]]:
    """The clocks as the player lists them; the readings of a beat are those of CLOCKS."""
    return [{"id": id, "title": title, "unit": unit} for id, title, unit in (*CLOCKS, MODELLED)]


@dataclass(slots=True)
class Clocks:
    """Counts; `reading()` is in the order of CLOCKS."""

    glossary: Glossary
    passes: int = 0
    sequences: int = 0
    target: int = 0
    rounds: int = 0
    tokens: int = 0
    rows: int = 0
    ms: float = 0.0
    events: int = 0
    _tick: int | None = field(default=None)
    _target_tick: int | None = field(default=None)

    def forward(self, event: Forward) -> None:
        if event.tick != self._tick:
            self._tick, self.passes = event.tick, self.passes + 1
        self.sequences += 1
        source = self.glossary.sources.get(event.source)
        role = source.role if source else event.source
        if role in JUDGES and event.tick != self._target_tick:
            self._target_tick, self.target = event.tick, self.target + 1
        self.rows += sum(stop - start for start, stop in event.computed)

    def reading(self) -> list[float]:
        ms = round(self.ms, 2)
        counts = (self.passes, self.sequences, self.target, self.rounds, self.tokens, self.rows)
        return [*counts, ms, self.events]
