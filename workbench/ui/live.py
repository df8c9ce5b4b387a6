"""Runs in the background, one at a time, and the small messages that tell the page how far they are.

One run at a time keeps the measured milliseconds honest. The reel is made by the thread that watches,
never by the one that decodes.
"""

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Condition, Event, Thread
from typing import Any

from workbench.run.prepare import Prepared, prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Commit, JournalWriter, Retract, WorkbenchError
from workbench.ui.answer import Known
from workbench.ui.pictures import Builder, Pictures
from workbench.ui.store import Record, Store

log = logging.getLogger(__name__)

PAUSE_S = 0.08
"""The page hears of a run about this often."""
OVER = ("ended", "refused", "dropped")
DROPPED = "The run was cancelled before it began."
STALLED = "The run could not start because of an unexpected error ({}); the log of the program says more."


@dataclass
class Job:
    """A run that was asked for. `changed` guards what the two threads share."""

    id: str
    request: Request
    known: Known | None = None
    stop: Event = field(default_factory=Event)
    changed: Condition = field(default_factory=Condition)
    status: str = "queued"
    refusal: str = ""
    seen: int = 0
    recording: Recording | None = None

    def note(self, status: str, seen: int = 0, refusal: str = "") -> None:
        """Say how far the run is; wakes whoever watches."""
        with self.changed:
            self.status, self.seen, self.refusal = status, max(seen, self.seen), refusal
            self.changed.notify_all()

    def begin(self) -> bool:
        """Leave the queue; False if the run was cancelled while it waited."""
        with self.changed:
            if self.over:
                return False
            self.note("opening the models")
            return True

    def cancel(self) -> None:
        """Stop before the next forward pass; a run that still waits ends at once."""
        self.stop.set()
        with self.changed:
            if self.status == "queued":
                self.note("dropped", refusal=DROPPED)

    @property
    def over(self) -> bool:
        return self.status in OVER


class Runner:
    """A thread that takes one job after the other."""

    def __init__(self, store: Store, open_shelf: Callable[[], Any]) -> None:
        self.store, self.open_shelf = store, open_shelf
        self._jobs: dict[str, Job] = {}
        self._queue: SimpleQueue[Job] = SimpleQueue()
        self._thread: Thread | None = None

    def submit(self, request: Request, known: Known | None = None) -> Job:
        """Queue a run; returns at once."""
        job = Job(self.store.new_id(), request.checked(), known)
        self._jobs[job.id] = job
        self._queue.put(job)
        if self._thread is None:
            self._thread = Thread(target=self._work, name="decoding", daemon=True)
            self._thread.start()
        return job

    def stop(self, id: str) -> bool:
        """Ask a run to stop before its next forward pass; False if no such run is going on."""
        job = self._jobs.get(id)
        if job is None:
            return False
        job.cancel()
        return True

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            try:
                self._one(job)
            except WorkbenchError as error:
                job.note("refused", refusal=str(error))
            except Exception as error:
                log.exception("The run %s of %s failed", job.id, job.request.method)
                job.note("refused", refusal=STALLED.format(type(error).__name__))
            finally:
                self._jobs.pop(job.id, None)

    def _one(self, job: Job) -> None:
        if not job.begin():
            return
        prepared: Prepared = prepare(job.request, self.open_shelf(), job.stop.is_set)
        recording = Recording(prepared, JournalWriter(self.store.journal(job.id)))
        record = Record(job.id, recording.trace, running=True, known=job.known)
        if job.known:
            self.store.remember(job.id, job.known)
        self.store.add(record)
        job.recording = recording
        try:
            for seen in recording.batches():
                job.note("running", seen)
        finally:
            trace = recording.trace()
            record.trace = lambda: trace
            record.running = False
        job.note("ended", len(trace.events))


def watch(job: Job, store: Store, pictures: Pictures) -> Generator[dict[str, Any], None, None]:
    """Small messages until the run is over; stops the run if the watcher goes away."""
    follower: _Follower | None = None
    told: tuple[str, int] | None = None
    try:
        while True:
            with job.changed:
                if (job.status, job.seen) == told:
                    job.changed.wait(1.0)
                status, seen, recording = job.status, job.seen, job.recording
            if (status, seen) != told:
                told = status, seen
                if recording is None or status in ("refused", "dropped"):
                    yield {"run": job.id, "status": status, "message": job.refusal, "upto": 0}
                else:
                    follower = follower or _Follower(recording, store.get(job.id), pictures)
                    follower.feed(seen, last=status == "ended")
                    yield follower.message(status)
            if status in OVER:
                return
            job.stop.wait(PAUSE_S)
    finally:
        job.cancel()


class _Follower:
    """Turns what was recorded into deltas of the reel."""

    def __init__(self, recording: Recording, record: Record, pictures: Pictures) -> None:
        self.recording, self.record, self.pictures = recording, record, pictures
        header = recording.prepared.header
        self.builder: Builder = pictures.builder(header, recording.prepared.glossary, recording.tokens)
        self.fed = 0
        self.tokens = 0
        self.budget = header.max_tokens

    def feed(self, upto: int, last: bool) -> None:
        """Feed the events that are new and keep the delta that they make."""
        if upto == self.fed and not last:
            return
        for index in range(self.fed, upto):
            event = self.recording.events[index]
            self.tokens += len(event.candidates) if isinstance(event, Commit) and event.lane == 0 else 0
            self.tokens -= len(event.cells) if isinstance(event, Retract) and event.cells.lane == 0 else 0
            self.builder.feed(event, self.recording.clock[index])
        self.fed = upto
        if last:
            self.builder.finish(self.recording.footer)
        self.record.deltas.append(self.pictures.dumps(self.builder.delta()))

    def message(self, status: str) -> dict[str, Any]:
        progress = {"tokens": self.tokens, "max": self.budget, "upto": len(self.record.deltas)}
        if status != "ended":
            return {"run": self.record.id, "status": status, **progress}
        return {**self.record.described(), **progress}
