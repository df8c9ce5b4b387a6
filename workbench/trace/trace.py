"""A Trace: what was asked, the nouns it uses, what happened, and how it ended."""

from dataclasses import dataclass, field

from workbench.trace.events import Event
from workbench.trace.glossary import Glossary

VERSION = "1.1.0"
"""Semantic version of the format: a reader refuses a newer major, and reads a newer minor."""

Value = bool | int | float | str
"""What a knob can hold."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Which network played a role. `sha256` is of its weights, `mask_id` -1 where it has none."""

    role: str
    name: str
    sha256: str
    parameters: int
    vocabulary: int
    mask_id: int
    eos_ids: tuple[int, ...]


ACTS = ("force", "ban", "lift", "mask", "close")
"""What a person can do to a run: see Intervention."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """Something that a person did to the run. It holds from event `at` on; all events before it are as they
    would have been without it.

    force, ban: every later reading of the models that decide has all of its probability, or none, on `token`
    at `position`. lift: the hole at `position` takes `token` (-1: what was guessed there last). mask: the
    written cell at `position` becomes a hole again. close: `lane` ends. What an act does not use is -1.
    """

    at: int
    act: str
    lane: int
    position: int
    token: int

    def __str__(self) -> str:
        """As a command line takes it: act, event, then the lane, or the position and the token."""
        if self.act == "close":
            return f"close:{self.at}:{self.lane}"
        return f"{self.act}:{self.at}:{self.position}" + (f":{self.token}" if self.token >= 0 else "")


@dataclass(frozen=True, slots=True)
class Header:
    """The request and everything that is needed to run it again."""

    method: str
    title: str
    family: str
    status: str
    """'published rule' or 'reconstruction'."""
    guarantee: str
    """'same distribution', 'same greedy text', 'lossy' or 'other target'."""
    promise: str
    """The guarantee in one sentence."""
    knobs: dict[str, Value]
    models: tuple[ModelCard, ...]
    prompt: str
    prompt_ids: tuple[int, ...]
    seed: int
    max_tokens: int
    detail: str
    """'full', or 'decisions' where Observe was left out."""
    device: str
    dtype: str
    versions: dict[str, str]
    interventions: tuple[Intervention, ...] = ()
    """What a person did to the run, in the order of `at`; since format 1.1."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one source spent, as its meter counted it."""

    source: str
    passes: int
    rows: int
    layer_rows: int


@dataclass(frozen=True, slots=True)
class Footer:
    """How the run ended: complete, cancelled, failed, truncated (no footer was written), or still running."""

    status: str
    message: str
    costs: tuple[Cost, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One run. `clock[i]` is the time of event i in ms since the start (not part of its identity)."""

    header: Header
    glossary: Glossary
    events: tuple[Event, ...]
    footer: Footer
    tokens: dict[int, bytes] = field(default_factory=dict[int, bytes])
    clock: tuple[float, ...] = ()
