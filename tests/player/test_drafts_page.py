"""The figures of drafts in a real browser: they draw, follow the cursor, and agree with Python."""

import pytest
from opened import Opened
from player_page import trace_of

from viz.figure import draw
from workbench.trace import Score

pytestmark = pytest.mark.browser


def test_the_modelled_clock_agrees_with_python_and_can_be_set(opened: Opened) -> None:
    opened.open("a=speculative")
    opened.test_id("tab-timeline-a").click()
    spec = draw(trace_of("speculative"), "timeline").spec
    for preset in spec["presets"]:
        told = opened.page.evaluate("([s, p]) => dw.modelled(s, p)", [spec, preset])
        assert told["run"] == pytest.approx(preset["run"], abs=1e-3)
        assert told["speedup"] == pytest.approx(preset["speedup"], abs=1e-3)
    opened.test_id("cost-preset-a").select_option("compute")
    before = opened.test_id("cost-told-a").inner_text()
    opened.test_id("cost-c-a").fill("0.9")
    assert "Modelled" in before and opened.test_id("cost-told-a").inner_text() != before
    assert opened.test_id("cost-preset-a").input_value() == "own"
    opened.test_id("cost-a-a").fill("0")
    assert "above 0" in opened.test_id("cost-problem-a").inner_text()


def test_thrown_away_draft_passes_are_told_apart_and_the_run_fits(opened: Opened) -> None:
    opened.open("a=ahead")
    opened.test_id("tab-timeline-a").click()
    gone = opened.test_id("timeline-a").locator(".dw-pass-thrown")
    opened.page.evaluate("player.seek(0)")
    assert gone.count() == 0, "nothing is thrown away before it is drafted"
    opened.page.evaluate("player.seek(player.state().max)")
    assert gone.count() == draw(trace_of("ahead"), "timeline").spec["thrown"] == 3
    words = [title.partition("Thrown away: ")[2] for title in gone.locator("title").all_text_contents()]
    assert words[0] == "‘·cat’ was rejected" and words[1] == "1 draft behind the rejected ‘·cat’"
    assert "Thrown away 3 of 5 draft passes" in opened.test_id("cost-told-a").inner_text()
    opened.open("a=long&b=speculative")
    opened.test_id("tab-timeline-a").click()
    sizes = "n => [n.scrollWidth, n.clientWidth]"
    wide, room = opened.test_id("timeline-a").evaluate(sizes)
    assert wide <= room
    opened.page.get_by_role("group", name="Zoom of the time axis").first.get_by_label("Larger").click()
    assert opened.test_id("timeline-a").evaluate(sizes)[0] > room


def test_a_rejection_says_the_mass_of_its_residual(opened: Opened) -> None:
    """On the edge, in the inspector with its definition, and beside the area that it is the rest of."""
    opened.open("a=sampled")
    events = trace_of("sampled").events
    at, score = next(
        (i, e) for i, e in enumerate(events) if isinstance(e, Score) and e.measure == "left_mass"
    )
    (mass,), (ref,) = score.values, score.of.each()
    opened.page.evaluate(
        """([at, id]) => {
             const pane = player.panes.a;
             pane.seekBeat(pane.reel.beats.findIndex((beat) => beat.e[1] >= at));
             player.select("a", {candidate: id});
           }""",
        [at, ref.id],
    )
    told = opened.test_id("evidence").get_by_test_id("quantity")
    assert told.inner_text() == f"residual mass {mass:.3f}"
    assert "1 - sum of min(target, draft)" in told.evaluate("n => n.title || n.dataset.tip")
    edges = opened.test_id("tree-a").locator("text").all_text_contents()
    assert f"left {mass:.2f}".replace("0.", ".") in edges
    opened.test_id("tab-overlap-a").click()
    opened.test_id("overlap-a").get_by_text(f"residual mass {mass:.3f}").wait_for()
    shared = opened.page.locator("[data-pane=a] .dw-caption").inner_text()
    assert f"sum min(target, draft) = {1 - mass:.3f}" in shared


def test_a_later_sibling_is_drawn_against_what_its_elder_left(opened: Opened) -> None:
    opened.open("a=rivals")
    opened.page.evaluate("player.seek(player.state().max)")
    opened.test_id("tab-overlap-a").click()
    figure = opened.test_id("overlap-a")
    rows, values = figure.get_by_role("button"), figure.locator(".dw-overlap-value")
    assert rows.locator(".dw-row-value").all_text_contents() == ["whole", "left 0.4"]
    opened.page.evaluate("player.select('a', {candidate: 0})")
    assert sorted(values.all_text_contents())[-1] == "target 0.5 · draft 0.1"
    opened.page.evaluate("player.select('a', {candidate: 1})")
    assert sorted(values.all_text_contents())[-1] == "residual 1 · draft 0.1"
    assert "min(residual, draft) = 0.1:" in opened.page.locator("[data-pane=a] .dw-caption").inner_text()
    assert opened.test_id("evidence").get_by_test_id("mass-ledger").locator(".dw-mass-mine").count() == 1
    rows.first.click()
    assert sorted(values.all_text_contents())[-1] == "target 0.5 · draft 0.1"
    opened.page.evaluate("player.panes.a.seekBeat(player.panes.a.reel.candidates[1].beat)")
    assert figure.get_by_role("button").count() == 0, "before the test nothing was taken away"


def test_no_edge_runs_through_the_words_of_a_test(opened: Opened) -> None:
    """Every label has a ground that is at least as large as its letters."""
    opened.open("a=rivals")
    opened.page.evaluate("player.seek(player.state().max)")
    bare = """notes => notes.filter(n => n.textContent).filter(n => {
      const at = n.getBoundingClientRect();
      return ![...n.parentNode.querySelectorAll(".dw-test-back")].some(back => {
        const on = back.getBoundingClientRect();
        return on.left <= at.left + 1 && on.right >= at.right - 1 && on.width > 5
          && Math.abs((on.top + on.bottom) / 2 - (at.top + at.bottom) / 2) < 4;
      });
    }).map(n => n.textContent)"""
    notes = opened.test_id("tree-a").locator(".dw-test")
    assert "left .40" in notes.all_text_contents()
    assert notes.evaluate_all(bare) == []


def test_one_is_said_as_one(opened: Opened) -> None:
    opened.open("a=speculative")
    assert opened.page.evaluate("[1, 2, 1200].map((n) => dw.many(n, 'node'))") == [
        "1 node",
        "2 nodes",
        "1,200 nodes",
    ]
    opened.page.evaluate("player.seek(1)")
    said = opened.page.evaluate("dw.costs(player.panes.a.reel, player.state().panes.a.beat)")
    assert said.startswith("1 sequential round · 1 sequence · ")


def test_the_mask_is_the_one_of_python(opened: Opened) -> None:
    opened.open("a=tree")
    opened.test_id("tab-mask-a").click()
    opened.page.evaluate("player.seek(1)")
    key = opened.page.evaluate("player.panes.a.views.tree.pick(player.panes.a.now)")
    told = draw(trace_of("tree"), "mask").spec["trees"][key]
    drawn = opened.test_id("mask-a").evaluate(
        "n => [...n.children].map(r => [...r.querySelectorAll('i')]"
        ".map(c => c.className === 'dw-mask-not' ? 0 : 1).join(''))"
    )
    births = opened.page.evaluate(
        "ids => ids.map(id => player.panes.a.reel.births[player.panes.a.reel.candidates[id].birth])",
        told["ids"],
    )
    drafts = [at for at, birth in enumerate(births) if birth == "draft"]
    assert drawn == ["".join(told["rows"][row][column] for column in drafts) for row in drafts]
    opened.test_id("mask-a").locator("[data-row]").nth(1).focus()
    assert "sees the text" in opened.page.locator("[data-pane=a] .dw-caption[role=status]").inner_text()


@pytest.mark.parametrize(
    ("trace", "tab", "word"), [("compared", "overlap", "0.8"), ("copied", "copies", "position 0 too")]
)
def test_draft_figures_draw(opened: Opened, trace: str, tab: str, word: str) -> None:
    opened.open(f"a={trace}")
    opened.test_id(f"tab-{tab}-a").click()
    opened.page.locator("[data-pane=a] .dw-panel .dw-caption", has_text=word).wait_for()
    assert opened.test_id(f"{tab}-a").locator("rect").count() > 0


def test_a_tree_zooms_by_key_and_shows_the_test_on_the_edge(opened: Opened) -> None:
    opened.open("a=overlapped")
    assert "0.9" in opened.test_id("why").inner_text()
    said = opened.test_id("tree-a").locator(".dw-test-no").all_text_contents()
    assert any(".9" in text and "≥" in text for text in said)
    width = "() => Number(document.querySelector('.dw-tree-svg').getAttribute('width'))"
    before = opened.page.evaluate(width)
    opened.test_id("tree-a").focus()
    opened.page.keyboard.press("+")
    opened.page.wait_for_function(f"({width})() > {before}")
    opened.page.keyboard.press("0")
    opened.page.wait_for_function(f"({width})() <= {before} + 1")
