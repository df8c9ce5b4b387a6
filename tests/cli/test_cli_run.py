"""`run`: the text alone on standard output, the trace in the file, every refusal one sentence."""

import gzip
import json
import os
import signal
from collections.abc import Callable

import pytest

from workbench import tasks
from workbench.cli import main
from workbench.models.tokens import Tokens
from workbench.run.answer import answer_ids
from workbench.run.recorder import Recording
from workbench.trace import check, load

Cli = Callable[..., object]
PROMPT = ("--prompt", "copy: a b c")


def test_prints_the_text_and_nothing_else(cli, folder, target, tmp_path) -> None:
    out = tmp_path / "run.json"
    said = cli("run", "greedy", *target, *PROMPT, "--max-tokens", 9, "--out", out)
    trace = load(out)
    tokens = Tokens.from_folder(folder / "ar-target")
    assert said.code == 0
    assert said.out == tokens.decode(answer_ids(trace)) + "\n"
    assert "9 tokens" in said.sentence and "target 9 passes" in said.sentence
    assert check(trace).ok and trace.header.max_tokens == 9


@pytest.mark.parametrize("ending", [".json", ".jsonl", ".json.gz", ".jsonl.gz"])
def test_every_ending_opens_again(cli, both, tmp_path, ending) -> None:
    out = tmp_path / f"run{ending}"
    said = cli("run", "speculative_sampling", *both, *PROMPT, "--max-tokens", 6, "--seed", 3, "--out", out)
    assert said.code == 0
    assert (out.read_bytes()[:2] == b"\x1f\x8b") == ending.endswith(".gz")
    assert load(out).footer.status == "complete"
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    checked = cli("check", out)
    assert (checked.code, checked.err) == (0, "") and len(checked.out.splitlines()) == 1
    again = cli("check", out, "--rerun", *both)
    assert again.code == 0 and again.out.startswith("Replayed")


def test_one_seed_one_text_and_knobs_are_heard(cli, both, tmp_path) -> None:
    ask = ("run", "speculative_sampling", *both, *PROMPT, "--max-tokens", 8, "--set", "temperature=1.5")
    first, same = cli(*ask, "--seed", 1).out, cli(*ask, "--seed", 1).out
    assert first == same
    greedy = cli("run", "greedy", *both[:2], *PROMPT, "--max-tokens", 8).out
    assert cli(*ask, "--set", "temperature=0").out == greedy
    assert any(cli(*ask, "--seed", seed).out != first for seed in range(2, 6))


def test_detail_decisions_leaves_observe_out(cli, target, tmp_path) -> None:
    out = tmp_path / "run.json"
    cli("run", "greedy", *target, *PROMPT, "--max-tokens", 4, "--detail", "decisions", "--out", out)
    verbs = [
        event[0] if isinstance(event, list) else event for event in json.loads(out.read_bytes())["events"]
    ]
    assert verbs and "observe" not in json.dumps(verbs).lower()


def test_a_task_says_whether_the_answer_is_right(cli, target) -> None:
    said = cli("run", "greedy", *target, "--task", "copy:3", "--max-tokens", 4)
    assert said.code == 0
    assert "The answer is wrong" in said.err and tasks.make("copy", 3).answer not in said.out


def test_a_prompt_file_is_read(cli, target, tmp_path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("copy: a b c", encoding="utf-8")
    ask = ("run", "greedy", *target, "--max-tokens", 5)
    assert cli(*ask, "--prompt-file", file).out == cli(*ask, *PROMPT).out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["run", "speculative", *PROMPT, "--set", "shape=static tree"], 2, "judges a chain, not a tree."),
        (["run", "gredy", *PROMPT], 2, "did you mean greedy?"),
        (["run", "nothing_like_it", *PROMPT], 2, "There is no method 'nothing_like_it'"),
        (["run", "greedy"], 2, "There is no prompt"),
        (["run", "greedy", "--prompt", " \n"], 2, "The prompt is empty"),
        (["run", "greedy", "--prompt", "word " * 2000], 2, "Shorten the prompt"),
        (["run", "greedy", *PROMPT, "--max-tokens", "0"], 2, "max_tokens = 0 is out of range"),
        (["run", "greedy", *PROMPT, "--max-tokens", "many"], 2, "invalid int value: 'many'"),
        (["run", "greedy", *PROMPT, "--seed", "-1"], 2, "seed = -1 is out of range"),
        (["run", "sampling", *PROMPT, "--set", "temperature=9"], 2, "temperature = 9 is out of range"),
        (["run", "sampling", *PROMPT, "--set", "temperature=nan"], 2, "temperature"),
        (["run", "sampling", *PROMPT, "--set", "temprature=1"], 2, "did you mean temperature?"),
        (["run", "sampling", *PROMPT, "--set", "temperature"], 2, "not of the form KNOB=VALUE"),
        (["run", "greedy", *PROMPT, "--model", "draft=x"], 2, "has no model role 'draft'"),
        (["run", "greedy", *PROMPT, "--model", "target"], 2, "not of the form ROLE=NAME"),
        (["run", "greedy", *PROMPT, "--model", "target=no-such"], 2, "There is no model 'no-such'"),
        (["run", "greedy", *PROMPT, "--device", "toaster"], 2, "There is no device called 'toaster'"),
        (["run", "greedy", *PROMPT, "--dtype", "int3"], 2, "There is no number type 'int3'"),
        (["run", "greedy", "--task", "nonsense:1"], 2, "There is no task 'nonsense'"),
        (["run", "greedy", "--task", "sudoku:x"], 2, "The task seed 'x'"),
        (["run", "greedy", "--prompt-file", "/no/such/file"], 2, "cannot be read"),
        (["run", "greedy", *PROMPT, "--task", "sudoku:1"], 2, "not allowed with"),
        (["run", "greedy", *PROMPT, "--out", "trace.txt"], 2, "no known ending"),
        (["run", "greedy", *PROMPT, "--out", "/no/such/folder/run.json"], 2, "does not exist"),
        (["run", "greedy", *PROMPT, "--detail", "some"], 2, "invalid choice"),
        (["dance"], 2, "invalid choice: 'dance'"),
        ([], 2, "COMMAND"),
    ],
)
def test_every_refusal_is_one_sentence(cli, folder, words, code, sentence) -> None:
    ready = words[:1] == ["run"] and not any(word == "--model" for word in words) and len(words) > 1
    named = ["--model", f"target={folder / 'ar-target'}"] if ready else []
    said = cli(*words, *named)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.sentence


def test_a_masked_model_cannot_be_a_causal_target(cli, folder) -> None:
    said = cli("run", "greedy", *PROMPT, "--model", f"target={folder / 'masked'}")
    assert said.code == 2 and "needs a causal model" in said.sentence


def test_missing_and_corrupt_weights(cli, folder, tmp_path) -> None:
    import shutil

    broken = shutil.copytree(folder / "ar-target", tmp_path / "broken")
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    said = cli("run", "greedy", *PROMPT, "--model", f"target={broken}")
    assert said.code == 2 and "safetensors" in said.sentence
    weights.unlink()
    assert "model.safetensors" in cli("run", "greedy", *PROMPT, "--model", f"target={broken}").sentence


def test_an_interrupted_run_prints_and_keeps_what_it_has(capsys, monkeypatch, target, tmp_path) -> None:
    out = tmp_path / "run.jsonl"
    whole = Recording.batches

    def interrupted(self):
        for count, events in enumerate(whole(self)):
            if count == 5:
                os.kill(os.getpid(), signal.SIGINT)
            yield events

    monkeypatch.setattr(Recording, "batches", interrupted)
    before = signal.getsignal(signal.SIGINT)
    code = main(["run", "greedy", *target, *PROMPT, "--max-tokens", "60", "--out", str(out)])
    said = capsys.readouterr()
    trace = load(out)
    assert code == 130
    assert trace.footer.status == "cancelled" and 4 <= len(answer_ids(trace)) <= 7
    assert said.out.strip() and "[cancelled]" in said.err
    assert signal.getsignal(signal.SIGINT) is before


def test_a_gz_file_has_no_time_in_it(cli, target, tmp_path) -> None:
    out = tmp_path / "run.json.gz"
    cli("run", "greedy", *target, *PROMPT, "--max-tokens", 2, "--out", out)
    assert out.read_bytes()[4:8] == b"\0\0\0\0"
    assert json.loads(gzip.decompress(out.read_bytes()))["footer"]
