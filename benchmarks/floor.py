"""The floor: the forward calls of a run, and nothing else.

A method's run is recorded at the door of the network; replaying makes exactly these calls again (same
inputs, masks, cache writes and logits rows) in a bare loop on the same network.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from workbench.models.cache import Cache, IndexedRoom


@dataclass(frozen=True)
class Call:
    """One forward call: the function, its arguments, and which of them was the cache."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: dict[str, Any]


@contextmanager
def recorded(networks: list[nn.Module], graphs: list[Any]) -> Iterator[list[Call]]:
    """Within, every call of a network's `forward` (or of its graphs' `run`) is noted."""
    calls: list[Call] = []
    inside = False

    def wrap(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def noting(*arguments: Any, **named: Any) -> Any:
            nonlocal inside
            if inside:  # a graph's own capture
                return function(*arguments, **named)
            calls.append(Call(function, arguments, named))
            inside = True
            try:
                return function(*arguments, **named)
            finally:
                inside = False

        owner.__dict__[name] = noting

    owners = [(net, "forward") for net in networks] + [
        (graph, "run") for graph in graphs if graph is not None
    ]
    before = [owner.__dict__.get(name) for owner, name in owners]
    for owner, name in owners:
        wrap(owner, name)
    try:
        yield calls
    finally:
        for (owner, name), own in zip(owners, before, strict=True):
            owner.__dict__.pop(name, None)
            if own is not None:
                owner.__dict__[name] = own


def bare_loop(calls: list[Call]) -> Callable[[], None]:
    """A function that makes the calls again, on caches of its own that start empty."""
    first_capacity: dict[int, int] = {}
    for call in calls:
        cache = _cache(call)
        if cache is not None:
            first_capacity.setdefault(id(cache), min(256, cache.capacity))

    def loop() -> None:
        fresh: dict[int, Cache] = {}
        with torch.inference_mode():
            for call in calls:
                arguments = [_renewed(argument, fresh, first_capacity) for argument in call.arguments]
                named = {key: _renewed(value, fresh, first_capacity) for key, value in call.named.items()}
                call.function(*arguments, **named)
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    return loop


def _cache(call: Call) -> Cache | None:
    for value in (*call.arguments, *call.named.values()):
        if isinstance(value, Cache):
            return value
        if isinstance(value, IndexedRoom):
            return value.cache
    return None


def _renewed(value: Any, fresh: dict[int, Cache], capacity: dict[int, int]) -> Any:
    """The argument, with the run's cache replaced by one of this loop's own."""
    if isinstance(value, IndexedRoom):
        cache = _renewed(value.cache, fresh, capacity)
        return cache.indexed(value.index, value.seen)
    if not isinstance(value, Cache):
        return value
    if id(value) not in fresh:
        limit, device, dtype = value.limit, value.buffer.device, value.buffer.dtype
        fresh[id(value)] = Cache(value.shape, capacity[id(value)], limit, device, dtype)
    return fresh[id(value)]
