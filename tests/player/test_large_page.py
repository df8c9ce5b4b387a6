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
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
}"""
_TEXT = """() => {
  const {body, lines} = player.panes.a.text, box = body.getBoundingClientRect();
  const rows = [...body.querySelectorAll(".dw-stretch")].map((row) => ({
    from: Number(row.dataset.from), hidden: getComputedStyle(row).contentVisibility === "hidden",
    seen: row.getBoundingClientRect().top < box.bottom && row.getBoundingClientRect().bottom > box.top}));
  return {rows, texts: lines.get(0).spans.map((cell) => cell.span.textContent)};
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


def test_stretches_out_of_sight_are_left_out_until_the_steps_rest(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 420, "height": 900})
    opened.open("a=big")
    opened.page.evaluate("player.first()")
    opened.page.evaluate(_PLAY, 12)
    opened.page.wait_for_selector("[data-testid=text-a] .dw-stretch.dw-away", state="attached")
    moving = opened.page.evaluate(_TEXT)
    assert [row["from"] for row in moving["rows"]] == [0, 128, 256]
    assert any(row["hidden"] for row in moving["rows"])
    assert not any(row["hidden"] and row["seen"] for row in moving["rows"])
    opened.page.evaluate("player.pause(); player.draw()")
    rest = opened.page.evaluate(_TEXT)
    assert not any(row["hidden"] for row in rest["rows"])
    cursor = opened.state()["cursor"]
    opened.open("a=big")
    opened.page.evaluate("cursor => player.seek(cursor)", cursor)
    assert opened.page.evaluate(_TEXT)["texts"] == rest["texts"] == moving["texts"]


def test_a_text_that_shrinks_keeps_its_drafts_behind_its_last_cell(opened: Opened) -> None:
    opened.open("a=speculative")
    told = opened.page.evaluate("""() => {
      const view = player.panes.a.text, line = view.lines.get(0), made = [];
      for (const last of [300, 127, 128, 0]) {
        view.stretch(line, last);
        const rows = line.row.querySelectorAll(".dw-stretch");
        made.push([rows.length, rows[rows.length - 1] === line.tail.parentNode]);
      }
      return made;
    }""")
    assert told == [[3, True], [1, True], [2, True], [1, True]]


def test_costly_pictures_rest_only_while_frames_come_late(opened: Opened) -> None:
    opened.open("a=wide")
    told = opened.page.evaluate("""() => {
      const pace = new dw.Pace(), left = {}, right = {};
      let time = 0;
      const play = (frames, took) => {
        for (let i = 0; i < frames; i++) pace.frame(time += took);
        return pace.rest;
      };
      pace.begin();
      const quick = play(60, 16.7), free = [left, right, left].map((view) => pace.wait(view, 1));
      const slow = play(60, 33.3), busy = [left, right].map((view) => pace.wait(view, 2) > 80);
      const same = pace.wait(left, 1) === Infinity;
      pace.begin();
      return {quick, free, slow, busy, same, paused: play(1, 9999), mended: play(400, 16.7)};
    }""")
    assert told == {
        "quick": 0,
        "free": [0, 0, 0],
        "slow": 100,
        "busy": [True, True],
        "same": True,
        "paused": 99.75,
        "mended": 0,
    }


def test_costly_pictures_take_turns_and_none_stays_behind(opened: Opened) -> None:
    opened.open("a=wide&b=wide2")
    opened.page.evaluate(
        "window.texts = Object.values(player.panes).map((pane) => pane.text);"
        "window.drawn = () => texts.map((text) => (player.pace.drawn.get(text) || {}).what);"
    )
    written = opened.page.evaluate("""async () => {
      player.first();
      player.playing = true;
      player.draw();
      player.pace.rest = 100;
      while (performance.now() - player.pace.latest < 110) await new Promise(requestAnimationFrame);
      const before = drawn();
      player.step(1);
      return drawn().filter((what, at) => what !== before[at]).length;
    }""")
    assert written == 1  # of the two, in this frame
    opened.page.wait_for_function("drawn().every((what) => what === player.cursor + 'null')")


def test_panels_that_took_turns_are_right_when_the_steps_rest(opened: Opened) -> None:
    opened.open("a=canvas&b=masked")
    opened.page.evaluate("player.first()")
    opened.page.evaluate(_PLAY, 5)
    opened.page.evaluate("player.pause(); player.draw()")
    current = opened.page.locator("[data-testid=tale-a] li[data-now] > .dw-tale-line b").inner_text()
    at = "player.panes.a.reel.rounds[player.panes.a.reel.beats[player.panes.a.now.beat].r]"
    assert opened.page.evaluate(f"[{at}.heading, {at}.title].filter(Boolean).join(' · ')") == current
    late = "document.querySelectorAll('[data-testid=tale-a] li.dw-later > .dw-tale-line').length"
    rounds = "player.panes.a.reel.rounds.length - 1 - player.panes.a.reel.beats[player.panes.a.now.beat].r"
    assert opened.page.evaluate(late) == opened.page.evaluate(rounds)
