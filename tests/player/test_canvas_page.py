"""The figures of masked decoding in a real browser: the map's marks and keys, bits, one token twice."""

import pytest
from opened import Opened

pytestmark = pytest.mark.browser


def test_the_map_has_a_key_and_words_for_what_occurs(opened: Opened) -> None:
    opened.open("a=canvas")
    opened.test_id("tab-map-a").click()
    met = opened.page.locator("[data-pane=a] [data-mark]").evaluate_all("ns => ns.map(n => n.dataset.mark)")
    assert met == ["s", "u", "a", "n", "x", "early"]
    words = opened.page.evaluate(
        "[[0, 1], [2, 0], [1, 0], [2, 2], [3, 2]].map(([cell, row]) =>"
        " player.panes.a.views.map.words(cell, row))"
    )
    parts = ["stale, 1 round old", "anchor", "near an anchor", "not seen by the network", "written early"]
    assert all(part in said for part, said in zip(parts, words, strict=True)), words


def test_the_position_of_a_selected_cell_is_traced_through_all_rounds(opened: Opened) -> None:
    opened.open("a=canvas")
    opened.test_id("tab-map-a").click()
    column = opened.page.locator("[data-pane=a] .dw-map-column")
    assert not column.is_visible()
    opened.page.evaluate("player.select('a', {lane: 0, position: 6})")
    column.wait_for()
    frame, sheet = column.bounding_box(), opened.page.locator("[data-pane=a] .dw-map-canvas").bounding_box()
    width = opened.page.evaluate("player.panes.a.views.map.cw")
    assert column.inner_text() == "6" and frame and sheet
    assert abs(frame["x"] - sheet["x"] - 2 * width) < 1 and abs(frame["width"] - width) < 1
    assert abs(frame["y"] + frame["height"] - sheet["y"] - sheet["height"]) < 1
    opened.test_id("map-a").focus()
    opened.page.keyboard.press("ArrowRight")
    assert column.inner_text() == "4", "the key's own cell while the keys go"
    opened.page.evaluate("player.select(null, null)")
    opened.test_id("map-a").evaluate("node => node.blur()")
    assert not column.is_visible()


def test_a_run_without_marks_has_no_key_for_them(opened: Opened) -> None:
    opened.open("a=masked")
    opened.test_id("tab-map-a").click()
    assert opened.page.locator("[data-pane=a] [data-mark]").count() == 0
    opened.open("a=speculative")
    opened.test_id("tab-tree-a").wait_for()
    assert not any(opened.test_id(f"tab-{id}-a").count() for id in ("map", "bits", "conflict"))


def test_a_mark_stands_in_its_row_only_when_the_cursor_got_there(opened: Opened) -> None:
    opened.open("a=canvas")
    opened.test_id("tab-map-a").click()
    data = "(({line, veil}) => line.toDataURL() + veil.style.transform)(player.panes.a.views.map)"
    opened.page.evaluate("player.seek(0)")
    first = opened.page.evaluate(data)
    opened.page.evaluate("player.seek(1e9)")
    last = opened.page.evaluate(data)
    opened.page.evaluate("player.seek(0)")
    assert opened.page.evaluate(data) == first != last


@pytest.mark.parametrize(("tab", "word"), [("bits", "sequential rounds"), ("conflict", "twice 25%")])
def test_charts_of_a_canvas_draw(opened: Opened, tab: str, word: str) -> None:
    opened.open("a=canvas")
    opened.test_id(f"tab-{tab}-a").click()
    opened.page.locator("[data-pane=a] .dw-panel .dw-caption", has_text=word).wait_for()
    opened.page.locator(f"[data-testid={tab}-a] .main-svg").first.wait_for()


def test_a_quantity_is_read_round_by_round_and_place_by_place(opened: Opened) -> None:
    opened.open("a=fused")
    opened.test_id("tab-measures-a").click()
    opened.test_id("measure-pick-a").select_option("rule:sure")
    caption, box = opened.page.locator("[data-pane=a] .dw-panel .dw-caption"), opened.test_id("measures-a")
    caption.filter(has_text="2 of 2 pass, 1 only by the combination").wait_for()
    assert box.locator("[data-place]").evaluate_all("ns => ns.map(n => n.dataset.place)") == ["5", "7"]
    opened.page.evaluate("player.panes.a.seekBeat(player.panes.a.reel.rounds[0].b[1])")
    caption.filter(has_text="threshold 0.5 to 0.75").wait_for()
    failed = "ns => ns.filter(n => n.classList.contains('dw-measure-no')).map(n => n.dataset.place).sort()"
    assert box.locator("[data-place]").evaluate_all(failed) == ["5", "7"]
    box.locator("[data-place='5']").click()
    assert opened.state()["selected"]["candidate"] == 1
    assert box.locator(".dw-measure-mine .dw-measure-dot").count() == 2, "its line through both rounds"


def test_the_moment_of_an_early_end_stands_in_the_curve(opened: Opened) -> None:
    opened.open("a=fused")
    opened.test_id("tab-measures-a").click()
    opened.test_id("measures-a").locator(".dw-measure-note", has_text="written early").wait_for()


def test_a_ladder_hides_what_the_cursor_has_not_reached(opened: Opened) -> None:
    opened.open("a=ladder")
    opened.test_id("tab-trials-a").click()
    rungs = opened.test_id("trials-a").locator(".dw-rung")
    states = "ns => ns.map(n => [...n.classList].find(c => c.startsWith('dw-rung-')).slice(8))"
    assert rungs.evaluate_all(states) == ["yes", "yes", "no", "never"]
    began = "player.panes.a.reel.figures.trials.spec.trials[0].beat"
    opened.page.evaluate(f"player.setClock('events'); player.panes.a.seekBeat({began})")
    assert rungs.evaluate_all(states) == ["yes", "waits", "waits", "waits"]
    rungs.nth(2).click()
    assert opened.state()["selected"]["candidate"] == 0


def test_two_lanes_show_what_was_taken_back_and_what_came_instead(opened: Opened) -> None:
    opened.open("a=lanes")
    opened.test_id("tab-trials-a").click()
    column, text = opened.test_id("trials-a").locator("[data-c]"), opened.test_id("trials-a")
    column.first.wait_for()
    assert column.count() == 1 and "instead" in column.first.get_attribute("aria-label")
    opened.page.evaluate("player.panes.a.seekBeat(player.panes.a.reel.rounds[1].b[1])")
    text.locator(".dw-lane-back").wait_for()
    states = "ns => ns.map(n => n.getAttribute('class').split(' ')[1].slice(8))"
    assert column.evaluate_all(states) == ["yes", "back", "yes", "open"]


@pytest.mark.parametrize(
    ("name", "tab", "found"), [("guesses", "trials", ".dw-guess-row"), ("pair", "conflict", ".hm")]
)
def test_guesses_and_the_joint_are_drawn(opened: Opened, name: str, tab: str, found: str) -> None:
    opened.open(f"a={name}")
    opened.test_id(f"tab-{tab}-a").click()
    opened.test_id(f"{tab}-a").locator(found).first.wait_for()
    assert opened.test_id(f"{tab}-a").locator(found).count() == {"trials": 4, "conflict": 2}[tab]
