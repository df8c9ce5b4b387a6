"""Runs a method and records it: the only place where events, passes, clock and token bytes meet."""

import logging
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import cast

import torch

from workbench.methods.thinning import Later
from workbench.models.meter import Cancelled
from workbench.run.acts import unused
from workbench.run.prepare import Prepared
from workbench.trace import (
    Cost,
    Event,
    Footer,
    Fork,
    Forward,
    Observe,
    Phase,
    Propose,
    Token,
    Trace,
    WorkbenchError,
)
from workbench.trace.journal import JournalWriter

log = logging.getLogger(__name__)

FLUSH_MS = 250.0
"""How much of a run a killed process may lose at most, in ms."""
LATE_S = 0.02
"""How long the events of a watched run may stay unfinished, in seconds: no picture is drawn faster."""

RUNNING = Footer("running", "The run is not over yet.", ())


class Recording:
    """A run being recorded. `trace()` is valid at any moment; `batches()` does the work.

    events, clock (ms) and tokens hold what is finished. What a method yields is kept aside until its beliefs
    are thinned and its tokens named, many events at a time: that is cheaper, and changes no event.
    """

    def __init__(self, prepared: Prepared, journal: JournalWriter | None = None) -> None:
        self.prepared = prepared
        self.events: list[Event] = []
        self.clock: list[float] = []
        self.tokens: dict[int, bytes] = {}
        self.footer = RUNNING
        self._journal = journal
        self._written = 0
        self._flushed = 0.0
        self._began = self._finished = time.perf_counter()
        self._fresh: list[Event] = []
        self._times: list[float] = []
        self._later = Later()
        self._known: set[int] = set()  # the keys of tokens: a set is asked for a whole row at once
        spaces = prepared.glossary.spaces.values()
        told = prepared.header.interventions
        self._name([each.token for each in told if each.token >= 0])
        prepared.run.hand.now = lambda: len(self.events) + len(self._fresh) + len(prepared.meter.pending)
        self._of_tokens = frozenset(space.id for space in spaces if not space.bins)

    def trace(self) -> Trace:
        """What has been recorded so far."""
        p, events = self.prepared, tuple(self.events)
        clock = tuple(self.clock[: len(events)])  # another thread may be recording
        return Trace(p.header, p.glossary, events, self.footer, dict(self.tokens), clock)

    def batches(self) -> Iterator[int]:
        """Run; yields the number of recorded events after every step, and once more at the end.

        Whatever goes wrong ends in the footer, never in an exception: nothing recorded is lost.
        """
        return self._record(LATE_S)

    def run(self) -> Trace:
        """Record to the end and return the trace; nobody watches, so that only the end must be in time."""
        for _ in self._record(float("inf")):
            pass
        return self.trace()

    def _record(self, late: float) -> Iterator[int]:
        if self._journal is not None:
            self._journal.open(self.prepared.header, self.prepared.glossary)
        self._began = time.perf_counter()
        status, message = "complete", ""
        steps = self._steps(late)
        try:
            yield from steps
        except Cancelled:
            status, message = "cancelled", "The run was stopped; what came before it is kept."
        except WorkbenchError as error:
            status, message = "failed", str(error)
        except (torch.OutOfMemoryError, MemoryError):
            status, message = "failed", OUT_OF_MEMORY
        except GeneratorExit:
            self._end("cancelled", "The run was stopped; what came before it is kept.")
            raise
        except Exception as error:
            status, message = "failed", self._sentence(error)
        self._end(status, message)
        yield len(self.events)

    def _steps(self, late: float) -> Iterator[int]:
        """Runs from heading to heading; torch keeps no gradients meanwhile, and asks for none after.

        late: seconds after which the recorded events must be finished, at the next heading.
        """
        run = self.prepared.run
        run.later = self._later
        generator = cast(Generator[Event, None, None], self.prepared.method.start(run, self.prepared.params))
        with closing(generator):
            more = True
            while more:
                with torch.inference_mode():
                    more = self._advance(generator)
                if more:
                    now = self._times[-1]
                    if now - self._finished > late or not self.events:
                        self._finish()
                    if self._journal is not None and 1000 * (now - self._began) - self._flushed > FLUSH_MS:
                        self._flush()
                    yield len(self.events)
        if idle := run.hand.idle:
            raise WorkbenchError(unused(idle, len(self.events) + len(self._fresh)))

    def _advance(self, generator: Iterator[Event]) -> bool:
        """Record up to the next heading; False at the end of the method."""
        fresh, times, meter, now = self._fresh, self._times, self.prepared.meter, time.perf_counter
        for event in generator:
            if meter.pending:
                self._passes()
            fresh.append(event)
            times.append(now())
            if isinstance(event, Phase):
                return True
        return False

    def _passes(self) -> None:
        for each in self.prepared.meter.drain():
            self._fresh.append(Forward(each.source, each.tick, each.computed, each.visible, each.layers))
            self._times.append(time.perf_counter())

    def _finish(self) -> None:
        """Everything that was recorded becomes part of the trace."""
        with torch.inference_mode():
            self._later.fill()
        fresh, times, began = self._fresh, self._times, self._began
        known = self._known
        self._fresh, self._times, self._finished = [], [], time.perf_counter()
        for event in fresh:
            if isinstance(event, Observe):
                if event.space in self._of_tokens and not known.issuperset(chain.from_iterable(event.keys)):
                    self._name(chain.from_iterable(event.keys))
            elif isinstance(event, Propose):
                self._name([fill.id for fill in event.fills if isinstance(fill, Token)])
            elif isinstance(event, Fork):
                self._name([fill.id for fill in event.holds if isinstance(fill, Token)])
        self.clock += [round((at - began) * 1000, 3) for at in times]
        self.events += fresh

    def _name(self, ids: Iterable[int]) -> None:
        """Note the bytes of every token that a trace mentions."""
        for id in ids:
            if id not in self._known:
                self._known.add(id)
                self.tokens[id] = self.prepared.tokens.token_bytes(id)

    def _flush(self) -> None:
        """Write what is new to the journal."""
        if self._journal is None:
            return
        self._finish()
        self._flushed = self.clock[-1] if self.clock else 0.0
        self._journal.write(self.events[self._written :], self.clock[self._written :], self.tokens)
        self._written = len(self.events)

    def _end(self, status: str, message: str) -> None:
        self._passes()
        self._finish()
        totals = self.prepared.meter.totals.items()
        costs = tuple(Cost(source, t.passes, t.rows, t.layer_rows) for source, t in totals)
        self.footer = Footer(status, message, costs)
        self._flush()
        if self._journal is not None:
            self._journal.close(self.footer)

    def _sentence(self, error: Exception) -> str:
        if "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower():
            return OUT_OF_MEMORY
        log.exception("The method %s failed", self.prepared.header.method)
        return (
            f"The method stopped on an unexpected error ({type(error).__name__}: {str(error)[:200]}); what "
            f"was recorded "
            "is kept. This is a fault of the workbench: please report it with the exported trace."
        )


OUT_OF_MEMORY = (
    "The device ran out of memory; what was recorded is kept. Ask for fewer tokens, choose a smaller "
    "model, or start "
    "with --dtype bfloat16 or --device cpu."
)
