"""Every format: same bytes twice, and the same trace again where it carries one."""

import io
import itertools
import json
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import fake_traces as fakes
import pytest
from PIL import Image

from viz.export import FORMATS
from viz.export.gif import MOST_FRAMES, animation, picked
from viz.export.notebook import notebook
from viz.export.perfetto import TICK_NS, timeline
from viz.reel import reel
from viz.theme import TOKENS, Mode
from workbench.exchange import Format, open_any
from workbench.exchange.packed import pack
from workbench.trace import Trace, WorkbenchError, encode, load

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "assets" / "examples"
CARRIERS = [kind for kind in FORMATS if kind.opens]
TRACES = dict(fakes.every()) | {"hostile": fakes.masked(8, 2, 1, hostile=True)}


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.file)
def test_the_same_trace_gives_the_same_bytes(kind: Format) -> None:
    trace = TRACES["tree"]
    assert kind.write([trace], "light") == kind.write([trace], "light")


@pytest.mark.parametrize("kind", CARRIERS, ids=lambda kind: kind.file)
@pytest.mark.parametrize("name", ["speculative", "masked", "hostile"])
def test_a_file_that_carries_a_trace_opens_as_that_trace(kind: Format, name: str) -> None:
    trace = TRACES[name]
    assert [encode(each) for each in open_any(kind.write([trace], "light")).traces] == [encode(trace)]


def test_a_replay_of_two_runs_opens_as_both() -> None:
    two = [TRACES["greedy"], TRACES["speculative"]]
    replay = next(kind for kind in FORMATS if kind.file == "replay.html")
    assert open_any(replay.write(two, "light")).traces == tuple(two)


def archive_without_trace() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("rounds.csv", "round\n")
    return buffer.getvalue()


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trace.json", b" " * 2_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (animation(TRACES["greedy"]), "a picture and holds no trace"),
        (b"\x89PNG\r\n\x1a\n", "a picture and holds no trace"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a picture and holds no trace"),
        (b"<!doctype html><p>hello", "page carries no trace"),
        (b'<script type="application/json" id="traces">["!"]</script>', "not base64"),
        (b'<script type="application/json" id="traces">[1]</script>', "page carries no trace"),
        (b'{"traceEvents": []}', "timeline carries no trace"),
        (b'{"nbformat": 4, "cells": [{"source": "1 + 1"}]}', "notebook carries no trace"),
        (b'{"nbformat": 4, "cells": [7, {"source": [{}]}]}', "notebook carries no trace"),
        (archive_without_trace(), "no trace.json"),
        (b"PK\x03\x04 broken", "damaged"),
        (bomb(), "the most that is read"),
        (b"", "empty"),
    ],
)
def test_what_carries_none_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(WorkbenchError, match=said) as caught:
        open_any(content, 1_000_000)
    assert "\n" not in str(caught.value)


# -- timeline ----------------------------------------------------------------------------------------


def nests(slices: list[tuple[float, float]]) -> bool:
    """Whether each slice lies inside the one that is open when it begins, or behind it."""
    opened: list[float] = []
    for start, end in sorted(slices, key=lambda each: (each[0], -each[1])):
        while opened and opened[-1] <= start + 1e-9:
            opened.pop()
        if opened and end > opened[-1] + 1e-9:
            return False
        opened.append(end)
    return True


def tracks(events: list[dict[str, Any]]) -> dict[tuple[int, int], list[tuple[float, float]]]:
    found: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for each in events:
        if each["ph"] == "X":
            found[each["pid"], each["tid"]].append((each["ts"], each["ts"] + each["dur"]))
    return found


def well_formed(trace: Trace) -> list[dict[str, Any]]:
    """The events of a timeline, after its slices and arrows were looked at."""
    events = json.loads(timeline([trace]))["traceEvents"]
    named = {(each["pid"], each["tid"]) for each in events if each["name"] == "thread_name"}
    for track, slices in tracks(events).items():
        assert track in named
        assert nests(slices)
        if track[1] != 1:  # only headings have anything inside them
            ordered = sorted(slices)
            assert all(a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(ordered))
    starts = {(each["tid"], each["ts"]) for each in events if each["ph"] == "X"}
    arrows = defaultdict(list)
    for each in events:
        if each["ph"] in "sf":
            arrows[each["id"]].append(each)
            assert (each["tid"], each["ts"]) in starts
    assert all(
        [a["ph"] for a in pair] == ["s", "f"] and pair[0]["ts"] < pair[1]["ts"] for pair in arrows.values()
    )
    return events


def test_the_check_of_nesting_can_fail() -> None:
    assert nests([(0, 10), (0, 5), (5, 10), (10, 12)])
    assert not nests([(0, 10), (5, 12)])


@pytest.mark.parametrize("name", TRACES)
def test_a_timeline_nests(name: str) -> None:
    well_formed(TRACES[name])


def test_a_timeline_tells_what_the_trace_tells() -> None:
    trace = TRACES["speculative"]
    events = well_formed(trace)
    assert any(each["ph"] == "s" for each in events)
    counted = [each["args"]["accepted drafts"] for each in events if each["name"] == "accepted drafts"]
    rounds = [each["args"] for each in events if each["ph"] == "X" and "committed" in each["args"]]
    assert counted == [args["accepted"] for args in rounds]
    masks = [e["args"]["masks left"] for e in well_formed(TRACES["masked"]) if e["name"] == "masks left"]
    assert masks[0] > masks[-1] == 0


def test_two_runs_are_two_processes_and_a_run_without_times_says_so() -> None:
    one, two = load(EXAMPLES / "example-sampled.json.gz"), TRACES["greedy"]
    whole = json.loads(timeline([one, two]))
    assert {each["pid"] for each in whole["traceEvents"]} == {1, 2}
    bare = Trace(two.header, two.glossary, two.events, two.footer, two.tokens)
    assert json.loads(timeline([bare]))["decoding_workbench"]["time"].startswith("not recorded")
    assert min(e["dur"] for e in whole["traceEvents"] if e["ph"] == "X") >= TICK_NS / 1000


# -- animation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mode"),
    [("tree", "light"), ("tree", "dark"), ("greedy", "light"), ("hostile", "dark"), ("beams", "light")],
)
def test_an_animation_has_a_frame_per_round_in_the_theme(name: str, mode: Mode) -> None:
    image = Image.open(io.BytesIO(animation(TRACES[name], mode)))
    assert image.info["loop"] == 0
    rounds = len(reel(TRACES[name])["rounds"])
    assert 1 < image.n_frames <= rounds == len(picked(rounds))  # equal neighbours become one
    image.seek(image.n_frames - 1)
    ground = TOKENS["surface"][mode == "dark"]
    corner = image.convert("RGB").getpixel((2, 2))
    assert corner == tuple(int(ground[at : at + 2], 16) for at in (1, 3, 5))


def test_many_rounds_are_thinned_with_both_ends() -> None:
    frames = picked(512)
    assert (frames[0], frames[-1], len(frames)) == (0, 511, MOST_FRAMES)
    assert len(set(frames)) == MOST_FRAMES


def test_frames_differ_where_the_run_moved() -> None:
    image = Image.open(io.BytesIO(animation(TRACES["hostile"])))
    seen = set()
    for at in range(image.n_frames):
        image.seek(at)
        seen.add(image.convert("RGB").tobytes())
    assert len(seen) == image.n_frames > 1


# -- notebook ----------------------------------------------------------------------------------------


def cells(trace: Trace) -> list[str]:
    return [cell["source"] for cell in json.loads(notebook(trace))["cells"] if cell["cell_type"] == "code"]


def test_a_notebook_is_a_valid_one() -> None:
    nbformat = pytest.importorskip("nbformat")
    made = nbformat.reads(notebook(TRACES["hostile"]).decode(), as_version=4)
    nbformat.validate(made)
    assert nbformat.writes(made)


def test_a_notebook_holds_the_run_once() -> None:
    trace = TRACES["hostile"]
    assert notebook(trace).decode().count(pack(trace)) == 1


def test_the_cells_of_a_notebook_run() -> None:
    """One after the other, in an interpreter of their own; the last one runs the model again."""
    trace = load(EXAMPLES / "example-greedy.json.gz")
    program = "\n".join(
        [
            *cells(trace),
            "shown = trace._repr_html_()",
            "print(shown[:40], shown.count('<iframe'), '<script' in shown)",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "The same events, byte for byte." in done.stdout, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith('<iframe sandbox="allow-scripts allow-dow 1 False')
