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
    data = "document.querySelector('[data-testid=map-a]').toDataURL()"
    opened.page.evaluate("player.seek(0)")
    first = opened.page.evaluate(data)
    opened.page.evaluate("player.seek(1e9)")
    last = opened.page.evaluate(data)
    opened.page.evaluate("player.seek(0)")
    assert opened.page.evaluate(data) == first != last


@pytest.mark.parametrize(("tab", "word"), [("bits", "sequential rounds"), ("conflict", "25% for")])
def test_charts_of_a_canvas_draw(opened: Opened, tab: str, word: str) -> None:
    opened.open("a=canvas")
    opened.test_id(f"tab-{tab}-a").click()
    opened.page.locator("[data-pane=a] .dw-panel .dw-caption", has_text=word).wait_for()
    opened.page.locator(f"[data-testid={tab}-a] .main-svg").first.wait_for()
