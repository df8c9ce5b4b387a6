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


class Batches(Protocol):
    """What `viz.batch` is for: a Batch is made of rows (as dicts) and digests (key of a row -> digest).

    digest: what is kept of a trace, in this FORMAT. overview, figure, runs: what the page draws, as JSON.
    report: all aggregates. page: one HTML file of them, with its title and its command line.
    """

    Batch: Any

    @property
    def FORMAT(self) -> int: ...

    def digest(self, trace: Trace) -> Mapping[str, Any]: ...

    def overview(self, batch: Any, column: str) -> Mapping[str, Any]: ...

    def figure(
        self, batch: Any, id: str, chosen: Sequence[int], asked: Mapping[str, str]
    ) -> Mapping[str, Any]: ...

    def runs(self, batch: Any, index: int) -> Sequence[Mapping[str, Any]]: ...

    def report(self, batch: Any) -> Mapping[str, Any]: ...

    def page(self, batch: Any, title: str, command: str) -> str: ...


@dataclass(frozen=True)
class Pictures:
    """The functions and colours of `viz`, by what they are for.

    colours: token -> (light, dark). formats: what a run is exported as, in the order of the menu.
    counts: counts of another program -> what the page shows of them.
    batch: the statistics and figures of a sweep.
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
    batch: Batches
    tours: Callable[[Callable[[str], Trace], Collection[str]], Sequence[Mapping[str, Any]]]
