"""What the page needs of the pictures; app.py fills it in, so that this package never imports viz."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.exchange import Counts, Format
from workbench.trace import Event, Footer, Glossary, Header, Trace

Reel = Mapping[str, Any]


class Builder(Protocol):
    """Makes a reel while the run goes on."""

    def feed(self, event: Event, ms: float = 0.0) -> None: ...

    def finish(self, footer: Footer) -> None: ...

    def delta(self) -> Reel: ...


@dataclass(frozen=True)
class Pictures:
    """The functions and colours of `viz`, by what they are for.

    colours: token -> (light, dark). formats: what a run is exported as, in the order of the menu.
    counts: counts of another program -> what the page shows of them.
    trade_off: (rows of a sweep, column of the score) -> its chart and settings.
    tours: (trace of an example's id, ids that are there) -> the guided tours, told on them.
    """

    builder: Callable[[Header, Glossary, Mapping[int, bytes]], Builder]
    reel: Callable[[Trace], Reel]
    dumps: Callable[[Reel], bytes]
    script: Callable[[], str]
    style: Callable[[], str]
    colours: Mapping[str, tuple[str, str]]
    formats: Sequence[Format]
    counts: Callable[[Counts], Mapping[str, Any]]
    trade_off: Callable[[Sequence[Mapping[str, Any]], str], Mapping[str, Any]]
    tours: Callable[[Callable[[str], Trace], Collection[str]], Sequence[Mapping[str, Any]]]
