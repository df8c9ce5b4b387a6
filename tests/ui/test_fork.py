"""Forks over the page's own handler, without a browser: what is asked, refused and told."""

from typing import Any

import pytest

from workbench.trace import encode_events
from workbench.ui.fork import messages


def told(place: Any, **asked: Any) -> list[dict[str, Any]]:
    return list(messages(place, asked))


@pytest.fixture(scope="module")
def run(web: Any) -> str:
    """A greedy run on the tiny target."""
    place = web.app.state.place
    request = place.request(
        method="greedy", prompt="Add 1+2", knobs={}, models={"target": "tiny-target"}, max_tokens=8
    )
    job = place.runner.submit(request)
    from workbench.ui.live import watch

    list(watch(job, place.store, place.pictures))
    return job.id


def test_a_fork_says_where_it_parts_and_is_a_run_of_its_own(place: Any, run: str) -> None:
    old = place.store.get(run).trace()
    start = len(old.header.prompt_ids)
    acts = [{"act": "force", "event": len(old.events) - 1, "position": start + 3, "token": 5}]
    said = told(place, run=run, acts=acts)
    assert said[-1]["status"] == "complete"
    new = place.store.get(said[-1]["run"]).trace()
    at = said[-1]["fork"]["at"]
    assert said[-1]["fork"]["same"] and said[-1]["fork"]["event"] >= at
    assert encode_events(old.events[:at]) == encode_events(new.events[:at])
    assert [each.act for each in new.header.interventions] == ["force"]
    assert "--intervene" in said[-1]["command"]
    again = told(place, run=said[-1]["run"], acts=[{**acts[0], "act": "ban", "position": start + 5}])
    both = place.store.get(again[-1]["run"]).trace().header.interventions
    assert [each.act for each in both] == ["force", "ban"]


def test_a_typed_token_is_read_by_the_tokenizer_of_the_run(place: Any, run: str) -> None:
    old = place.store.get(run).trace()
    acts = [{"act": "force", "position": len(old.header.prompt_ids) + 2, "text": "7"}]
    said = told(place, run=run, acts=acts)
    (each,) = place.store.get(said[-1]["run"]).trace().header.interventions
    assert place.store.get(said[-1]["run"]).trace().tokens[each.token] == b"7"


def test_other_knobs_run_the_same_request(place: Any, run: str) -> None:
    said = told(place, run=run, knobs={})
    assert said[-1]["fork"]["event"] == len(place.store.get(run).trace().events)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"run": "nowhere-at-all"}, "is not on this machine"),
        ({"acts": "many"}, "cannot be read"),
        ({"acts": [[1]]}, "cannot be read"),
        ({"acts": [{"act": "force", "event": "1"}]}, "cannot be read"),
        ({"acts": [{"act": "force", "position": 2**60}]}, "cannot be read"),
        ({"acts": [{}] * 65}, "cannot be read"),
        ({"acts": [{"act": "eval", "position": 30}]}, "is no act"),
        ({"acts": [{"act": "force", "position": 10**6, "token": 1}]}, "but the answer has the positions"),
        ({"acts": [{"act": "lift", "position": 10}]}, "nothing would come"),
        (
            {"acts": [{"act": "force", "position": 10, "text": "a whole lot of words"}]},
            "force them one after another",
        ),
        ({"knobs": {"warp": 9}}, "has no knob 'warp'"),
        ({"knobs": [1]}, "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    place: Any, run: str, asked: dict[str, Any], sentence: str
) -> None:
    message = told(place, **{"run": run, **asked})[-1]
    assert message["status"] == "refused"
    assert sentence in message["message"]
