"""Choices that rule each other out, on the page: greyed, with the reason, and with a way to take them."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

MODELS = "a@target=tiny-target&a@draft=tiny-draft&b=&prompt=Add+1%2B2&max=8"


def opened(visit: Any, query: str = "", **options: Any) -> Any:
    window = visit(f"a=speculative{query}&{MODELS}", **options).ready()
    window.page.locator("#setup-a summary").click()
    return window


def greyed(window: Any, knob: str) -> list[str]:
    options = window.find(f"knob-{knob}-a").locator("option[disabled]")
    return [text.removesuffix(" (not with the rest)") for text in options.all_inner_texts()]


def test_what_does_not_go_with_the_rest_is_greyed_with_its_reason(visit: Any) -> None:
    window = opened(visit)
    window.find("blocked-verification-a").wait_for(state="visible")
    assert greyed(window, "verification") == ["greedy", "multipath_block", "point_mass"]
    assert greyed(window, "siblings") == ["likeliest"]
    assert "Point mass needs drafts fixed by the text" in window.text("blocked-verification-a")
    described = window.find("knob-verification-a").get_attribute("aria-describedby").split()
    texts = [window.page.locator(f"[id='{id}']").inner_text() for id in described]
    assert any("Point mass needs" in text for text in texts), "a screen reader hears the reason"
    window.find("knob-verification-a").select_option("sample_match")
    window.page.wait_for_function("!document.querySelector('[data-testid=knob-siblings-a] option[disabled]')")
    assert window.find("blocked-siblings-a").is_hidden()


def test_a_greyed_choice_can_be_taken_with_what_must_change(visit: Any) -> None:
    window = opened(visit)
    window.find("greyed-drafter-prompt lookup-a").click()
    assert window.find("knob-siblings-a").input_value() == "likeliest"
    assert window.find("knob-verification-a").input_value() == "point_mass"
    assert "with it changed siblings to likeliest" in window.text("message")
    assert window.find("greyed-verification-greedy-a").is_disabled()
    window.run("run-a").drawn()
    assert "complete" in window.text("status-a") or window.text("badge-a").startswith("✓")


def test_the_promise_follows_the_choice(visit: Any) -> None:
    window = opened(visit)
    window.find("knob-verification-a").select_option("typical")
    window.page.wait_for_function("document.querySelector('[data-testid=promise-a]').textContent === 'lossy'")
    window.find("knob-temperature-a").fill("0")
    window.page.wait_for_function("document.querySelector('[data-testid=promise-a]').textContent !== 'lossy'")


def test_a_link_with_an_illegal_pair_says_so(visit: Any) -> None:
    window = visit(f"a=speculative&a.shape=static+tree&{MODELS}").ready()
    window.find("problem-a").wait_for(state="visible")
    sentence = "Speculative sampling judges a chain, not a tree."
    assert sentence in window.text("problem-a")
    assert sentence in window.complaint()
    window.find("run-a").click()
    window.page.wait_for_function(
        f"document.querySelector('[data-testid=message]').innerText.includes('Run A: {sentence}')"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reasons_can_be_read(visit: Any, scheme: str) -> None:
    """Contrast of the greyed chips and their reasons against what is behind them, as WCAG counts it."""
    window = opened(visit, color_scheme=scheme)
    window.find("blocked-verification-a").wait_for(state="visible")
    for place in ("li > span", "button"):
        assert window.page.evaluate(CONTRAST, f"[data-testid=blocked-verification-a] {place}") >= 4.5


CONTRAST = """(place) => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (each) => numbers(getComputedStyle(each).backgroundColor);
  const node = document.querySelector(place);
  let behind = node;
  while (!(ground(behind)[3] ?? 1)) behind = behind.parentElement;
  const [one, two] = [light(numbers(getComputedStyle(node).color)), light(ground(behind))];
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}"""
