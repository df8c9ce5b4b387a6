"""Digests are made once, survive what may happen to their file, and a trace that cannot be read has none."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from workbench.run.digests import FILE, Digests
from workbench.run.sweep import Plan, sweep
from workbench.run.table import Row, read
from workbench.trace import Trace


@pytest.fixture
def folder(shelf, tmp_path: Path) -> Path:
    """Two runs of four tokens."""
    list(sweep(Plan(("greedy",), ("copy",), 2, max_tokens=4), tmp_path / "sweep", shelf))
    return tmp_path / "sweep"


class Made:
    """Counts the events of a trace, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, trace: Trace) -> dict[str, Any]:
        self.asked += 1
        return {"events": len(trace.events)}


def test_each_trace_is_read_once(folder: Path) -> None:
    rows, make = read(folder), Made()
    digests = Digests(folder, make, 1)
    assert list(digests.fill(rows)) == [2, 1, 0] and make.asked == 2
    assert list(digests.known) == [row.key for row in rows] and not digests.missing(rows)
    again = Digests(folder, make, 1)
    assert list(again.fill(rows)) == [0] and make.asked == 2 and again.known == digests.known


def test_another_format_and_broken_lines_are_made_anew(folder: Path) -> None:
    rows, make = read(folder), Made()
    list(Digests(folder, make, 1).fill(rows))
    newer = Digests(folder, make, 2)
    assert newer.missing(rows) == rows and list(newer.fill(rows)) == [2, 1, 0] and make.asked == 4
    lines = (folder / FILE).read_bytes().splitlines(keepends=True)
    (folder / FILE).write_bytes(b"\xff\n[]\n{}\n" + b"[" * 10_000 + b"\n" + lines[2] + lines[3][:-9])
    assert list(Digests(folder, make, 2).fill(rows)) == [1, 0] and make.asked == 5


@pytest.mark.parametrize("content", [None, b"no trace", gzip.compress(b"{}")])
def test_a_trace_that_cannot_be_read_has_no_digest_and_is_not_asked_again(
    folder: Path, content: bytes | None
) -> None:
    rows = read(folder)
    path = folder / rows[0].trace
    path.unlink() if content is None else path.write_bytes(content)
    digests = Digests(folder, Made(), 1)
    assert list(digests.fill(rows)) == [2, 1, 0]
    assert list(digests.known) == [rows[1].key] and not digests.missing(rows)


def test_rows_without_a_result_have_nothing_to_read(folder: Path) -> None:
    failed = Row("greedy", "", "", "copy", 9, status="failed", key="k")
    assert Digests(folder, Made(), 1).missing([failed]) == []
