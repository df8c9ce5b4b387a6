"""What the page needs of the pictures; app.py fills it in, so that this package never imports viz."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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

    colours: token -> (light, dark). standalone: reels -> one HTML file that replays offline.
    trade_off: (rows of a sweep, column of the score) -> its chart and settings.
    """

    builder: Callable[[Header, Glossary, Mapping[int, bytes]], Builder]
    reel: Callable[[Trace], Reel]
    dumps: Callable[[Reel], bytes]
    tables: Callable[[Trace], Mapping[str, str]]
    script: Callable[[], str]
    style: Callable[[], str]
    colours: Mapping[str, tuple[str, str]]
    standalone: Callable[[Sequence[Reel]], str]
    trade_off: Callable[[Sequence[Mapping[str, Any]], str], Mapping[str, Any]]
