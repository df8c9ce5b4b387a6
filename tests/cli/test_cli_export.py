"""`export` and `import`: every ending, there and back, and one sentence for what cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.trace import encode, load

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
RUN = EXAMPLES / "example-sampled.json.gz"


@pytest.mark.parametrize("ending", ["json", "jsonl", "zip", "html", "timeline.json", "ipynb"])
def test_there_and_back(cli: Callable[..., Any], tmp_path: Path, ending: str) -> None:
    out, back = tmp_path / f"run.{ending}", tmp_path / "back.json"
    assert cli("export", RUN, out).code == 0
    said = cli("import", out, "--out", back)
    assert said.code == 0
    assert said.out.startswith("speculative_sampling: ")
    assert back.read_bytes() == encode(load(RUN))


def test_a_picture_and_a_second_run(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert cli("export", RUN, tmp_path / "run.gif", "--theme", "dark").code == 0
    assert (tmp_path / "run.gif").read_bytes()[:6] == b"GIF89a"
    both = tmp_path / "both.html"
    assert cli("export", RUN, both, "--beside", EXAMPLES / "example-greedy.json.gz").code == 0
    assert len(cli("import", both).out.splitlines()) == 2


def test_the_list_names_every_ending(cli: Callable[..., Any]) -> None:
    said = cli("export", "--list").out
    assert [line.split()[0] for line in said.splitlines()] == [
        ".json", ".jsonl", ".zip", ".html", ".gif", ".timeline.json", ".ipynb",
    ]  # fmt: skip


def test_counts_are_told_and_not_taken_for_a_trace(cli: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"timings": {"draft_n": 90, "draft_n_accepted": 81, "draft_rounds": 30}}))
    said = cli("import", file).out
    assert "this is no trace" in said
    assert "Cannot say: Why a draft was rejected" in said
    assert json.loads(cli("import", file, "--json").out)["totals"]["mean_acceptance_length"] == 3.7
    assert "holds counts of llama.cpp" in cli("export", file, tmp_path / "run.html").sentence


def test_what_cannot_be_is_one_sentence(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert "no known ending" in cli("export", RUN, tmp_path / "run.mp4").sentence
    assert "holds one run" in cli("export", RUN, tmp_path / "run.gif", "--beside", RUN).sentence
    assert "cannot be read" in cli("export", tmp_path / "absent.json", tmp_path / "run.gif").sentence
    assert "does not exist" in cli("export", RUN, tmp_path / "absent" / "run.json").sentence
    assert "Name a trace" in cli("export").sentence
