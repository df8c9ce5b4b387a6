"""Every mismatch between a request and what is there is one sentence before anything runs."""

import json
from pathlib import Path

import pytest

from workbench.models.shelf import EMBEDDED, Shelf
from workbench.run.prepare import prepare
from workbench.run.request import Request
from workbench.trace import WorkbenchError


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def refusal(shelf: Shelf, method: str = "greedy", prompt: str = "Add 12+34", **how) -> str:
    with pytest.raises(WorkbenchError) as caught:
        prepare(Request(method, prompt, **how), shelf)
    return str(caught.value)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"prompt": "   "}, "prompt is empty"),
        ({"prompt": "word " * 600}, "Shorten the prompt"),
        ({"method": "gredy"}, "did you mean greedy"),
        ({"method": "jacobi", "knobs": {"windw": 3}}, "did you mean window"),
        ({"method": "jacobi", "knobs": {"window": 1000}}, "1 to 32"),
        ({"method": "jacobi", "knobs": {"window": "many"}}, "not a number"),
        ({"method": "jacobi", "knobs": {"temperature": float("nan")}}, "temperature"),
        ({"method": "token_tree", "knobs": {"verification": "magic"}}, "not one of"),
        ({"models": {"draft": "ar-target"}}, "no model role 'draft'"),
        ({"models": {"target": "masked"}}, "causal"),
        ({"models": {"target": "nowhere"}}, "nowhere"),
        ({"models": {"target": "ar-targt"}}, "Did you mean 'ar-target'"),
        ({"max_tokens": 0}, "out of range"),
        ({"seed": -1}, "out of range"),
        ({"detail": "some"}, "not one of"),
        ({"device": "tpu"}, "tpu"),
        ({"dtype": "int4"}, "int4"),
    ],
)
def test_refusals(shelf: Shelf, how: dict, words: str) -> None:
    sentence = refusal(shelf, **how)
    assert words in sentence
    assert sentence.endswith((".", "?")), sentence
    assert "\n" not in sentence


def copy_of(name: str, folder: Path) -> Path:
    folder.mkdir()
    for file in (EMBEDDED / name).iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_vocabularies_must_agree(shelf: Shelf, tmp_path: Path) -> None:
    other = copy_of("ar-drafter", tmp_path / "other")
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"] = {
        ("Q" + token if id == 999 else token): id for token, id in tokenizer["model"]["vocab"].items()
    }
    merges = tokenizer["model"]["merges"]
    tokenizer["model"]["merges"] = merges[: len(merges) // 2]
    (other / "tokenizer.json").write_text(json.dumps(tokenizer))
    sentence = refusal(shelf, "speculative_sampling", models={"draft": str(other)})
    assert "vocabular" in sentence or "tokenizer" in sentence


def test_weights_that_are_missing_or_damaged(shelf: Shelf, tmp_path: Path) -> None:
    missing = copy_of("ar-drafter", tmp_path / "missing")
    (missing / "model.safetensors").unlink()
    assert "safetensors" in refusal(shelf, models={"target": str(missing)})
    damaged = copy_of("ar-drafter", tmp_path / "damaged")
    weights = (damaged / "model.safetensors").read_bytes()
    (damaged / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    assert "not a sound safetensors file" in refusal(shelf, models={"target": str(damaged)})
