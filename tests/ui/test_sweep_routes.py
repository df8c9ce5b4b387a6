"""The routes of "Many prompts": one folder, one sweep at a time, and every row opens its trace."""

import csv
import json
import shutil
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


def read(web: Any, path: str, **params: Any) -> dict[str, Any]:
    """The answer once every trace of the sweep has been read."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        found = web.get(f"/sweeps/{path}", params=params).json()
        if found.get("unread") == 0:
            return found
    raise AssertionError("the traces are never read")


def test_a_sweep_runs_and_is_listed(web: Any, swept: dict[str, Any]) -> None:
    told = {"name": "first", "status": "done", "done": 12, "all": 12, "sentence": "", "seconds_left": None}
    assert swept == told
    options = web.get("/sweeps/options.json").json()
    assert options["sweeps"] == ["first"] and {"id", "title", "trained"} == set(options["tasks"][0])
    trained = {task["id"]: task["trained"] for task in options["tasks"]}
    assert trained["copy"] and not trained["replace_random"]


def test_the_overview_is_of_all_tasks_or_of_one(web: Any, swept: dict[str, Any]) -> None:
    whole = web.get("/sweeps/overview.json", params={"name": "first"}).json()
    assert whole["tasks"] == ["copy", "shuffle"] and (whole["done"], whole["all"]) == (12, 12)
    assert [(each["method"], each["knobs"], each["runs"]) for each in whole["settings"]] == [
        ("fast_dllm_threshold", "threshold=0.5", 4),
        ("fast_dllm_threshold", "threshold=0.9", 4),
        ("llada_low_confidence", "", 4),
    ]
    assert whole["settings"][0]["figures"]["score"]["mean"]["n"] == 4
    asked = {"name": "first", "task": "copy", "column": "strict"}
    one = web.get("/sweeps/overview.json", params=asked).json()
    assert [each["runs"] for each in one["settings"]] == [2, 2, 2]
    names = [line["name"] for line in one["figure"]["spec"]["data"]]
    assert names[1:] == ["fast_dllm_threshold", "llada_low_confidence"]
    runs = web.get("/sweeps/runs.json", params={"name": "first", "task": "copy", "setting": 1}).json()["runs"]
    assert [row["name"] for row in runs] == ["copy 0", "copy 1"]
    assert "did not" not in whole["command"] and whole["command"].startswith("python -m workbench sweep")
    assert whole["setup"]["grid"] == "threshold=0.5,0.9" and whole["setup"]["prompts"] == 0


def test_every_figure_comes_by_itself(web: Any, swept: dict[str, Any]) -> None:
    overview = web.get("/sweeps/overview.json", params={"name": "first"}).json()
    for each in overview["figures"]:
        drawn = read(web, "figure.json", name="first", id=each["id"], show="0,2")
        assert drawn["id"] == each["id"] and (drawn["empty"] or drawn["spec"]["data"])
        assert drawn["shown"] == [0, 2]
    cells = read(web, "figure.json", name="first", id="passes", show="2", sort="passes")
    keys = {row["key"] for row in web.get("/sweeps/runs.json?name=first&setting=2").json()["runs"]}
    assert set(cells["cells"]) == keys and cells["controls"][-1]["value"] == "passes"
    refused = web.get("/sweeps/figure.json", params={"name": "first", "id": "pie"})
    assert refused.status_code == 400 and "no figure 'pie'" in refused.json()["error"]
    gone = web.get("/sweeps/runs.json", params={"name": "first", "setting": 9})
    assert "not in the sweep any more" in gone.json()["error"]
    for odd in ("", "x", "-1,99", "1" * 30, ","):
        assert web.get(
            "/sweeps/figure.json", params={"name": "first", "id": "spread", "show": odd}
        ).is_success


def test_rows_and_reports_are_files(web: Any, swept: dict[str, Any]) -> None:
    read(web, "overview.json", name="first")
    table = web.get("/sweeps/table.csv", params={"name": "first"})
    assert 'filename="first.csv"' in table.headers["content-disposition"]
    assert len(list(csv.DictReader(table.text.splitlines()))) == 12
    assert len(web.get("/sweeps/table.json?name=first").json()) == 12
    report = web.get("/sweeps/report.json?name=first").json()
    assert {"survival", "passes", "differences", "reliability"} <= set(report["tables"])
    page = web.get("/sweeps/report.html?name=first")
    assert page.headers["content-type"].startswith("text/html") and "default-src 'none'" in page.text
    assert web.get("/sweeps/report.html?name=none").status_code == 400


def test_a_field_that_a_spreadsheet_would_compute_is_made_harmless() -> None:
    from workbench.run.table import Row
    from workbench.ui.sweep import _csv

    rows = [Row("m", "", "", "copy", 0, answer=answer) for answer in ("=1+1", "-3", "@x", "plain")]
    answers = [row["answer"] for row in csv.DictReader(_csv(rows).splitlines())]
    assert answers == ["'=1+1", "-3", "'@x", "plain"]


def test_every_row_opens_its_trace_once(web: Any, place: Any, swept: dict[str, Any]) -> None:
    runs = web.get("/sweeps/runs.json", params={"name": "first", "setting": 0}).json()["runs"]
    row = runs[1]
    opened = web.post("/sweeps/open", params={"name": "first", "key": row["key"]}).json()["run"]
    again = web.post("/sweeps/open", params={"name": "first", "key": row["key"]}).json()["run"]
    described = web.get(f"/runs/{opened}").json()
    assert opened == again and described["method"] == "fast_dllm_threshold"
    assert described["outcome"]["right"] == (row["score"] == 1)
    assert described["knobs"]["threshold"] == 0.5 and described["badge"]["state"] != "mismatch"


def test_names_and_traces_stay_below_the_folder(web: Any, place: Any, swept: dict[str, Any]) -> None:
    for name in ("..", "../first", "a/b", "", "." * 3, "x" * 99):
        answer = web.get("/sweeps/overview.json", params={"name": name})
        assert answer.status_code == 400 and "name has letters" in answer.json()["error"]
    assert "holds no readable" in web.get("/sweeps/overview.json", params={"name": "none"}).json()["error"]
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
        ({"count": 2501}, "the page does 5000 at most"),
        ({"repeats": 0}, "repeats = 0 is out of range"),
        ({"models": {"judge": "x"}}, "the model role 'judge'"),
        ({"models": {"target": "nowhere"}}, "There is no model 'nowhere'"),
        ({"models": 3}, "reload the page"),
        ({"prompts": "x"}, "reload the page"),
        ({"prompts": {"name": "a.jsonl", "text": "{}"}}, "Line 1 of 'a.jsonl' has no field 'prompt'"),
        ({"prompts": {"name": "a.txt", "text": "\ud800"}}, "is not UTF-8"),
        ({"tasks": []}, "needs a method and a task"),
        ({"grid": "threshold"}, "is not of the form KNOB=V1,V2"),
        ({"grid": "colour=1"}, "has the knob 'colour'"),
        ({"max_tokens": 2.5}, "max_tokens is not a whole number"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(web: Any, change: dict[str, Any], sentence: str) -> None:
    asked = ASKED | {"methods": ["greedy"], "grid": ""} | change
    answer = web.post("/sweeps/run", content=json.dumps(asked).encode())
    assert answer.status_code == 400 and sentence in answer.json()["error"]


def test_bodies_that_are_no_sweep_are_refused(web: Any) -> None:
    for body in (b"no", json.dumps([1]).encode()):
        assert "reload the page" in web.post("/sweeps/run", content=body).json()["error"]
    other = {"origin": "http://evil.example"}
    assert web.post("/sweeps/run", json=ASKED, headers=other).status_code == 403


def test_the_perfect_model_can_stand_in(web: Any) -> None:
    asked = ASKED | {"name": "perfect", "methods": ["llada_low_confidence"], "tasks": ["replace_random"],
                     "grid": "steps=0,1", "models": {"denoiser": "oracle"}}  # fmt: skip
    assert web.post("/sweeps/run", json=asked).json()["all"] == 4
    assert over(web)["status"] == "done"
    slow, fast = web.get("/sweeps/overview.json", params={"name": "perfect"}).json()["settings"]
    scores = [each["figures"]["score"]["mean"]["value"] for each in (slow, fast)]
    assert scores == [1, 0] and fast["reasons"] == {"no change": 2} and slow["models"] == "denoiser=oracle"
    refused = web.post("/sweeps/run", json=asked | {"methods": ["greedy"], "grid": ""})
    assert "the model role 'denoiser'" in refused.json()["error"]


def test_a_cancelled_sweep_is_gone_on_with(web: Any, place: Any) -> None:
    asked = ASKED | {"name": "second", "methods": ["llada_low_confidence"], "grid": "", "count": 8}
    assert web.post("/sweeps/run", json=asked).json()["all"] == 16
    assert "A sweep is running" in web.post("/sweeps/run", json=asked).json()["error"]
    assert "A sweep is running" in web.post("/sweeps/resume?name=second").json()["error"]
    web.post("/sweeps/cancel")
    stopped = over(web)
    assert stopped["status"] == "stopped" and stopped["done"] < 16
    if stopped["done"]:
        kept = web.get("/sweeps/overview.json?name=second").json()
        assert (kept["done"], kept["all"]) == (stopped["done"], 16)
    assert web.post("/sweeps/resume?name=second").json()["all"] == 16
    assert over(web)["status"] == "done"
    assert read(web, "overview.json", name="second")["done"] == 16
    nothing = web.post("/sweeps/resume?name=none")
    assert nothing.status_code == 400 and "holds no readable plan.json" in nothing.json()["error"]


def test_a_file_of_prompts_is_counted_run_and_opened(web: Any, place: Any) -> None:
    text = '{"prompt": "sort: b a", "answer": "a b", "id": "<b>1"}\n{"prompt": "and you?"}\n'
    counted = web.post("/sweeps/prompts?name=mine.jsonl", content=text.encode())
    assert counted.json() == {"count": 2, "answered": 1}
    bad = web.post("/sweeps/prompts?name=mine.jsonl", content=b"\xff")
    assert bad.status_code == 400 and "Line 1 of 'mine.jsonl' is not UTF-8" in bad.json()["error"]
    asked = ASKED | {"name": "own", "methods": ["llada_low_confidence"], "grid": "", "tasks": [],
                     "repeats": 2, "prompts": {"name": "mine.jsonl", "text": text}}  # fmt: skip
    assert web.post("/sweeps/run", json=asked).json()["all"] == 4
    assert over(web)["status"] == "done"
    found = read(web, "overview.json", name="own")
    assert (
        found["setup"]["prompts"] == 2
        and "--prompts" in found["command"]
        and "--repeats 2" in found["command"]
    )
    assert found["settings"][0]["figures"]["score"]["mean"]["n"] == 1, "one prompt has a known answer"
    runs = web.get("/sweeps/runs.json?name=own").json()["runs"]
    assert [row["name"] for row in runs][:2] == ["prompts <b>1", "prompts <b>1 · seed 1"]
    opened = web.post("/sweeps/open", params={"name": "own", "key": runs[0]["key"]}).json()["run"]
    assert place.store.get(opened).trace().header.prompt == "sort: b a"
    assert web.post("/sweeps/resume?name=own").json()["all"] == 4 and over(web)["done"] == 4


def test_a_request_that_is_too_large_is_refused(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.ui.sweep.MAX_BODY", 100)
    refused = web.post("/sweeps/prompts?name=a.txt", content=b"x" * 101)
    assert refused.status_code == 413 and "use a smaller file" in refused.json()["error"]


def test_a_trace_that_cannot_be_read_leaves_its_row_out_of_the_figures(web: Any, place: Any) -> None:
    root: Path = place.settings.traces / "sweeps"
    if not (root / "torn").exists():
        shutil.copytree(root / "first", root / "torn", ignore=shutil.ignore_patterns("digests.jsonl"))
    first = next((root / "torn" / "traces").iterdir())
    first.write_bytes(b"no trace")
    (root / "torn" / "digests.jsonl").write_text('half a line\n{"key": 1}\n')
    found = read(web, "overview.json", name="torn")
    assert found["done"] == 12
    shown = read(web, "figure.json", name="torn", id="passes", show="0,1,2", setting="0")
    rows = [read(web, "figure.json", name="torn", id="passes", setting=str(at))["cells"] for at in range(3)]
    assert sum(map(len, rows)) == 11 and shown["cells"] == rows[0]
