"""The joint of two tokens that a round takes for the same item: looked up in a law, asked of a network."""

from itertools import permutations

import pytest

from workbench import tasks
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.replay import replay
from workbench.run.request import Request
from workbench.trace import ROOT, Commit, Forward, Propose, Token, Trace, check

METHOD, LAW, ASKED = "fast_dllm_threshold", "joint_law", "joint_asked"
ALL_AT_ONCE = {"threshold": 0.01}


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def ran(shelf: Shelf, task: str, model: str, **knobs: float | bool) -> Trace:
    prompt = tasks.make(task, 3).prompt
    request = Request(METHOD, prompt, dict(knobs), {"denoiser": model}, max_tokens=16, device="cpu")
    return Recording(prepare(request, shelf)).run()


def joint(trace: Trace, source: str) -> tuple[dict[int, float], dict[tuple[int, int], float], list[int]]:
    """Marginal of the first place, joint of both, and the two places."""
    first, second = (event for event in trace.events if isinstance(event, Propose) and event.source == source)
    tokens = {id: fill.id for id, fill in zip(first.ids, first.fills, strict=True) if isinstance(fill, Token)}
    here = dict(zip(first.ids, first.probs, strict=True))
    both: dict[tuple[int, int], float] = {}
    for fill, parent, prob in zip(second.fills, second.parents, second.probs, strict=True):
        assert isinstance(fill, Token) and parent != ROOT
        both[tokens[parent], fill.id] = here[parent] * prob
    return {tokens[id]: here[id] for id in here}, both, [first.positions[0], second.positions[0]]


def test_the_law_is_looked_up_and_is_exact(shelf: Shelf) -> None:
    trace = ran(shelf, "shuffle", "oracle:shuffle:3", **ALL_AT_ONCE)
    here, both, places = joint(trace, LAW)
    given = tasks.make("shuffle", 3).check["given"]
    orders = [order for order in permutations(given) if list(order) != list(given)]
    names = {token: trace.tokens[token].decode().strip() for token in here}
    start = len(trace.header.prompt_ids)
    left, right = places[0] - start, places[1] - start
    for (a, b), prob in both.items():
        many = sum(order[left] == names[a] and order[right] == names[b] for order in orders)
        assert prob == pytest.approx(many / len(orders), abs=1e-6)
    assert all(both[token, token] == 0 for token in here), "no item stands twice"
    assert sum(both.values()) == pytest.approx(1, abs=1e-6)


def test_looking_up_costs_nothing_and_changes_nothing(shelf: Shelf) -> None:
    trace = ran(shelf, "shuffle", "oracle:shuffle:3", **ALL_AT_ONCE)
    assert sum(isinstance(event, Forward) for event in trace.events) == 1
    told = [event.source for event in trace.events if isinstance(event, Propose)]
    assert told == ["denoiser", LAW, LAW]
    (commit,) = [event for event in trace.events if isinstance(event, Commit)]
    assert set(commit.candidates) <= set(range(16))
    assert check(trace).ok and replay(trace, shelf).ok


def test_where_one_answer_is_right_nothing_is_told(shelf: Shelf) -> None:
    trace = ran(shelf, "reverse", "oracle:reverse:3", **ALL_AT_ONCE)
    assert LAW not in {event.source for event in trace.events if isinstance(event, Propose)}


def test_a_network_is_asked_in_one_batch_and_only_if_wanted(shelf: Shelf) -> None:
    plain, asked = (ran(shelf, "shuffle", "masked", pairs=wanted, **ALL_AT_ONCE) for wanted in (False, True))
    here, both, _ = joint(asked, ASKED)
    extra = [event for event in asked.events if isinstance(event, Forward)][-len(here) :]
    assert len({event.tick for event in extra}) == 1, "all at the same time"
    passes = [sum(isinstance(event, Forward) for event in each.events) for each in (plain, asked)]
    assert passes[1] == passes[0] + len(here)
    assert [event for event in plain.events if isinstance(event, Commit)] and check(asked).ok
    written = [[made.tokens[fill.id] for fill in _answer(made)] for made in (plain, asked)]
    assert written[0] == written[1], "it decides nothing"
    assert all(0 <= prob <= 1 for prob in both.values())


def _answer(trace: Trace) -> list[Token]:
    fills = {
        id: fill
        for event in trace.events
        if isinstance(event, Propose)
        for id, fill in zip(event.ids, event.fills, strict=True)
    }
    taken = [id for event in trace.events if isinstance(event, Commit) for id in event.candidates]
    return [fill for id in taken if isinstance(fill := fills[id], Token)]
