"""The player in a real browser: stepping, keys, themes, hostile tokens, live runs."""

import gzip
import json
from pathlib import Path

import pytest
from opened import Opened
from player_page import deltas, trace_of

from viz.player import standalone
from viz.reel import reel
from workbench.trace import decode

pytestmark = pytest.mark.browser


def test_opens_filled(opened: Opened) -> None:
    opened.open("a=speculative")
    assert "hills" in opened.test_id("text-a").inner_text()
    assert opened.test_id("tree-a").locator(".dw-node").count() > 0
    assert opened.test_id("why").inner_text().strip()
    assert opened.page.locator("[data-pane=b]").is_hidden()
    state = opened.state()
    assert state["cursor"] == state["max"] == 60


def test_two_hundred_steps_keep_both_cursors_together(opened: Opened) -> None:
    opened.open("a=speculative&b=masked")
    opened.page.evaluate("player.setClock('events'); player.first()")
    seen = opened.page.evaluate(
        """() => { const seen = [];
        for (let i = 0; i < 200; i++) {
          if (i < 150) player.next(); else player.back();
          const cursor = n => document.querySelector(`[data-testid=cursor-${n}]`).dataset.value;
          seen.push(['a', 'b'].map(n => Number(cursor(n))));
        } return seen; }"""
    )
    assert len(seen) == 200
    assert all(a == b for a, b in seen)
    assert len({a for a, _ in seen}) > 100


def test_forward_and_backward_show_the_same(opened: Opened) -> None:
    opened.open("a=tree&b=beams")
    shown = (
        """() => ['a', 'b'].map(n => document.querySelector(`[data-testid=text-${n}]`).innerText).join('|')"""
    )
    opened.page.evaluate("player.setClock('events'); player.first()")
    forth = opened.page.evaluate(
        f"() => {{ const see = {shown}; const all = [see()]; "
        "for (let i = 0; i < 80; i++) { player.next(); all.push(see()); } return all; }"
    )
    back = opened.page.evaluate(
        f"() => {{ const see = {shown}; const all = [see()]; "
        "for (let i = 0; i < 80; i++) { player.back(); all.push(see()); } return all; }"
    )
    assert forth == back[::-1]


def test_keyboard(opened: Opened) -> None:
    opened.open("a=speculative")
    opened.test_id("text-a").click(position={"x": 600, "y": 100})
    press = opened.page.keyboard.press
    press("Home")
    assert opened.value("a") == 0
    press("ArrowRight")
    assert opened.value("a") == 1
    press("j")
    first = opened.value("a")
    assert first > 1
    assert "Rejected" in opened.test_id("why").inner_text()
    press("j")
    assert opened.value("a") > first
    press("k")
    assert opened.value("a") == first
    press("End")
    assert opened.value("a") == 60
    press("?")
    assert opened.test_id("player-keys").is_visible()
    press("Home")
    press(" ")
    assert opened.state()["playing"]
    opened.page.wait_for_function("player.state().cursor >= 2")
    press(" ")
    assert not opened.state()["playing"]


def test_keys_of_nobody_are_the_players_and_those_of_fields_and_browser_are_not(opened: Opened) -> None:
    page = opened.open("a=speculative&b=tree").page
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("j")
    assert opened.value("a") > 1 and "Rejected" in opened.test_id("why").inner_text()
    method = page.evaluate("player.panes.a.reel.header.method")
    page.keyboard.press("Home")
    page.keyboard.press("Control+x")
    page.keyboard.press("Control+p")
    assert not page.evaluate("player.pinned") and page.evaluate("player.panes.a.reel.header.method") == method
    page.keyboard.press("w")  # what if
    slider = opened.test_id("whatif-slider")
    slider.focus()
    before = float(slider.input_value())
    page.keyboard.press("ArrowLeft")
    assert float(slider.input_value()) < before and opened.value("a") == 0


def test_a_click_tells_the_life_of_a_node(opened: Opened) -> None:
    opened.open("a=tree")
    opened.page.evaluate("player.seek(10)")
    opened.test_id("tree-a").locator(".dw-node.dw-s-rejected").first.click()
    why = opened.test_id("why").inner_text()
    assert "rejected" in why
    assert "It would have passed" in why
    assert opened.state()["selected"]["pane"] == "a"
    opened.page.keyboard.press("Escape")
    assert opened.state()["selected"] is None


def test_dark_changes_the_colours(opened: Opened) -> None:
    opened.open("a=masked")
    colour = "getComputedStyle(document.querySelector('.dw')).backgroundColor"
    light = opened.page.evaluate(colour)
    opened.page.evaluate("document.body.classList.add('dark')")
    assert opened.page.evaluate(colour) != light
    opened.page.evaluate("document.body.classList.remove('dark')")
    assert opened.page.evaluate(colour) == light


def test_every_tab_draws(opened: Opened) -> None:
    opened.open("a=speculative&b=masked")
    for name in ("rounds-a", "confidence-a", "cost-a", "map-b", "confidence-b", "cost-b"):
        tab, pane = name.split("-")
        opened.test_id(f"tab-{tab}-{pane}").click()
        assert opened.test_id(name).is_visible()
    opened.page.wait_for_selector("[data-testid=cost-a] .main-svg")
    opened.page.wait_for_selector("[data-testid=cost-b] .main-svg")
    assert "Share" not in (opened.page.content())


def test_the_map_is_painted(opened: Opened) -> None:
    opened.open("a=wide")
    colours = opened.page.evaluate(
        """() => { const c = document.querySelector('[data-testid=map-a]');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const s = new Set();
        for (let i = 0; i < d.length; i += 44) s.add(d.slice(i, i + 4).join());
        return s.size; }"""
    )
    assert colours > 12


def test_hostile_tokens_stay_text(opened: Opened) -> None:
    opened.open("a=hostile")
    opened.page.evaluate("player.first(); for (let i = 0; i < 30; i++) player.next();")
    opened.page.evaluate("player.select('a', {candidate: 3})")
    assert "onerror" in opened.test_id("text-a").inner_text()
    assert opened.page.evaluate("window.__hacked") is None
    assert opened.page.locator(".dw img").count() == 0


def test_a_live_run_follows_the_end_until_the_user_moves(opened: Opened) -> None:
    opened.open("")
    opened.page.evaluate("player.setStatus('a', {running: true})")
    assert "Waiting" in (opened.test_id("text-a").get_attribute("data-empty") or "")
    parts = list(deltas(trace_of("masked")))
    for part in parts[:6]:
        opened.page.evaluate("part => player.append('a', part)", part)
    state = opened.state()
    assert state["cursor"] == state["max"] > 0
    opened.page.evaluate("player.seek(1)")
    for part in parts[6:]:
        opened.page.evaluate("part => player.append('a', part)", part)
    assert opened.state()["cursor"] == 1
    opened.page.evaluate("player.last()")
    live = opened.test_id("text-a").inner_text()
    opened.open("a=masked")
    assert opened.test_id("text-a").inner_text() == live


def test_states_are_said(opened: Opened) -> None:
    opened.open("a=speculative&b=greedy")
    opened.page.evaluate(
        "player.setStatus('a', {badge: {state: 'mismatch', text: 'mismatch at event 20', event: 20}})"
    )
    opened.test_id("badge-a").click()
    assert opened.state()["clock"] == "events"
    assert opened.page.evaluate("player.load('b', '/reel/nothing')") is False
    opened.errors.clear()  # the browser itself reports the 404
    assert "could not be opened" in opened.page.locator("[data-pane=b]").inner_text()
    opened.page.evaluate("player.clear('b')")
    assert opened.page.locator("[data-pane=b]").is_hidden()


def test_a_shorter_run_says_that_it_has_finished(opened: Opened) -> None:
    opened.open("a=speculative&b=masked")
    assert "finished at 20" in opened.test_id("done-b").inner_text()
    assert opened.value("a") == opened.value("b") == 60
    assert "part at token" in opened.test_id("divergence").inner_text()


def test_narrow_pages_do_not_scroll_sideways(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 420, "height": 900})
    opened.open("a=tree&b=masked")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 420


def test_the_sentences_of_the_page_are_those_of_python(opened: Opened) -> None:
    opened.open("a=speculative")
    made = reel(trace_of("speculative"))
    rule = made["glossary"]["rules"]["accept"]
    args = json.dumps([rule, "‘·cat’ at position 31", "0.83", "0.41", False])
    assert opened.page.evaluate(f"dw.verdict(...{args})") == (
        "Rejected ‘·cat’ at position 31: u = 0.83 is not below target/draft = 0.41."
    )
    assert opened.page.evaluate(f"dw.flip({json.dumps(rule)}, 0.41, '0.41', false)") == (
        "It would have passed with u below 0.41."
    )


def test_the_stand_alone_page_loads_nothing(opened: Opened, tmp_path) -> None:
    html = tmp_path / "replay.html"
    html.write_text(
        standalone([reel(trace_of("hostile")), reel(trace_of("speculative"))], "</title>"), "utf-8"
    )
    opened.page.goto(html.as_uri())
    opened.page.wait_for_selector("[data-testid=text-b] .dw-cell")
    assert opened.page.evaluate("window.__hacked") is None
    recorded = Path(__file__).parents[2] / "assets" / "examples" / "example-greedy.json.gz"
    html.write_text(standalone([reel(decode(gzip.decompress(recorded.read_bytes())))], "one"), "utf-8")
    opened.page.goto(html.as_uri())
    opened.page.wait_for_selector("[data-testid=text-a] .dw-cell")
    drawn = opened.page.locator("[data-pane=a] .dw-tab[aria-selected=true]").get_attribute("data-tab")
    assert drawn == "measures"  # Confidence stands before it, but needs a library that is not in the file
    opened.requests.clear()


def test_two_panes_show_their_titles_whole_and_nothing_jumps(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 1090, "height": 900})
    opened.open("a=speculative&b=masked")
    opened.page.evaluate(
        "player.setStatus('a', {badge: {state: 'lossy', text: 'Checked · lossy by design', note: 'n'}})"
    )
    seen = opened.page.evaluate(
        """async () => { const places = new Set();
        player.first();
        for (let i = 0; i < 70; i++) {
          player.next();
          await new Promise(requestAnimationFrame);
          const parts = ".dw-text, .dw-tabs, .dw-badge, .dw-title, .dw-why, .dw-race, .dw-modes";
          const boxes = [...document.querySelectorAll(parts)].map((n) => n.getBoundingClientRect());
          places.add(JSON.stringify(boxes.map((b) => [b.x, b.y, b.width])));
        }
        const cut = [...document.querySelectorAll(".dw-title")].filter((n) => n.scrollWidth > n.clientWidth);
        return [places.size, cut.length]; }"""
    )
    assert seen == [1, 0]
    assert "finished" in opened.test_id("done-b").inner_text()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "must be equal: both"),
        ({"guarantee": "lossy"}, "may differ: one of the methods is lossy"),
        ({"prompt": "another"}, "may differ: the prompts differ"),
        ({"knobs": {"temperature": 1}}, "may differ: tokens are drawn at random"),
        ({"guarantee": "other target"}, "may differ: one of the methods looks"),
        ({"dtype": "float16"}, "must be equal up to rounding"),
        ({"models": []}, "may differ: the models differ"),
    ],
)
def test_equality_is_claimed_only_where_it_is_promised(opened: Opened, more: dict, said: str) -> None:
    opened.open("a=greedy")
    greedy = {
        "method": "greedy",
        "guarantee": "reference",
        "prompt": "p",
        "device": "cpu",
        "dtype": "float32",
    }
    greedy |= {"knobs": {}, "models": [{"role": "target", "name": "t", "sha256": "1"}]}
    other = greedy | {"method": "x", "guarantee": "same distribution", "knobs": {"temperature": 0}} | more
    args = json.dumps([{"header": greedy}, {"header": other}])
    assert said in opened.page.evaluate(f"dw.promised(...{args})")


def test_the_map_can_be_walked_with_the_keys(opened: Opened) -> None:
    opened.open("a=masked")
    opened.page.evaluate("player.first(); player.next()")
    cursor = opened.state()["cursor"]
    grid = opened.test_id("map-a")
    grid.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        grid.press(key)
    start = opened.page.evaluate("player.panes.a.reel.map.start")
    assert f"position {start + 1} ·" in opened.test_id("live").inner_text()
    assert opened.state()["cursor"] == cursor
    grid.press("Enter")
    assert opened.state()["selected"]["position"] == start + 1


def test_what_if_masks_only_what_the_changed_verdict_would_have_masked(opened: Opened) -> None:
    """One rule masks what passes it (a coin), another what fails it (a rank among those that may stay)."""
    opened.open("a=greedy")
    told = """(fell) => { const verdict = (ref, passed) => ({kind: 'p', lane: 0, ref, beat: 0, passed});
      const beats = [{o: []}, {o: fell.length ? [['r', 0, fell, 'why']] : []}];
      return dw.masking({beats}, [verdict(4, true), verdict(5, false), verdict(6, true)]); }"""
    assert [opened.page.evaluate(told, fell) for fell in ([4, 6], [5], [])] == [True, False, None]


def test_a_pane_that_loads_or_was_emptied_keeps_nothing_of_a_run(opened: Opened) -> None:
    opened.open("a=speculative")
    shown = opened.page.evaluate("""async () => {
      const told = () => Object.values(player.panes).map((pane) => [pane.text.body.dataset.empty || "",
        pane.legend.childElementCount, getComputedStyle(pane.modes).visibility]);
      let give;
      const reel = await player.fetch("/reel/masked");
      player.fetch = () => new Promise((done) => { give = done; });
      const asked = player.load("b", "/reel/masked");
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      const loading = told()[1];
      give(reel);
      await asked;
      player.clear("a");
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return [loading, ...told()];
    }""")
    assert shown[0] == ["Loading…", 0, "hidden"]
    assert shown[1] == ["No run here yet.", 0, "hidden"]
    assert shown[2][0] == "" and shown[2][1] > 0 and shown[2][2] == "visible"
