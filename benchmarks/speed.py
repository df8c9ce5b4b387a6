"""`bench speed`: every figure of the house's speed, measured side by side in one process.

Ratios are medians over turns in which the two sides alternate, so that a busy machine disturbs both. A part
that cannot be measured here is null, with the reason on standard error.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import page, peers, traced
from benchmarks.runs import Bench, bench
from workbench.trace import WorkbenchError

Part = Callable[[Bench, int], Any]

PARTS: Mapping[str, Part] = {
    "greedy_vs_generate": peers.greedy_vs_generate,
    "greedy_by_model": peers.greedy_by_model,
    "floor": traced.floor,
    "traced_vs_untraced": traced.traced_vs_untraced,
    "speculative_vs_assisted": peers.speculative_vs_assisted,
    "trace_bytes_128x64": traced.trace_bytes,
    "player_frame_ms": page.player_frame,
    "page_drawn_s": page.page_drawn,
}
GOALS = {
    "greedy_vs_generate": "at least 2.0 times as fast on a CPU",
    "greedy_by_model": "the same",
    "floor": "at most 1.25 for every method, 1.10 as the aim",
    "traced_vs_untraced": "at most 1.10",
    "speculative_vs_assisted": "at least 1.5 times as fast",
    "trace_bytes_128x64": "under 1 000 000",
    "player_frame_ms": "at most 16.7",
    "page_drawn_s": "under 5",
}
TRAINED = ("speculative_vs_assisted",)
"""Parts that say little with random models, which accept no drafts."""


def command(options: argparse.Namespace) -> int:
    """Measure what is asked for and print it; 0 if every part could be measured, else 1."""
    names = chosen(options.only)
    made = bench(options.device, options.dtype, options.silent_layers)
    load = os.getloadavg()[0]
    if load > 1.5:
        made.note(f"The machine is busy (load {load:.1f}): trust ratios, not times.")
    figures = measure(made, names, options.turns)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:24} {_shown(value)}  (goal: {GOALS[name]})")
    return 0 if all(value is not None for value in figures.values()) else 1


def measure(made: Bench, names: list[str], turns: int) -> dict[str, Any]:
    """part -> its figure, or None where it cannot be had (the reason goes to standard error)."""
    figures: dict[str, Any] = {}
    for name in names:
        if name in TRAINED and not made.real:
            made.note(f"{name}: the drafter is random here, so nearly every draft is rejected.")
        try:
            figures[name] = _rounded(PARTS[name](made, turns))
        except Exception as error:  # one part that cannot run must not lose the others
            made.note(f"{name} was not measured: {type(error).__name__}: {error}")
            figures[name] = None
    return figures


def chosen(only: str | None) -> list[str]:
    """The parts of a comma-separated list, all for None; raises WorkbenchError for an unknown one."""
    if only is None:
        return list(PARTS)
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in PARTS:
            raise WorkbenchError(f"bench speed has no part '{name}'; there are: {', '.join(PARTS)}.")
    return names


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return "not measured" if value is None else str(value)


if __name__ == "__main__":
    sys.exit("Run it with 'python -m workbench bench speed'.")
