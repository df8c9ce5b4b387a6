"""Runs outlive memory and kills; a watcher hears small messages; cancel keeps what was recorded."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.trace import WorkbenchError, decode, load
from workbench.ui.answer import Known, outcome
from workbench.ui.live import DROPPED, watch
from workbench.ui.store import Record, Store

PROMPT = "Add 1+2"


def request(place: Any, **more: Any) -> Any:
    asked = {"method": "greedy", "models": {"target": "tiny-target"}, "prompt": PROMPT, "max_tokens": 8}
    return place.request(**{**asked, **more})


def test_a_run_leaves_memory_and_comes_back_from_its_journal(place: Any, tmp_path: Path) -> None:
    trace = place.store.get("example-greedy").trace()
    store = Store(tmp_path, memory=1)
    first, second = store.keep(trace), store.keep(trace)
    assert first.id not in store._records
    assert second.id in store._records
    assert store.get(first.id).trace() == trace


def test_only_ids_of_our_making_reach_the_disk(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_text("{}")
    store = Store(tmp_path / "runs")
    for id in ("../secret", "..", "/etc/passwd", "", "a" * 99):
        with pytest.raises(WorkbenchError):
            store.get(id)


def test_a_pinned_run_stays(place: Any, tmp_path: Path) -> None:
    trace = place.store.get("example-greedy").trace()
    store = Store(tmp_path, memory=1)
    store.pin(Record("example-kept", lambda: trace))
    store.keep(trace)
    assert store.get("example-kept").trace() is trace


def test_messages_are_small_and_the_deltas_make_the_reel(place: Any) -> None:
    job = place.runner.submit(request(place, max_tokens=40))
    messages = list(watch(job, place.store, place.pictures))
    assert max(len(str(message)) for message in messages) < 2_000
    assert messages[-1]["status"] == "complete"
    assert messages[-1]["tokens"] == 40
    record = place.store.get(job.id)
    assert messages[-1]["upto"] == len(record.deltas)
    assert b'"from":0' in record.deltas[0]


def test_cancel_keeps_what_was_recorded(place: Any) -> None:
    job = place.runner.submit(request(place, max_tokens=900))
    heard = watch(job, place.store, place.pictures)
    for message in heard:
        if message["upto"]:
            assert place.runner.stop(job.id)
            break
    last = list(heard)[-1]
    assert last["status"] == "cancelled"
    trace = load(place.store.journal(job.id))
    assert trace.footer.status == "cancelled"
    assert trace.events == place.store.get(job.id).trace().events
    assert not place.runner.stop(job.id)


def test_a_run_that_was_stopped_is_neither_right_nor_wrong() -> None:
    recorded = Path(__file__).parents[2] / "assets" / "examples" / "example-speculative.json.gz"
    trace, known = decode(gzip.decompress(recorded.read_bytes())), Known("math", 3)
    whole = outcome(known, trace)
    assert whole is not None and whole.right
    assert outcome(known, replace(trace, footer=replace(trace.footer, status="cancelled"))) is None


def test_cancel_in_the_queue_is_no_error(place: Any) -> None:
    first = place.runner.submit(request(place, max_tokens=900))
    heard = watch(first, place.store, place.pictures)
    next(message for message in heard if message["upto"])
    second = place.runner.submit(request(place))
    waiting = watch(second, place.store, place.pictures)
    assert next(waiting)["status"] == "queued"
    assert place.runner.stop(second.id)
    assert [(each["status"], each["message"]) for each in waiting] == [("dropped", DROPPED)]
    assert not first.over
    heard.close()
    with pytest.raises(WorkbenchError):
        place.store.get(second.id)


def test_a_watcher_that_leaves_stops_the_run(place: Any) -> None:
    job = place.runner.submit(request(place, max_tokens=900))
    heard = watch(job, place.store, place.pictures)
    next(heard)
    heard.close()
    with job.changed:
        assert job.changed.wait_for(lambda: job.over, timeout=60)
    assert len(place.store.get(job.id).trace().events) < 900 if job.status == "ended" else job.refusal


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"models": {"target": "tiny-masked"}}, "needs a causal"),
        ({"models": {"target": "absent"}}, "no model 'absent'"),
        ({"models": {"nobody": "tiny-target"}}, "no model role 'nobody'"),
        ({"prompt": "word " * 3000}, "Shorten the prompt"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(place: Any, more: dict[str, Any], said: str) -> None:
    job = place.runner.submit(request(place, **more))
    last = list(watch(job, place.store, place.pictures))[-1]
    assert last["status"] == "refused"
    assert said in last["message"]


@pytest.mark.parametrize(
    "more",
    [{"prompt": " "}, {"max_tokens": 0}, {"seed": -1}, {"method": "nothing"}, {"knobs": {"nothing": 1}}],
)
def test_bad_values_are_refused_at_once(place: Any, more: dict[str, Any]) -> None:
    with pytest.raises(WorkbenchError):
        request(place, **more)
