"""`workbench train`: what it refuses before anything is written."""

from pathlib import Path

import pytest

from workbench.cli import main
from workbench.train.loop import CHECKPOINT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tokens", "-1"], "tokens = -1 is out of range"),
        (["--rows", "0"], "rows = 0 is out of range"),
        (["--threads", "0"], "threads = 0 is out of range"),
        (["--count", "0"], "count = 0 is out of range"),
        (["--seconds", "0"], "seconds = 0 is out of range"),
        (["--seconds", "nan"], "seconds = nan is out of range"),
        (["--device", "tpu"], "invalid choice: 'tpu'"),
        (["--resume"], "holds no checkpoint"),
        (["--export"], "holds no checkpoint"),
    ],
)
def test_train_complains_in_one_sentence(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "ar-char", "--runs", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error and "\n" not in error
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_is_not_begun_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = tmp_path / "ar-char" / CHECKPOINT
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"hours of work")
    assert main(["train", "ar-char", "--runs", str(tmp_path), "--seconds", "0.001"]) == 2
    assert "add --resume" in capsys.readouterr().err
    assert checkpoint.read_bytes() == b"hours of work"


def test_a_teacher_has_to_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = ["--runs", str(tmp_path), "--models", str(tmp_path / "models")]
    assert main(["train", "ar-drafter", *folders]) == 2
    assert "learns from 'ar-target'" in capsys.readouterr().err
