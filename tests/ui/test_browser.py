"""The page in a real browser, as a person uses it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from visitor import PLANS, RUNNING

pytestmark = pytest.mark.browser

BOTH = f"{PLANS['a']}&{PLANS['b']}&prompt=Add+1%2B2"
STEPS = """async () => {
  const hook = (name) => document.querySelector(`[data-testid=${name}]`);
  const values = () => [hook("cursor-a").dataset.value, hook("cursor-b").dataset.value];
  const seen = [];
  for (const name of ["player-next", "player-back"]) for (let step = 0; step < 200; step += 1) {
    hook(name).click();
    seen.push(values());
  }
  return seen;
}"""


def test_an_example_is_drawn_before_the_methods_are_there(visit: Any) -> None:
    window = visit()
    window.page.route("**/workbench/choices.json", lambda route: None)  # they never come
    window.page.reload()
    window.drawn("a").drawn("b")
    assert window.find("method-a").is_disabled()
    window.page.wait_for_function(
        "document.querySelector('[data-testid=badge-a]').textContent.startsWith('✓')"
    )
    assert window.page.locator("h1").count() == 1


def test_two_runs_step_together_and_the_verdicts_show_their_numbers(visit: Any) -> None:
    window = visit(f"{BOTH}&max=110").ready().run("run-both")
    window.page.evaluate("Workbench.player().setClock('events')")
    window.find("player-first").click()
    seen = window.page.evaluate(STEPS)
    assert len(seen) == 400
    assert all(a == b for a, b in seen)
    assert len({a for a, _ in seen}) > 200
    window.page.evaluate("Workbench.player().decision(1)")
    assert re.search(r"\d.*[<≥≤>=].*\d", window.text("why"))
    assert window.find("tree-a").is_visible()


def test_an_exported_run_comes_back_with_the_same_badge(visit: Any, tmp_path: Path) -> None:
    window = visit(f"{PLANS['b'].replace('b=', 'a=').replace('b@', 'a@')}&b=&prompt=Add&max=12").ready()
    window.run("run-a")
    badge = window.text("badge-a")
    with window.page.expect_download() as download:
        window.find("export-menu").click()
        window.find("export-json").click()
    assert re.fullmatch(r"greedy-[\w-]{1,12}\.json", download.value.suggested_filename)
    saved = tmp_path / "trace.json"
    download.value.save_as(saved)
    window.page.evaluate("Workbench.player().clear('a')")
    window.find("import-file").set_input_files(saved)
    window.drawn()
    window.page.wait_for_function("document.querySelector('[data-testid=badge-a]').textContent")
    assert window.text("badge-a") == badge


def test_cancel_stops_and_keeps_what_was_recorded(visit: Any) -> None:
    query = "a=llada_low_confidence&a@denoiser=tiny-masked&a.block_length=400&b=&prompt=Add&max=900"
    window = visit(query).ready().run("run-a", wait=False)
    window.drawn()
    window.find("cancel").click()
    window.page.wait_for_function(f"!{RUNNING}")
    assert "cancelled" in window.text("status-a")
    assert window.state()["panes"]["a"]["beats"] > 1
    assert window.text("badge-a")


def test_cancel_in_the_queue_looks_like_a_cancel(visit: Any) -> None:
    slow = "a=llada_low_confidence&a@denoiser=tiny-masked&a.block_length=400&b=&prompt=Add&max=900"
    waiting = visit(f"{PLANS['a']}&b=&prompt=Add&max=4").ready()
    busy = visit(slow).ready().run("run-a", wait=False).drawn()
    waiting.run("run-a", wait=False)
    waiting.page.wait_for_timeout(800)  # by now the page knows the number of its run
    waiting.find("cancel").click()
    waiting.page.wait_for_function(f"!{RUNNING}")
    assert "was cancelled before it began" in waiting.text("message")
    assert waiting.find("message").get_attribute("data-kind") == "note"
    busy.find("cancel").click()
    busy.page.wait_for_function(f"!{RUNNING}")


def test_device_and_number_type_are_chosen_once(visit: Any) -> None:
    window = visit(f"{BOTH}&max=4&dtype=bfloat16").ready()
    window.find("advanced").click()
    assert window.find("device").input_value() == "cpu"
    assert window.find("dtype").input_value() == "bfloat16"
    greyed = window.find("device").locator("option[disabled]").all_inner_texts()
    assert all("here)" in each for each in greyed)
    window.run("run-a")
    window.find("link").click()
    window.find("link-text").wait_for(state="visible")
    assert "device=cpu&dtype=bfloat16" in window.find("link-text").input_value()
    assert window.text("command-a").endswith("--device cpu --dtype bfloat16")


def test_nothing_runs_while_a_link_is_applied(visit: Any) -> None:
    window = visit()
    window.page.route("**/workbench/choices.json", lambda route: None)  # they never come
    window.page.goto(f"{window.page.url.split('?')[0]}?{BOTH}")
    window.page.wait_for_function("document.body.classList.contains('wb-linked')")
    for button in ("run-both", "run-a", "run-b"):
        assert window.find(button).is_disabled()


def test_hostile_text_is_shown_and_not_run(visit: Any, tmp_path: Path) -> None:
    window = visit().drawn().ready()
    run = window.page.evaluate("fetch('/runs/example-greedy/trace.json').then((answer) => answer.json())")
    attack = "<img src=x onerror='window.hacked=1'>${window.hacked=2}{{constructor}}"
    run["tokens"] = dict.fromkeys(run["tokens"], attack)
    run["header"] |= {"title": attack, "method": "../../" + attack, "prompt": attack}
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(run))
    window.find("import-file").set_input_files(file)
    window.page.wait_for_function(
        "document.querySelector('[data-testid=text-a]').textContent.includes('<img')"
    )
    window.find("player-last").click()
    window.page.wait_for_timeout(200)
    assert window.page.evaluate("window.hacked") is None
    assert window.page.locator("#stage img").count() == 0
    with window.page.expect_download() as download:
        window.find("export-menu").click()
        window.find("export-json").click()
    assert re.fullmatch(r"[\w-]+\.json", download.value.suggested_filename)


def test_a_link_shows_the_same_view_again(visit: Any) -> None:
    window = visit(f"{BOTH}&max=16&a.temperature=0.5").ready().run("run-both")
    window.find("player-back").click()
    window.find("player-back").click()
    window.find("link").click()
    link = window.find("link-text")
    link.wait_for(state="visible")
    query = link.input_value().partition("?")[2]
    assert "--set temperature=0.5" in window.text("command-a")
    again = visit(query).ready()
    again.drawn("b")
    again.page.wait_for_function(f"Workbench.player().state().cursor === {window.state()['cursor']}")
    assert again.state()["max"] == window.state()["max"]
    assert again.find("knob-temperature-a").input_value() == "0.5"
    assert again.find("prompt").input_value() == "Add 1+2"
    assert again.find("max-tokens").input_value() == "16"


def test_knobs_keep_their_values_when_methods_are_switched(visit: Any) -> None:
    window = visit().ready()
    window.page.locator("#setup-a summary").click()
    window.find("knob-draft_length-a").fill("7")
    window.find("method-a").select_option("greedy")
    assert window.find("knob-draft_length-a").count() == 0
    window.find("method-a").select_option("speculative_sampling")
    assert window.find("knob-draft_length-a").input_value() == "7"


def test_a_chosen_model_stands_in_for_the_one_that_it_replaced(visit: Any) -> None:
    window = visit(f"{PLANS['a']}&b=&prompt=Add").ready()
    window.find("method-a").select_option("pearl")
    assert window.find("model-draft-a").input_value() == "tiny-draft"
    window.find("method-a").select_option("universal_assisted")
    assert window.find("model-target-a").input_value() == "tiny-target"
    assert window.find("model-draft-a").input_value() == "ar-char", "its drafter has a tokenizer of its own"
    window.find("method-a").select_option("llada_low_confidence")
    assert window.find("model-denoiser-a").input_value() == "masked"


def test_the_room_of_the_models_stands_beside_the_budget(visit: Any) -> None:
    window = visit(f"{PLANS['a']}&{PLANS['b']}&prompt=Add").ready()
    assert "hold 2048 tokens" in window.text("room")
    window.find("model-target-b").select_option("ar-target")
    assert "hold 512 tokens" in window.text("room")


def test_without_a_method_b_is_empty(visit: Any) -> None:
    window = visit().drawn("b").ready()
    window.find("method-b").select_option("")
    window.page.wait_for_function("!Workbench.player().state().panes.b")
    assert window.find("run-both").is_hidden()


def test_a_complaint_goes_when_what_it_is_about_changes(visit: Any) -> None:
    window = visit(f"{PLANS['a']}&b=&prompt=Add&max=0").ready()
    window.find("run-a").click()
    assert "max_tokens = 0 is out of range" in window.complaint()
    window.find("max-tokens").fill("4")
    window.find("message").wait_for(state="hidden")


def test_bad_input_gives_one_sentence(visit: Any, tmp_path: Path) -> None:
    window = visit(f"{BOTH}&max=8").ready()
    window.find("prompt").fill("  ")
    window.find("run-a").click()
    assert "The prompt is empty" in window.complaint()
    window.find("prompt").fill("word " * 3000)
    window.find("run-a").click()
    window.page.wait_for_function(
        "document.querySelector('[data-testid=message]').innerText.includes('Shorten')"
    )
    window.find("prompt").fill("Add")
    window.page.locator("#setup-a summary").click()
    window.find("knob-draft_length-a").fill("99")
    window.find("run-a").click()
    window.page.wait_for_function(
        "document.querySelector('[data-testid=message]').innerText.includes('range')"
    )
    assert "draft_length = 99 is out of range" in window.complaint()
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": "decoding-workbench-trace", "version": "9.0.0"}')
    window.find("import-file").set_input_files(broken)
    window.page.wait_for_function(
        "document.querySelector('[data-testid=message]').innerText.includes('9.0.0')"
    )
    assert "Traceback" not in window.page.content()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("a=greedy&arun=AAAAAAAAAAAA&prompt=x", "not on this machine"),
        ("task=nothing:3", "There is no task"),
        ("a=nothing&prompt=x", "There is no method 'nothing'"),
        ("prompt=x&max=many", "a number is needed"),
        ("a=greedy&b=&prompt=x&sed=3", "A link has no 'sed' (did you mean 'seed'?)"),
        ("arun=example-greedy&clock=foo", "There is no clock 'foo'"),
        ("arun=../../etc", "There is no run '../../etc'"),
        ("max=9", "its value for 'max' is left out"),
        (
            "a=greedy&a.depth=3&b=greedy&b@draft=ar-drafter&prompt=x",
            "Greedy decoding has no setting 'depth'; the link's value for it is left out. "
            "Greedy decoding has no model role 'draft'",
        ),
    ],
)
def test_a_bad_link_gives_one_sentence(visit: Any, query: str, said: str) -> None:
    assert said in visit(query).ready().complaint()


def test_what_a_link_says_in_vain_does_not_hide_what_cannot_be(visit: Any) -> None:
    window = visit("a=speculative&a.depht=3&a.verification=point_mass&b=&prompt=x").ready()
    said = "document.querySelector('[data-testid=message]').textContent"
    window.page.wait_for_function(f"{said}.includes('Point mass needs')")
    window.page.wait_for_function(f"""{said}.includes("has no setting 'depht'")""")


def test_a_model_that_is_not_there_gives_one_sentence(visit: Any) -> None:
    window = visit("a=greedy&a@target=absent&b=&prompt=Add&max=4").ready()
    window.find("run-a").click()
    assert "There is no model 'absent'" in window.complaint()


def test_what_if_says_where_no_bound_has_decided(visit: Any) -> None:
    window = visit("arun=example-speculative").drawn("a").ready()
    window.find("whatif").locator("summary").click()
    window.page.get_by_text("No rule of this run compares a number with a bound.").wait_for()
    window.find("player-last").click()
    window.find("examples").select_option("4")  # another run, whose rule does
    window.find("whatif-rule").wait_for()


def test_the_keyboard_runs(visit: Any) -> None:
    window = visit(f"{PLANS['b'].replace('b=', 'a=').replace('b@', 'a@')}&b=&prompt=Add&max=4").ready()
    window.find("prompt").press("Control+Enter")
    window.drawn()


def test_dark_follows_the_person(visit: Any) -> None:
    colour = "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
    light, dark = visit().drawn(), visit(color_scheme="dark").drawn()
    assert dark.page.evaluate("document.body.classList.contains('dark')")
    assert light.page.evaluate(colour) != dark.page.evaluate(colour)


@pytest.mark.parametrize("width", [360, 420, 800])
def test_a_narrow_window_needs_no_sideways_scrolling(visit: Any, width: int) -> None:
    window = visit(width=width).drawn().ready()
    assert window.page.evaluate("document.documentElement.scrollWidth") <= width
