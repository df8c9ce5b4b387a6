"""The runs that the page can show: a few in memory, all of them as journals in the app's own folder."""

import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

from workbench.exchange.command import command_line, words_of
from workbench.run.acts import counted
from workbench.trace import Header, Report, Trace, WorkbenchError, check, load
from workbench.trace.journal import write_journal
from workbench.ui.answer import Known, Outcome, outcome

ID = re.compile(r"[A-Za-z0-9_-]{6,40}")
MEMORY = 256 * 2**20
"""About how many bytes of runs stay in memory; the others are read again from their journals."""
JOURNALS = 300
"""How many journals of earlier sessions are kept."""
BYTES_PER_EVENT = 1_500
DEPTHS = {
    "consistent": "Every verdict was recomputed from its own numbers. ",
    "derived": "Every verdict was recomputed, and its numbers were derived again from earlier ones. ",
}
"""What a badge means, for people who see it for the first time."""
UNKNOWN = "The run '{}' is not on this machine; run it again, or open its file."


@dataclass
class Record:
    """One run. `deltas` are the parts of its reel as they were streamed; `trace()` works at any moment."""

    id: str
    trace: Callable[[], Trace]
    running: bool = False
    known: Known | None = None
    deltas: list[bytes] = field(default_factory=list)
    title: str = ""

    @cached_property
    def report(self) -> Report:
        """What the check found; only asked for when the run is over."""
        return check(self.trace())

    @cached_property
    def outcome(self) -> Outcome | None:
        """Whether the answer is right, where the prompt has a known one."""
        return outcome(self.known, self.trace()) if self.known else None

    @property
    def size(self) -> int:
        return sum(map(len, self.deltas)) + BYTES_PER_EVENT * (
            0 if self.running else len(self.trace().events)
        )

    def described(self) -> dict[str, Any]:
        """What the page shows beside the reel."""
        trace = self.trace()
        done = {} if self.running else {"badge": badge(self.report, trace), "outcome": said(self.outcome)}
        footer = trace.footer
        return {
            "run": self.id,
            "status": "running" if self.running else footer.status,
            "events": len(trace.events),
            "message": "" if self.running else footer.message,
            "method": trace.header.method,
            "title": self.title or trace.header.title,
            "command": command(trace.header),
            "knobs": trace.header.knobs,
            "models": {card.role: card.name for card in trace.header.models},
            **done,
        }


def command(header: Header) -> str:
    """The command line that makes the run again; '' where none does."""
    return "" if header.family == "imported" else command_line(words_of(header))


def said(result: Outcome | None) -> dict[str, Any] | None:
    return None if result is None else {"right": result.right, "text": result.text, "known": result.known}


def badge(report: Report, trace: Trace) -> dict[str, Any]:
    """The check as the player shows it: a state, a short text, a longer note, the event of a mismatch."""
    if not report.ok:
        first = report.problems[0]
        where = f" at event {first.event}" if 0 <= first.event < report.events else ""
        event = first.event if where else None
        return {
            "state": "mismatch", "text": f"Mismatch{where}", "title": report.badge, "note": report.badge,
            "event": event,
        }  # fmt: skip
    derived = report.depth == "derived"
    lossy = trace.header.guarantee == "lossy"
    text = "Checked · lossy by design" if lossy else "Checked"
    text += f" · {counted(told)}" if (told := trace.header.interventions) else ""
    state = "lossy" if lossy else "verified" if derived else "consistent"
    note = report.badge[:1].lower() + report.badge[1:].split(". ")[0].rstrip(".")
    title = DEPTHS["derived" if derived else "consistent"] + report.badge
    return {"state": state, "text": text, "title": title, "note": note, "event": None}


class Store:
    """Runs by random id. Least recently used ones leave memory, not the disk."""

    def __init__(self, folder: Path, memory: int = MEMORY) -> None:
        self.folder, self.memory = folder, memory
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._pinned: dict[str, Record] = {}
        self._lock = RLock()
        folder.mkdir(parents=True, exist_ok=True)
        self._prune()

    def new_id(self) -> str:
        return secrets.token_urlsafe(9)

    def journal(self, id: str) -> Path:
        """Where the run's journal is or will be."""
        return self.folder / f"{id}.jsonl"

    def add(self, record: Record) -> Record:
        """Keep a record; others may have to leave memory."""
        with self._lock:
            self._records[record.id] = record
            self._evict(record.id)
        return record

    def pin(self, record: Record) -> None:
        """Keep a record for good: the examples."""
        self._pinned[record.id] = record

    def keep(self, trace: Trace, title: str = "") -> Record:
        """A finished trace from elsewhere becomes a run of its own, with a journal."""
        id = self.new_id()
        write_journal(self.journal(id), trace)
        return self.add(Record(id, lambda: trace, title=title))

    def remember(self, id: str, known: Known) -> None:
        """Note which task a run answered; it outlives the memory."""
        self.folder.joinpath(f"{id}.task.json").write_text(json.dumps([known.task, known.seed]))

    def get(self, id: str) -> Record:
        """The run of this id, from memory or disk. Raises WorkbenchError for an unknown one."""
        if not ID.fullmatch(id):
            raise WorkbenchError("This is no id of a run.")
        with self._lock:
            if id in self._pinned:
                return self._pinned[id]
            if id in self._records:
                self._records.move_to_end(id)
                return self._records[id]
        if not self.journal(id).is_file():
            raise WorkbenchError(UNKNOWN.format(id))
        trace = load(self.journal(id))
        return self.add(Record(id, lambda: trace, known=self._known(id)))

    def _known(self, id: str) -> Known | None:
        try:
            task, seed = json.loads(self.folder.joinpath(f"{id}.task.json").read_text())
            return Known(str(task), int(seed))
        except (OSError, ValueError, TypeError):
            return None

    def _evict(self, keep: str) -> None:
        total = sum(record.size for record in self._records.values())
        for id, record in list(self._records.items()):
            if total <= self.memory:
                return
            if id != keep and not record.running and self.journal(id).is_file():
                total -= record.size
                del self._records[id]

    def _prune(self) -> None:
        """Only the newest journals of earlier sessions stay."""
        journals = sorted(self.folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in journals[JOURNALS:]:
            path.unlink(missing_ok=True)
            path.with_suffix(".task.json").unlink(missing_ok=True)
