"""The page "see what breaks" in a real browser."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def opened(visit: Any, address: str, hash: str = "#breaks", **options: Any) -> Any:
    """The page at an address with a hash, once its figures stand."""
    window = visit(**options)
    window.page.goto(f"{address}{hash}")
    window.page.reload()
    window.find("lab-check").wait_for(state="visible", timeout=60_000)
    return window


AT_EVENT = """() => {
  const player = Workbench.player(), beat = player.panes.a.reel.beats[player.state().panes.a.beat];
  return [beat.e[0] <= 12, 12 <= beat.e[1]];
}"""
LIES_NEAR = """([hook, wanted]) => {
  const node = document.querySelector(`[data-testid=${hook}]`);
  return node && Math.abs(Number(node.textContent) - wanted) < 0.0011;
}"""


def settled(window: Any, hook: str, wanted: float) -> None:
    """Wait until a figure has this value."""
    window.page.wait_for_function(LIES_NEAR, arg=[hook, wanted])


def test_a_mistake_is_switched_on_and_off(visit: Any, address: str) -> None:
    window = opened(visit, address, "#breaks?rule=ratio&mistake=resample_from_target&seed=1&size=3&tokens=2")
    assert window.text("lab-tv") == "0.197"
    assert int(window.text("lab-samples").replace(",", "")) < 1000
    assert window.find("lab-bars").get_attribute("data-count") == "9"
    assert "Total variation 0.197" in window.find("lab-bars").get_attribute("aria-label")
    assert "not the target's" in window.text("lab-verdict")
    assert "cannot see it" in window.text("lab-check")
    window.find("lab-mistake-none").check()
    settled(window, "lab-tv", 0)
    assert window.text("lab-samples") == "∞"
    assert "✓" in window.text("lab-verdict")
    window.find("lab-mistake-typical").check()
    window.page.wait_for_function("document.querySelector('[data-testid=lab-tv]').textContent !== '0'")


def test_rule_seed_vocabulary_and_length_are_chosen(visit: Any, address: str) -> None:
    window = opened(visit, address)
    window.find("lab-rule").select_option("point_mass")
    settled(window, "lab-tv", 0.2145)
    window.find("lab-check").get_by_text("check catches it").wait_for()
    window.find("lab-size-3").check(force=True)
    window.page.wait_for_function("document.querySelector('[data-testid=lab-bars]').dataset.count === '9'")
    settled(window, "lab-tv", 0.2042)
    window.find("lab-tokens-1").check(force=True)
    assert window.find("lab-bars").get_attribute("data-count") == "3"
    before = window.text("lab-tv")
    window.find("lab-next").click()
    window.page.wait_for_function(
        "(old) => document.querySelector('[data-testid=lab-tv]').textContent !== old", arg=before
    )
    assert "seed=1&size=3" in window.page.url and "rule=point_mass" in window.page.url
    window.page.reload()
    window.find("lab-check").wait_for(state="visible")
    assert window.find("lab-rule").input_value() == "point_mass"
    assert window.find("lab-seed").input_value() == "1"


def test_the_trace_opens_at_the_event_that_is_wrong(visit: Any, address: str) -> None:
    window = opened(visit, address, "#breaks?rule=point_mass&mistake=not_struck&seed=0&size=4")
    assert not window.find("text-a").is_visible()
    window.find("lab-open").click()
    window.page.wait_for_function("Workbench.player().state().clock === 'events'")
    assert window.find("text-a").is_visible()
    assert "Mismatch at event 12" in window.text("badge-a")
    assert window.page.evaluate(AT_EVENT) == [True, True]
    assert "rejected token not struck out" in window.page.locator(".dw-pane").first.inner_text()


def test_a_hidden_mistake_says_that_it_is_hidden(visit: Any, address: str) -> None:
    window = opened(visit, address, "#breaks?rule=block&mistake=block_residual&seed=1&size=3")
    assert window.text("lab-tv") == "0" and window.text("lab-samples") == "∞"
    assert "hidden" in window.text("lab-verdict")
    assert window.find("lab-hidden").is_visible()


def test_a_bad_number_is_one_sentence_and_the_page_goes_on(visit: Any, address: str) -> None:
    window = opened(visit, address)
    window.find("lab-temperature").fill("9")
    window.find("lab-error").wait_for()
    assert "temperature = 9 is out of range" in window.text("lab-error")
    window.find("lab-temperature").fill("1")
    window.find("lab-tv").wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_narrow_and_dark_pages_do_not_scroll_sideways(
    visit: Any, address: str, width: int, scheme: str
) -> None:
    window = opened(visit, address, "#breaks?tokens=3&size=4", width=width, color_scheme=scheme)
    assert window.find("lab-bars").get_attribute("data-count") == "64"
    wide = window.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert window.find("lab-open").is_visible()


def test_the_two_views_are_one_page(visit: Any, address: str) -> None:
    window = opened(visit, address)
    assert not window.find("method-a").is_visible()
    window.find("tab-decode").click()
    window.drawn()
    assert window.find("method-a").is_visible() and not window.find("lab-bars").is_visible()
    window.page.go_back()
    window.find("lab-bars").wait_for(state="visible")


def test_a_greyed_pair_is_run_from_the_page_that_greys_it(visit: Any, address: str) -> None:
    models = "a@target=tiny-target&a@draft=tiny-draft&b=&prompt=Add+1%2B2&max=8"
    window = visit(f"a=speculative&{models}").ready()
    window.page.locator("#setup-a summary").click()
    link = window.find("breaks-verification-point_mass-a")
    link.wait_for(state="visible")
    link.click()
    window.find("lab-check").wait_for(state="visible", timeout=60_000)
    assert window.find("lab-verification").input_value() == "point_mass"
    assert window.find("lab-drafter").input_value() == "draft model"
    assert "Point mass needs drafts fixed by the text" in window.text("lab-refused")
    assert "✓" in window.text("lab-verdict") and "Nothing breaks" in window.text("lab-why")
    window.find("lab-siblings").select_option("likeliest")
    window.find("lab-verification").select_option("ratio")
    settled(window, "lab-tv", 0.3987)
    assert "tested with the probability that is recorded" in window.text("lab-ran")
    assert "not the target's" in window.text("lab-verdict")
    window.find("lab-check").get_by_text("first test of the refused rule").wait_for()
    window.find("lab-question").locator("label").first.click()
    window.find("lab-mistake-none").wait_for()
    assert "drafter" not in window.page.url
