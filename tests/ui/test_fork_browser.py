"""Intervening in a recorded run, and asking what another bound would have decided, in a real browser."""

import json
from typing import Any

import pytest

pytestmark = pytest.mark.browser

MASKED = "a=llada_low_confidence&a@denoiser=tiny-masked&a.block_length=16&b=&prompt=Add+1%2B2&max=16"
OPEN = """() => {
  const player = Workbench.player(), pane = player.panes.a, {reel, now} = pane;
  pane.seekBeat(Math.floor(reel.beats.length / 2));
  const at = now.lanes[0].births.findIndex((birth) => birth === dw.BLANK);
  player.select("a", {lane: 0, position: at});
  return at;
}"""
FORKED = "Workbench.player().panes.b.reel.footer && !document.body.classList.contains('wb-running')"


def trace(window: Any, run: str) -> dict[str, Any]:
    return window.page.evaluate("(id) => fetch(`/runs/${id}/trace.json`).then((found) => found.json())", run)


def exported(window: Any, pane: str) -> str:
    """The id of the run that a pane shows, as its links have it."""
    return json.loads(window.page.evaluate("Workbench.view()"))[pane]["run"]


def test_a_mask_lifted_by_hand_runs_on_beside_the_original(visit: Any) -> None:
    window = visit(MASKED).ready().run("run-a")
    assert "Select a token" in (window.find("hand-why").text_content() or "")
    assert window.find("act-force").get_attribute("aria-disabled") == "true"
    position = window.page.evaluate(OPEN)
    assert f"position {position}" in window.text("hand-what")
    assert window.find("act-mask").get_attribute("aria-disabled") == "true"
    assert "decodes one lane" in (window.find("act-close").get_attribute("data-tip") or "")
    window.page.evaluate("document.querySelector('[data-testid=text-a]').focus()")
    window.page.keyboard.press("i")
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("Enter")  # force, reject, lift
    window.page.wait_for_function(FORKED, timeout=60_000)
    window.page.wait_for_function(
        "document.querySelector('[data-testid=message]').textContent.includes('byte for byte')"
    )
    old, new = (trace(window, exported(window, pane)) for pane in "ab")
    (told,) = new["header"]["interventions"]
    assert (told["act"], told["position"]) == ("lift", position)
    assert old["events"][: told["at"]] == new["events"][: told["at"]]
    assert any(event.get("source") == "you" for event in new["events"])
    assert window.text("told-b") == "1 intervention"
    assert "1 intervention" in window.text("badge-b")
    assert window.find("told-a").is_hidden()
