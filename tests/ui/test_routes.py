"""Reels, exports and imports over plain routes; every refusal is one sentence."""

import gzip
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from torch import cuda

from workbench.trace import encode, load

GREEDY = {"method": "greedy", "models": {"target": "tiny-target"}, "prompt": "Add 1+2", "max_tokens": 8}


@pytest.fixture(scope="module")
def run(web: Any) -> str:
    """The id of a finished run."""
    place = web.app.state.place
    job = place.runner.submit(place.request(**GREEDY))
    with job.changed:
        assert job.changed.wait_for(lambda: job.over, timeout=60)
    assert job.status == "ended", job.refusal
    return job.id


def test_the_first_picture_needs_no_torch() -> None:
    """In a fresh interpreter: the page and an example's reel, and torch is still not there."""
    code = """
import sys, tempfile, app
from pathlib import Path
from fastapi.testclient import TestClient
from workbench.ui.place import Settings
from workbench.ui.serve import build
folder = tempfile.mkdtemp()
with TestClient(build(Settings(traces=Path(folder)), app.PICTURES, ["testserver"], folder)) as web:
    assert web.get("/").status_code == 200
    view = web.get("/workbench/examples.json").json()[0]
    assert web.get(f"/runs/{view['a']}/reel").json()["beats"]
print("torch" in sys.modules)
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("False"), done.stderr


def test_a_run_is_described_and_drawn(web: Any, run: str) -> None:
    about = web.get(f"/runs/{run}").json()
    assert about["status"] == "complete"
    badge = about["badge"]
    assert (badge["state"], badge["text"]) == ("verified", "Checked")
    assert re.fullmatch(r"derived: \d+ verdicts? recomputed, \d+ numbers? derived again", badge["note"])
    assert len(web.get(f"/runs/{run}/reel").json()["beats"]) > 8


def test_exports_open_again(web: Any, run: str) -> None:
    trace = load(web.get(f"/runs/{run}/trace.json").content)
    journal = web.get(f"/runs/{run}/trace.jsonl")
    assert encode(load(journal.content)) == encode(trace)
    assert journal.headers["content-disposition"].startswith('attachment; filename="greedy-')
    with zipfile.ZipFile(io.BytesIO(web.get(f"/runs/{run}/tables.zip").content)) as tables:
        assert {"rounds.csv", "candidates.csv", "trace.json"} <= set(tables.namelist())
        assert load(tables.read("trace.json")) == trace
    replay = web.get(f"/runs/{run}/replay.html", params={"beside": "example-greedy"})
    assert "attachment" in replay.headers["content-disposition"]
    example = web.get("/runs/example-greedy/trace.json")
    assert example.headers["content-disposition"] == 'attachment; filename="greedy-example-greedy.json"'


def test_an_import_is_the_same_run(web: Any, run: str) -> None:
    content = web.get(f"/runs/{run}/trace.json").content
    first = web.post("/runs/import", content=content).json()
    packed = web.post("/runs/import", content=gzip.compress(content)).json()
    assert first["badge"] == packed["badge"] == web.get(f"/runs/{run}").json()["badge"]
    assert first["run"] not in (run, packed["run"])


def test_a_tampered_run_is_opened_and_named(web: Any, run: str) -> None:
    found = json.loads(web.get(f"/runs/{run}/trace.json").content)
    at, judge = next((i, e) for i, e in enumerate(found["events"]) if "judge" in json.dumps(e).lower())
    text = json.dumps(judge).replace("true", "false")
    found["events"][at] = json.loads(text)
    about = web.post("/runs/import", content=json.dumps(found)).json()
    assert about["badge"]["state"] == "mismatch"
    assert about["badge"]["event"] == at
    assert f"at event {at}" in about["badge"]["text"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b"\x1f\x8b broken",
        b'{"format": "decoding-workbench-trace", "version": "99.0.0"}',
        b'{"format": "decoding-workbench-journal", "version": "1.0.0"',
        b'{"format": "something else"}',
    ],
)
def test_a_bad_file_is_one_sentence(web: Any, content: bytes) -> None:
    answer = web.post("/runs/import", content=content)
    assert answer.status_code == 400
    said = answer.json()["error"]
    assert said
    assert "\n" not in said
    assert "Traceback" not in said


def test_a_contradiction_is_one_sentence(web: Any, run: str) -> None:
    found = json.loads(web.get(f"/runs/{run}/trace.json").content)
    del found["events"][1]  # nothing begins any more
    found["clock"] = []
    answer = web.post("/runs/import", content=json.dumps(found))
    assert answer.status_code in (200, 400)
    assert "Traceback" not in answer.text


def test_a_file_that_is_too_large_is_refused(web: Any) -> None:
    answer = web.post("/runs/import", content=b" " * (20 * 2**20 + 1))
    assert answer.status_code == 413
    assert "20 MB" in answer.json()["error"]


@pytest.mark.parametrize("id", ["unknown-run", "a", "..%2F..%2Fapp", "x" * 100])
def test_an_unknown_run_is_one_sentence(web: Any, id: str) -> None:
    for path in ("", "/reel", "/delta", "/trace.json", "/trace.jsonl", "/tables.zip", "/replay.html"):
        answer = web.get(f"/runs/{id}{path}")
        assert answer.status_code == 404


def test_the_choices_come_from_the_declarations(web: Any) -> None:
    choices = web.get("/workbench/choices.json").json()
    speculative = next(each for each in choices["methods"] if each["id"] == "speculative_sampling")
    assert speculative["needs"] == {"target": "causal", "draft": "causal"}
    knobs = {each["name"]: each for each in speculative["knobs"]}
    assert knobs["draft_length"]["kind"] == "slider"
    assert knobs["draft_length"]["whole"]
    devices = {each["name"]: each["problem"] for each in choices["device"]["choices"]}
    assert choices["device"]["chosen"] == "cpu"
    assert (devices["auto"], devices["cpu"], bool(devices["cuda"])) == ("", "", not cuda.is_available())
    assert {"tiny-target", "tiny-masked"} <= {each["name"] for each in choices["models"]}


def test_vendor_and_player_files_are_served(web: Any) -> None:
    assert "WorkbenchPlayer" in web.get("/player/player.js").text
    assert "--dw-ink" in web.get("/workbench/page.css").text
    assert web.get("/vendor/plotly.min.js").headers["content-type"].startswith("text/javascript")
