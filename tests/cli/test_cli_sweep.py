"""`sweep`: a table and its means; refusals are one sentence; a failed run is said and is no end."""

import json

import pytest

from workbench.run.table import read

ASK = ("sweep", "--methods", "greedy,speculative_sampling", "--tasks", "copy,sort", "--max-tokens", "6")


def test_the_means_are_printed_and_the_rest_goes_on(cli, both, tmp_path) -> None:
    out = tmp_path / "sweep"
    said = cli(*ASK, *both, "--n", 1, "--out", out)
    assert said.code == 0 and said.sentence == f"4 rows in {out / 'table.csv'}, 4 new."
    heading, *lines = said.out.splitlines()
    assert heading.split()[:3] == ["setting", "runs", "score"]
    assert [line.split()[:2] for line in lines] == [["greedy", "2"], ["speculative_sampling", "2"]]
    more = cli(*ASK, *both, "--n", 2, "--out", out)
    assert more.code == 0 and "8 rows" in more.err and "4 new" in more.err
    assert len(read(out)) == 8


def test_the_page_of_means_is_of_what_was_asked(cli, both, tmp_path) -> None:
    cli(*ASK, *both, "--n", 2, "--out", tmp_path / "sweep")
    said = cli("sweep", "--methods", "greedy", "--tasks", "copy", "--max-tokens", 6, "--n", 1, *both[:2],
               "--out", tmp_path / "sweep")  # fmt: skip
    assert said.code == 0 and "1 row in" in said.err and len(said.out.splitlines()) == 2


def test_a_run_without_a_result_is_said(cli, both, tmp_path) -> None:
    ask = ("sweep", "--methods", "speculative", "--max-tokens", 6, *both, "--n", 1, "--grid")
    shapes, out = "shape=chain,static tree", tmp_path / "sweep"  # the usual rule judges chains alone
    said = cli(*ask, shapes, "--tasks", "copy,sort", "--out", out)
    assert said.code == 1 and "2 runs gave no result" in said.err and "judges a chain, not a tree" in said.err
    assert "Traceback" not in said.err and len(read(out)) == 4
    one = cli(*ask, shapes, "--tasks", "copy", "--out", tmp_path / "one")
    assert one.code == 1 and "1 run gave no result, speculative shape=static tree" in one.err


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        (["--methods", "gredy"], 2, "did you mean greedy?"),
        (["--tasks", "juggle"], 2, "There is no task 'juggle'"),
        (["--tasks", ","], 2, "needs a method and a task"),
        (["--n", "0"], 2, "n = 0 is out of range"),
        (["--workers", "0"], 2, "workers = 0 is out of range"),
        (["--grid", "temperature"], 2, "not of the form KNOB=V1,V2"),
        (["--grid", "colour=1"], 2, "has the knob 'colour'"),
        (["--grid", "temperature=0,nan"], 2, "No run of this grid can use a value: temperature = nan is out"),
        (["--grid", "temperature=9"], 2, "temperature = 9 is out of range"),
        (["--repeats", "0"], 2, "repeats = 0 is out of range"),
        (["--report", "report.pdf"], 2, "ends in .json or .html"),
        (["--report", "no/where.json"], 2, "does not exist"),
        (["--prompts", "nowhere.jsonl"], 2, "cannot be read"),
        (["--model", "target=nowhere"], 2, "There is no model 'nowhere'"),
    ],
)
def test_every_refusal_is_one_sentence(cli, both, tmp_path, more, code, sentence) -> None:
    said = cli(*ASK, *both, "--out", tmp_path / "sweep", *more)
    assert (said.code, said.out) == (code, "") and sentence in said.sentence
    assert not (tmp_path / "sweep").exists()


def test_a_folder_with_something_else_is_refused(cli, both, tmp_path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    said = cli(*ASK, *both, "--out", tmp_path)
    assert said.code == 2 and "holds no sweep" in said.sentence


def test_prompts_of_a_file_stand_beside_tasks_or_alone(cli, both, tmp_path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"prompt": "say hello", "answer": "hello", "id": "first"}\n{"prompt": "and you?"}\n')
    ask = ("sweep", "--methods", "sampling", "--max-tokens", 4, *both[:2], "--out", tmp_path / "sweep")
    said = cli(*ask, "--prompts", file, "--repeats", 2)
    assert said.code == 0 and "4 rows" in said.err
    rows = read(tmp_path / "sweep")
    assert [(row.task, row.prompt, row.run_seed, row.score is None) for row in rows] == [
        ("prompts", "first", 0, False), ("prompts", "first", 1, False),
        ("prompts", "2", 0, True), ("prompts", "2", 1, True),
    ]  # fmt: skip
    beside = cli(*ask, "--prompts", file, "--tasks", "copy", "--n", 1)
    assert beside.code == 0 and "3 rows" in beside.err and "1 new" in beside.err
    file.write_text('{"prompt": "say hello"}\n{"answer": 1}\n')
    refused = cli(*ask, "--prompts", file)
    assert refused.code == 2 and "Line 2 of 'mine.jsonl' has no field 'prompt'" in refused.sentence


def test_a_report_is_written_as_json_and_as_a_page(cli, both, tmp_path) -> None:
    files = [tmp_path / "report.json", tmp_path / "report.html"]
    reports = [word for file in files for word in ("--report", file)]
    said = cli(*ASK, *both, "--n", 2, "--out", tmp_path / "sweep", *reports)
    assert said.code == 0 and all(f"The report is in '{file}'." in said.err for file in files)
    found = json.loads(files[0].read_text())
    assert [each["method"] for each in found["settings"]] == ["greedy", "speculative_sampling"]
    drafts = [row for row in found["tables"]["lengths"]["rows"] if row[0] == "accepted"]
    assert {row[1] for row in drafts} == {"speculative_sampling"}
    accepted = found["settings"][1]["figures"]["accepted_per_draft"]["pooled"]["value"]
    counted = [(row[2], row[3]) for row in drafts]
    assert sum(n * many for n, many in counted) / sum(many for _, many in counted) == pytest.approx(accepted)
    page = files[1].read_text()
    assert "default-src 'none'" in page and f"--out {tmp_path / 'sweep'}" in page
    # nothing is run again for another report
    before = files[0].read_bytes()
    again = cli(*ASK, *both, "--n", 2, "--out", tmp_path / "sweep", "--report", files[0])
    assert "0 new" in again.err and files[0].read_bytes() == before
