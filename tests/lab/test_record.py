"""Recorded runs of mistakes: what `check` catches, and what it honestly cannot."""

import pytest

from workbench.lab.experiment import Experiment
from workbench.lab.mistakes import MISTAKES
from workbench.lab.recipes import RECIPES
from workbench.lab.record import TOKENS, caught, record
from workbench.trace import Judge, Score, WorkbenchError, check, decode, encode
from workbench.trace.codec import encode_events

CATCHABLE = {"block_first_failure", "first_weight", "forgotten_draws", "not_struck"}
"""Mistakes whose numbers contradict each other; in the others every number is what it says."""


def asked(mistake: str) -> Experiment:
    return Experiment(MISTAKES[mistake].rule, mistake, 0, 4)


@pytest.mark.parametrize("rule", RECIPES)
def test_a_run_of_the_right_rule_is_clean(rule: str) -> None:
    found = caught(Experiment(rule, "", 0, 4))
    assert found.report.ok and found.parts == -1
    assert found.trace.header.guarantee == "same distribution"
    assert found.trace.footer.status == "complete"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_run_of_a_mistake_shows_where_it_parts(mistake: str) -> None:
    found = caught(asked(mistake))
    assert found.parts >= 0 and found.trace.footer.status == "complete"
    assert found.trace.header.guarantee == "lossy" and "Wrong on purpose" in found.trace.header.promise
    assert found.report.ok == (mistake not in CATCHABLE)
    assert ("cannot see it" in found.sentence) == found.report.ok
    if not found.report.ok:
        assert found.event == found.report.problems[0].event >= found.parts
        assert isinstance(found.trace.events[found.event], Judge | Score)


def test_up_to_the_parting_the_right_rule_gives_the_same_events() -> None:
    wrong = caught(asked("resample_from_target"))
    right = record(Experiment("ratio", "", 0, 4), wrong.trace.header.seed)
    cut = wrong.parts
    assert encode_events(right.events[:cut]) == encode_events(wrong.trace.events[:cut])
    assert right.events[cut] != wrong.trace.events[cut]


def test_a_trace_from_the_laboratory_is_an_ordinary_trace() -> None:
    trace = caught(asked("not_struck")).trace
    again = decode(encode(trace))
    assert again.events == trace.events
    assert check(again).problems == check(trace).problems
    assert again.header.knobs["mistake"] == "not_struck" and again.header.knobs["law_seed"] == 0


def test_the_same_experiment_gives_the_same_bytes() -> None:
    experiment = asked("deduplicated")
    one, other = (record(experiment, 5) for _ in range(2))
    assert encode_events(one.events) == encode_events(other.events)
    assert one.header.max_tokens == TOKENS


def test_a_mistake_may_be_hidden_in_the_first_round_and_show_later() -> None:
    found = caught(Experiment("block", "block_residual", 1, 3))
    assert found.hidden and found.parts > 0 and "a later round does" in found.sentence


def test_a_mistake_that_no_run_shows_is_said_to_change_nothing() -> None:
    with pytest.raises(WorkbenchError, match="changes nothing"):
        caught(Experiment("block", "block_residual", 1, 3, 0.25))
