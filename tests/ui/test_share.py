"""Links and command lines say what reproduces a view; style rules keep their order."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from workbench.trace import WorkbenchError
from workbench.ui.colours import firm
from workbench.ui.replies import safe
from workbench.ui.share import Plan, View, command, query, strange, view_of

VIEW = View(
    a=Plan("speculative_sampling", {"temperature": 0.5, "draft_length": 3}, {"target": "x/y z"}, "abcdefgh"),
    b=Plan("greedy", {}, {"target": "ar-target"}),
    prompt="a & b = 'c'\n→ d",
    max_tokens=12,
    seed=7,
    device="cpu",
    dtype="float16",
    clock="rounds",
    cursor=3,
)


def test_a_link_says_everything() -> None:
    found = view_of(dict(parse_qsl(query(VIEW), keep_blank_values=True)))
    assert found is not None
    assert {name: float(value) for name, value in found.a.knobs.items()} == VIEW.a.knobs
    assert (found.a.method, found.a.models, found.a.run) == (VIEW.a.method, VIEW.a.models, VIEW.a.run)
    assert (found.b, found.prompt, found.max_tokens, found.seed) == (VIEW.b, VIEW.prompt, 12, 7)
    assert (found.device, found.dtype) == ("cpu", "float16")
    assert (found.clock, found.cursor) == ("rounds", 3)


def test_what_a_link_says_in_vain_is_named() -> None:
    assert strange(dict(parse_qsl(query(VIEW)))) == ""
    assert strange({"a": "greedy", "a.depth": "3", "b@draft": "x", "open": "r", "__theme": "dark"}) == ""
    said = strange({"prompt": "x", "sed": "3", "q": "1", "a_depth": "2"})
    assert "no 'sed' (did you mean 'seed'?)" in said
    assert "no 'q'; the value" in said
    assert "no 'a_depth'" in said
    assert "names no method, prompt or run; its value for 'max'" in strange({"max": "9"})


def test_a_task_brings_its_prompt() -> None:
    found = view_of({"a": "greedy", "task": "add:3"})
    assert found is not None
    assert found.prompt.startswith("Add ")
    assert "--task add:3" in command(found, "a")
    assert command(found, "b") == ""


def test_an_ordinary_address_is_no_view() -> None:
    assert view_of({"__theme": "dark"}) is None


@pytest.mark.parametrize(
    "pairs",
    [
        {"a": "x", "max": "1e999"},
        {"a": "x", "seed": "nan"},
        {"a": "x", "detail": "ful"},
        {"task": "add:x"},
        {"task": "add:-1"},
    ],
)
def test_a_bad_link_is_one_sentence(pairs: dict[str, str]) -> None:
    with pytest.raises(WorkbenchError):
        view_of(pairs)


def test_command_lines_are_quoted() -> None:
    assert command(VIEW, "a").startswith(
        "python -m workbench run speculative_sampling --model 'target=x/y z'"
    )
    assert "--prompt 'a & b = '" in command(VIEW, "a")
    assert command(VIEW, "a").endswith("--device cpu --dtype float16")
    assert "--device" not in command(replace(VIEW, device="auto", dtype=""), "a")


def test_file_names_are_plain() -> None:
    assert safe('../../x"\r\nSet-Cookie: a') == "x-Set-Cookie-a"
    assert safe("…") == "run"


def test_style_rules_become_heavier_and_nothing_else() -> None:
    sheet = "/* a */ .x, .y:is(b, c)::before { color: red } @media (width < 9px) { .z { top: 0 } }"
    sheet += " @keyframes k { 50% { top: 0 } from { top: 1px } }"
    made = firm(sheet)
    assert ".x:not(#wb), .y:is(b, c):not(#wb)::before{" in made
    assert "{.z:not(#wb){" in made.replace(" ", "")
    assert "50% { top" in made or "50%{ top" in made
    assert made.count("#wb") == 3
