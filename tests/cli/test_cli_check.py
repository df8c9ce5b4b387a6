"""`check`: one line and 0, or the first problem and 1, whatever the file holds."""

import json
from pathlib import Path

import pytest

from benchmarks import standins
from workbench.cli import main
from workbench.models.shelf import EMBEDDED


@pytest.fixture(scope="module")
def recorded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sampled speculative run, without its clock mattering."""
    out = tmp_path_factory.mktemp("trace") / "run.json"
    models = ["--model", f"target={folder / 'ar-target'}", "--model", f"draft={folder / 'ar-drafter'}"]
    words = ["run", "speculative_sampling", "--prompt", "copy: a b", "--max-tokens", "6", "--out", str(out)]
    assert main([*words, *models]) == 0
    return out


def test_a_sound_trace(cli, recorded) -> None:
    said = cli("check", recorded)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Derived: ") and said.out.count("\n") == 1


def test_a_tampered_verdict_is_named(cli, recorded, tmp_path) -> None:
    trace = json.loads(recorded.read_bytes())
    index = next(i for i, event in enumerate(trace["events"]) if "judge" in json.dumps(event)[:40].lower())
    text = json.dumps(trace["events"][index])
    trace["events"][index] = json.loads(
        text.replace("true", "TRUE").replace("false", "true").replace("TRUE", "false")
    )
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(trace))
    said = cli("check", bad)
    assert said.code == 1 and f"event {index} " in said.out.lower()
    assert "Traceback" not in said.out + said.err


def _edited(recorded: Path, **changes: object) -> bytes:
    return json.dumps(json.loads(recorded.read_bytes()) | changes).encode()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: b"", "it is empty"),
        (lambda path: b"no trace at all", "not JSON"),
        (lambda path: path.read_bytes()[: len(path.read_bytes()) // 2], "not JSON"),
        (lambda path: b"[" * 5000 + b"]" * 5000, "nests deeper"),
        (lambda path: b"\xff\xfe\x00", "not"),
        (lambda path: b"\x1f\x8bnonsense", "damaged"),
        (lambda path: _edited(path, version="2.0.0"), "update the program"),
        (lambda path: _edited(path, events="none"), "events"),
        (lambda path: _edited(path, surprise=1), "unknown field"),
        (lambda path: b'{"format": NaN}', "NaN"),
        (lambda path: b"[1, 2]", "opened: it is a list, but an object is needed"),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(cli, recorded, tmp_path, make, sentence) -> None:
    file = tmp_path / "strange.json"
    file.write_bytes(make(recorded))
    said = cli("check", file)
    assert (said.code, said.out) == (1, "")
    assert sentence in said.sentence and len(said.sentence) < 400


def test_missing_files_and_folders(cli, tmp_path) -> None:
    assert "No such file" in cli("check", tmp_path / "none.json").sentence
    assert f"'{tmp_path}' is a folder" in cli("check", tmp_path).sentence
    assert cli("check", "a\0b").code == 2


def test_script_and_paths_in_texts_are_only_texts(cli, recorded, tmp_path) -> None:
    trace = json.loads(recorded.read_bytes())
    trace["header"]["models"][0]["name"] = "../../etc"
    trace["header"]["title"] = "<img src=x onerror=alert(1)>"
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(trace))
    assert cli("check", file).code == 0
    said = cli("check", file, "--rerun")
    assert said.code == 1 and "is not on the shelf" in said.sentence


def test_other_weights_are_no_mismatch(cli, recorded, tmp_path) -> None:
    other = standins.make(tmp_path, EMBEDDED)
    path = other / "ar-target" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    models = ["--model", f"target={other / 'ar-target'}", "--model", f"draft={other / 'ar-drafter'}"]
    said = cli("check", recorded, "--rerun", *models)
    assert said.code == 1 and "are not those of the recorded run" in said.sentence and said.out == ""


def test_a_replay_names_the_first_differing_event(cli, recorded, folder, tmp_path) -> None:
    trace = json.loads(recorded.read_bytes())
    trace["header"]["seed"] += 1
    file = tmp_path / "other-seed.json"
    file.write_text(json.dumps(trace))
    models = ["--model", f"target={folder / 'ar-target'}", "--model", f"draft={folder / 'ar-drafter'}"]
    assert cli("check", file).code == 0
    said = cli("check", file, "--rerun", *models)
    assert said.code == 1 and "Event " in said.out and "running the request again gives" in said.out
