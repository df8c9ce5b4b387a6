"""Whatever goes wrong while a method runs: one sentence in the footer, and everything recorded is kept."""

from pathlib import Path

import pytest
import torch
from fakes import TableCausal, table_run

from workbench.methods.catalogue import find
from workbench.models.api import Beliefs, Reading
from workbench.run.recorder import Recording
from workbench.trace import Trace
from workbench.trace.check import check
from workbench.trace.journal import JournalWriter, read_journal


def fails_at(monkeypatch: pytest.MonkeyPatch, call: int, error: Exception | None) -> None:
    """The model's `call`-th pass raises, or returns NaN where `error` is None."""
    read, calls = TableCausal.read, iter(range(1000))

    def broken(self: TableCausal, *args, **kwargs) -> Reading:
        reading = read(self, *args, **kwargs)
        if next(calls) < call:
            return reading
        if error:
            raise error
        return Reading(Beliefs(reading.beliefs.logits * torch.nan, "broken"), reading.memory, reading.rows)

    monkeypatch.setattr(TableCausal, "read", broken)


def outcome(error: Exception | None, monkeypatch: pytest.MonkeyPatch) -> Trace:
    fails_at(monkeypatch, 3, error)
    return Recording(table_run(find("greedy"))).run()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "logit"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "ran out of memory"),
        (MemoryError(), "ran out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "ran out of memory"),
        (ZeroDivisionError("division by zero"), "please report"),
    ],
)
def test_a_failure_is_one_sentence_and_loses_nothing(error, words, monkeypatch) -> None:
    trace = outcome(error, monkeypatch)
    assert trace.footer.status == "failed"
    assert words in trace.footer.message
    assert "Traceback" not in trace.footer.message
    assert "\n" not in trace.footer.message
    assert sum(type(event).__name__ == "Commit" for event in trace.events) == 3
    assert check(trace).ok


def test_a_journal_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    recording = Recording(table_run(find("speculative_sampling")), JournalWriter(path))
    recording.run()
    whole = read_journal(path)
    assert whole.events == recording.trace().events
    assert whole.footer == recording.footer
    lines = path.read_bytes().splitlines(keepends=True)
    cut = read_journal(b"".join(lines[:-1]))
    assert cut.footer.status == "truncated"
    assert cut.events == whole.events


def test_cancel_before_the_first_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = Recording(table_run(find("jacobi"), stop=lambda: True)).run()
    assert trace.footer.status == "cancelled"
    assert check(trace).ok
