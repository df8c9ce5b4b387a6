"""A small digest of every trace of a sweep, kept beside the table: statistics of passes need all of them.

What a digest holds is the business of whoever makes it; here it is JSON, made once for each row.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from threading import RLock
from typing import Any

from workbench.run.table import COMPLETE, Row
from workbench.trace import Trace, WorkbenchError, load

FILE = "digests.jsonl"
Make = Callable[[Trace], Mapping[str, Any]]


class Digests:
    """The digests of one folder. make: trace -> digest; format: others in the file are made anew.

    The file is only a memory: a line that cannot be read is as good as none.
    """

    def __init__(self, folder: Path, make: Make, format: int) -> None:
        self.folder, self.make, self.format = folder, make, format
        self._lock = RLock()
        self._known: dict[str, Mapping[str, Any] | None] = dict(self._read())

    @property
    def known(self) -> dict[str, Mapping[str, Any]]:
        """Key of a row -> its digest; a trace that cannot be read has none."""
        with self._lock:
            return {key: digest for key, digest in self._known.items() if digest is not None}

    def missing(self, rows: Iterable[Row]) -> list[Row]:
        """The rows whose traces nobody has read yet."""
        with self._lock:
            return [row for row in rows if row.status == COMPLETE and row.key not in self._known]

    def add(self, row: Row) -> None:
        """Read the trace of a row and keep its digest."""
        try:
            digest = self.make(load(self.folder / row.trace))
        except (OSError, WorkbenchError, KeyError, IndexError, ValueError, TypeError, AttributeError):
            digest = None  # the trace is gone, or contradicts itself: its check says more
        line = json.dumps({"key": row.key, "format": self.format, "digest": digest}, allow_nan=False)
        with self._lock:
            self._known[row.key] = digest
            try:
                with (self.folder / FILE).open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")
            except OSError:
                return  # a folder that cannot be written is read again next time

    def fill(self, rows: Iterable[Row]) -> Iterator[int]:
        """Read what is missing; yields how many are left, first and after each."""
        missing = self.missing(rows)
        yield len(missing)
        for at, row in enumerate(missing, 1):
            self.add(row)
            yield len(missing) - at

    def _read(self) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
        try:
            lines = (self.folder / FILE).read_bytes().split(b"\n")
        except OSError:
            return
        for line in lines:
            try:
                found = json.loads(line)
                if found["format"] == self.format and isinstance(found["digest"], dict | None):
                    yield str(found["key"]), found["digest"]
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
