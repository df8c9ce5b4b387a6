"""Every generator is deterministic and checkable, and its checker refuses wrong answers."""

import subprocess
import sys

import pytest

from workbench import tasks

NAMES = sorted(tasks.TASKS)
WRONG = {
    "sudoku": "1234\n1234\n1234\n1234",
    "latin": "1111\n2222\n3333\n4444",
    "code": "def f(x): return 'nothing of the kind'",
    "json": '{"name":1}',
    "math": "1+1=2\n2+2=5",
}


@pytest.mark.parametrize("name", NAMES)
def test_reference_answers_pass_and_wrong_ones_fail(name: str) -> None:
    for seed in range(60):
        for split in ("train", "held-out"):
            instance = tasks.make(name, seed, split)
            verdict = tasks.score(instance, instance.answer)
            assert verdict.right, (instance, verdict)
            assert tasks.score(instance, f" {instance.answer}\n").right, "outer white space is ignored"
            for bad in ("", "nonsense", instance.answer[:-2], WRONG.get(name, "fox fox")):
                verdict = tasks.score(instance, bad)
                assert not verdict.right and verdict.reason, (instance, bad)


@pytest.mark.parametrize("name", NAMES)
def test_instances_are_deterministic_and_splits_disjoint(name: str) -> None:
    assert tasks.make(name, 7) == tasks.make(name, 7)
    assert len({tasks.make(name, seed).prompt for seed in range(20)}) > 5
    train = {tasks.make(name, seed, "train").prompt for seed in range(200)}
    held_out = {tasks.make(name, seed, "held-out").prompt for seed in range(200)}
    assert not train & held_out
    assert {tasks.split_of(prompt) for prompt in held_out} == {"held-out"}


def test_instances_are_the_same_in_another_process() -> None:
    code = "from workbench import tasks; print([tasks.make(n, 3) for n in sorted(tasks.TASKS)])"
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second and first == f"{[tasks.make(name, 3) for name in NAMES]}\n"


def test_tasks_import_the_standard_library_only() -> None:
    code = (
        "import sys; import workbench.tasks; "
        "heavy = {'torch', 'numpy', 'transformers', 'tokenizers'}; "
        "print([m for m in sys.modules if m.split('.')[0] in heavy])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_unknown_task_and_foreign_instance_are_refused() -> None:
    with pytest.raises(KeyError, match="no task 'nothing'"):
        tasks.make("nothing", 1)
    with pytest.raises(ValueError, match="instance of task 'copy'"):
        tasks.TASKS["sudoku"].score(tasks.make("copy", 1), "")


def test_any_permutation_is_a_shuffle_but_not_a_copy() -> None:
    shuffled, copied = tasks.make("shuffle", 1), tasks.make("copy", 1)
    assert tasks.score(shuffled, " ".join(sorted(shuffled.answer.split()))).right
    doubled = " ".join(
        [shuffled.answer.split()[0], *shuffled.answer.split()[1:-1], shuffled.answer.split()[0]]
    )
    assert not tasks.score(shuffled, doubled).right
    backwards = " ".join(copied.answer.split()[::-1])
    assert tasks.score(copied, backwards).reason.startswith("item 1: expected")


def test_sudoku_has_one_solution_and_latin_accepts_every_completion() -> None:
    from workbench.tasks.squares import solutions

    for seed in range(30):
        assert len(list(solutions(tasks.make("sudoku", seed).check["clues"], boxes=True))) == 1
    for seed in range(30):
        instance = tasks.make("latin", seed)
        for grid in list(solutions(instance.check["clues"], boxes=False))[:5]:
            text = "\n".join("".join(map(str, grid[row : row + 4])) for row in (0, 4, 8, 12))
            assert tasks.score(instance, text).right


def test_graph_has_distractors_of_the_asked_relation() -> None:
    for seed in range(30):
        instance = tasks.make("graph", seed)
        relation = instance.check["chain"][-1].split()[0]
        assert sum(fact.split()[0] == relation for fact in instance.check["facts"]) == 4
        assert not tasks.score(instance, instance.check["chain"][-1] + ", more").right


def test_arithmetic_steps_compute_the_result() -> None:
    from workbench.tasks.arithmetic import addition_steps, subtraction_steps

    def value(steps: list[str]) -> int:
        last = [int(step.split("=")[1]) for step in steps]
        return sum(digit % 10 * 10**place for place, digit in enumerate(last[:-1])) + last[-1] * 10 ** (
            len(last) - 1
        )

    for a, b in ((457, 386), (999, 1), (10, 10), (700, 123), (100, 99), (55, 55)):
        assert value(addition_steps(a, b)) == a + b
        assert value(subtraction_steps(a, b)) == a - b
