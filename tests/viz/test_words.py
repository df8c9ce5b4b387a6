"""Every verb has a sentence, and every number in it comes from the event."""

from dataclasses import replace

import fake_traces as fakes
import pytest

from viz.glyphs import number, numbers, visible
from viz.tables import events
from viz.words import FLIPS, Narrator, fill, flip, spans, verdict
from workbench.trace import VERBS, Close, Label, Propose, Retract, State, Token, Vector
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
