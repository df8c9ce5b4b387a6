"""Large runs: only what is seen is drawn, and nothing of it is missing."""

import re
from pathlib import Path

from opened import Opened

_TREE = """() => {
  const {tree, spots, scale, scroll, nodes} = player.panes.a.views.tree;
  const top = scroll.scrollTop / scale, bottom = top + scroll.clientHeight / scale;
  const seen = tree.ids.filter((id, at) => spots[at].to[1] > top && spots[at].to[1] < bottom);
  const there = (id) => scroll.querySelector(`.dw-node[data-c="${id}"] .dw-shape[d]`) !== null;
  return {all: tree.ids.length, made: scroll.querySelectorAll(".dw-node").length, kept: nodes.size,
    seen: seen.length, missing: seen.filter((id) => !there(id)).length};
}"""
_PLAY = """async (steps) => {
  player.playing = true;
  for (let i = 0; i < steps; i++) { player.step(1); await new Promise(requestAnimationFrame); }
  await new Promise((done) => setTimeout(done, 110));  // a long text is written again
  player.draw();
  await new Promise(requestAnimationFrame);
  const line = player.panes.a.text.lines.get(0), box = player.panes.a.text.body;
  const texts = line.spans.map((cell) => cell.span.textContent);
  const seen = line.spans.map((cell, at) => [cell.span.offsetTop, at])
    .filter(([y]) => y >= box.scrollTop && y <= box.scrollTop + box.clientHeight).map(([, at]) => at);
  player.pause();
  player.draw();
  return {seen, texts, rest: line.spans.map((cell) => cell.span.textContent)};
}"""


def test_a_large_tree_holds_what_is_in_sight(opened: Opened) -> None:
    opened.open("a=grove")
    opened.page.evaluate("player.seek(6)")
    for share in (0, 0.4, 1):
        opened.page.evaluate(
            """async (share) => { const box = player.panes.a.views.tree.scroll;
            box.scrollTop = share * (box.scrollHeight - box.clientHeight);
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }""",
            share,
        )
        told = opened.page.evaluate(_TREE)
        assert told["all"] > 500
        assert told["made"] == told["kept"] < told["all"] / 4
        assert told["seen"] > 0 == told["missing"], (share, told)


def test_the_picture_of_a_large_tree_has_all_of_it(opened: Opened) -> None:
    opened.open("a=grove")
    opened.page.evaluate("player.seek(6)")
    before = opened.page.evaluate(_TREE)
    opened.test_id("save-figure-a").locator("summary").click()
    with opened.page.expect_download() as download:
        opened.test_id("save-figure-a-svg").click()
    drawn = Path(download.value.path()).read_text("utf-8")
    assert len(re.findall("<title", drawn)) >= before["all"] > before["made"]
    opened.page.wait_for_function(
        "most => document.querySelectorAll('[data-testid=tree-a] .dw-node').length < most", arg=before["all"]
    )


def test_guesses_out_of_sight_wait_until_the_steps_rest(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 420, "height": 900})
    opened.open("a=wide")
    opened.page.evaluate("player.first()")
    told = opened.page.evaluate(_PLAY, 12)
    waited = [
        at for at, pair in enumerate(zip(told["texts"], told["rest"], strict=True)) if len(set(pair)) > 1
    ]
    assert waited, "nothing waited: the text is too short for this test"
    assert told["seen"]
    assert not set(waited) & set(told["seen"])
    cursor = opened.state()["cursor"]
    fresh = "player.panes.a.text.lines.get(0).spans.map((cell) => cell.span.textContent)"
    opened.open("a=wide")
    opened.page.evaluate("cursor => player.seek(cursor)", cursor)
    assert opened.page.evaluate(fresh) == told["rest"]


def test_costly_views_take_turns_while_it_plays_and_none_stays_behind(opened: Opened) -> None:
    opened.open("a=wide&b=wide2")
    opened.page.evaluate(
        "window.texts = Object.values(player.panes).map((pane) => pane.text);"
        "window.times = () => texts.map((text) => player.costly.get(text));"
    )
    written = opened.page.evaluate("""() => {
      player.first();
      const before = times(), now = performance.now();
      while (performance.now() - now < 110);
      player.playing = true;
      player.step(1);
      window.since = before;
      return times().filter((time, at) => time !== before[at]).length;
    }""")
    assert written == 1  # of the two, in this frame
    opened.page.wait_for_function("times().every((time, at) => time !== since[at])")


def test_panels_that_took_turns_are_right_when_the_steps_rest(opened: Opened) -> None:
    opened.open("a=canvas&b=masked")
    opened.page.evaluate("player.first()")
    opened.page.evaluate(_PLAY, 5)
    current = opened.page.locator("[data-testid=tale-a] li[data-now] > .dw-tale-line b").inner_text()
    at = "player.panes.a.reel.rounds[player.panes.a.reel.beats[player.panes.a.now.beat].r]"
    assert opened.page.evaluate(f"[{at}.heading, {at}.title].filter(Boolean).join(' · ')") == current
    late = "document.querySelectorAll('[data-testid=tale-a] li.dw-later > .dw-tale-line').length"
    rounds = "player.panes.a.reel.rounds.length - 1 - player.panes.a.reel.beats[player.panes.a.now.beat].r"
    assert opened.page.evaluate(late) == opened.page.evaluate(rounds)
