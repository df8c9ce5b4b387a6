"""What is pressed too early waits, and a lost connection takes nothing away."""

from typing import Any

import pytest
from visitor import PLANS, RUNNING

pytestmark = pytest.mark.browser

CHOICES = "**/workbench/choices.json"


def test_run_waits_for_the_list_of_methods(visit: Any) -> None:
    window = visit().drawn().ready()
    held: list[Any] = []
    window.page.route(CHOICES, lambda route: held.append(route))
    window.page.reload()
    window.drawn().find("max-tokens").fill("4")
    window.run("run-both", wait=False)
    for pane in "ab":
        assert window.text(f"status-{pane}") == "Waiting for the list of methods and models…"
    window.find("cancel").click()  # nobody has to wait for what may never come
    window.page.wait_for_function(f"!{RUNNING}")
    assert "was cancelled before it began" in window.text("message")
    window.run("run-both", wait=False)
    for route in held:
        route.continue_()
    window.page.wait_for_function(f"!{RUNNING}", timeout=60_000)
    panes = window.state()["panes"]
    assert len(panes) == 2
    assert window.find("message").is_hidden()


def test_a_double_click_on_run_is_one_run_and_no_cancel(visit: Any) -> None:
    window = visit(f"{PLANS['a']}&{PLANS['b']}&prompt=Add&max=12").ready()
    window.find("run-both").dblclick()
    window.page.wait_for_function(RUNNING)
    window.page.wait_for_function(f"!{RUNNING}", timeout=60_000)
    assert [window.text(f"status-{pane}") for pane in "ab"] == ["", ""]
    assert window.find("message").is_hidden()


def test_run_asks_again_for_a_list_that_could_not_be_had(visit: Any) -> None:
    window = visit().drawn().ready()
    window.page.route(CHOICES, lambda route: route.fulfill(status=500, json={"error": "Not now."}))
    window.page.reload()
    window.drawn().find("again-a").wait_for(state="visible")
    window.find("max-tokens").fill("4")
    window.find("run-a").click()
    window.page.get_by_text("Run A: the methods could not be loaded").wait_for(state="visible")
    window.page.unroute_all()
    window.run("run-a")
    assert window.find("method-a").is_enabled()
    assert window.find("message").is_hidden()


def test_a_lost_connection_keeps_what_was_recorded(visit: Any) -> None:
    query = "a=llada_low_confidence&a@denoiser=tiny-masked&a.block_length=400&b=&prompt=Add&max=900"
    window = visit(query).ready().run("run-a", wait=False).drawn()
    window.page.wait_for_function("Workbench.player().state().panes.a.beats > 3")
    window.page.evaluate("window.stayed = true")
    window.page.context.set_offline(True)
    window.page.wait_for_function(
        "document.querySelector('[data-testid=status-a]').textContent.startsWith('Connection lost')"
    )
    assert window.text("message").startswith("Connection lost; reconnecting…")
    drawn = window.state()["panes"]["a"]["beats"]
    window.page.context.set_offline(False)
    window.page.wait_for_function(f"!{RUNNING}")
    assert "what was recorded stands here" in window.complaint()
    assert window.state()["panes"]["a"]["beats"] >= drawn > 1
    window.find("max-tokens").fill("4")
    window.run("run-a")  # the page goes on, and was not loaded again
    assert window.page.evaluate("window.stayed")
    assert window.text("badge-a")
