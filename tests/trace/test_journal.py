"""The journal opens wherever the writing stopped."""

import gzip
from dataclasses import replace

import pytest
from trace_examples import masked, speculative

from workbench.trace import Glossary, JournalWriter, WorkbenchError, check, encode, load, read_journal
from workbench.trace.journal import write_journal


def journal(path, batches=5):
    trace = speculative()
    trace = replace(trace, tokens={**trace.tokens, 3: "🙂".encode(), 4: b"\xf0"})
    write_journal(path, trace, [slice(i, i + batches) for i in range(0, len(trace.events), batches)])
    return trace, path.read_bytes()


def test_a_whole_journal_is_the_trace(tmp_path):
    trace, data = journal(tmp_path / "a.jsonl")
    assert (
        read_journal(data) == trace == read_journal(tmp_path / "a.jsonl") == load(str(tmp_path / "a.jsonl"))
    )
    assert data.count(b'"3":"') == 1, "a token is named once"
    assert read_journal(data.rstrip(b"\n")) == trace, "the last newline may be missing"


def test_a_journal_cut_at_every_byte_opens_or_gives_a_sentence(tmp_path):
    trace = replace(speculative(), glossary=Glossary.of(), tokens={3: "🙂".encode(), 4: b"\xf0"})
    trace = replace(trace, events=trace.events[9:13], clock=trace.clock[9:13])
    write_journal(tmp_path / "a.jsonl", trace, [slice(0, 2), slice(2, 4)])
    data = (tmp_path / "a.jsonl").read_bytes()
    lines = data.split(b"\n")
    ends, total = [], 0
    for line in lines[:-1]:
        total += len(line)
        ends.append(total)  # a line counts once its last brace is there
        total += 1
    for stop in range(len(data)):
        whole = sum(end <= stop for end in ends)
        if not whole:
            with pytest.raises(WorkbenchError, match="so nothing was recorded"):
                read_journal(data[:stop])
            continue
        found = read_journal(data[:stop])
        count = min(4, 2 * (whole - 1))
        assert found.events == trace.events[:count] and len(found.clock) == count
        if whole < len(ends):
            assert found.footer.status == "truncated" and f"after {count} events" in found.footer.message
        else:
            assert found.footer == trace.footer


def test_a_journal_cut_behind_its_head_has_nothing_wrong(tmp_path):
    _, data = journal(tmp_path / "a.jsonl")
    cut = read_journal(data.split(b"\n")[0])
    assert not cut.events and check(cut).ok


def test_a_run_that_raises_leaves_a_truncated_journal(tmp_path):
    trace = masked()
    with pytest.raises(ZeroDivisionError), JournalWriter(tmp_path / "b") as writer:
        writer.open(trace.header, trace.glossary)
        writer.write(trace.events[:2], tokens=trace.tokens)
        assert len(read_journal(tmp_path / "b").events) == 2, "each batch is on the disk when write returns"
        raise ZeroDivisionError
    assert read_journal(tmp_path / "b").footer.message == (
        "The recording was cut off without a footer, after 2 events."
    )


def test_misuse_of_the_writer_gives_a_sentence(tmp_path):
    trace = masked()
    writer = JournalWriter(tmp_path / "c")
    with pytest.raises(WorkbenchError, match="not open"):
        writer.write(trace.events)
    writer.open(trace.header, trace.glossary)
    with pytest.raises(WorkbenchError, match="open already"):
        writer.open(trace.header, trace.glossary)
    with pytest.raises(WorkbenchError, match="12 events but 1 times"):
        writer.write(trace.events, [0.0])
    writer.close()
    writer.close()
    with pytest.raises(WorkbenchError, match="cannot be written"):
        JournalWriter(tmp_path / "no" / "folder").open(trace.header, trace.glossary)


def test_damage_in_the_middle_is_refused_with_the_line(tmp_path):
    _, data = journal(tmp_path / "a.jsonl")
    lines = data.split(b"\n")

    def refusal(*changed):
        with pytest.raises(WorkbenchError) as error:
            read_journal(b"\n".join(changed))
        return str(error.value)

    assert "line 2: the file is not JSON" in refusal(lines[0], lines[1][:50], *lines[2:])
    assert "line 6: something follows the footer" in refusal(*lines[:-1], lines[1], b"")
    assert "line 3: the token 3 has another text" in refusal(
        lines[0], lines[1], lines[2].replace(b'"tokens":{}', b'"tokens":{"3":"x"}'), b""
    )
    assert "line 2: event 3 (propose) 'first' is null" in refusal(
        lines[0], lines[1].replace(b'"first":0', b'"first":null'), b""
    )
    assert "its 'format' is 'decoding-workbench-trace'" in refusal(encode(masked()), b"")


def test_load_opens_everything_by_its_content(tmp_path):
    trace, data = journal(tmp_path / "a.jsonl")
    assert load(gzip.compress(data)) == trace
    assert load(encode(trace)) == trace
    (tmp_path / "wrong.txt").write_bytes(gzip.compress(encode(trace)))
    assert load(tmp_path / "wrong.txt") == trace
    cut = load(gzip.compress(data)[:-20])
    assert cut.footer.status == "truncated" and cut.events
    for wrong in (tmp_path, tmp_path / "none", "\x00"):
        with pytest.raises(WorkbenchError):
            load(wrong)
    with pytest.raises(WorkbenchError, match="more than 10 bytes"):
        load(tmp_path / "a.jsonl", limit=10)
