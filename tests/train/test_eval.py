"""`workbench eval` on the committed weights, and its complaints."""

import json

import pytest

from workbench.cli import main


def test_eval_prints_the_figures_of_the_committed_weights(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", "--models", "ar-drafter", "--tasks", "copy,sort", "--n", "2", "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)["models"]
    assert list(found) == ["ar-drafter"] and set(found["ar-drafter"]["tasks"]) == {"copy", "sort"}
    assert {"overall", "calibration_error", "acceptance"} <= set(found["ar-drafter"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "nobody"], "There is no model 'nobody'"),
        (["--tasks", "juggle"], "There is no task 'juggle'"),
        (["--n", "0"], "n = 0 is out of range"),
        (["--n", "many"], "invalid int value"),
        (["--folder", "nowhere"], "holds no exported model"),
    ],
)
def test_eval_complains_in_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error and "\n" not in error
