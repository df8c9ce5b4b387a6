"""Inspector, narration and explanations in a real browser."""

import re

import pytest
from opened import Opened
from player_page import TRACES, fakes

pytestmark = pytest.mark.browser

REEL = "player.panes.a.reel"
REJECTED = f"""(() => {{ const r = {REEL}; return r.rounds.findIndex((round) => round.ended); }})()"""


def evidence(opened: Opened) -> str:
    return opened.test_id("evidence").inner_text()


def test_the_inspector_opens_a_node_a_token_a_cell_and_a_round(opened: Opened) -> None:
    page = opened.open("a=tree").page
    page.evaluate("player.first(); player.decision(1)")
    node = page.locator("[data-testid=tree-a] .dw-node.dw-s-rejected").first
    id = int(node.get_attribute("data-c"))
    node.click()
    told = evidence(opened)
    name, place = page.evaluate(
        f"[{REEL}.quoted({REEL}.candidates[{id}].fill), {REEL}.candidates[{id}].position]"
    )
    assert name in told and f"Position {place}" in told and "rejected" in told
    left, bound = page.evaluate(
        f"player.panes.a.verdicts({id}).slice(-1).flatMap((v) => [v.value, v.bound].map(dw.number))"
    )
    assert left in told and bound in told
    assert re.search(
        r"It would have passed with|No draw could have passed", opened.test_id("flip").first.inner_text()
    )
    assert opened.test_id("rivals").locator("li").count() >= 1
    assert (
        "raw" in opened.test_id("chances").inner_text()
        or "processed" in opened.test_id("chances").inner_text()
    )

    opened.test_id("rivals").locator("button").first.click()
    assert page.evaluate("player.state().selected.candidate") != id

    token = page.locator("[data-testid=text-a] .dw-is").first
    token.click()
    assert "✓" in evidence(opened) or "committed" in evidence(opened)

    round = page.evaluate(REJECTED)
    page.get_by_test_id("tab-rounds-a").click()
    page.locator("[data-testid=rounds-a] .dw-round").nth(round).click()
    line = page.evaluate(f"{REEL}.rounds[{round}]")
    for key in ("accepted", "rejected", "passes", "rows"):
        shown = page.locator(f"[data-testid=round-counts] [data-count={key}]")
        assert (shown.inner_text() if shown.count() else "0") == str(line[key])
    assert line["s"] == opened.test_id("round-story").inner_text()
    assert opened.test_id("verdict").count() == 1


def test_eight_likely_tokens_have_bars_and_twelve_are_named(opened: Opened) -> None:
    TRACES["spread"] = fakes.spread
    page = opened.open("a=spread").page
    page.evaluate("player.select('a', {candidate: 0})")
    page.evaluate("player.last()")
    rest = opened.test_id("rest").inner_text()
    assert page.locator("[data-testid=evidence] .dw-belief .dw-row").count() == 8
    names = page.evaluate(
        f"{REEL}.beats.flatMap((b) => b.o).find((o) => o[0] === 'b')[6][0].map((k) => {REEL}.quoted(k))"
    )
    assert rest == "then " + " · ".join(
        [
            *(f"{name} {0.05 - 0.003 * rank:.3g}" for rank, name in enumerate(names[8:16], 7)),
            "4 more below 0.0001",
        ]
    )


def test_a_cell_of_a_canvas_tells_its_guesses_until_it_was_taken_back(opened: Opened) -> None:
    page = opened.open("a=masked").page
    cell = page.evaluate(
        f"""(() => {{ const r = {REEL}; player.setClock("events");
        const at = r.beats.findIndex((beat) => beat.k === "retract");
        const op = r.beats[at].o.find((each) => each[0] === "r");
        player.seek(r.value(at, r.clock("events"))); player.select("a", {{lane: op[1], position: op[2][0]}});
        return op[2][0]; }})()"""
    )
    told = evidence(opened)
    assert f"osition {cell}" in told and "taken back" in told
    assert opened.test_id("guesses").locator("li").count() >= 1


def test_the_narration_tells_rounds_and_decisions_and_lights_what_it_speaks_of(opened: Opened) -> None:
    page = opened.open("a=tree").page
    page.evaluate("player.first()")
    opened.test_id("tree-a").focus()
    page.keyboard.press("j")
    stops = page.evaluate("dw.stops(player).map((stop) => [stop.value, stop.kind])")
    assert opened.value("a") == stops[0][0]
    assert page.evaluate(f"dw.MOMENTS[{stops[0][1]!r}][1]") in opened.test_id("moment").inner_text()
    page.keyboard.press("j")
    assert opened.value("a") == next(value for value, _ in stops if value > stops[0][0])
    page.keyboard.press("k")
    assert opened.value("a") == stops[0][0]

    lines = opened.test_id("tale-a").locator(".dw-tale-line")
    assert lines.count() == page.evaluate(f"{REEL}.rounds.length")
    round = page.evaluate(REJECTED)
    lines.nth(round).click()
    assert page.evaluate("player.state().selected.round") == round
    step = opened.test_id("tale-a").locator(".dw-said-no .dw-sentence").first
    step.hover()
    assert page.locator("[data-testid=tree-a] .dw-lit").count() == 1
    page.mouse.move(0, 0)
    assert page.locator(".dw-lit").count() == 0
    step.click()
    picked = page.evaluate("player.state().selected.candidate")
    assert page.locator(f"[data-testid=tree-a] [data-c='{picked}'].dw-s-rejected").count()


def test_playing_stops_at_interesting_moments_where_that_is_wished_and_remembers_it(opened: Opened) -> None:
    page = opened.open("a=speculative").page
    opened.test_id("tree-a").focus()
    page.keyboard.press("n")
    assert opened.test_id("pause-at-moments").is_checked()
    page.evaluate("player.first(); player.setSpeed(60); player.play()")
    page.wait_for_function("!player.state().playing")
    assert opened.value("a") == page.evaluate("dw.stops(player)[0].value") < page.evaluate("player.max()")
    opened.open("a=speculative")
    assert opened.test_id("pause-at-moments").is_checked()


def test_explanations_are_one_focus_away_and_leave_with_escape(opened: Opened) -> None:
    page = opened.open("a=tree").page
    opened.test_id("player-speed").focus()
    key = page.locator(".dw-text-legend .dw-key").first
    key.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    hint = page.locator(".dw-hint")
    assert hint.is_visible()
    assert hint.inner_text() == page.evaluate(f"{REEL}.looks.draft.meaning")
    assert key.get_attribute("aria-describedby") == hint.get_attribute("id")
    page.keyboard.press("Escape")
    assert not hint.is_visible()
    opened.test_id("read-a").click()
    assert hint.inner_text() == page.evaluate("dw.reading.tree")


def test_what_moves_under_a_resting_pointer_explains_nothing(opened: Opened) -> None:
    page = opened.open("a=tree").page
    key, hint = page.locator(".dw-text-legend .dw-key").first, page.locator(".dw-hint")
    page.mouse.move(5, 5)
    page.evaluate("document.body.style.cursor = 'default'")
    place = """([key, at]) => { const {left, top} = key.getBoundingClientRect();
      key.style.translate = at === null ? "" : `${at - left}px ${at - top}px`; }"""
    page.evaluate("window.seen = 0; document.addEventListener('pointerover', () => { window.seen += 1; })")
    page.evaluate(place, [key.element_handle(), 2])
    page.wait_for_function("window.seen")
    page.wait_for_timeout(400)  # longer than the pause before a tip
    assert hint.is_hidden()
    page.mouse.move(7, 6)
    page.evaluate(place, [key.element_handle(), None])
    key.hover()
    hint.wait_for(state="visible")


def test_every_figure_says_how_to_read_it(opened: Opened) -> None:
    page = opened.open("a=tree").page
    views = page.evaluate("Object.keys(player.panes.a.views)")
    assert set(views) <= set(page.evaluate("Object.keys(dw.reading)"))


def test_hostile_tokens_are_told_as_text(opened: Opened) -> None:
    page = opened.open("a=hostile").page
    page.evaluate("player.first(); player.decision(1)")
    for round in range(3):
        page.evaluate(f"player.select('a', {{round: {round}}})")
    before = page.evaluate("document.querySelectorAll('script, img, iframe').length")
    page.evaluate(
        f"{REEL}.candidates.slice(0, 30).forEach((each) => player.select('a', {{candidate: each.id}}))"
    )
    assert page.evaluate("document.querySelectorAll('script, img, iframe').length") == before
    assert page.locator("[data-testid=tale-a] .dw-sentence").count()
