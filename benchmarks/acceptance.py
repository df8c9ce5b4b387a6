"""What every drafting method gains on the same prompts: accepted drafts, and tokens per target pass.

`python -m benchmarks.acceptance [--prompts 50] [--temperature 0] [--json]`. Counts only, no times: the
figures are the same on every machine. Acceptance is accepted over verified drafts, pooled over all rounds of
all prompts; tokens per target pass count the target's own tokens and the pass that reads the prompt.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.runs import Bench, bench
from viz import tables
from workbench import tasks
from workbench.methods.catalogue import catalogue
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Value, WorkbenchError

FAMILIES = ("speculative", "parallel")
TASKS = ("math", "add", "json", "graph", "code", "insert", "sort", "sudoku", "story", "shuffle")
"""Tasks of the target's mix, easy and hard ones for a drafter."""


def prompts(count: int) -> list[str]:
    """`count` held-out prompts, the tasks in turn."""
    return [tasks.make(TASKS[i % len(TASKS)], 900 + i).prompt for i in range(count)]


def measured(shared: Bench, method: str, asked: Sequence[str], temperature: float) -> dict[str, Any]:
    """The pooled figures of one method."""
    accepted = verified = rounds = written = passes = 0
    for number, prompt in enumerate(asked):
        knobs: dict[str, Value] = {"temperature": temperature}
        request = Request(method, prompt, knobs, seed=number, max_tokens=48, detail="decisions", device="cpu")
        trace = Recording(prepare(request, shared.shelf)).run()
        told = tables.summary(trace)
        accepted += told.get("num_accepted_tokens", 0)
        verified += told.get("num_draft_tokens", 0)
        rounds += told.get("num_drafts", 0)
        written, passes = written + told["tokens"], passes + told["target_passes"]
    return {
        "acceptance": round(accepted / verified, 3) if verified else 0.0,
        "accepted_per_round": round(accepted / rounds, 2) if rounds else 0.0,
        "tokens_per_target_pass": round(written / passes, 2) if passes else 0.0,
        "tokens": written,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; a method whose models are missing gets a line that says so."""
    options = argparse.ArgumentParser("python -m benchmarks.acceptance", description=__doc__)
    options.add_argument("--prompts", type=int, default=50)
    options.add_argument("--temperature", type=float, default=0.0)
    options.add_argument("--json", action="store_true")
    given = options.parse_args(argv)
    shared, asked, found = bench(), prompts(given.prompts), {}
    for name, method in catalogue().items():
        if method.family not in FAMILIES:
            continue
        try:
            found[name] = measured(shared, name, asked, given.temperature)
        except WorkbenchError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        if not given.json:
            one = found[name]
            shares = f"acceptance {one['acceptance']:.3f}  accepted a round {one['accepted_per_round']:.2f}"
            print(
                f"{name:24} {shares}  tokens per target pass {one['tokens_per_target_pass']:.2f}", flush=True
            )
    if given.json:
        print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
