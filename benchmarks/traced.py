"""What recording costs: against the bare forward calls, against a run without Observe, and in bytes."""

from benchmarks.floor import bare_loop, recorded
from benchmarks.runs import Bench
from benchmarks.timing import Paired, alternate
from workbench.methods.catalogue import catalogue
from workbench.run.recorder import Recording
from workbench.run.request import DECISIONS
from workbench.trace import encode

LENGTHS = {"masked": 32, "causal": 64}
"""Tokens of a timed run, by the capability of the method's first model."""


def length(method: str) -> int:
    """How many tokens a method writes when it is timed."""
    return LENGTHS[next(iter(catalogue()[method].needs.values()))]


def floor(bench: Bench, turns: int) -> dict[str, float]:
    """method -> traced run / the bare loop over exactly its forward calls."""
    ratios = {}
    for method in catalogue():
        paired, calls = over_floor(bench, method, turns)
        bench.note(paired.line(f"{method} against its {calls} bare forward calls"))
        ratios[method] = paired.ratio
    return ratios


def over_floor(bench: Bench, method: str, turns: int) -> tuple[Paired, int]:
    """One method's traced runs and bare loops, turn by turn, and how many calls there are."""
    tokens = length(method)
    ready = [bench.prepared(method, tokens) for _ in range(turns + 2)]
    names = {card.name for card in ready[0].header.models}
    loaded = [bench.shelf.open(name, bench.device, bench.dtype) for name in names]
    with recorded([each.network for each in loaded], [each.graphs for each in loaded]) as calls:
        trace = Recording(ready.pop()).run()
    if trace.footer.status != "complete":
        raise AssertionError(f"{method} did not complete: {trace.footer.message}")
    return alternate(lambda: Recording(ready.pop()).run(), bare_loop(calls), turns), len(calls)


def traced_vs_untraced(bench: Bench, turns: int) -> float:
    """The worst ratio over the methods of a run with Observe to one without (detail 'decisions')."""
    worst = 0.0
    for method in catalogue():
        tokens = length(method)
        full = [bench.prepared(method, tokens) for _ in range(turns + 1)]
        thin = [bench.prepared(method, tokens, detail=DECISIONS) for _ in range(turns + 1)]

        def traced(ready: list = full) -> object:
            return Recording(ready.pop()).run()

        def untraced(ready: list = thin) -> object:
            return Recording(ready.pop()).run()

        paired = alternate(traced, untraced, turns)
        bench.note(paired.line(f"{method} traced against untraced"))
        worst = max(worst, paired.ratio)
    return worst


def trace_bytes(bench: Bench, turns: int) -> int:
    """Bytes of the JSON of a real masked run: 128 positions, 64 rounds."""
    knobs = {"steps": 64, "block_length": 128}
    trace = bench.run("llada_low_confidence", 128, knobs)
    if trace.footer.status != "complete":
        raise AssertionError(f"The run did not complete: {trace.footer.message}")
    return len(encode(trace))
