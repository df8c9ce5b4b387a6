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


def test_a_fork_that_is_refused_is_not_waited_for(visit: Any) -> None:
    window = visit(MASKED).ready().run("run-a")
    window.page.evaluate(OPEN)
    for _ in range(2):  # the same refusal twice
        window.find("act-force").click()
        window.find("force-text").fill("many tokens in one")
        window.find("force-text").press("Enter")
        assert "force them one after another" in window.complaint()
        window.page.wait_for_function("!document.body.classList.contains('wb-running')")
        window.page.get_by_text("Nothing came of it").wait_for()
        window.page.get_by_label("Dismiss").click()


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
    replay = window.page.evaluate(
        "(id) => fetch(`/runs/${id}/replay.html`).then((found) => found.text())", exported(window, "b")
    )
    window.page.set_content(replay)
    window.page.wait_for_selector("[data-testid=told-a]")
    assert window.find("by-hand").is_hidden(), "a replay in a file can run nothing"
    window.find("whatif").locator("summary").click()
    assert window.find("whatif-said").is_visible() and window.find("whatif-run").is_hidden()


SLIDE = """(at) => {
  const slider = document.querySelector("[data-testid=whatif-slider]");
  slider.value = at;
  slider.dispatchEvent(new Event("input"));
}"""
SAMPLED = (
    "a=speculative_sampling&a@target=tiny-target&a@draft=tiny-draft&a.temperature=1&b=&prompt=Add&max=40"
)
THRESHOLD = "a=fast_dllm_threshold&a@denoiser=tiny-masked&a.block_length=16&b=&prompt=Add+1%2B2&max=16"


def verdicts(run: dict[str, Any], rule: str) -> list[tuple[int, int, float, float, bool]]:
    """(event, candidate, value, bound, passed) of one rule, from the exported trace."""
    return [
        (at, *columns)
        for at, event in enumerate(run["events"])
        if event["verb"] == "judge" and event["rule"] == rule
        for columns in zip(
            event["of"]["candidates"], event["values"], event["bounds"], event["passed"], strict=True
        )
    ]


def test_a_scaled_bound_is_replayed_until_the_first_verdict_that_flips(visit: Any) -> None:
    window = visit(SAMPLED).ready().run("run-a")
    window.page.keyboard.press("Escape")
    window.find("whatif").locator("summary").click()
    assert "None of the" in window.text("whatif-said"), "as recorded nothing changes"
    assert window.find("whatif-run").is_disabled()
    run = trace(window, exported(window, "a"))
    tests = verdicts(run, "accept_ratio")
    factor = next(f / 20 for f in [*range(19, -1, -1), *range(21, 81)] if flips(tests, f / 20))
    window.page.evaluate(SLIDE, factor)
    first = flips(tests, factor)[0]
    place = {
        event["first"] + i: position
        for event in run["events"] if event["verb"] == "propose"
        for i, position in enumerate(event["positions"])
    }  # fmt: skip
    said = window.text("whatif-said")
    assert said.startswith(f"Replayed until here: {tests.index(first)} of {len(tests)} verdicts stay")
    assert "it is scaled" in window.text("whatif-at")
    assert f"at position {place[first[1]]}" in window.text("whatif-flips")
    window.find("whatif-flip").first.click()
    assert window.state()["selected"] == {"pane": "a", "candidate": first[1]}
    window.find("whatif-run").click()
    window.page.wait_for_function(FORKED, timeout=60_000)
    (told,) = trace(window, exported(window, "b"))["header"]["interventions"]
    assert (told["act"], told["position"]) == ("ban" if first[4] else "force", place[first[1]])


def flips(tests: list[tuple[int, int, float, float, bool]], factor: float) -> list[Any]:
    return [each for each in tests if (each[2] < each[3] * factor) != each[4]]


def test_a_bound_that_is_a_knob_is_run_again_and_decides_the_same_before(visit: Any) -> None:
    window = visit(THRESHOLD).ready().run("run-a")
    window.find("whatif").locator("summary").click()
    window.find("whatif-rule").select_option("threshold")
    old = trace(window, exported(window, "a"))
    held = sorted({value for _, _, value, _, passed in verdicts(old, "threshold") if not passed})
    bar = round(held[len(held) // 2], 2) - 0.01
    window.page.evaluate(SLIDE, bar)
    assert "the same request is run with" in window.text("whatif-how")
    first = next(at for at, _, value, _, passed in verdicts(old, "threshold") if (value >= bar) != passed)
    window.find("whatif-run").click()
    window.page.wait_for_function(FORKED, timeout=60_000)
    window.page.wait_for_function(
        "document.querySelector('[data-testid=message]').textContent.includes('as foreseen')"
    )
    new = trace(window, exported(window, "b"))
    assert new["header"]["knobs"]["threshold"] == pytest.approx(bar)
    assert new["header"]["interventions"] == []
    assert [
        {**event, "bounds": []} if event["verb"] == "judge" else event for event in old["events"][:first]
    ] == [{**event, "bounds": []} if event["verb"] == "judge" else event for event in new["events"][:first]]
    assert old["events"][first]["passed"] != new["events"][first]["passed"]
