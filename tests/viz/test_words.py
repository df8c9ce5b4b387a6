"""Every verb has a sentence, and every number in it comes from the event."""

from dataclasses import replace

import fake_traces as fakes
import pytest

from viz.glyphs import number, numbers, visible
from viz.tables import events
from viz.words import FLIPS, Narrator, fill, flip, spans, the, verdict
from workbench.methods.rules import ACCEPT_RATIO, ACCEPT_RECURSIVE
from workbench.trace import (
    VERBS,
    Candidates,
    Cells,
    Close,
    Label,
    Lanes,
    Measure,
    Propose,
    Retract,
    Score,
    Source,
    State,
    Token,
    Vector,
)
from workbench.trace.glossary import OPERATORS


@pytest.mark.parametrize(("name", "trace"), list(fakes.every()))
def test_every_event_is_one_finished_sentence(name: str, trace) -> None:
    for row in events(trace):
        said = row["sentence"]
        assert said[0] == said[0].upper() and said.endswith("."), said
        assert "{" not in said and "\n" not in said, said


def test_the_traces_hold_all_ten_verbs() -> None:
    met = {type(event) for _, trace in fakes.every() for event in trace.events}
    assert met == set(VERBS)


def test_a_rejection_reads_as_in_the_design() -> None:
    said = verdict(fakes.ACCEPT, "‘·cat’ at position 31", ("0.83", "0.41"), False)
    assert said == "Rejected ‘·cat’ at position 31: u = 0.83 is not below target/draft = 0.41."
    assert flip(fakes.ACCEPT, 0.41, "0.41", False) == "It would have passed with u below 0.41."
    assert flip(fakes.ACCEPT, 0.41, "0.41", True) == "It would have failed with u at or above 0.41."


def test_an_accepted_draft_is_told_the_bound_not_the_ratio() -> None:
    """Where the target believes more than the drafter the bound is 1, and the ratio is not."""
    for rule in (ACCEPT_RATIO, ACCEPT_RECURSIVE):
        said = verdict(rule, "‘·cat’ at position 31", ("0.5", "1"), True)
        assert f"u = 0.5 is below {rule.right} = 1." in said and rule.right.startswith("min(1, ")


def test_what_is_proposed_elsewhere_than_in_the_text_says_where() -> None:
    narrator = Narrator(fakes.GLOSSARY, fakes.TOKENS, State())
    one = Propose(0, "draft", 2, (7,), (Token(1),), (-1,), (0.5,), fakes.DraftKind.SAMPLED)
    assert narrator.sentence(one) == "The draft model proposes ‘·cat’ at position 7 in lane 2 (0.5)."
    two = replace(one, positions=(7, 8), fills=(Token(1),) * 2, parents=(-1, 0), probs=(0.5,) * 2)
    assert narrator.sentence(two).startswith("The draft model proposes 2 tokens for positions 7–8 in lane 2:")
    assert "lane" not in narrator.sentence(replace(two, lane=0))


def test_every_operator_can_be_flipped() -> None:
    assert set(FLIPS) == set(OPERATORS)


def test_only_the_three_places_are_filled() -> None:
    assert fill("{what} {left} {0} {x}", "{right}", "1", "2") == "{right} 1 {0} {x}"


def test_token_rules_name_the_tokens() -> None:
    rule = replace(fakes.ACCEPT, value_from="token", op="==")
    narrator = Narrator(fakes.GLOSSARY, fakes.TOKENS, State())
    assert narrator.sides(rule, 1.0, 2.0) == ("‘·cat’", "‘·sat’")


def test_numbers_that_differ_look_different() -> None:
    assert number(0.5) == "0.5" and number(3.0) == "3" and number(0.99987) == "0.99987"
    left, right = numbers(0.41234, 0.41231)
    assert left != right


def test_whitespace_and_controls_can_be_seen() -> None:
    assert visible(" a\n\tb\x00\u202e") == "·a↵⇥b\\x00\\x202e"


def test_positions_are_ranges() -> None:
    assert spans([5, 3, 4, 9]) == "3–5, 9"


def test_other_fills_have_words() -> None:
    scribe = fakes.Scribe()
    fakes.begin(scribe)
    state = State()
    for event in scribe.events:
        state.apply(event)
    narrator = Narrator(fakes.GLOSSARY, fakes.TOKENS, state)
    for content in (Label("start"), Vector((0.1, 0.2)), Token(99999)):
        made = Propose(0, "draft", 0, (4,), (content,), (-1,), (0.5,), fakes.DraftKind.POINT)
        state.apply(made)
        assert narrator.sentence(made).endswith("(0.5).")
    assert "blank again" in narrator.sentence(Retract(fakes.Cells(0, (3,)), "edited"))
    assert narrator.sentence(Close(0, "done", -1)) == "The text ended: done."


def test_no_draw_is_blamed_for_what_it_could_not_change() -> None:
    assert flip(fakes.ACCEPT, 1.0, "1", True) == "No draw could have failed: u is always below 1."
    assert flip(fakes.ACCEPT, 0.0, "0", False) == "No draw could have passed: u is never below 0."


def test_sides_are_named_as_a_sentence_needs_them() -> None:
    assert [the(name) for name in ("u", "its rank", "drafted token")] == [
        "u",
        "its rank",
        "the drafted token",
    ]


def test_of_many_verdicts_the_rarer_kind_is_told() -> None:
    state, scribe = State(), fakes.Scribe()
    fakes.begin(scribe)
    made = Propose(0, "draft", 0, (4, 5, 6), (Token(1),) * 3, (-1, 0, 1), (0.5,) * 3, fakes.DraftKind.POINT)
    for event in (*scribe.events, made):
        state.apply(event)
    narrator = Narrator(fakes.GLOSSARY, fakes.TOKENS, state)

    def said(values: tuple[float, ...]) -> str:
        judged = fakes.ACCEPT.judge(Candidates((0, 1, 2)), values, (0.5,) * 3)
        return narrator.sentence(judged).split(": ", 1)[1]

    assert said((0.1, 0.9, 0.2)).startswith("yes for 2 of 3. The other: Rejected ‘·cat’ at position 5")
    assert said((0.9, 0.1, 0.9)).startswith("yes for 1 of 3. The one: Accepted ‘·cat’ at position 5")
    assert said((0.9, 0.9)).startswith("no for both. One of these: Rejected ‘·cat’ at position 4")
    assert said((0.9, 0.9, 0.9)).startswith("no for all 3. One of these: Rejected ‘·cat’ at position 4")


def test_what_is_looked_up_is_proposed_by_nobody() -> None:
    glossary = replace(fakes.GLOSSARY, sources={"pool": Source("pool", "the pool of n-grams", "match")})
    narrator = Narrator(glossary, fakes.TOKENS, State())
    made = Propose(0, "pool", 0, (7, 8), (Token(1), Token(2)), (-1, 0), (1.0, 1.0), fakes.DraftKind.POINT)
    assert narrator.sentence(made) == (
        "2 tokens for positions 7–8 are proposed (the pool of n-grams): ‘·cat·sat’."
    )


def test_scores_say_of_what_and_do_not_rank_what_has_no_better() -> None:
    column = Measure("column", "column", "tokens", "neither", "")
    narrator = Narrator(replace(fakes.GLOSSARY, measures={"column": column}), fakes.TOKENS, State())
    assert (
        narrator.sentence(Score("column", Cells(0, (3, 4)), (1.0, 5.0)))
        == "Column of 2 positions: from 1 to 5."
    )
    assert (
        narrator.sentence(Score("column", Cells(0, (3, 4)), (2.0, 2.0))) == "Column of 2 positions: 2 each."
    )
    assert narrator.sentence(Score("column", Lanes((0,)), (2.5,))) == "Column: 2.5."


def test_ends_and_reasons_are_words() -> None:
    narrator = Narrator(fakes.GLOSSARY, fakes.TOKENS, State())
    assert narrator.sentence(Close(0, "eos", -1)) == "The text ended: the end of the text was written."
    assert narrator.sentence(Close(3, "best", 0)) == "Lane 3 ended: best; the text is now what it held."
    both = narrator.sentence(Retract(Cells(0, (3, 4)), "less sure than the others"))
    assert both == "Positions 3–4 became blank again, each for the same reason: less sure than the others."
