"""What cannot be run is said, and the page can be used again: no pane waits for what will never come."""

from typing import Any

from visitor import PLANS, RUNNING

GRADIOS = """[...document.querySelectorAll(".toast-wrap, #stage .error")].filter((node) =>
  node.checkVisibility({opacityProperty: true, visibilityProperty: true})).map((node) => node.outerHTML)"""
LINK = f"{PLANS['a']}&prompt=Add 1%2B2&max=4&seed=1"


def refused(window: Any, said: str) -> None:
    """Press Run: the sentence comes, and nothing is waited for."""
    window.find("run-a").click()
    window.page.locator("[data-testid=message][data-kind=error]", has_text=said).wait_for(state="visible")
    window.page.wait_for_function(f"!{RUNNING}")
    assert window.text("status-a") == ""


def test_numbers_that_cannot_be_are_one_sentence_each(visit: Any) -> None:
    window = visit(LINK).ready()
    for field, value, said in (
        ("max-tokens", "0", "max_tokens = 0 is out of range"),
        ("max-tokens", "99999", "max_tokens = 99999 is out of range"),
        ("max-tokens", "99999", "max_tokens = 99999 is out of range"),  # the same sentence again is heard
        ("max-tokens", "3.7", "max_tokens is not a whole number"),
        ("max-tokens", "", "max_tokens is not a whole number"),
        ("max-tokens", "2", ""),
        ("seed", "-1", "seed = -1 is out of range"),
    ):
        window.find(field).fill(value)
        window.find(field).press("Tab")
        if said:
            refused(window, said)


def test_a_run_that_the_server_did_not_take_ends(visit: Any) -> None:
    window = visit(LINK).ready()
    window.page.route("**/queue/join**", lambda route: route.fulfill(status=500, body="{}"))
    refused(window, "Run A: the server did not take it")
    assert window.page.evaluate(GRADIOS) == []  # one complaint is enough
    window.find("link").click()
    window.page.get_by_text("The server could not do that now").wait_for(state="visible")
    window.page.unroute("**/queue/join**")
    window.find("run-a").click()
    window.drawn()
    assert window.find("message").is_hidden()


def test_the_same_link_is_copied_again(visit: Any) -> None:
    window = visit(LINK).ready()
    for _ in range(2):
        window.find("link").click()
        told = window.page.locator("[data-testid=message]")
        told.wait_for(state="visible")
        window.page.get_by_label("Dismiss").click()
        told.wait_for(state="hidden")
