"""The perfect model of a prompt: right at any parallelism where one answer is right, and only there."""

import pytest

from workbench import tasks
from workbench.cli import main
from workbench.models.shelf import Shelf
from workbench.run.perfect import meant
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.replay import replay
from workbench.run.request import Request
from workbench.run.sweep import Plan, sweep
from workbench.run.table import read
from workbench.trace import WorkbenchError, check

ONE_ANSWER = ("copy", "reverse", "sort", "insert_index", "remove_index", "replace_index", "sudoku")
MANY_ANSWERS = ("shuffle", "latin_square", "replace_random")
METHOD = "llada_low_confidence"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def scores(shelf: Shelf, folder, names: tuple[str, ...], steps: str) -> dict[str, list[float | None]]:
    plan = Plan((METHOD,), names, 4, {"steps": (steps,)}, {"denoiser": "oracle"}, max_tokens=40)
    list(sweep(plan, folder, shelf))
    found: dict[str, list[float | None]] = {}
    for row in read(folder):
        assert row.status == "complete", row.sentence
        found.setdefault(row.task, []).append(row.strict)
    return found


def test_one_answer_is_found_at_any_parallelism(shelf: Shelf, tmp_path) -> None:
    for steps in ("1", "5", "0"):  # all at once, a few rounds, one by one
        found = scores(shelf, tmp_path / steps, ONE_ANSWER, steps)
        assert found == {name: [1.0] * 4 for name in ONE_ANSWER}


def test_several_answers_are_found_one_by_one_and_lost_together(shelf: Shelf, tmp_path) -> None:
    assert scores(shelf, tmp_path / "slow", MANY_ANSWERS, "0") == {name: [1.0] * 4 for name in MANY_ANSWERS}
    assert scores(shelf, tmp_path / "fast", MANY_ANSWERS, "1") == {name: [0.0] * 4 for name in MANY_ANSWERS}
    reasons = {row.task: row.reason for row in read(tmp_path / "fast")}
    # each cell alone holds what it held before: one item in n is replaced, so n - 1 in n are not
    assert reasons["replace_random"] == "no change" and reasons["shuffle"] == "duplicate"


def test_a_threshold_succeeds_where_theory_says(shelf: Shelf, tmp_path) -> None:
    """Of n items one is replaced, so every cell keeps its item with (n - 1) / n; shuffles need a half."""
    tried = {"threshold": ("0.45", "0.55", "0.7", "0.78", "0.82", "0.9")}
    plan = Plan(("fast_dllm_threshold",), ("replace_random", "shuffle"), 8, tried, {"denoiser": "oracle"})
    list(sweep(plan, tmp_path / "sweep", shelf))
    sizes: set[int] = set()
    for row in read(tmp_path / "sweep"):
        size, bound = len(tasks.make(row.task, row.seed).check["given"]), float(row.knobs.partition("=")[2])
        sizes.add(size)
        assert row.score == (bound > ((size - 1) / size if row.task == "replace_random" else 0.5)), row
    assert sizes == {3, 4, 5, 6}


def test_a_run_of_it_is_checked_and_replayed(shelf: Shelf) -> None:
    instance = tasks.make("shuffle", 3)
    request = Request(METHOD, instance.prompt, {"steps": 4}, {"denoiser": "oracle:shuffle:3"}, max_tokens=16)
    trace = Recording(prepare(request, shelf)).run()
    assert trace.header.models[0].name == "oracle:shuffle:3" and trace.header.models[0].parameters == 0
    assert check(trace).ok and replay(trace, shelf).ok


def test_alone_it_means_that_of_the_prompt(capsys: pytest.CaptureFixture[str]) -> None:
    assert meant({"denoiser": "oracle", "target": "x"}, "sort", 2) == {
        "denoiser": "oracle:sort:2",
        "target": "x",
    }
    with pytest.raises(WorkbenchError, match="of a generated task only"):
        meant({"denoiser": "oracle"}, "", 0)
    words = ["run", METHOD, "--task", "sort:2", "--model", "denoiser=oracle", "--max-tokens", "24"]
    assert main(words) == 0
    assert capsys.readouterr().out.strip() == tasks.make("sort", 2).answer


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("oracle", "is named oracle:TASK:SEED"),
        ("oracle:juggle:1", "is named oracle:TASK:SEED"),
        ("oracle:shuffle:x", "is named oracle:TASK:SEED"),
        ("oracle:shuffle:4", "its own prompt only"),
    ],
)
def test_what_it_cannot_be_is_one_sentence(shelf: Shelf, name: str, sentence: str) -> None:
    with pytest.raises(WorkbenchError, match=sentence):
        prepare(Request(METHOD, tasks.make("shuffle", 3).prompt, models={"denoiser": name}), shelf)


def test_answers_that_cannot_be_listed_and_causal_roles_are_refused(shelf: Shelf) -> None:
    story = tasks.make("story", 1).prompt
    with pytest.raises(WorkbenchError, match="cannot be listed"):
        prepare(Request(METHOD, story, models={"denoiser": "oracle:story:1"}), shelf)
    copy = tasks.make("copy", 1).prompt
    with pytest.raises(WorkbenchError, match="needs a causal model"):
        prepare(Request("greedy", copy, models={"target": "oracle:copy:1"}), shelf)
