"""Guided tours, walked through as a person does."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

TOURS = "Workbench.ask('/workbench/tours.json')"
PLACE = """() => {
  const ring = document.querySelector(".wb-tour-ring").getBoundingClientRect();
  const player = Workbench.player(), {panes, selected} = player.state();
  const {e} = player.panes.a.reel.beats[panes.a.beat];
  return {high: ring.height, top: ring.top, event: e[1], selected, ended: player.cursor >= player.max()};
}"""
FOUND = """() => {
  const ring = document.querySelector(".wb-tour-ring");
  return !ring.hidden && ring.offsetWidth > 8;
}"""


def follow(window: Any) -> dict[str, Any]:
    """What the outline stands around, once it has found its place."""
    window.page.wait_for_function(FOUND)
    return window.page.evaluate(PLACE)


def test_a_whole_tour_by_keyboard(visit: Any) -> None:
    window = visit(width=1600).drawn("a")
    page = window.page
    tour = next(each for each in page.evaluate(TOURS) if each["id"] == "speculative")
    window.find("tours").focus()
    page.keyboard.press("Enter")
    choice = window.find("tour-speculative")
    choice.focus()
    page.keyboard.press("Enter")
    for at, step in enumerate(tour["steps"]):
        page.wait_for_selector(f"[data-testid=tour-card][data-step='{at}']")
        assert window.text("tour-text") == step["text"]
        found = follow(window)
        assert found["event"] >= step["event"]
        assert found["selected"] == (step["select"] and {"pane": "a", **step["select"]})
        if at:
            page.keyboard.press("ArrowLeft")
            page.wait_for_selector(f"[data-testid=tour-card][data-step='{at - 1}']")
            page.keyboard.press("ArrowRight")
            page.wait_for_selector(f"[data-testid=tour-card][data-step='{at}']")
        if at + 1 < len(tour["steps"]):
            page.keyboard.press("ArrowRight")
    window.find("tour-next").click()
    page.wait_for_selector("[data-testid=tour-card]", state="detached")
    assert window.state()["clock"] == "passes"
    assert page.evaluate("document.activeElement.dataset.testid") == "tours"


def test_every_step_of_every_tour_points_at_something_in_sight(visit: Any) -> None:
    window = visit(width=1600).drawn("a")
    page = window.page
    for tour in page.evaluate(TOURS):
        window.find("tours").click()
        window.find(f"tour-{tour['id']}").click()
        for at in range(len(tour["steps"])):
            page.wait_for_selector(f"[data-testid=tour-card][data-step='{at}']")
            found = follow(window)
            assert found["high"] > 8 and -20 < found["top"] < 900, (tour["id"], at)
            assert found["ended"] or tour["steps"][at]["event"] < tour["steps"][-1]["event"], (tour["id"], at)
            window.find("tour-next").click()
        page.wait_for_selector("[data-testid=tour-card]", state="detached")
    window.find("tours").click()
    window.find("tour-masked").click()
    page.wait_for_selector("[data-testid=tour-card][data-step='0']")
    window.find("player-scrub").focus()
    page.keyboard.press("Escape")  # ends it wherever the focus is
    page.wait_for_selector("[data-testid=tour-card]", state="detached")
