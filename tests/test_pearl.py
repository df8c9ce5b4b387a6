"""PEARL: exact over rounds, overlapped where it says so, and nothing unverified in the answer."""

from collections import defaultdict

import pytest
import torch
from fakes import TableCausal, branches, random_law, table_run
from test_guarantees import EXACT, PROMPT, distance, law_of, reference

from viz.figure import offered
from viz.tables import summary
from workbench.methods.catalogue import catalogue
from workbench.methods.loops.drafting import ahead
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.run.recorder import Recording
from workbench.trace import Candidates, Commit, Forward, Judge, Phase, Propose, Score, Trace
from workbench.trace.check import check

PEARL = "pearl"
LAWS = {
    "random": (random_law(41), random_law(42)),
    "sharp": (random_law(43), random_law(44, sharpness=3)),
    "zeros": (random_law(45, 4, zeros=2), random_law(46, 4, zeros=2)),
    "equal": (random_law(47), random_law(47)),
}


def record(**how) -> Trace:
    trace = Recording(table_run(catalogue()[PEARL], **how)).run()
    assert trace.footer.status == "complete", trace.footer.message
    return trace


CASES = [*((case, *size) for case in LAWS for size in ((1, 3), (2, 4))), ("zeros", 3, 4), ("equal", 3, 4)]


@pytest.mark.parametrize(("case", "length", "tokens"), CASES)
def test_the_law_is_the_targets_over_several_rounds(case: str, length: int, tokens: int) -> None:
    target, draft = LAWS[case]
    size = len(target(PROMPT))
    found = law_of(
        catalogue()[PEARL], {"draft_length": length}, {"target": target, "draft": draft}, size, tokens
    )
    assert abs(sum(found.values()) - 1) < EXACT
    assert distance(found, reference(target, tokens)) < EXACT


def test_five_tokens_with_three_drafts_on_two_symbols() -> None:
    target, draft = random_law(51, 2), random_law(52, 2)
    found = law_of(catalogue()[PEARL], {"draft_length": 3}, {"target": target, "draft": draft}, 2, 5)
    assert distance(found, reference(target, 5)) < EXACT


def late(run, sampling, logits, tests):
    """The rows in the wrong order, so that a draft is judged by the belief behind another one."""
    return ahead.judges(run, sampling, logits.flip(0), tests)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("workbench.methods.loops.verification.stepwise.residual", lambda target, draft: target),
        ("workbench.methods.speculative.pearl.judges", late),
    ],
)
def test_the_harness_can_fail(monkeypatch: pytest.MonkeyPatch, place: str, wrong) -> None:
    """Resampling from the target; and judging the first draft by the row of another one."""
    monkeypatch.setattr(place, wrong)
    laws = {"target": random_law(41), "draft": random_law(42)}
    found = law_of(catalogue()[PEARL], {"draft_length": 3}, laws, 3, 3)
    assert distance(found, reference(laws["target"], 3)) > 1e-3


def rounds(trace: Trace) -> list[list]:
    found: list[list] = []
    for event in trace.events:
        if isinstance(event, Phase):
            found.append([])
        if found:
            found[-1].append(event)
    return found


@pytest.mark.parametrize("heat", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_rounds_are_what_the_paper_says(heat: float, seed: int) -> None:
    length = 3
    trace = record(knobs={"temperature": heat, "draft_length": length}, seed=seed, tokens=24)
    assert check(trace).ok
    pending: list[int] = []
    for events in rounds(trace):
        title = events[0].title
        passes = [event for event in events if isinstance(event, Forward)]
        assert [each.source for each in passes].count("target") == 1
        together = [each.source for each in passes if each.tick == passes[0].tick]
        assert together in (["target", "draft"], ["target"])
        assert len({each.tick for each in passes}) == max(1, len(passes) - 1)
        assert title.startswith("Post" if pending else "Pre")
        drafted = [e.first for e in events if isinstance(e, Propose) and e.source == "draft"]
        judged = [event for event in events if isinstance(event, Judge) and event.rule != "drawn"]
        tests = [*pending, *drafted[:1]]
        assert [event.of for event in judged] == [Candidates((id,)) for id in tests[: len(judged)]]
        passed = all(event.passed[0] for event in judged)
        assert passed == (len(judged) == len(tests)) or not judged[-1].passed[0]
        assert sum(isinstance(event, Commit) for event in events) >= 1
        pending = drafted[1:] if passed else []


def test_the_modelled_clock_is_the_cost_model() -> None:
    trace = record(knobs={"draft_length": 4, "draft_cost": 0.5}, tokens=20)
    for events in rounds(trace):
        drafts = sum(isinstance(event, Forward) and event.source == "draft" for event in events)
        told = {event.measure: event.values[0] for event in events if isinstance(event, Score)}
        assert told == {"overlapped_time": max(1.0, drafts * 0.5), "in_turn_time": 1 + drafts * 0.5}
    assert "modelled" in trace.glossary.measures["overlapped_time"].formula


def test_equal_models_never_reject_and_verify_as_much_as_they_draft() -> None:
    law = random_law(61, 5)
    kept = defaultdict(int)
    for _, outcome in branches(lambda dice: _answer(law, dice)):
        kept[outcome] += 1
    assert set(kept) == {True}


def _answer(law, dice) -> bool:
    meter = Meter()
    models = {role: TableCausal(law, 5, role, meter) for role in ("target", "draft")}
    run = Run(PROMPT, 3, models, (), dice, meter, full=False)
    events = list(catalogue()[PEARL].start(run, catalogue()[PEARL].parse({"draft_length": 2})))
    return all(torch.tensor(event.passed).all() for event in events if isinstance(event, Judge))


def test_a_draft_that_no_pass_has_read_is_told_as_drafted_not_as_verified() -> None:
    fewer = 0
    for seed in range(6):
        trace = record(knobs={"draft_length": 3}, seed=seed, tokens=12)
        length, drafted, verified, beside = len(trace.header.prompt_ids), 0, 0, set[int]()
        for event in trace.events:
            if isinstance(event, Forward) and event.source == "target":
                rows = sum(stop - start for start, stop in (*event.computed, *event.visible))
                verified, beside = verified + rows - length, set()
            elif isinstance(event, Propose) and event.source == "draft":
                drafted, beside = drafted + len(event.ids), beside | set(event.ids)
            elif isinstance(event, Judge) and isinstance(event.of, Candidates):
                verified += len(beside.intersection(event.of.ids))  # judged by what was read before it
            elif isinstance(event, Commit):
                length += len(event.candidates)
        told = summary(trace)
        assert (told["num_draft_tokens"], told["num_proposed_tokens"]) == (verified, drafted)
        fewer += verified < drafted
        assert "mask" not in {figure.id for figure in offered(trace)}, "no pass reads a whole tree"
    assert fewer
