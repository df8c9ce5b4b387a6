"""The sentence of a round says what its events say, and no more."""

import re
from dataclasses import replace
from pathlib import Path

import fake_traces as fakes
import pytest

from viz.analysis import analyse
from viz.story import told
from workbench.trace import Commit, Forward, Phase, Retract, load

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
KEPT = sorted(EXAMPLES.glob("*.json.gz"))
NOTHING = dict.fromkeys(
    ("accepted", "rejected", "unexamined", "pruned", "unused", "bonus", "committed", "retracted", "target",
     "passes", "weighed", "lanes"), 0,
) | {"ended": None, "sure": None}  # fmt: skip


def test_a_draft_that_fails_half_way() -> None:
    line = NOTHING | {"accepted": 2, "rejected": 1, "unexamined": 1, "bonus": 1, "committed": 3, "target": 1}
    line |= {"passes": 5, "ended": [7, 3, "Rejected ‘·cat’ at position 31: u = 0.83 is not below 0.41."]}
    assert told(line, None) == (
        "4 drafts: 2 became text, 1 was rejected, 1 was never examined. "
        "Rejected ‘·cat’ at position 31: u = 0.83 is not below 0.41. "
        "The target added 1 token of its own. 3 tokens for 1 pass of the target and 4 other passes."
    )


def test_a_canvas_that_is_filled_and_doubted() -> None:
    line = NOTHING | {"committed": 3, "retracted": 2, "target": 1, "passes": 1}
    assert told(line | {"sure": [0.25, 0.5, 0.6, 0.7, 1.0, 9]}, 8) == (
        "3 of 9 open positions were written; 8 are open after it. 2 tokens were taken back. "
        "Its guesses had probabilities from 0.25 to 1. 3 tokens for 1 pass."
    )
    assert told(NOTHING | {"committed": 1, "passes": 1, "target": 1}, 0) == (
        "The last open position was written. 1 token for 1 pass."
    )


def test_one_token_after_another() -> None:
    assert (
        told(NOTHING | {"committed": 1, "target": 1, "passes": 1, "weighed": 1}, None)
        == "1 token for 1 pass."
    )


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_the_rounds_of_the_examples_add_up(path: Path) -> None:
    trace = load(path)
    lines = analyse(trace).lines()
    for line in lines:
        said = line["s"]
        assert (said[0].isupper() or said[0].isdigit() or said[0] == "‘") and said.endswith("."), said
        tokens = re.search(r"(\d+|No) tokens? (in \d+ lanes )?for ", said)
        assert tokens and int(tokens[1].replace("No", "0")) == line["committed"], said
    events = trace.events
    assert sum(line["committed"] for line in lines) == sum(
        len(each.candidates) for each in events if isinstance(each, Commit)
    )
    assert sum(line["retracted"] for line in lines) == sum(
        len(each.cells) for each in events if isinstance(each, Retract)
    )
    passes = [each for each in events if isinstance(each, Forward)]
    rows = sum(stop - start for each in passes for start, stop in each.computed)
    assert sum(line["passes"] for line in lines) == len(passes)
    assert sum(line["rows"] for line in lines) == rows


def test_what_ended_a_draft_is_a_rejection_of_that_round() -> None:
    trace = load(EXAMPLES / "example-sampled.json.gz")
    built = analyse(trace)
    ended = [(at, line["ended"]) for at, line in enumerate(built.lines()) if line["ended"]]
    assert ended
    for at, (beat, candidate, said) in ended:
        line = built.lines()[at]
        assert line["b"][0] <= beat <= line["b"][1]
        assert said.startswith("Rejected") and said in line["s"]
        assert str(built.state.proposals[candidate].position) in said
        assert line["rejected"]


def test_a_round_in_which_a_sibling_passes_has_no_ending_rejection() -> None:
    lines = analyse(load(EXAMPLES / "example-tree.json.gz")).lines()
    for line in lines:
        if not line["rejected"]:
            assert line["ended"] is None


def test_rounds_without_headings_have_sentences_too() -> None:
    trace = dict(fakes.every())["greedy"]
    events = tuple(each for each in trace.events if not isinstance(each, Phase))
    bare = replace(trace, events=events, clock=())
    assert all(line["s"] for line in analyse(bare).lines())


def test_tokens_of_beams_are_told_with_their_lanes() -> None:
    beams = NOTHING | {"weighed": 8, "committed": 4, "lanes": 4, "target": 1, "passes": 1}
    assert told(beams, None) == "4 of 8 candidates were kept. 4 tokens in 4 lanes for 1 pass."
    lines = analyse(fakes.beams()).lines()
    assert any(line["lanes"] > 1 and f" in {line['lanes']} lanes for " in line["s"] for line in lines)
