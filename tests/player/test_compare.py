"""Two runs against each other, in a real browser: alignment, decisions, ledger, clock, pin and swap."""

from typing import Any

import pytest
from opened import Opened
from player_page import trace_of

from viz.analysis import analyse
from viz.reel import reel
from viz.summary import COMPARED, DEFINITIONS, LEDGER
from viz.timeline import PRESETS, clock

pytestmark = pytest.mark.browser

PAIR = "a=speculative&b=masked"


def js(opened: Opened, call: str, *args: Any) -> Any:
    return opened.page.evaluate(f"(args) => dw.{call}(...args)", list(args))


def table(opened: Opened, name: str) -> dict[str, list[str]]:
    """First column -> the others, below the last heading that spans the table."""
    rows = (
        opened.test_id(name)
        .locator("tbody tr")
        .evaluate_all("rows => rows.map(row => [...row.children].map(cell => cell.textContent))")
    )
    return {row[0]: row[1:] for row in rows}


def test_texts_are_aligned_by_what_they_share(opened: Opened) -> None:
    opened.open("")
    pairs = js(opened, "align", list("abcxef"), list("abyxyzf"))
    assert pairs == [
        ["same", 0, 0], ["same", 1, 1], ["sub", 2, 2], ["same", 3, 3],
        ["sub", 4, 4], ["b", -1, 5], ["same", 5, 6],
    ]  # fmt: skip
    assert js(opened, "align", [], ["x"]) == [["b", -1, 0]]
    assert js(opened, "align", ["x", "y"], ["y"]) == [["a", 0, -1], ["same", 1, 0]]
    assert js(opened, "align", ["x"], ["x"]) == [["same", 0, 0]]


def test_a_difference_leads_to_the_moment_it_was_written(opened: Opened) -> None:
    opened.open(PAIR)
    opened.test_id("compare-tab-texts").click()
    told = opened.test_id("diff-told").inner_text()
    assert told.startswith("The texts differ, as they may.")
    columns = opened.test_id("diff").locator(".dw-column")
    kinds = columns.evaluate_all("nodes => nodes.map(node => node.dataset.kind)")
    for kind, word in (("same", "equal"), ("sub", "substituted"), ("a", "only in A"), ("b", "only in B")):
        assert f"{kinds.count(kind)} {'tokens ' if kind == 'same' else ''}{word}" in told
    opened.test_id("diff-next").click()
    assert opened.test_id("diff-here").inner_text().startswith("Difference 1 of ")
    state = opened.state()
    assert 0 < state["cursor"] < state["max"]
    assert state["selected"]["pane"] == "a"
    opened.page.keyboard.press("[")
    assert "Difference 1 of" not in opened.test_id("diff-here").inner_text()


def test_the_same_run_twice_differs_in_nothing(opened: Opened) -> None:
    opened.open("a=greedy&b=greedy")
    assert table(opened, "compare-setup") == {"Nothing differs": ["the same request"] * 2}
    assert {row[2] for row in table(opened, "compare-numbers").values()} == {"0"}
    opened.test_id("compare-tab-texts").click()
    assert opened.test_id("diff-next").is_disabled()
    opened.test_id("compare-tab-decisions").click()
    assert "no decision of the same kind" in opened.test_id("decisions-told").inner_text()


def test_a_verdict_that_differs_is_claimed_only_after_equal_ones(opened: Opened) -> None:
    opened.open("a=speculative")
    js_reel = "player.panes.a.reel"
    first = opened.page.evaluate(
        f"""() => {{
        const judged = (passed) => ({{kind: "p", lane: 0, id: 3, passed}});
        const there = (id) => ({{kind: "p", lane: 0, id, passed: true}});
        const find = (left, right, ended) => dw.firstVerdict(left, right, {js_reel}, {js_reel}, ended);
        return [find([there(1), judged(true)], [there(1), judged(false)], true),
          find([there(1), there(2)], [there(1), there(4)], true),
          find([there(1)], [there(1), there(2)], true),
          find([there(1)], [there(1), there(2)], false), find([there(1)], [there(1)], true)]; }}"""
    )
    assert first == [
        {"at": 1, "how": "verdict"}, {"at": 1, "how": "other"}, {"at": 1, "how": "end"}, None, None,
    ]  # fmt: skip


def test_decisions_of_two_seeds_part_where_their_numbers_say_so(opened: Opened) -> None:
    opened.open("a=big&b=big2")
    opened.test_id("compare-tab-decisions").click()
    counts = table(opened, "decisions")
    a, b = (sum(len(op[4]) for beat in reel(trace_of(name))["beats"] for op in beat["o"] if op[0] == "j")
            for name in ("big", "big2"))  # fmt: skip
    assert [sum(int(row[side].split(" of ")[1]) for row in counts.values() if row[side] != "–")
            for side in (0, 1)] == [a, b]  # fmt: skip
    link = opened.test_id("decision-a").first
    link.click()
    assert opened.state()["selected"]["pane"] == "a"


def test_the_table_holds_the_summaries_and_their_definitions(opened: Opened) -> None:
    opened.open(PAIR)
    rows = table(opened, "compare-numbers")
    a, b = (reel(trace_of(name))["summary"] for name in ("speculative", "masked"))
    titles = {title: (id, better, equal) for id, title, better, equal in COMPARED}
    for title, (left, right, _, better, means) in rows.items():
        id, side, equal = titles[title]
        assert means == DEFINITIONS[id]
        for shown, told in ((left, a), (right, b)):
            assert (
                shown == "–"
                if id not in told
                else float(shown.replace(",", "")) == pytest.approx(told[id], rel=1e-3)
            )
        if better:
            assert side and a[id] != b[id] and (not equal or a["tokens"] == b["tokens"])
            assert (better == "B") == ((b[id] < a[id]) == (side == "lower"))
    assert a["tokens"] != b["tokens"]
    assert rows["Rounds"][3] == "" and rows["Rounds"][2] == f"+{b['rounds'] - a['rounds']}"
    assert "neither is better" in opened.test_id("compare").inner_text()
    assert set(titles) >= set(rows) and all(id in DEFINITIONS for id, *_ in COMPARED)


def test_up_to_the_cursor_the_numbers_are_those_of_the_clocks(opened: Opened) -> None:
    opened.open(PAIR)
    opened.test_id("compare-cursor").click()
    opened.page.evaluate("player.seek(10)")
    assert table(opened, "compare-numbers")["Forward passes"][:2] == ["10", "10"]
    opened.test_id("compare-whole").click()
    assert table(opened, "compare-numbers")["Forward passes"][:2] == ["60", "20"]


def test_the_ledger_is_the_meter_s(opened: Opened) -> None:
    opened.open("a=speculative&b=greedy")
    opened.test_id("compare-tab-costs").click()
    rows = (
        opened.test_id("compare-ledger")
        .locator("tbody tr")
        .evaluate_all("rows => rows.map(row => [...row.children].map(cell => cell.textContent))")
    )
    columns = [title for _, title, _ in LEDGER]
    built = [analyse(trace_of(name)) for name in ("speculative", "greedy")]
    source = ""
    for row in rows:
        if row[0] not in columns:
            source = next(id for id, noun in built[0].glossary.sources.items() if noun.title == row[0])
            continue
        at = {"Passes": 0, "Rows": 1, "Layer-positions": 2}.get(row[0])
        if at is None:
            continue
        for shown, each in zip(row[1:3], built, strict=True):
            want = each.costs.get(source)
            assert shown == (f"{want[at]:,}" if want else "–")


def test_modelled_time_is_a_clock_under_the_costs_that_are_set(opened: Opened) -> None:
    opened.open("a=speculative&b=masked")
    read = "player.panes.%s.reel.beats.map(beat => beat.c[player.panes.%s.reel.clock('modelled')])"
    for preset in ("memory", "compute"):
        opened.test_id("compare-tab-costs").click()
        opened.test_id("cost-preset-compare").select_option(preset)
        for pane, name in (("a", "speculative"), ("b", "masked")):
            seen = opened.page.evaluate(read % (pane, pane))
            built = analyse(trace_of(name))
            assert seen == pytest.approx(clock(built, PRESETS[preset], len(seen)))
            assert sorted(seen) == seen and seen[-1] > 0
    opened.test_id("player-clock").select_option("modelled")
    assert opened.state()["clock"] == "modelled"
    assert "not measured" in opened.test_id("compare-modelled").inner_text()
    assert opened.state()["max"] == max(clock(analyse(trace_of(n)), PRESETS["compute"], len(reel(trace_of(n))["beats"]))[-1] for n in ("speculative", "masked"))  # fmt: skip # noqa: E501


def test_swapping_changes_sides_and_nothing_else(opened: Opened) -> None:
    opened.open(PAIR)
    opened.page.evaluate("player.seek(12)")
    texts = [opened.test_id(f"text-{pane}").inner_text() for pane in "ab"]
    numbers = table(opened, "compare-numbers")
    opened.test_id("compare-swap").click()
    assert [opened.test_id(f"text-{pane}").inner_text() for pane in "ba"] == texts
    assert opened.state()["cursor"] == 12
    for head, row in table(opened, "compare-numbers").items():
        assert row[:2] == numbers[head][1::-1]
    opened.test_id("compare-swap").click()
    assert table(opened, "compare-numbers") == numbers


def test_a_pin_is_shown_and_ends_when_another_run_comes_to_a(opened: Opened) -> None:
    opened.open(PAIR)
    opened.page.evaluate("player.pin(true)")
    assert opened.page.locator("[data-pane=a] .dw-pin").is_visible()
    opened.page.evaluate("player.load('b', '/reel/greedy')")
    assert opened.page.evaluate("player.pinned")
    opened.page.evaluate("player.load('a', '/reel/greedy')")
    assert not opened.page.evaluate("player.pinned")
    assert opened.page.locator("[data-pane=a] .dw-pin").is_hidden()


def test_one_run_alone_says_how_to_get_a_second(opened: Opened) -> None:
    opened.open("a=greedy")
    assert "a second one in B" in opened.test_id("compare-empty").inner_text()
    assert opened.test_id("compare-swap").is_hidden()


@pytest.mark.parametrize(
    ("left", "right", "more", "said"),
    [
        ("abc", "abc", {}, "as promised"),
        ("abc", "abd", {}, "is broken"),
        ("abc", "abd", {"dtype": "float16"}, "rounding can do that"),
        ("abc", "abcd", {"max_tokens": 9}, "as far as both go"),
        ("abc", "abd", {"guarantee": "lossy"}, "as they may"),
        ("abc", "abc", {"guarantee": "lossy"}, "nothing promises it"),
    ],
)
def test_a_promise_is_called_kept_or_broken_only_where_there_is_one(
    opened: Opened, left: str, right: str, more: dict[str, Any], said: str
) -> None:
    opened.open("")
    header = {"method": "greedy", "guarantee": "reference", "prompt": "p", "device": "cpu", "knobs": {}}
    header |= {
        "dtype": "float32",
        "max_tokens": 3,
        "models": [{"role": "target", "name": "t", "sha256": "1"}],
    }
    method = {"method": "x", "guarantee": "same greedy text"}
    runs = [{"header": each, "footer": {"status": "complete"}} for each in (header, header | method | more)]
    pairs = js(opened, "align", list(left), list(right))
    assert said in js(opened, "kept", *runs, pairs)
