"""Pictures of masked decoding: cached rows, marks of rules, blocks, bits and costs, one token twice."""

from dataclasses import replace

import fake_traces as fakes
import pytest
from fake_traces import Scribe, begin

from viz.analysis import analyse
from viz.figure import draw, offered
from viz.reel import reel
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Close,
    Commit,
    DraftKind,
    Forward,
    Lanes,
    Observe,
    Phase,
    Retract,
    Rule,
    Source,
    Token,
    Trace,
    fold,
)  # fmt: skip

RULES = {
    id: Rule(id, id, ">=", "value", "bound", "{what}: {left} reaches {right}.", "{what}: {left} < {right}.")
    for id in ("anchor", "near_anchor", "same_token", "decided")
}


def finished(s: Scribe, **knobs: bool) -> Trace:
    made = s.trace("Masked", "masked", "lossy")
    glossary = replace(made.glossary, rules=made.glossary.rules | RULES)
    return replace(made, glossary=glossary, header=replace(made.header, knobs=knobs))


def said(s: Scribe, places: list[int], words: list[int], probs: list[float]) -> list[int]:
    s.observe("target", Cells(0, tuple(places)), list(zip(words, probs, strict=True)))
    return s.propose("target", places, words, ROOT, probs, DraftKind.POINT)


def passes(s: Scribe, tick: int, computed: tuple[int, int], *visible: tuple[int, int]) -> None:
    s.say(Forward("target", tick, (computed,), visible, ((0, 6),)))


def canvas(**knobs: bool) -> Trace:
    """Six cells behind a prompt of four, in two blocks: a full pass, two cached ones, an early end."""
    s = Scribe()
    at = begin(s, 6)
    s.say(Phase(0, "Block 1"), Phase(1, "Round 1"))
    passes(s, 0, (0, 10))
    ids = said(s, [4, 5, 6], [1, 2, 3], [0.5, 0.25, 0.9])
    s.say(RULES["anchor"].judge(Candidates((ids[0], ids[2])), [0.5, 0.9], [0.8, 0.8]))
    s.say(RULES["near_anchor"].judge(Candidates((ids[1],)), [1.0], [1.0]))
    s.say(Commit(0, (ids[0], ids[1])))
    s.say(Phase(1, "Round 2"))
    passes(s, 1, (6, 10), (0, 6))
    if knobs.get("audit"):
        passes(s, 2, (0, 10))
    (id,) = said(s, [6], [3], [0.125])
    s.say(RULES["same_token"].judge(Candidates((id,)), [0.0], [1.0]), Commit(0, (id,)))
    s.say(Phase(0, "Block 2"), Phase(1, "Round 1"))
    passes(s, 3, (7, 10), (0, 6))
    passes(s, 3, (7, 10), (0, 6))
    ids = said(s, [7, 8, 9], [7, 8, 7], [0.5, 0.5, 0.5])
    s.say(RULES["decided"].judge(Lanes((0,)), [5.0], [3.0]), Commit(0, tuple(ids)))
    assert at == 4
    return finished(s, **knobs)


@pytest.mark.parametrize("audit", [False, True])
def test_rows_of_the_cache_are_fresh_kept_stale_or_unseen(audit: bool) -> None:
    rows = draw(canvas(audit=audit), "map").spec["rows"]
    assert [row["rows"] for row in rows] == ["", "ssffff", "ssufff"], (
        "the exact pass of an audit is not the method's"
    )


def test_a_row_is_kept_as_long_as_its_token_stands() -> None:
    s = Scribe()
    begin(s, 3)
    s.say(Phase(0, "Round 1"))
    passes(s, 0, (0, 7))
    s.say(Commit(0, tuple(said(s, [4], [1], [0.9]))), Phase(0, "Round 2"))
    passes(s, 1, (4, 5), (0, 4), (5, 7))
    s.say(Commit(0, tuple(said(s, [5], [2], [0.9]))), Phase(0, "Round 3"))
    passes(s, 2, (6, 7), (0, 6))
    s.say(Commit(0, tuple(said(s, [6], [3], [0.9]))))
    s.say(Retract(Cells(0, (4,)), "doubt"), Phase(0, "Round 4"))
    passes(s, 3, (6, 7), (0, 6))
    s.say(Commit(0, tuple(said(s, [4], [1], [0.9]))))
    assert [row["rows"] for row in draw(finished(s), "map").spec["rows"]] == ["", "fkk", "ksf", "ssf"]


def test_marks_and_the_early_end_stand_in_their_round() -> None:
    rows = draw(canvas(), "map").spec["rows"]
    assert [row["marks"] for row in rows] == [[[1, "n"], [2, "a"]], [[2, "x"]], []]
    assert [row["early"] for row in rows] == [False, False, True]


def test_blocks_have_their_reach_and_their_rounds() -> None:
    spec = draw(canvas(), "map").spec
    assert spec["blocks"] == [[4, 6, 0, 1], [7, 9, 2, 2]] and spec["borders"] == [7]


def test_bits_and_the_three_costs_by_hand() -> None:
    spec = draw(canvas(), "bits").spec
    values = {each["name"]: each["y"] for each in spec["data"]}
    assert values["bits"] == [3.0, 3.0, 3.0]
    assert values["sequential"] == [1, 1, 1] and values["sequences"] == [1, 1, 2]
    assert values["positions"] == [10, 4, 6]
    told = "3 sequential rounds · 4 sequences · 20 positions"
    made = analyse(canvas()).figures()
    assert told in made["bits"]["question"] and told in made["cost"]["question"]


def test_the_same_token_twice_in_one_round_shows_both_marginals_and_their_product() -> None:
    trace = canvas()
    (found,) = analyse(trace).conflicts.found
    assert found.positions == (7, 9) and found.token == 7 and found.tokens[0] == 7
    left, right, square = draw(trace, "conflict").spec["data"]
    assert left["y"][0] == right["y"][0] == 0.5 and square["z"][0][0] == 0.25
    for row, one in zip(square["z"], left["y"], strict=True):
        for cell, two in zip(row, right["y"], strict=True):
            assert cell == (None if one is None or two is None else pytest.approx(one * two, abs=1e-6))


def told_pair(chances: tuple[float, ...]) -> Trace:
    """Two cells that may hold 1 or 2, each with a half, and what the second is once the first stands."""
    s = Scribe()
    begin(s, 2)
    s.say(Phase(0, "Round 1"))
    passes(s, 0, (0, 6))
    even = ((0.5, 0.5), (0.5, 0.5))
    s.say(Observe("target", Cells(0, (4, 5)), "vocabulary", ((1, 2), (1, 2)), even, (0.69, 0.69)))
    one, two = s.propose("target", [4, 5], [1, 1], ROOT, [0.5, 0.5], DraftKind.POINT)
    first = s.propose("joint_law", [4, 4], [1, 2], ROOT, [0.5, 0.5], DraftKind.POINT)
    s.propose(
        "joint_law", [5] * 4, [1, 2, 1, 2], [first[0]] * 2 + [first[1]] * 2, list(chances), DraftKind.POINT
    )
    s.say(Commit(0, (one, two)))
    made = finished(s)
    law = Source("joint_law", "the law", "combined")
    return replace(made, glossary=replace(made.glossary, sources=made.glossary.sources | {"joint_law": law}))


def test_the_joint_stands_beside_the_product_where_it_was_told() -> None:
    trace = told_pair((0.0, 1.0, 1.0, 0.0))
    (found,) = analyse(trace).conflicts.found
    assert found.source == "joint_law" and found.shared == pytest.approx(1.0), "each tells the other"
    spec = draw(trace, "conflict").spec
    product, joint = spec["data"][2:]
    assert product["z"] == [[0.25, 0.25], [0.25, 0.25]]
    assert joint["z"] == [[0.0, 0.5], [0.5, 0.0]]
    assert "25%" in (asked := analyse(trace).figures()["conflict"]["question"]) and "the law" in asked
    assert "trials" not in analyse(trace).offered(), "what is told about a pair is no trial"


def test_a_hostile_token_is_text_in_the_labels() -> None:
    trace = told_pair((0.0, 1.0, 1.0, 0.0))
    hostile = replace(trace, tokens={**trace.tokens, 1: b"<a href='https://x.example'>&"})
    (label, _) = draw(hostile, "conflict").spec["data"][0]["x"]
    assert label == "&lt;a href='https://x.example'&gt;&amp;"


def test_independent_positions_share_nothing_and_an_untold_joint_is_called_unknown() -> None:
    (even,) = analyse(told_pair((0.5, 0.5, 0.5, 0.5))).conflicts.found
    assert even.shared == pytest.approx(0.0)
    (part,) = analyse(told_pair((0.5, 0.25, 0.5, 0.25))).conflicts.found
    assert part.shared is None, "a quarter of the joint is missing"
    assert "not asked for" in analyse(canvas()).figures()["conflict"]["question"]


@pytest.mark.parametrize(("words", "apart", "applies"), [
    ([7, 7], False, True), ([7, 8], False, False), ([7, 7], True, False), ([fakes.EOS] * 2, False, False),
    ([fakes.WORDS.index(".")] * 2, False, False),
])  # fmt: skip
def test_only_words_of_one_round_are_in_conflict(words: list[int], apart: bool, applies: bool) -> None:
    s = Scribe()
    begin(s, 2)
    s.say(Phase(0, "Round 1"))
    passes(s, 0, (0, 6))
    one, two = said(s, [4, 5], words, [0.5, 0.5])
    s.say(Commit(0, (one,)))
    if apart:
        s.say(Phase(0, "Round 2"))
        passes(s, 1, (0, 6))
    s.say(Commit(0, (two,)))
    assert ("conflict" in [known.id for known in offered(finished(s))]) is applies


def test_figures_of_a_canvas_do_not_apply_without_one() -> None:
    for trace in (fakes.speculative(3, 3), fakes.beams(3, 2, 2), fakes.greedy(5)):
        assert not {"map", "bits", "conflict"} & {known.id for known in offered(trace)}


def test_the_threshold_moves_and_a_second_lower_bound_is_drawn() -> None:
    s = Scribe()
    begin(s, 4)
    for number, (first, second) in enumerate(((0.9, 0.9), (0.7, 0.4))):
        s.say(Phase(0, f"Round {number + 1}"))
        passes(s, number, (0, 8))
        places = [4 + 2 * number, 5 + 2 * number]
        ids = said(s, places, [1, 2], [0.95, 0.5])
        s.say(fakes.CONFIDENT.judge(Candidates((ids[0],)), [0.95], [first]))
        s.say(fakes.CONFIDENT.judge(Candidates((ids[1],)), [0.5], [second]), Commit(0, tuple(ids)))
    lines = analyse(finished(s)).lines()
    assert [(each["bound"], each["lower"]) for each in lines] == [(0.9, None), (0.7, 0.4)]
    named = {each["name"]: each for each in draw(finished(s), "confidence").spec["data"]}
    assert named["highest threshold"]["x"] == [1, 2] and named["highest threshold"]["y"] == [0.9, 0.7]
    assert named["lowest threshold"]["y"] == [0.9, 0.4]


def test_the_round_that_wrote_everything_is_marked_in_the_band() -> None:
    lay = draw(canvas(), "confidence").spec["layout"]
    assert [line["x0"] for line in lay["shapes"]] == [3] and "early" in lay["annotations"][0]["text"]


def test_the_summary_has_the_three_costs() -> None:
    told = analyse(canvas()).summary()
    assert (told["forward_passes"], told["sequences"], told["rows"]) == (3, 4, 20)


def test_padding_behind_the_end_is_no_text() -> None:
    plain, trace = analyse(canvas()).summary(), canvas()
    last = fold(trace.events).lanes[0]
    decoded = [fill.id for fill, birth in zip(last.fills, last.births, strict=True)
               if birth >= 0 and isinstance(fill, Token)]  # fmt: skip
    assert plain["text_tokens"] == plain["tokens"] == len(decoded)
    second = replace(trace.header.models[0], eos_ids=(decoded[1],))
    ended = analyse(replace(trace, header=replace(trace.header, models=(second,)))).summary()
    assert (ended["tokens"], ended["text_tokens"]) == (plain["tokens"], decoded.index(decoded[1]) + 1)
    assert ended["text_tokens_per_target_pass"] == round(ended["text_tokens"] / ended["target_passes"], 4)


def test_the_three_costs_are_clocks_and_end_at_the_totals() -> None:
    told = reel(canvas())
    ids = [clock["id"] for clock in told["clocks"]]
    last = dict(zip(ids, told["beats"][-1]["c"], strict=False))  # the page adds a modelled clock
    assert (last["passes"], last["sequences"], last["rows"]) == (3, 4, 20)


def test_a_heading_under_which_nothing_happens_is_no_round() -> None:
    """A part that stops the run is asked behind the heading of the round that it prevents."""
    s = Scribe()
    begin(s, 3)
    s.say(Phase(0, "Block 1"), Phase(1, "Round 1"))
    passes(s, 0, (0, 7))
    s.say(Commit(0, tuple(said(s, [4], [1], [0.9]))))
    s.say(Phase(0, "Block 2"), Phase(1, "Round 1"), Close(0, "eos", ROOT))
    made = analyse(finished(s))
    assert made.summary()["rounds"] == len(made.lines()) == len(made.grid.rows) == 1


def test_what_is_read_before_the_first_round_of_a_block_is_paid_by_that_round() -> None:
    s = Scribe()
    begin(s, 3)
    for block in (1, 2, 3):
        s.say(Phase(0, f"Block {block}"))
        passes(s, block, (0, 7))
        s.say(Phase(1, "Round 1"))
        s.say(Commit(0, tuple(said(s, [3 + block], [1], [0.9]))))
    lines = analyse(finished(s)).lines()
    assert [line["passes"] for line in lines] == [1, 1, 1]
    assert [line["heading"] for line in lines] == ["Block 1", "Block 2", "Block 3"]


def test_a_round_that_only_takes_back_is_a_round() -> None:
    s = Scribe()
    begin(s, 1)
    s.say(Phase(0, "Round 1"))
    s.say(Commit(0, tuple(said(s, [4], [1], [0.9]))), Phase(0, "Round 2"), Retract(Cells(0, (4,)), "doubt"))
    s.say(Phase(0, "Round 3"))
    s.say(Commit(0, tuple(said(s, [4], [2], [0.9]))))
    made = analyse(finished(s))
    assert [(line["committed"], line["retracted"], line["open"]) for line in made.lines()] == [
        (1, 0, 0), (0, 1, 1), (1, 0, 0)
    ]  # fmt: skip
    assert made.lines()[1]["s"].startswith("Nothing was open. 1 token was taken back.")


def test_the_order_is_that_of_the_text_up_to_its_first_standing_end() -> None:
    """From the right, then padding from the left; an end that was written first and taken back is none."""
    s = Scribe()
    begin(s, 8)
    ends = [10, 7, 6, 5, 4, 8, 9]
    for number, place in enumerate(ends, 1):
        word = fakes.EOS if place >= 7 else place
        s.say(Phase(0, f"Round {number}"))
        s.say(Commit(0, tuple(said(s, [place], [word], [0.9]))))
    made = analyse(finished(s))
    assert made.grid.rho() == -1 and made.grid.described()["end"] == 7
    s.say(Retract(Cells(0, (7,)), "doubt"))
    assert analyse(finished(s)).grid.described()["end"] == 8


def test_copies_behind_a_block_that_is_read_again_are_no_cells() -> None:
    """The check of a block reads it twice in one pass; its further rows stand where the next block will."""
    s = Scribe()
    begin(s, 6)
    s.say(Phase(0, "Round 1"))
    passes(s, 0, (0, 4))
    passes(s, 1, (4, 7), (0, 4))
    passes(s, 2, (4, 10), (0, 4))
    s.say(Commit(0, tuple(said(s, [4], [1], [0.9]))))
    (row,) = draw(finished(s), "map").spec["rows"]
    assert row["rows"] == "fffuuu"


def test_tokens_that_a_second_look_confirmed_are_not_said_to_be_taken_for_independent() -> None:
    for checked in (False, True):
        s = Scribe()
        begin(s, 2)
        s.say(Phase(0, "Round 1"))
        passes(s, 0, (0, 6))
        ids = said(s, [4, 5], [1, 1], [0.5, 0.5])
        if checked:
            s.say(RULES["same_token"].judge(Candidates((ids[1],)), [1.0], [1.0]))
        s.say(Commit(0, tuple(ids)))
        assert len(analyse(finished(s)).conflicts.found) == (not checked)


def test_the_bound_of_the_confidence_is_no_bound_on_what_another_believes() -> None:
    """A guide that is as sure as the model: its bar is no threshold of the model's own confidence."""
    s = Scribe()
    begin(s, 1)
    s.say(Phase(0, "Round 1"))
    passes(s, 0, (0, 5))
    ids = said(s, [4], [1], [0.9])
    rule = replace(RULES["anchor"], id="guide", value_from="observed(target)")
    s.say(rule.judge(Candidates(tuple(ids)), [0.9], [0.1]), Commit(0, tuple(ids)))
    for asked, bound in ((rule, None), (replace(rule, value_from="proposed"), 0.1)):
        made = finished(s)
        rules = made.glossary.rules | {"guide": asked}
        (line,) = analyse(replace(made, glossary=replace(made.glossary, rules=rules))).lines()
        assert line["bound"] == bound


def test_a_confidence_just_below_one_stays_below_a_bound_of_one() -> None:
    """Threshold 1 is one token a round: neither the page nor a sentence may round what fails it up to it."""
    from viz.glyphs import numbers
    from viz.ops import side

    for value in (0.999999963, 1 - 1e-12, 0.9999991):
        assert 0.999999 < side(value) < 1 and side(value) == pytest.approx(value, abs=1e-9)
        left, right = numbers(value, 1.0)
        assert left != right and float(left) < 1
    assert side(1.0) == 1 and side(0.12345678) == 0.123457


def test_all_pairs_are_counted_and_the_least_sure_of_all_is_shown() -> None:
    s = Scribe()
    begin(s, 10)
    s.say(Phase(0, "Round 1"))
    passes(s, 0, (0, 14))
    s.say(Commit(0, tuple(said(s, list(range(4, 14)), [1] * 10, [0.9] * 8 + [0.5, 0.4]))))
    made = analyse(finished(s))
    assert made.conflicts.many == 45 > len(made.conflicts.found)
    question = made.figures()["conflict"]["question"]
    assert "positions 12 and 13" in question and "twice 20%" in question and "45 such pairs" in question
