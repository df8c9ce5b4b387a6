"""The folder of a sweep: one tidy table, one trace per row, and the log that a killed sweep goes on from."""

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from workbench.trace import WorkbenchError

TABLE, LOG, TRACES = "table.csv", "rows.jsonl", "traces"
COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Row:
    """One run of one setting on one prompt. key: what the run was determined by, as a digest.

    seed: that of the task's prompt, or the place of the prompt in its file, where `prompt` is its id;
    run_seed: that of the run.

    score: 0 to 1, leniently read; strict: the same where the format is exact, else 0. reason: the kind of
    mistake ('' if right); sentence: what is wrong, or why there is no result (status is not 'complete').
    """

    method: str
    knobs: str
    models: str
    task: str
    seed: int
    score: float | None = None
    strict: float | None = None
    reason: str = ""
    sentence: str = ""
    rounds: int | None = None
    sequences: int | None = None
    positions: int | None = None
    light_positions: int | None = None
    tokens: int | None = None
    tokens_per_round: float | None = None
    order: float | None = None
    spearman: float | None = None
    status: str = COMPLETE
    answer: str = ""
    trace: str = ""
    key: str = ""
    prompt: str = ""
    run_seed: int = 0
    text_tokens: int | None = None


COLUMNS = tuple(field.name for field in fields(Row))
TEXTS = {"method", "knobs", "models", "task", "reason", "sentence", "status", "answer", "trace", "key",
         "prompt"}  # fmt: skip
WHOLE = {"seed", "rounds", "sequences", "positions", "light_positions", "tokens", "run_seed", "text_tokens"}


class Table:
    """The rows of a folder, kept open for one sweep at a time.

    A row is in the log only when its trace is written, and a line that a kill cut off is dropped; the table
    is replaced as a whole. So neither ever holds half a row.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _make(folder)
        self._log = _locked(folder / LOG)
        self.rows = {row.key: row for row in self._read()}

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *problem: object) -> None:
        self._log.close()

    def has(self, key: str) -> bool:
        """Whether this row is complete, its trace included; what failed is tried again."""
        row = self.rows.get(key)
        return row is not None and row.status == COMPLETE and (self.folder / row.trace).is_file()

    def add(self, row: Row) -> None:
        """Append a row to the log, on the disk before this returns."""
        self._log.write(json.dumps(asdict(row), ensure_ascii=False, allow_nan=False).encode() + b"\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        self.rows[row.key] = row

    def write(self, order: Iterable[str]) -> None:
        """Replace the table by the rows of these keys, as far as they are there; the log keeps all others."""
        rows = (self.rows[key] for key in order if key in self.rows)
        replace(self.folder / TABLE, as_csv(rows).encode())

    def _read(self) -> Iterable[Row]:
        """The whole lines of the log; a last line that was cut off is removed."""
        self._log.seek(0)
        whole = 0
        for number, line in enumerate(self._log, 1):
            if not line.endswith(b"\n"):
                break
            try:
                yield Row(**json.loads(line))
            except (ValueError, TypeError):
                raise WorkbenchError(
                    f"Line {number} of '{self.folder / LOG}' is no row of a sweep; remove the folder, or "
                    "name another one."
                ) from None
            whole += len(line)
        self._log.truncate(whole)
        self._log.seek(whole)


def as_csv(rows: Iterable[Row]) -> str:
    """Rows as CSV text with a heading; None is an empty field."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()


def read(folder: Path) -> list[Row]:
    """The table of a sweep. Raises WorkbenchError where there is none."""
    path = folder / TABLE
    try:
        text = path.read_text(encoding="utf-8")
        return [_row(fields) for fields in csv.DictReader(io.StringIO(text))]
    except (OSError, UnicodeDecodeError):
        raise WorkbenchError(
            f"'{folder.name}' holds no readable {TABLE}; name the folder of a sweep."
        ) from None
    except (TypeError, ValueError, csv.Error):
        raise WorkbenchError(f"The file '{path}' is not the table of a sweep; run the sweep again.") from None


def _row(fields: Mapping[str, str | None]) -> Row:
    values: dict[str, Any] = {
        name: text
        if name in TEXTS
        else None
        if text in ("", None)
        else int(text)
        if name in WHOLE
        else float(text)
        for name, text in fields.items()
    }
    return Row(**values)


def replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise WorkbenchError(f"'{path}' cannot be written: {error.strerror or error}.") from None


def _make(folder: Path) -> None:
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / LOG).is_file():
            raise WorkbenchError(
                f"The folder '{folder}' is not empty and holds no sweep; name a new folder, or "
                "that of a sweep."
            )
        (folder / TRACES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbenchError(f"The folder '{folder}' cannot be made: {error.strerror or error}.") from None


def _locked(path: Path) -> IO[bytes]:
    """The log, open for this process alone where the system can do that."""
    try:
        log = path.open("a+b")
    except OSError as error:
        raise WorkbenchError(f"'{path}' cannot be opened: {error.strerror or error}.") from None
    try:
        import fcntl
    except ImportError:  # Windows: two sweeps into one folder are not told from one
        return log
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        log.close()
        raise WorkbenchError(
            f"Another sweep is writing to '{path.parent}'; wait for it, or name another folder."
        ) from None
    return log
