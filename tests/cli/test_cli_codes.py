"""Exit codes: 2 where nothing could begin as it was asked, 1 where what was begun failed."""

from pathlib import Path

import pytest

from workbench.trace import encode, load

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
RUN = EXAMPLES / "example-greedy.json.gz"
LOOKUP = ("--methods", "greedy", "--tasks", "copy")
ABSENT = "no/such/folder"


@pytest.mark.parametrize(
    "words",
    [
        ("run", "nothing_like_it", "--prompt", "x"),
        ("run", "greedy", "--prompt", "x", "--model", "target=absent"),
        ("run", "greedy", "--prompt", "x", "--device", "toaster"),
        ("run", "greedy", "--prompt", "x", "--out", f"{ABSENT}/run.json"),
        ("check", f"{ABSENT}/run.json"),
        ("check", "."),
        ("check", RUN, "--rerun", "--model", "target=absent"),
        ("check", RUN, "--rerun", "--model", "draft=ar-drafter"),
        ("export", f"{ABSENT}/run.json", "run.gif"),
        ("export", RUN, f"{ABSENT}/run.gif"),
        ("export", RUN, "run.mp4"),
        ("import", f"{ABSENT}/run.json"),
        ("import", RUN, "--out", f"{ABSENT}/run.json"),
        ("sweep", *LOOKUP, "--out", "sweep", "--model", "target=absent"),
        ("sweep", *LOOKUP, "--out", "sweep", "--device", "toaster"),
        ("sweep", *LOOKUP, "--out", "sweep", "--report", f"{ABSENT}/report.html"),
        ("lab", "--rule", "absent"),
        ("lab", "--mistake", "absent"),
        ("lab", "--seed", "-1"),
        ("lab", "--drafter", "draft model"),
        ("calibrate", "--method", "absent"),
        ("calibrate", "--model", "denoiser=absent"),
        ("bench", "speed", "--only", "absent"),
        ("bench", "speed", "--device", "toaster"),
        ("eval", "--models", "absent"),
        ("train", "absent"),
        ("methods", "--colour"),
    ],
)
def test_what_cannot_begin_is_2(cli, words, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = cli(*words)
    assert (said.code, said.out) == (2, "") and said.sentence
    assert not list(tmp_path.iterdir()), "nothing was begun"


@pytest.mark.parametrize("command", ["check", "export", "import"])
def test_a_file_that_is_no_trace_fails_what_was_begun(cli, command, tmp_path) -> None:
    file = tmp_path / "run.json"
    file.write_bytes(encode(load(RUN))[:-20])
    said = cli(command, file, *([tmp_path / "run.gif"] if command == "export" else []))
    assert said.code == 1 and said.sentence
