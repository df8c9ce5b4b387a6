"""The page "Many prompts" in a real browser: run a small sweep, read its picture, open a trace."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser
DRAWN = "[data-testid=sweep-chart][data-drawn]"
PLACE = """(() => {
  const chart = document.querySelector("[data-testid=sweep-chart]"), box = chart.getBoundingClientRect();
  const {xaxis, yaxis} = chart._fullLayout, line = chart.data[2];
  return [box.x + xaxis._offset + xaxis.d2p(line.x[0]), box.y + yaxis._offset + yaxis.d2p(line.y[0])];
})()"""
"""Where the first point of the second method is on the screen."""


def opened(visit: Any, **options: Any) -> Any:
    window = visit(**options)
    window.page.goto(f"{window.page.url.split('?')[0]}#many")
    window.page.reload()
    window.find("sweep-run").wait_for(state="visible", timeout=60_000)
    return window


def swept(window: Any) -> Any:
    """Run two methods on one task."""
    page = window.page
    window.find("sweep-name").fill("small")
    ticked = page.locator(".wb-picks input:checked")
    while ticked.count():
        ticked.first.uncheck()
    page.locator("input[name=task][value=shuffle]").check()
    page.locator("input[name=method][value=fast_dllm_threshold]").check()
    page.locator("input[name=method][value=llada_low_confidence]").check()
    window.find("sweep-count").fill("2")
    window.find("sweep-grid").fill("threshold=0.3,0.9")
    window.find("sweep-run").click()
    page.wait_for_function(
        "document.querySelector('[data-testid=sweep-progress]').textContent.startsWith('Done: 6 of 6')",
        timeout=90_000,
    )
    page.wait_for_function("document.querySelector('[data-testid=sweep-run]').disabled === false")
    page.wait_for_selector(DRAWN, timeout=60_000)
    return window


def test_a_small_sweep_from_the_page_to_a_trace(visit: Any) -> None:
    window = opened(visit)
    if not window.page.locator(DRAWN).count():
        assert window.find("sweep-empty").is_visible()
    swept(window)
    assert window.find("sweep-list").input_value() == "small"
    assert window.find("sweep-chart").get_attribute("data-drawn") == "3"
    rows = window.page.locator("[data-testid=sweep-settings] tbody tr")
    assert rows.count() == 3 and "threshold=0.3" in rows.first.inner_text()
    # the points of the chart stand for the same settings: a click lists the runs of one
    at = window.page.evaluate(PLACE)
    window.page.mouse.move(*at)
    window.page.locator(".hoverlayer .hovertext").wait_for()
    window.page.mouse.click(*at)
    window.find("sweep-runs").wait_for(state="visible")
    assert window.page.locator("tr[aria-selected=true]").inner_text().startswith("llada_low_confidence")
    rows.first.get_by_role("button").click()
    runs = window.page.locator("[data-testid=sweep-runs] tbody tr")
    assert runs.count() == 2 and runs.first.inner_text().startswith("shuffle 0")
    runs.first.get_by_role("button").click()
    window.drawn()
    window.find("text-a").wait_for(state="visible")
    assert "Checked" in window.text("badge-a")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_narrow_and_dark_pages_do_not_scroll_sideways(visit: Any, width: int, scheme: str) -> None:
    window = opened(visit, width=width, color_scheme=scheme)
    swept(window)
    assert window.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    window.find("tab-decode").click()
    window.drawn()
    assert not window.find("sweep-chart").is_visible()


def test_a_mistake_in_the_form_is_one_sentence(visit: Any) -> None:
    window = opened(visit)
    window.find("sweep-grid").fill("colour=1")
    window.find("sweep-run").click()
    window.find("sweep-complaint").wait_for(state="visible")
    assert "has the knob 'colour'" in window.text("sweep-complaint")
    assert window.find("sweep-run").is_enabled()
