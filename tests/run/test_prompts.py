"""Files of prompts: what is read, what is refused in one sentence, and how their answers are scored."""

import json
from pathlib import Path

import pytest

from workbench.run import prompts
from workbench.run.plan import OWN, Plan, save, saved
from workbench.run.prompts import Prompt, as_jsonl, grade, parse, read
from workbench.run.sweep import cells, sweep
from workbench.run.table import read as rows_of
from workbench.trace import WorkbenchError, load


def test_a_jsonl_file_by_hand() -> None:
    lines = [
        '{"prompt": "two and two", "answer": "4", "id": "sum", "topic": "left alone"}',
        "",
        '{"prompt": "say\\nhello"}\r',
        '{"prompt": "three", "answer": 3, "id": 7}',
        '{"prompt": "a\u2028b", "answer": null}',
    ]
    assert parse("\n".join(lines).encode("utf-8-sig"), "set.jsonl") == (
        Prompt("sum", "two and two", "4"),
        Prompt("3", "say\nhello"),
        Prompt("7", "three", "3"),
        Prompt("5", "a\u2028b"),
    )


def test_a_text_file_has_a_prompt_a_line() -> None:
    assert parse(b'one\r\n\n{"prompt": 1}\n', "set.txt") == (Prompt("1", "one"), Prompt("3", '{"prompt": 1}'))


def test_what_is_written_reads_back() -> None:
    found = (Prompt("a", 'quo"te\n<b>', "x"), Prompt("ü", "a\u2028b"))
    assert parse(as_jsonl(found), "set.jsonl") == found


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "holds no prompt"),
        (b"\n \n", "holds no prompt"),
        (b'{"prompt": "x"}\n\xff', "Line 2 of 'set.jsonl' is not UTF-8"),
        (b"[1]", "Line 1 of 'set.jsonl' is JSON, but no object"),
        (b'{"prompt": "x"}\n{', "Line 2 of 'set.jsonl' is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"text": "x"}', "has no field 'prompt'"),
        (b'{"prompt": 1}', "'prompt' is no text"),
        (b'{"prompt": ["x"]}', "'prompt' is no text"),
        (b'{"prompt": " "}', "'prompt' is empty"),
        (b'{"prompt": "x", "answer": true}', "'answer' is no text"),
        (b'{"prompt": "x", "answer": {}}', "'answer' is no text"),
        (b'{"prompt": "\\ud800"}', "half a character"),
        (b'{"prompt": "x", "id": true}', "neither a text nor a whole number"),
        (b'{"prompt": "x", "id": "\\n"}', "printable characters"),
        (b'{"prompt": "x", "id": "' + b"i" * 61 + b'"}', "printable characters"),
        (b'{"prompt": "x", "id": "a"}\n{"prompt": "y", "id": "a"}', "has the id 'a' of line 1"),
        (b'{"prompt": "x", "id": 2}\n{"prompt": "y"}', "has the id '2' of line 1"),
        (b'{"prompt": "' + b"x" * 20_001 + b'"}', "20001 characters; 20000 are the most"),
        (b"x" * (prompts.MAX_BYTES + 1), "more than 8 MB"),
        (b'{"prompt": "x"}\n' * (prompts.MAX_PROMPTS + 1), "more than 5000 prompts"),
    ],
)  # fmt: skip
def test_every_refusal_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(WorkbenchError) as refused:
        parse(data, "set.jsonl")
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(WorkbenchError, match="cannot be read"):
            read(path)


def test_answers_are_scored_strictly_and_leniently() -> None:
    prompt = Prompt("1", "capital of France?", "Paris  Île")
    same, loose, other = (grade(prompt, text) for text in (" Paris  Île\n", "paris île", "Rome"))
    assert same and same.right and same.strict and loose and loose.right and not loose.strict
    assert other and not other.right and other.why == "value" and other.reason.endswith("found 'Rome'")
    nothing = grade(prompt, " ")
    assert nothing and nothing.why == "missing" and grade(Prompt("1", "x"), "anything") is None


def test_a_sweep_over_a_file_and_several_seeds(shelf, tmp_path: Path) -> None:
    own = (Prompt("greeting", "say hello", "hello"), Prompt("open", "say anything"))
    plan = Plan(("sampling",), ("copy",), 1, prompts=own, repeats=2, seed=5, max_tokens=4)
    assert [(cell.task, cell.seed, cell.run_seed) for cell in cells(plan, shelf)] == [
        ("copy", 0, 5), ("copy", 0, 6), (OWN, 0, 5), (OWN, 0, 6), (OWN, 1, 5), (OWN, 1, 6),
    ]  # fmt: skip
    list(sweep(plan, tmp_path / "sweep", shelf))
    rows = rows_of(tmp_path / "sweep")
    assert [(row.prompt, row.score is None) for row in rows[2:]] == [
        ("greeting", False), ("greeting", False), ("open", True), ("open", True),
    ]  # fmt: skip
    trace = load(tmp_path / "sweep" / rows[3].trace)
    assert (trace.header.prompt, trace.header.seed) == ("say hello", 6)
    # the plan lies beside the table, and asks for nothing that is not there
    again = saved(tmp_path / "sweep")
    assert again == plan and list(sweep(again, tmp_path / "sweep", shelf)) == [(6, 6, None)]


def test_prompts_with_other_answers_are_other_runs(shelf) -> None:
    def keys(*own: Prompt) -> list[str]:
        return [cell.key for cell in cells(Plan(("greedy",), (), 1, prompts=own), shelf)]

    assert keys(Prompt("a", "x", "1")) == keys(Prompt("a", "x", "1"))
    assert keys(Prompt("a", "x", "1")) != keys(Prompt("a", "x", "2"))
    assert len(set(keys(Prompt("a", "x"), Prompt("b", "x")))) == 2


def test_the_perfect_model_has_no_answers_of_a_file() -> None:
    plan = Plan(("wino",), (), 1, models={"denoiser": "oracle"}, prompts=(Prompt("1", "x", "y"),))
    with pytest.raises(WorkbenchError, match="generated tasks only"):
        plan.checked()


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"prompts": false, "methods": 3}'])
def test_a_plan_that_cannot_be_read_is_one_sentence(tmp_path: Path, broken: str) -> None:
    (tmp_path / "plan.json").write_text(broken)
    with pytest.raises(WorkbenchError, match="holds no readable plan"):
        saved(tmp_path)


@pytest.mark.parametrize(("name", "value"), [("count", "5"), ("repeats", True), ("colour", "red")])
def test_a_plan_with_other_types_is_no_plan(tmp_path: Path, name: str, value: object) -> None:
    save(Plan(("greedy",), ("copy",), 5), tmp_path)
    found = json.loads((tmp_path / "plan.json").read_text())
    (tmp_path / "plan.json").write_text(json.dumps(found | {name: value}))
    with pytest.raises(WorkbenchError, match="holds no readable plan"):
        saved(tmp_path)
