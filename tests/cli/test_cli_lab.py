"""`lab`: the same figures as the page, and one sentence for a bad question."""

import json

import pytest

from workbench.lab.mistakes import MISTAKES


def test_one_mistake_in_figures(cli) -> None:
    said = cli("lab", "--mistake", "resample_from_target", "--vocabulary", "3", "--seed", "1", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert found["rule"] == "ratio" and found["variation"] == pytest.approx(0.1967, abs=1e-4)
    assert found["mean"] == pytest.approx(found["right_mean"])
    assert [law["tokens"] for law in found["laws"]] == [1, 2, 3]
    assert [len(law["rows"]) for law in found["laws"]] == [3, 9, 27]
    assert found["caught"]["check"]["ok"] and "Only the law" in found["caught"]["sentence"]
    assert 0 < found["samples"] < 1e4


def test_one_mistake_for_people(cli) -> None:
    out = cli("lab", "--rule", "point_mass", "--mistake", "not_struck").out
    assert "wrong: " in out and "tempting: " in out and "right: " in out
    assert "total variation 0.214" in out and "check catches it: Event" in out


def test_a_rule_as_published_is_never_noticed(cli) -> None:
    out = cli("lab", "--rule", "traversal", "--vocabulary", "3").out
    assert "as published" in out and "samples to p < 1e-9: never" in out


def test_without_a_question_all_mistakes_are_listed(cli) -> None:
    said = cli("lab")
    assert said.code == 0
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(MISTAKES)
    assert sum("event" in line for line in lines) == 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--mistake", "nothing"), "There is no mistake 'nothing'"),
        (("--rule", "greedy"), "no rule 'greedy'"),
        (("--rule", "block", "--mistake", "not_struck"), "belongs to 'point_mass'"),
        (("--rule", "block", "--vocabulary", "9"), "choose 3 or 4"),
        (("--rule", "block", "--temperature", "9"), "temperature = 9 is out of range"),
    ],
)
def test_a_bad_question_is_one_sentence(cli, words: tuple[str, ...], sentence: str) -> None:
    said = cli("lab", *words)
    assert said.code == 2 and not said.out
    assert sentence in said.sentence
