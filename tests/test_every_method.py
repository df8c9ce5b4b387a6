"""The conformance suite: it runs over every registered method without being told of it."""

import dataclasses
import itertools
import random

import pytest
from fakes import table_run

from viz.figure import offered
from viz.reel import dumps, reel
from viz.tables import summary
from viz.words import Narrator
from workbench.methods.api import Method, always
from workbench.methods.catalogue import catalogue
from workbench.run.recorder import Recording
from workbench.trace import Judge, State, Token, Trace, fold
from workbench.trace.check import check
from workbench.trace.codec import decode, encode, encode_events

METHODS = list(catalogue().values())


def settings(method: Method) -> list[dict]:
    """The default knobs, each knob at another value of its range, and combinations of choices.

    Where knobs rule each other out, a value brings the fewest other changes that make it legal.
    """
    others = []
    for knob in method.knobs:
        if knob.choices:
            others += [{knob.name: choice} for choice in knob.choices if choice != knob.default]
        elif isinstance(knob.default, bool):
            others.append({knob.name: not knob.default})
        elif knob.name == "temperature":
            others += [{"temperature": t} for t in (0.0, 0.8) if t != knob.default]
        else:
            others += [
                {knob.name: v} for v in {knob.low, min(knob.high, knob.low + 3 * knob.step)} - {knob.default}
            ]
    hot = {"temperature": 0.8} if any(knob.name == "temperature" for knob in method.knobs) else {}
    every = [{}, *others, *({**other, **hot} for other in others if hot), *mixtures(method)]
    found = (legal(method, setting) for setting in every)
    return [setting for setting in found if setting is not None]


def legal(method: Method, setting: dict) -> dict | None:
    """A setting made legal; None where nothing makes it so."""
    params = method.nearest(method.values(setting), keep=tuple(setting))
    defaults = dataclasses.asdict(method.values({}))
    return params and {name: v for name, v in dataclasses.asdict(params).items() if v != defaults[name]}


def mixtures(method: Method, count: int = 12) -> list[dict]:
    """Choices taken together, where a method says what goes together: what is legal near a seeded sample."""
    lists = [knob for knob in method.knobs if knob.choices]
    if method.legal is always:
        return []
    rng, found = random.Random(0), list[dict]()
    while lists and len(found) < count:
        near = method.nearest(method.values({knob.name: rng.choice(knob.choices) for knob in lists}))
        if near is None:
            break
        found.append({knob.name: getattr(near, knob.name) for knob in lists})
    return found


CASES = [pytest.param(m, s, id=f"{m.id}-{i}") for m in METHODS for i, s in enumerate(settings(m))]


def record(method: Method, knobs: dict | None = None, **how) -> Trace:
    trace = Recording(table_run(method, knobs, **how)).run()
    assert trace.footer.status == "complete", trace.footer.message
    return trace


@pytest.mark.parametrize(("method", "knobs"), CASES)
def test_runs_and_checks_clean(method: Method, knobs: dict) -> None:
    for seed in (0, 5):
        trace = record(method, knobs, seed=seed)
        report = check(trace)
        assert report.ok, report.problems[:3]
        lane = fold(trace.events).lanes[0]
        answer = [fill.id for fill in lane.fills[len(trace.header.prompt_ids) :] if isinstance(fill, Token)]
        assert 1 <= len(answer) <= trace.header.max_tokens
        assert lane.verdict


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_every_number_that_can_be_derived_is(method: Method) -> None:
    report = check(record(method, {"temperature": 0.8} if "temperature" in vars(method.params) else {}))
    assert report.verdicts > 0
    assert report.underivable == 0, "a derivation lacks what it reads: record that, or declare it given"


@pytest.mark.parametrize(("method", "knobs"), CASES)
def test_the_summary_counts_the_answer(method: Method, knobs: dict) -> None:
    trace = record(method, knobs, seed=5)
    told, state = summary(trace), fold(trace.events)
    written = sum(birth >= 0 for birth in state.lanes[0].births)
    assert told["tokens"] >= written
    assert told["tokens"] == written or method.family == "search"  # a longer beam may have lost
    if "num_drafts" in told:  # a pass of the target adds one token of its own at most
        accepted = told["num_accepted_tokens"]
        assert accepted <= min(written, told["num_draft_tokens"])
        assert written <= accepted + told["target_passes"]


@pytest.mark.parametrize(("method", "knobs"), CASES)
def test_same_seed_same_bytes(method: Method, knobs: dict) -> None:
    one, two = record(method, knobs, seed=3), record(method, knobs, seed=3)
    assert encode_events(one.events) == encode_events(two.events)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_json_round_trip(method: Method) -> None:
    trace = record(method)
    assert encode(decode(encode(trace))) == encode(trace)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_less_detail_thins_observe_only(method: Method) -> None:
    full, thin = record(method), record(method, detail="decisions")
    kept = [event for event in full.events if type(event).__name__ != "Observe"]
    assert encode_events(kept) == encode_events(thin.events)
    assert check(thin).ok


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
@pytest.mark.parametrize("budget", [1, 2, 7])
def test_budget_is_kept(method: Method, budget: int) -> None:
    trace = record(method, tokens=budget)
    lane = fold(trace.events).lanes[0]
    assert len(lane.fills) - len(trace.header.prompt_ids) <= budget
    assert check(trace).ok


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_cancel_stops_within_one_step_and_keeps_what_was_recorded(method: Method) -> None:
    calls = itertools.count()
    recording = Recording(table_run(method, stop=lambda: next(calls) >= 2))
    trace = recording.run()
    assert trace.footer.status == "cancelled"
    assert sum(cost.passes for cost in trace.footer.costs) == 2
    assert check(trace).ok


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_closing_the_stream_is_a_cancel(method: Method) -> None:
    recording = Recording(table_run(method))
    batches = recording.batches()
    next(batches)
    batches.close()
    assert recording.footer.status == "cancelled"
    assert check(recording.trace()).ok


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_every_event_has_a_sentence_and_every_figure_draws(method: Method) -> None:
    trace = record(method)
    judged = [event for event in trace.events if isinstance(event, Judge)]
    assert judged
    state = State()
    for event in trace.events:
        state.apply(event)
        assert Narrator(trace.glossary, trace.tokens, state).sentence(event).strip()
    figures = offered(trace)
    assert figures
    for figure in figures:
        assert figure.draw(trace).spec
    assert dumps(reel(trace))


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_declaration_is_complete(method: Method) -> None:
    assert method.needs
    assert method.guarantee.sentence.endswith(".")
    assert "Source:" in method.doc
    for knob in method.knobs:
        assert knob.help
        assert knob.parse(knob.default) == knob.default
    used = {event.rule for event in record(method).events if isinstance(event, Judge)}
    assert used <= {rule.id for rule in method.rules}
