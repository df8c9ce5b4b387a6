"""Two runs on the page: the pinned run stays while others are run, swapped sides swap their settings."""

from typing import Any

import pytest
from visitor import PLANS

pytestmark = pytest.mark.browser

BOTH = f"{PLANS['a']}&{PLANS['b']}&prompt=Add+1%2B2&max=12"
RUNS = "['a', 'b'].map(pane => JSON.parse(Workbench.view())[pane].run)"


def test_a_pinned_run_stays_while_another_is_run_beside_it(visit: Any) -> None:
    window = visit(BOTH).ready().run("run-both")
    first, other = window.page.evaluate(RUNS)
    window.find("compare-pin").click()
    assert window.find("run-both").is_hidden() and window.find("run-a").is_hidden()
    window.run("run-b")
    kept, fresh = window.page.evaluate(RUNS)
    assert kept == first and fresh != other
    assert window.page.locator("[data-pane=a] .dw-pin").is_visible()
    window.find("examples").select_option("0")
    window.page.wait_for_function(f"({RUNS})[1].startsWith('example')")
    assert window.page.evaluate(RUNS)[0] == first
    window.find("compare-pin").click()
    assert window.find("run-both").is_visible()


def test_swapped_sides_keep_their_settings(visit: Any) -> None:
    window = visit(BOTH).ready().run("run-both")
    runs, texts = window.page.evaluate(RUNS), [window.text(f"text-{pane}") for pane in "ab"]
    window.find("compare-swap").click()
    assert window.page.evaluate(RUNS) == runs[::-1]
    assert [window.text(f"text-{pane}") for pane in "ba"] == texts
    assert window.find("method-a").input_value() == "greedy"
    assert window.find("method-b").input_value() == "speculative_sampling"
    assert window.find("model-draft-b").input_value() == "tiny-draft"
    assert window.find("export-json").get_attribute("href").startswith(f"/runs/{runs[1]}/")


MOVES = """async () => {
  const moved = [];
  new PerformanceObserver((list) => {
    const name = ({node}) => (node instanceof HTMLElement ? node.className : node.nodeName);
    // what stands inside the inspector and a picture is another thing at each step
    const framed = ({node}) => node && !(node.parentElement || node).closest(".dw-why, .dw-scroll");
    for (const {sources, hadRecentInput} of list.getEntries()) {
      if (!hadRecentInput) moved.push(...sources.filter(framed).map(name));
    }
  }).observe({type: "layout-shift"});
  const player = Workbench.player();
  player.first();
  const frame = () => new Promise(requestAnimationFrame);
  await frame(); await frame();
  for (let step = 0; step < %d; step += 1) { player.next(); await frame(); }
  await frame(); await frame();
  return moved;
}"""


@pytest.mark.parametrize("width", [1440, 420])
def test_stepping_moves_nothing(visit: Any, width: int) -> None:
    window = visit(width=width).drawn("a").drawn("b").ready()
    window.page.wait_for_function("document.querySelector('[data-testid=badge-b]').textContent")
    window.page.evaluate("scrollTo(0, 300)")
    assert set(window.page.evaluate(MOVES % 25)) == set()
