"""What a person sees before, between and beside runs: nothing jumps, nothing is blank or out of reach."""

from typing import Any

import pytest
from visitor import PLANS

pytestmark = pytest.mark.browser

TWO = f"{PLANS['a']}&{PLANS['b']}&prompt=Add&max=12"
SHIFTS = """() => {
  window.moved = [];
  const seen = ({node, previousRect, currentRect}) => {
    const place = node && (node.nodeType === 1 ? node : node.parentElement);
    const around = place && place.closest(".dw-text, .dw-panel, .dw-why, .wb-setup");
    if (!place || (around && around !== place)) return;
    window.moved.push([String(place.className), previousRect.y, currentRect.y]);
  };
  const all = (list) => list.getEntries().forEach((entry) => entry.sources.forEach(seen));
  new PerformanceObserver(all).observe({type: "layout-shift"});
}"""
DOWN = "moved.filter(([, before, after]) => before && after && Math.abs(after - before) > 1)"
"""What changed its height on the page; texts and figures scroll inside themselves."""
FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
CHOSEN_IN_SIGHT = """() => {
  const tabs = document.querySelector("[data-pane=a] .dw-tabs"), box = tabs.getBoundingClientRect();
  const tab = tabs.querySelector("[aria-selected=true]").getBoundingClientRect();
  return tab.left >= box.left - 1 && tab.right <= box.right + 1;
}"""
MOVING = """() => {
  const ms = (each) => parseFloat(each) * (each.trim().endsWith("ms") ? 1 : 1000);
  const longest = (text) => Math.max(...text.split(",").map(ms));
  const moves = (style) => longest(style.transitionDuration) > 1 || style.scrollBehavior === "smooth"
    || (style.animationName !== "none" && longest(style.animationDuration) > 1);
  const nodes = document.querySelectorAll(".dw, .dw *, .wb-stage *, #settings .wb-setup *");
  return [...nodes].filter((node) => moves(getComputedStyle(node))).map((node) => node.outerHTML);
}"""
FOCUS = """() => {
  const at = document.activeElement, shown = at.matches(".wb-sr") ? at.nextElementSibling : at;
  const box = shown.getBoundingClientRect(), far = {opacityProperty: true, visibilityProperty: true};
  const places = [["header", ".wb-top"], ["settings", "#settings"], ["controls", ".dw-controls"],
    ["player", ".dw"], ["bar", ".wb-stage"]];
  const [place] = places.find(([, around]) => at.closest(around)) || ["none"];
  return [place, box.width > 0 && box.height > 0 && shown.checkVisibility(far), at.outerHTML.slice(0, 120)];
}"""


@pytest.mark.parametrize("width", [1440, 420])
def test_nothing_moves_down_while_two_runs_go_on(visit: Any, width: int) -> None:
    window = visit(TWO, width=width).ready()
    window.page.evaluate("document.querySelector('.wb-player').scrollIntoView()")
    for _ in range(2):  # into empty panes, and into full ones
        window.page.evaluate("document.querySelector('#run-both').click()")
        window.page.wait_for_function("document.body.classList.contains('wb-running')")
        window.page.evaluate(SHIFTS)
        window.page.wait_for_function("!document.body.classList.contains('wb-running')", timeout=60_000)
        window.drawn("a").drawn("b")
        window.page.evaluate(FRAMES)
        assert window.page.evaluate(DOWN) == []


def test_every_page_says_what_it_waits_for_and_can_be_asked_again(visit: Any) -> None:
    window = visit()
    held: list[Any] = []
    for route in ("**/lab/options.json", "**/sweeps/options.json"):
        window.page.route(route, lambda each: held.append(each))
    window.page.goto(f"{window.page.url.split('?')[0]}?x=1#many")
    window.find("waiting-wb-sweep-figure").wait_for(state="visible")
    assert "Loading methods" in window.text("waiting-wb-sweep-controls")
    window.page.evaluate("location.hash = '#breaks'")
    window.find("waiting-wb-lab-figure").wait_for(state="visible")
    for request in held:
        request.fulfill(status=500, json={"error": "The rules cannot be read."})
    assert "cannot be read" in window.find("lab-error").inner_text()
    window.page.unroute_all()
    window.find("lab-again").click()
    window.find("lab-rule").wait_for(state="visible")


def test_an_empty_pane_offers_the_examples_and_the_tours(visit: Any) -> None:
    window = visit(TWO).ready()
    assert "No run here yet" in window.find("text-a").get_attribute("data-empty")
    window.find("offer-tours").click()
    window.page.locator(".wb-tour-menu").wait_for(state="visible")
    window.page.keyboard.press("Escape")
    title = window.text("offer-1")
    window.find("offer-1").click()
    window.drawn("a").drawn("b")
    assert title == window.find("examples").locator("option:checked").inner_text()
    assert window.find("offers-a").count() == 0
    window.find("run-a").click()  # what is then on the stage is no example any more
    window.page.wait_for_function("document.querySelector('[data-testid=examples]').value === ''")
    window.find("examples").select_option("1")
    window.page.wait_for_function("document.querySelector('[data-testid=examples]').value === '1'")


def test_tabs_that_do_not_fit_scroll_and_the_chosen_one_is_in_sight(visit: Any) -> None:
    window = visit(width=900).drawn("a").drawn("b")
    strip, tabs = (window.page.locator(f"[data-pane=a] .dw-{name}") for name in ("strip", "tab"))
    window.page.wait_for_selector("[data-pane=a] .dw-strip[data-more=right]")
    strip.locator("[data-side=right]").click()
    window.page.wait_for_function("document.querySelector('[data-pane=a] .dw-tabs').scrollLeft > 20")
    tabs.first.focus()
    for _ in range(tabs.count() + 1):  # all around
        window.page.keyboard.press("ArrowRight")
        window.page.wait_for_function(CHOSEN_IN_SIGHT)
        assert window.page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"


def test_settings_that_nothing_reads_stand_apart(visit: Any) -> None:
    window = visit("a=unmask_recipe&a@denoiser=tiny-masked&b=&prompt=Add&max=8").ready()
    window.page.locator("#setup-a summary").click()
    window.find("idle-a").wait_for(state="visible")
    factor, threshold = window.find("knob-factor-a"), window.find("knob-threshold-a")
    assert factor.is_hidden()
    assert threshold.is_visible()
    window.find("knob-select-a").select_option("factor")
    factor.wait_for(state="visible")
    assert threshold.is_hidden()
    window.find("idle-open-a").click()
    threshold.fill("0.5")  # what is idle can still be set
    assert "are idle with this choice" in window.text("idle-open-a")


def test_calm_windows_move_nothing_and_tab_goes_from_top_to_bottom(visit: Any) -> None:
    window = visit(TWO, reduced_motion="reduce").ready().run("run-both").drawn("a").drawn("b")
    assert window.page.evaluate(MOVING) == []
    window.find("tab-decode").focus()
    passed, unseen = ["header"], []
    for _ in range(250):
        window.page.keyboard.press("Tab")
        place, seen, what = window.page.evaluate(FOCUS)
        if passed[-1] == "controls" != place:
            break
        if place == "none":  # gradio's list of choices closes, and the focus is nowhere for a moment
            continue
        if passed[-1] != place:
            passed.append(place)
        if not seen:
            unseen.append(what)
    assert passed == ["header", "settings", "bar", "player", "controls"]
    assert unseen == []


def test_a_known_answer_is_whole_after_another_page_was_open(visit: Any) -> None:
    window = visit("a=greedy&a@target=tiny-target&b=&task=math:3&max=4").ready()
    window.find("tab-lab").click()
    window.find("tab-decode").click()
    window.page.wait_for_selector("#known textarea:visible")
    fields = window.page.locator("#known textarea, #prompt textarea")
    assert fields.evaluate_all("nodes => nodes.map((n) => n.scrollHeight - n.clientHeight)") == [0, 0]
