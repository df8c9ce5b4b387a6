"""Forks: a recorded run, run again with something done to it, beside the original."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from workbench.trace import Event, Judge, Trace, WorkbenchError
from workbench.ui.news import news
from workbench.ui.place import Place

log = logging.getLogger(__name__)

PANE = "b"
"""Where a fork stands; the original stands in A."""
MOST = 64
ENDS = ("complete", "failed", "cancelled")
UNREADABLE = "The page asked for something that cannot be read; reload it."
UNEXPECTED = "Something unexpected happened ({}); the log of the program says more."


def forker(place: Place) -> Callable[[gr.EventData], Iterator[Any]]:
    """The handler of the page's wish: yields the small messages of the new run."""

    def forked(event: gr.EventData) -> Iterator[Any]:
        for message in messages(place, event._data):
            yield gr.HTML(**{f"feed_{PANE}": news(message)})  # type: ignore[arg-type]

    return forked


def messages(place: Place, data: Any) -> Iterator[dict[str, Any]]:
    """Submit what was asked for, {run, acts} or {run, knobs}, and tell how it goes; refusals are told too."""
    try:
        from workbench.ui.live import watch

        asked = _object(data)
        record = place.store.get(str(asked.get("run", "")))
        old = record.trace()
        request = _request(place, old, asked)
        job = place.runner.submit(request, record.known)
        for message in watch(job, place.store, place.pictures):
            if message["status"] in ENDS:
                message |= {"fork": _parted(old, place.store.get(job.id).trace(), asked)}
            yield message
    except WorkbenchError as error:
        yield _refused(str(error))
    except Exception as error:
        log.exception("A fork failed")
        yield _refused(UNEXPECTED.format(type(error).__name__))


def _refused(sentence: str) -> dict[str, Any]:
    return {"run": "", "pane": PANE, "status": "refused", "message": sentence, "upto": 0}


def _request(place: Place, trace: Trace, asked: Mapping[str, Any]) -> Any:
    """The recorded request with other knobs, or with more done to it."""
    from workbench.methods.catalogue import find
    from workbench.run.moment import interventions
    from workbench.run.request import Request

    request = Request.of(trace.header)
    knobs = _object(asked.get("knobs") or {})
    if knobs:
        request = replace(request, knobs={**request.knobs, **knobs})
        find(request.method).parse(request.knobs)
    wanted = asked.get("acts") or []
    if not isinstance(wanted, list) or len(wanted) > MOST:
        raise WorkbenchError(UNREADABLE)
    wishes = [_wish(place, trace, _object(each)) for each in wanted]
    return replace(request, interventions=interventions(trace, wishes)).checked()


def _wish(place: Place, trace: Trace, asked: Mapping[str, Any]) -> Any:
    from workbench.run.moment import Wish

    numbers = {name: asked.get(name, -1) for name in ("event", "candidate", "position", "token", "lane")}
    if not all(type(number) is int and abs(number) < 2**53 for number in numbers.values()):
        raise WorkbenchError(UNREADABLE)
    if asked.get("text"):
        numbers["token"] = _token(place, trace, str(asked["text"]))
    return Wish(str(asked.get("act", "")), **numbers)


def _token(place: Place, trace: Trace, text: str) -> int:
    """The one token that a text is, in the words of the model that decides."""
    from workbench.run.perfect import open_model

    header = trace.header
    card = header.models[0]
    tokens = open_model(place.shelf, card.name, header.device, header.dtype, header.prompt).tokens
    ids = tokens.encode(text)
    if len(ids) != 1:
        parts = ", ".join(f"‘{tokens.decode([id])}’" for id in ids[:6])
        raise WorkbenchError(f"‘{text[:40]}’ is {len(ids)} tokens ({parts}); force them one after another.")
    return ids[0]


def _parted(old: Trace, new: Trace, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Where the runs part. at: the first event that could differ; event: the first that does.

    After other knobs `at` is what the page foresaw (the first verdict that flips), and bounds, which are what
    was changed, do not count.
    """
    foreseen, told = asked.get("until"), new.header.interventions
    if asked.get("knobs"):
        at = foreseen if type(foreseen) is int else 0
        olds, news = ([_unbounded(each) for each in trace.events] for trace in (old, new))
    else:
        at = next((each.at for each in told if each not in old.header.interventions), 0)
        olds, news = list(old.events), list(new.events)
    pairs = enumerate(zip(olds, news, strict=False))
    event = next((i for i, (one, other) in pairs if one != other), min(len(olds), len(news)))
    return {"at": at, "event": event, "knobs": bool(asked.get("knobs")), "same": event >= at}


def _unbounded(event: Event) -> Event:
    """A verdict without the bounds that it was held against."""
    return replace(event, bounds=()) if isinstance(event, Judge) else event


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise WorkbenchError(UNREADABLE)
    return found
