"""Tree methods on real networks: masks, positions, what stays in the cache, and where a run ends."""

import pytest
import torch
from fakes import table_run
from test_trees import METHODS, SHAPE
from torch import Tensor

from benchmarks.fidelity import network
from viz.analysis import analyse
from viz.figure import draw
from workbench.maths.trees import TOP, Tree
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import SeededDice
from workbench.methods.loops import draft_verify
from workbench.methods.loops.reader import Reader
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.net_causal import NetCausal
from workbench.run.recorder import Recording
from workbench.trace import Commit, Forward, Phase, Token, Trace, fold

TARGET = network(1)
NETWORKS = {"target": TARGET, "draft": network(2, TARGET, 0.5)}
TEXT = [1, 4, 2, 7]


def fresh(text: list[int]) -> Tensor:
    """The target's logits (V,) behind a text that it reads at once."""
    return NetCausal(TARGET, "target", "target", Meter()).read(text).beliefs.logits[-1]


def far(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


def test_every_node_is_read_as_the_end_of_its_own_path() -> None:
    tokens = [3, 5, 8, 6, 5, 9, 1, 2]
    logits = Reader(NetCausal(TARGET, "target", "target", Meter())).read_tree(TEXT, tokens, SHAPE.parents)
    expected = [fresh([*TEXT, *(tokens[n] for n in SHAPE.path(node))]) for node in range(len(SHAPE))]
    assert far(logits[0], fresh(TEXT)) < 1e-10
    assert all(far(row, path) < 1e-10 for row, path in zip(logits[1:], expected, strict=True))
    by_depth = masked_pass(tokens, SHAPE.positions(len(TEXT)))
    assert far(by_depth, torch.stack(expected)) < 1e-10, "the tree's own mask and positions say the same"
    by_index = masked_pass(tokens, [len(TEXT) + node for node in range(len(SHAPE))])
    assert far(by_index, torch.stack(expected)) > 0.1, "positions by index would be plainly wrong"


def masked_pass(tokens: list[int], positions: list[int]) -> Tensor:
    """Logits (nodes, V) of one pass over text and tree, with the mask of the tree."""
    length, nodes = len(TEXT), len(SHAPE)
    mask = torch.ones(length + nodes, length + nodes, dtype=torch.bool).tril()
    mask[length:, length:] = SHAPE.sees()
    places = torch.tensor([[*range(length), *positions]])
    with torch.inference_mode():
        return TARGET.forward(torch.tensor([[*TEXT, *tokens]]), places, mask[None, None]).logits[0, length:]


class Watched(Reader):
    """A reader of the target that compares every row with a fresh pass over the committed text and path."""

    def read_tree(self, text, tokens, parents) -> Tensor:
        if self.memory is not None:
            assert self.memory.rows == len(text) - 1, "all but the last token is cached, and nothing else"
        logits, tree = super().read_tree(text, tokens, parents), Tree(tuple(parents))
        for node in range(TOP, len(tree)):
            path = [tokens[n] for n in tree.path(node)]
            assert far(logits[node + 1], fresh([*text, *path])) < 1e-9, "the cached state is not the text's"
        return logits


def on_networks(id: str, temperature: float, seed: int) -> Run:
    meter = Meter()
    models = {role: NetCausal(net, role, role, meter) for role, net in NETWORKS.items()}
    corpus = ((1, 2, 3, 4, 5), (6, 7, 8, 9))
    run = Run(TEXT, 14, models, (), SeededDice(seed), meter, False, corpus=lambda: corpus)
    method = catalogue()[id]
    for _ in method.start(run, method.parse({"temperature": temperature, **METHODS[id]})):
        pass
    return run


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("id", METHODS)
def test_the_cache_is_the_committed_text_after_every_round(id: str, temperature: float, monkeypatch) -> None:
    monkeypatch.setattr(draft_verify, "Reader", Watched)
    runs = [on_networks(id, temperature, seed) for seed in (1, 2)]
    assert all(len(run.answer) == 14 for run in runs)
    if not temperature:
        text = list(TEXT)
        while len(text) < 18:
            text.append(int(fresh(text).argmax()))
        assert [*TEXT, *runs[0].answer] == text


def test_keeping_the_wrong_rows_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless(Watched):
        def keep(self, nodes, tokens) -> None:
            assert self.memory is not None
            self.memory = self.memory.keep([*range(self._cached, self._base), *range(self._base, self._base)])
            self._read += tokens

    monkeypatch.setattr(draft_verify, "Reader", Careless)
    with pytest.raises(AssertionError, match="cached"):
        on_networks("rsd_c", 0.8, 1)


# -- the end ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("id", METHODS)
def test_the_end_of_text_and_the_budget_cut_a_run(id: str, temperature: float) -> None:
    method, ends = catalogue()[id], set()
    for seed in range(12):
        trace = Recording(table_run(method, {"temperature": temperature, **METHODS[id]}, seed, 6)).run()
        lane = fold(trace.events).lanes[0]
        answer = [f.id for f in lane.fills[len(trace.header.prompt_ids) :] if isinstance(f, Token)]
        ends.add(lane.verdict)
        assert len(answer) <= 6 and 7 not in answer[:-1]
        assert (answer[-1] == 7) == (lane.verdict == "eos")
        assert len(answer) == sum(len(e.candidates) for e in trace.events if isinstance(e, Commit))
        rounds = sum(isinstance(event, Phase) and event.level == 0 for event in trace.events)
        passes = next(cost.passes for cost in trace.footer.costs if cost.source == "target")
        assert passes == rounds + METHODS[id].get("calibration", 0)
    assert ends == {"eos", "budget"}


# -- what is told of it ----------------------------------------------------------------------------------


def read_beside_the_text(trace: Trace) -> list[int]:
    """Per round: the rows of the verifying pass that are not of the committed text, so those of the draft."""
    length, found = len(trace.header.prompt_ids), list[int]()
    for event in trace.events:
        if isinstance(event, Phase) and event.title.startswith("Round"):
            found.append(0)
        elif isinstance(event, Forward) and event.source == "target" and found:
            rows = sum(stop - start for start, stop in (*event.computed, *event.visible))
            found[-1] = rows - length
        elif isinstance(event, Commit):
            length += len(event.candidates)
    return found


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("id", METHODS)
def test_what_is_told_as_verified_is_what_the_target_read(id: str, temperature: float) -> None:
    for seed in range(3):
        knobs = {"temperature": temperature, **METHODS[id]}
        trace = Recording(table_run(catalogue()[id], knobs, seed, 16)).run()
        built = analyse(trace)
        assert [line["drafted"] - line["pruned"] for line in built.lines()] == read_beside_the_text(trace)
        assert built.summary()["num_draft_tokens"] == sum(read_beside_the_text(trace))
        masks = {int(key): len(tree["ids"]) for key, tree in draw(trace, "mask").spec["trees"].items()}
        assert masks == {at: rows for at, rows in enumerate(read_beside_the_text(trace)) if rows}
