"""Checks of what surrounds the events: header, clock, ledger."""

import math
from collections import Counter
from collections.abc import Iterator

from workbench.trace.events import Forward
from workbench.trace.trace import Trace


def opening_problems(trace: Trace) -> Iterator[str]:
    """Header and glossary."""
    unknown = [id for id in trace.header.prompt_ids if id not in trace.tokens]
    if unknown and trace.events:  # a journal writes them with its first events, and may be cut before
        yield f"The text of prompt token {unknown[0]} is not in the trace."
    if trace.header.max_tokens < 0:
        yield f"The header allows {trace.header.max_tokens} tokens, which is less than none."
    yield from _by_hand(trace)
    for rule in trace.glossary.rules.values():
        if rule.space not in trace.glossary.spaces:
            yield f"Rule '{rule.id}' reads the space '{rule.space}', which the glossary does not declare."


def _by_hand(trace: Trace) -> Iterator[str]:
    """What a person did can have been done to this run. (Whether it was obeyed, only a rerun can tell.)"""
    header, last = trace.header, 0
    answer = range(len(header.prompt_ids), len(header.prompt_ids) + header.max_tokens)
    for number, each in enumerate(header.interventions, 1):
        place = f"Intervention {number} ({each.act})"
        if not last <= each.at <= len(trace.events):
            yield f"{place} begins at event {each.at}, which is no event after the one before it."
        last = max(last, each.at)
        if each.act == "close":
            if each.lane < 1:
                yield f"{place} ends lane {each.lane}, but only lanes from 1 on can be ended."
            continue
        if each.position not in answer:
            yield f"{place} is about position {each.position}, which is not in the answer."
        if each.token not in trace.tokens and not (each.token == -1 and each.act in ("lift", "mask")):
            yield f"{place} names token {each.token}, whose text is not in the trace."


def clock_problems(trace: Trace) -> Iterator[tuple[int, str]]:
    """The clock is empty, or has one finite time per event and never runs backwards."""
    clock = trace.clock
    if clock and len(clock) != len(trace.events):
        yield -1, f"The clock has {len(clock)} times, the trace has {len(trace.events)} events."
    for index, time in enumerate(clock):
        if not math.isfinite(time):
            yield index, f"Event {index}: its time {time} is no finite number."
            return
        if index and time < clock[index - 1]:
            yield index, f"Event {index}: its time {time} ms lies before that of the event before it."
            return


def ledger_problems(trace: Trace) -> Iterator[str]:
    """The footer's costs against the Forward events; a run without an end has none to hold against it."""
    if trace.footer.status in ("truncated", "running"):
        return
    passes, rows, layer_rows = Counter[str](), Counter[str](), Counter[str]()
    for event in trace.events:
        if isinstance(event, Forward):
            pushed = _length(event.computed)
            passes[event.source] += 1
            rows[event.source] += pushed
            layer_rows[event.source] += pushed * _length(event.layers)
    named = [cost.source for cost in trace.footer.costs]
    for source in passes.keys() - set(named):
        yield f"The footer has no cost for '{source}', which ran {passes[source]} passes."
    for source, count in Counter(named).items():
        if count > 1:
            yield f"The footer has {count} costs for '{source}'."
        if source not in trace.glossary.sources:
            yield f"The footer names the source '{source}', which the glossary does not declare."
    for cost in trace.footer.costs:
        counted = (passes[cost.source], rows[cost.source], layer_rows[cost.source])
        told = (cost.passes, cost.rows, cost.layer_rows)
        for what, true, said in zip(("passes", "rows", "layer rows"), counted, told, strict=True):
            if true != said:
                yield f"The footer says that '{cost.source}' took {said} {what}, its events add up to {true}."


def _length(spans: tuple[tuple[int, int], ...]) -> int:
    return sum(stop - start for start, stop in spans)
