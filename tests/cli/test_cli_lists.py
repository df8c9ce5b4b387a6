"""`methods`, `models`, `docs`, `bench`, and the program itself."""

import json
import subprocess
import sys

from workbench.cli import docs
from workbench.methods.catalogue import catalogue

FIELDS = ["id", "title", "family", "year", "paper", "needs", "guarantee", "knobs", "status", "acts"]


def test_methods_as_json(cli) -> None:
    said = cli("methods", "--json")
    listed = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert [method["id"] for method in listed] == list(catalogue())
    for method in listed:
        assert list(method) == FIELDS
        assert set(method["guarantee"]) == {"promise", "baseline", "sentence"}
        assert method["status"] in ("published rule", "reconstruction")
        for knob in method["knobs"]:
            assert list(knob) == ["name", "default", "low", "high", "step", "help", "choices"]
    knobs = {m["id"]: [k["name"] for k in m["knobs"]] for m in listed}
    assert all("temperature" in knobs[id] for id in ("sampling", "speculative_sampling", "jacobi"))


def test_methods_for_people(cli) -> None:
    lines = cli("methods").out.splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue())


def test_models(cli) -> None:
    listed = json.loads(cli("models", "--json").out)
    assert all({"name", "kind", "parameters", "sha256", "available", "problem"} <= set(m) for m in listed)
    assert cli("models").code == 0


def test_docs_to_standard_output(cli) -> None:
    assert cli("docs", "--stdout").out == docs.page()


def test_bench_refuses_what_it_does_not_know(cli) -> None:
    assert "invalid choice" in cli("bench", "colour").sentence
    said = cli("bench", "speed", "--only", "floor,nonsense")
    assert said.code == 2 and "no part 'nonsense'" in said.sentence
    assert cli("bench", "speed", "--turns", 0).code == 2


def test_the_program_itself(tmp_path) -> None:
    """As a person starts it: exit code, one line, no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "run", "gredy", "--prompt", "x"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no method 'gredy'; did you mean greedy?\n"


def test_train_hands_over(cli) -> None:
    assert cli("train", "--help").code == 0
    assert cli("train", "no-such-recipe").code == 2
