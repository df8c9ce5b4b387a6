"""The methods on the models that ship: greedy equality, clean checks, sizes."""

import pytest

from workbench import tasks
from workbench.methods.api import Promise
from workbench.methods.catalogue import catalogue
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Trace
from workbench.trace.check import check
from workbench.trace.codec import encode

PROMPTS = [
    tasks.make(name, seed).prompt for name in ("json", "code", "sudoku", "add", "story") for seed in (1, 2)
]
LOSSLESS = [m.id for m in catalogue().values() if m.guarantee.promise is Promise.SAME_DISTRIBUTION]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def record(shelf: Shelf, method: str, prompt: str, **how) -> tuple[Trace, list[int]]:
    prepared = prepare(Request(method, prompt, **how), shelf)
    trace = Recording(prepared).run()
    assert trace.footer.status == "complete", trace.footer.message
    return trace, prepared.run.answer


@pytest.fixture(scope="module")
def greedy(shelf: Shelf) -> dict[str, list[int]]:
    return {prompt: record(shelf, "greedy", prompt, max_tokens=48)[1] for prompt in PROMPTS}


@pytest.mark.parametrize("method", LOSSLESS)
def test_temperature_zero_is_the_greedy_text(shelf: Shelf, greedy: dict[str, list[int]], method: str) -> None:
    """T-GREEDY in float32; a difference would have to be excused by a near-tie of the best two logits."""
    for prompt, expected in greedy.items():
        trace, answer = record(shelf, method, prompt, knobs={"temperature": 0.0}, max_tokens=48)
        assert answer == expected, (prompt, trace.header.knobs)
        target = next(cost for cost in trace.footer.costs if cost.source == "target")
        assert target.passes <= len(expected)


@pytest.mark.parametrize("method", catalogue())
def test_every_method_checks_clean_on_the_embedded_models(shelf: Shelf, method: str) -> None:
    hot = {"temperature": 0.9} if any(k.name == "temperature" for k in catalogue()[method].knobs) else {}
    for knobs in ({}, hot):
        trace, _ = record(shelf, method, PROMPTS[0], knobs=knobs, max_tokens=32, seed=7)
        report = check(trace)
        assert report.ok, report.problems[:3]


def test_same_seed_same_bytes_on_a_network(shelf: Shelf) -> None:
    runs = [
        record(shelf, "speculative_sampling", PROMPTS[0], knobs={"temperature": 1.0}, seed=5, max_tokens=32)[
            0
        ]
        for _ in range(2)
    ]
    assert encode(runs[0], clock=False) == encode(runs[1], clock=False)


def test_masked_methods_coincide_where_they_must(shelf: Shelf) -> None:
    """A threshold that nothing reaches is one token a round, the surest first: LLaDA, one per step."""
    prompt = tasks.make("sudoku", 4).prompt
    how = {"max_tokens": 24}
    one, two = (
        record(shelf, method, prompt, knobs=knobs, **how)[1]
        for method, knobs in (
            ("llada_low_confidence", {"steps": 24, "block_length": 8}),
            ("fast_dllm_threshold", {"threshold": 1.0, "block_length": 8}),
        )
    )
    assert one == two


def test_a_long_masked_trace_stays_small(shelf: Shelf) -> None:
    """128 positions in 64 rounds under 1 MB, on a real network."""
    knobs = {"steps": 64, "block_length": 128}
    trace, _ = record(shelf, "llada_low_confidence", PROMPTS[0], knobs=knobs, max_tokens=128)
    assert len(encode(trace)) < 1_000_000
