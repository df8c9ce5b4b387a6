"""The routes of "Many prompts": one folder, one sweep at a time, and every row opens its trace."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.run.table import TABLE

ASKED = {
    "name": "first",
    "methods": ["tiny"],
    "tasks": ["copy", "shuffle"],
    "count": 2,
    "grid": "threshold=0.5,0.9",
    "max_tokens": 8,
}


def over(web: Any) -> dict[str, Any]:
    """The sweep's last word."""
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        job = web.get("/sweeps/progress.json").json()["job"]
        if job["status"] != "running":
            return job
    raise AssertionError("the sweep does not end")


@pytest.fixture(scope="module")
def swept(web: Any) -> dict[str, Any]:
    """A small sweep that was started from the page, with the embedded masked model."""
    asked = ASKED | {"methods": ["fast_dllm_threshold", "llada_low_confidence"]}
    started = web.post("/sweeps/run", json=asked).json()
    assert (started["status"], started["all"], started["name"]) == ("running", 12, "first")
    return over(web)


def test_a_sweep_runs_and_is_listed(web: Any, swept: dict[str, Any]) -> None:
    assert swept == {"name": "first", "status": "done", "done": 12, "all": 12, "sentence": ""}
    options = web.get("/sweeps/options.json").json()
    assert options["sweeps"] == ["first"] and {"id", "title", "trained"} == set(options["tasks"][0])
    trained = {task["id"]: task["trained"] for task in options["tasks"]}
    assert trained["copy"] and not trained["replace_random"]


def test_the_figure_is_of_all_tasks_or_of_one(web: Any, swept: dict[str, Any]) -> None:
    whole = web.get("/sweeps/figure.json", params={"name": "first"}).json()
    assert whole["tasks"] == ["copy", "shuffle"]
    assert [(each["method"], each["knobs"], each["runs"]) for each in whole["settings"]] == [
        ("fast_dllm_threshold", "threshold=0.5", 4),
        ("fast_dllm_threshold", "threshold=0.9", 4),
        ("llada_low_confidence", "", 4),
    ]
    one = web.get("/sweeps/figure.json", params={"name": "first", "task": "copy", "column": "strict"}).json()
    assert {row["task"] for each in one["settings"] for row in each["rows"]} == {"copy"}
    assert [each["runs"] for each in one["settings"]] == [2, 2, 2]
    names = [line["name"] for line in one["figure"]["spec"]["data"]]
    assert names[1:] == ["fast_dllm_threshold", "llada_low_confidence"]


def test_every_row_opens_its_trace_once(web: Any, place: Any, swept: dict[str, Any]) -> None:
    settings = web.get("/sweeps/figure.json", params={"name": "first"}).json()["settings"]
    row = settings[0]["rows"][1]
    opened = web.post("/sweeps/open", params={"name": "first", "key": row["key"]}).json()["run"]
    again = web.post("/sweeps/open", params={"name": "first", "key": row["key"]}).json()["run"]
    described = web.get(f"/runs/{opened}").json()
    assert opened == again and described["method"] == row["method"]
    assert described["outcome"]["right"] == (row["score"] == 1)
    assert described["knobs"]["threshold"] == 0.5 and described["badge"]["state"] != "mismatch"


def test_names_and_traces_stay_below_the_folder(web: Any, place: Any, swept: dict[str, Any]) -> None:
    for name in ("..", "../first", "a/b", "", "." * 3, "x" * 99):
        answer = web.get("/sweeps/figure.json", params={"name": name})
        assert answer.status_code == 400 and "name has letters" in answer.json()["error"]
    assert "holds no readable" in web.get("/sweeps/figure.json", params={"name": "none"}).json()["error"]
    root: Path = place.settings.traces / "sweeps"
    forged = root / "forged"
    forged.mkdir()
    with (root / "first" / TABLE).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[0]["trace"] = "traces/../../first/rows.jsonl"
    with (forged / TABLE).open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ask = {"name": "forged", "key": rows[0]["key"]}
    assert "has no trace" in web.post("/sweeps/open", params=ask).json()["error"]
    gone = web.post("/sweeps/open", params={"name": "forged", "key": rows[1]["key"]})
    assert gone.status_code == 400 and "error" in gone.json()
    assert "has no trace" in web.post("/sweeps/open", params={"name": "first", "key": "no"}).json()["error"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "../up"}, "name has letters"),
        ({"methods": []}, "needs a method and a task"),
        ({"methods": ["gredy"]}, "did you mean greedy"),
        ({"tasks": "copy"}, "needs a method and a task"),
        ({"count": None}, "prompts is not a whole number"),
        ({"count": 0}, "n = 0 is out of range"),
        ({"count": 1001}, "the page does 2000 at most"),
        ({"grid": "threshold"}, "is not of the form KNOB=V1,V2"),
        ({"grid": "colour=1"}, "has the knob 'colour'"),
        ({"max_tokens": 2.5}, "max_tokens is not a whole number"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(web: Any, change: dict[str, Any], sentence: str) -> None:
    answer = web.post("/sweeps/run", json=ASKED | {"methods": ["greedy"], "grid": ""} | change)
    assert answer.status_code == 400 and sentence in answer.json()["error"]


def test_bodies_that_are_no_sweep_are_refused(web: Any) -> None:
    for body in (b"no", json.dumps([1]).encode()):
        assert "reload the page" in web.post("/sweeps/run", content=body).json()["error"]
    other = {"origin": "http://evil.example"}
    assert web.post("/sweeps/run", json=ASKED, headers=other).status_code == 403


def test_the_perfect_model_can_stand_in(web: Any) -> None:
    asked = ASKED | {"name": "perfect", "methods": ["llada_low_confidence"], "tasks": ["replace_random"],
                     "grid": "steps=0,1", "perfect": True}  # fmt: skip
    assert web.post("/sweeps/run", json=asked).json()["all"] == 4
    assert over(web)["status"] == "done"
    slow, fast = web.get("/sweeps/figure.json", params={"name": "perfect"}).json()["settings"]
    assert (slow["score"], fast["score"]) == (1, 0) and fast["reasons"] == {"no change": 2}
    assert slow["rows"][0]["models"] == "denoiser=oracle"
    refused = web.post("/sweeps/run", json=asked | {"methods": ["greedy"], "grid": ""})
    assert "the model role 'denoiser'" in refused.json()["error"]


def test_a_cancelled_sweep_goes_on_when_it_is_asked_again(web: Any, place: Any) -> None:
    asked = ASKED | {"name": "second", "methods": ["llada_low_confidence"], "grid": "", "count": 20,
                     "max_tokens": 32}  # fmt: skip
    assert web.post("/sweeps/run", json=asked).json()["all"] == 40
    assert "A sweep is running" in web.post("/sweeps/run", json=asked).json()["error"]
    web.post("/sweeps/cancel")
    stopped = over(web)
    assert stopped["status"] == "stopped" and stopped["done"] < 40
    short = asked | {"count": 1}
    assert web.post("/sweeps/run", json=short).json()["status"] == "running"
    assert over(web)["status"] == "done"
