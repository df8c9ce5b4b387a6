"""Guided tours: every step stands on its recording, and what it says is what the trace holds."""

import re
from functools import cache
from pathlib import Path

import pytest

from viz.glyphs import number, quoted
from viz.tables import summary
from viz.tours import FINDERS, table, tell, told
from workbench.trace import Candidates, Commit, Judge, Retract, Trace, fold, load

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "assets" / "examples"


@cache
def trace_of(id: str) -> Trace:
    return load(EXAMPLES / f"{id}.json.gz")


STEPS = [
    pytest.param(tour, step, scene, id=f"{tour['id']}-{at}")
    for tour in table()
    for at, (step, scene) in enumerate(zip(tour["steps"], tell(tour, trace_of)["steps"], strict=True))
]


def test_there_is_a_tour_for_every_family_of_the_examples() -> None:
    shown = {trace_of(tour["a"]).header.family for tour in table()}
    assert shown == {load(path).header.family for path in EXAMPLES.glob("*.json.gz")}


def test_a_tour_without_its_recording_is_left_out() -> None:
    known = {"example-greedy"}
    assert [tour["id"] for tour in told(trace_of, known)] == ["autoregressive"]


def test_a_moment_that_does_not_happen_is_refused() -> None:
    tour = next(tour for tour in table() if tour["id"] == "speculative")
    with pytest.raises(LookupError, match="no draft was rejected"):
        tell({**tour, "a": "example-greedy"}, trace_of)


@pytest.mark.parametrize(("tour", "step", "scene"), STEPS)
def test_a_step_has_its_place_in_the_run(tour: dict, step: dict, scene: dict) -> None:
    assert step["at"] in FINDERS
    assert 0 <= scene["event"] < len(trace_of(tour["a"]).events)
    assert "{" not in scene["text"] and len(scene["text"]) < 400


@pytest.mark.parametrize(("tour", "step", "scene"), STEPS)
def test_what_a_step_says_is_true_of_its_event(tour: dict, step: dict, scene: dict) -> None:
    trace = trace_of(tour["a"])
    event, text, state = trace.events[scene["event"]], scene["text"], fold(trace.events[: scene["event"] + 1])
    picked = (scene["select"] or {}).get("candidate")
    if picked is not None and "{token}" in step["text"]:
        assert quoted(state.proposals[picked].fill, trace.tokens) in text
    match step["at"]:
        case "rejected" | "held_back" | "let_through" | "chosen" | "ranked_low":
            assert isinstance(event, Judge) and isinstance(event.of, Candidates)
            at = event.of.ids.index(picked)
            assert event.passed[at] is (step["at"] not in ("rejected", "held_back"))
            if "{value}" in step["text"] and trace.glossary.rules[event.rule].value_from != "token":
                assert number(event.values[at]) in text
            if "{good}" in step["text"]:
                assert f"{sum(event.passed)} of {len(event.passed)}" in text
            if step["at"] == "ranked_low":
                assert event.values[at] > 0 and picked in fold(trace.events).lanes[0].births
        case "replaced":
            assert isinstance(event, Commit) and picked in event.candidates
        case "taken_back":
            assert isinstance(event, Retract) and scene["select"]["position"] in event.cells.positions
        case "end":
            assert scene["event"] == len(trace.events) - 1
            for name, of in (("", tour["a"]), ("other_", tour["b"])):
                for key in ("tokens", "target_passes", "forward_passes"):
                    if f"{{{name}{key}}}" in step["text"]:
                        assert re.search(rf"\b{summary(trace_of(of))[key]}\b", text)
        case "start" | "drafted" | "guessed":
            assert not any(isinstance(each, Commit) for each in trace.events[: scene["event"] + 1]) or (
                step["at"] == "drafted"
            )
        case other:
            assert other in ("bought", "richest") and "round" in scene["select"]


def test_texts_are_for_a_student() -> None:
    for tour in table():
        assert 4 <= len(tour["steps"]) <= 8
        for step in tour["steps"]:
            sentences = re.split(r"(?<=[.?!:;]) ", step["text"])
            assert max(len(each.split()) for each in sentences) <= 32, step["text"]
            assert not re.search(r"\d{2,}|\d\.\d", step["text"]), "numbers come from the trace"


def test_the_step_about_lanes_stands_where_there_are_several() -> None:
    beams = next(tour for tour in table() if tour["id"] == "beams")
    step = next(each for each in tell(beams, trace_of)["steps"] if each["title"] == "Lanes")
    state = fold(trace_of(beams["a"]).events[: step["event"] + 1])
    assert sum(not lane.verdict for lane in state.lanes.values()) > 1
