"""`run --intervene`: the run obeys, the trace says so, and a rerun finds a lie about it."""

import json
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.trace import load
from workbench.trace.codec import encode_events

WORDS = ["run", "speculative", "--prompt", "copy: a b", "--max-tokens", "8"]


@pytest.fixture(scope="module")
def models(folder: Path) -> list[str]:
    return ["--model", f"target={folder / 'ar-target'}", "--model", f"draft={folder / 'ar-drafter'}"]


@pytest.fixture(scope="module")
def pair(models: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A run, the same with one token forced, and the option that did it."""
    folder = tmp_path_factory.mktemp("told")
    plain, told = folder / "plain.json", folder / "told.json"
    assert main([*WORDS, *models, "--out", str(plain)]) == 0
    trace = load(plain)
    at = [i for i, event in enumerate(trace.events) if type(event).__name__ == "Phase"][1]
    act = f"force:{at}:{len(trace.header.prompt_ids) + 5}:300"
    assert main([*WORDS, *models, "--intervene", act, "--out", str(told)]) == 0
    return plain, told, act


def test_everything_before_is_the_same_and_what_follows_obeys(pair: tuple[Path, Path, str]) -> None:
    plain, told, act = (load(pair[0]), load(pair[1]), pair[2])
    at = int(act.split(":")[1])
    assert encode_events(plain.events[:at]) == encode_events(told.events[:at])
    assert encode_events(plain.events) != encode_events(told.events)
    assert told.header.promise.startswith("With 1 intervention")


def test_the_command_says_that_somebody_took_part(cli, models, pair) -> None:
    said = cli(*WORDS, *models, "--intervene", pair[2])
    assert "speculative with 1 intervention: " in said.err
    assert "With 1 intervention by hand." in cli("check", pair[1]).out


def test_a_rerun_repeats_it_and_finds_a_tampered_one(cli, models, pair, tmp_path) -> None:
    assert cli("check", pair[1], "--rerun", *models).code == 0
    raw = json.loads(pair[1].read_bytes())
    raw["header"]["interventions"][0]["token"] = next(int(id) for id in raw["tokens"] if int(id) != 300)
    lie = tmp_path / "lie.json"
    lie.write_text(json.dumps(raw))
    said = cli("check", lie, "--rerun", *models)
    assert said.code == 1
    assert "running the request again gives" in said.out


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("force:3", "is not of the form force:EVENT:POSITION:TOKEN"),
        ("eval:1:2:3", "is no intervention; the forms are: force:EVENT"),
        ("mask:3:9", "has no masks to lift or put back"),
        ("force:3:9:999999", "the model has the ids 0 to"),
        ("ban:3:1:2", "the answer has the positions"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(cli, models, act: str, sentence: str) -> None:
    said = cli(*WORDS, *models, "--intervene", act)
    assert said.code == 2
    assert sentence in said.sentence


def test_the_list_of_methods_says_what_each_allows(cli) -> None:
    listed = {each["id"]: each["acts"] for each in json.loads(cli("methods", "--json").out)}
    assert listed["greedy"]["force"] == {"allowed": True, "reason": ""}
    assert "no masks" in listed["greedy"]["lift"]["reason"]
    assert listed["wino"]["mask"]["allowed"] and listed["beam_search"]["close"]["allowed"]
