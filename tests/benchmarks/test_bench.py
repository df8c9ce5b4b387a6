"""The benchmarks measure what they say: the floor makes the same calls, the peers decode the same tokens."""

from pathlib import Path

import pytest
import torch

from benchmarks import deeper, floor, peers, runs, speed, standins, timing, traced
from workbench.models.shelf import EMBEDDED, Shelf
from workbench.run.recorder import Recording
from workbench.trace import Commit, Judge


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> runs.Bench:
    """Random models of the embedded shapes."""
    folder: Path = standins.make(tmp_path_factory.mktemp("models"), EMBEDDED)
    return runs.Bench(Shelf((folder,)), False, "cpu", "float32")


@pytest.mark.parametrize("method", ["greedy", "speculative_sampling", "token_tree", "llada_low_confidence"])
def test_the_floor_makes_exactly_the_calls_of_the_run(bench: runs.Bench, method: str) -> None:
    networks = [bench.shelf.open(name).network for name in ("ar-target", "ar-drafter", "masked")]
    with floor.recorded(networks, []) as calls:
        trace = Recording(bench.prepared(method, 6)).run()
    assert len(calls) == sum(cost.passes for cost in trace.footer.costs) > 0
    assert all("forward" not in network.__dict__ for network in networks)
    floor.bare_loop(calls)()


def test_the_bare_loop_fills_caches_of_its_own(bench: runs.Bench) -> None:
    """Replaying gives the logits of the run, although it starts from an empty cache."""
    network = bench.shelf.open("ar-target").network
    seen: list[torch.Tensor] = []
    whole = network.forward

    def noting(*arguments, **named):
        output = whole(*arguments, **named)
        seen.append(output.logits)
        return output

    network.__dict__["forward"] = noting
    try:
        with floor.recorded([network], []) as calls:
            Recording(bench.prepared("greedy", 5)).run()
        recorded = list(seen)
        seen.clear()
        floor.bare_loop(calls)()
    finally:
        del network.__dict__["forward"]
    assert len(seen) == len(recorded) == 5
    assert all(torch.equal(a, b) for a, b in zip(recorded, seen, strict=True))


def test_paired_ratios() -> None:
    paired = timing.Paired((2.0, 4.0, 9.0), (1.0, 2.0, 3.0), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
    assert paired.ratio == 2.0 and paired.cpu_ratio == 1.0
    assert "ratio 2.000" in paired.line("x")
    calls: list[str] = []
    timing.alternate(lambda: calls.append("a"), lambda: calls.append("b"), 2)
    assert calls == ["a", "b", "a", "b", "b", "a"]


def test_our_tokens_are_those_of_transformers(bench: runs.Bench, monkeypatch) -> None:
    monkeypatch.setattr(peers, "MAX_TOKENS", 12)
    assert peers.greedy_vs_generate(bench, 1) > 0
    if bench.real:
        assert set(peers.greedy_by_model(bench, 1)) == set(peers.CAUSAL)
    assert peers.speculative_vs_assisted(bench, 1) > 0


def test_the_masked_trace_is_small(bench: runs.Bench) -> None:
    assert 10_000 < traced.trace_bytes(bench, 1) < 1_000_000


def test_a_part_that_fails_is_null(bench: runs.Bench, monkeypatch, capsys) -> None:
    def broken(made: runs.Bench, turns: int) -> float:
        raise AssertionError("no reason at all")

    monkeypatch.setattr(speed, "PARTS", {"broken": broken, "fine": lambda made, turns: 1.23456})
    assert speed.measure(bench, ["broken", "fine"], 1) == {"broken": None, "fine": 1.235}
    assert "broken was not measured: AssertionError: no reason at all" in capsys.readouterr().err
    assert set(speed.GOALS) >= {"floor", "greedy_vs_generate", "page_drawn_s", "player_frame_ms"}


def test_silent_layers_change_no_token(tmp_path: Path) -> None:
    """The same decisions from four layers and from nine, and every pass runs all nine."""
    small = standins.make(tmp_path / "small", EMBEDDED, ["ar-target", "ar-drafter"])
    for folder in small.iterdir():
        (folder / "manifest.json").write_text('{"kind": "causal", "sha256": "of the small one"}')
    deep = deeper.make(small, tmp_path / "deep", 5)
    for folder in small.iterdir():
        (folder / "manifest.json").unlink()
    traces = [
        runs.Bench(Shelf((folder,)), False, "cpu", "float32").run("speculative_sampling", 12)
        for folder in (small, deep)
    ]
    commits = [[each for each in trace.events if isinstance(each, Commit | Judge)] for trace in traces]
    assert commits[0] == commits[1]
    layers = [sum(cost.layer_rows for cost in trace.footer.costs) for trace in traces]
    rows = sum(cost.rows for cost in traces[0].footer.costs)
    assert layers[1] - layers[0] == 5 * rows
