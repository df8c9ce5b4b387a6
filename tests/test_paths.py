"""Independent chains merged where they agree: the trace says which draw ran through which node."""

import pytest
from fakes import table_run
from torch import Tensor

from workbench.methods.catalogue import catalogue
from workbench.methods.dice import Pick, SeededDice
from workbench.run.recorder import Recording
from workbench.trace import ROOT, Candidates, Phase, Propose, Score, Token, Trace, check, fold

CHAINS = 4


class Noted(SeededDice):
    """The tokens of every call for several draws, in order."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.calls: list[list[int]] = []

    def picks(self, rows: Tensor) -> list[Pick]:
        picks = super().picks(rows)
        self.calls.append([pick.index for pick in picks])
        return picks


def drawn(calls: list[list[int]], depth: int, ends: frozenset[int]) -> list[tuple[int, ...]]:
    """The chains of one round from its draws alone: each call is one group of chains that agree so far."""
    chains, groups = [tuple[int, ...]()] * CHAINS, [list(range(CHAINS))]
    for _ in range(depth):
        below: dict[tuple[int, ...], list[int]] = {}
        for group in groups:
            for chain, token in zip(group, calls.pop(0), strict=True):
                chains[chain] = (*chains[chain], token)
                below.setdefault(chains[chain], []).append(chain)
        groups = [group for path, group in below.items() if path[-1] not in ends]
    return chains


def recorded(trace: Trace) -> list[list[tuple[int, ...]]]:
    """The chains of every round from the trace alone, in draw order; unsaid where all end in one node."""
    proposals, rounds = fold(trace.events).proposals, list[dict[int, int]]()
    for event in trace.events:
        match event:
            case Phase():
                rounds.append({})
            case Propose(source="draft"):
                rounds[-1] |= dict.fromkeys(range(1, 1 + CHAINS), event.ids[-1])
            case Score("chain_ends", Candidates(ids), values):
                named = [
                    (int(digit), id) for id, row in zip(ids, values, strict=True) for digit in f"{row:.0f}"
                ]
                assert sorted(number for number, _ in named) == list(range(1, 1 + CHAINS))
                rounds[-1] |= dict(named)
            case _:
                pass

    def path(id: int) -> tuple[int, ...]:
        if id == ROOT:
            return ()
        fill = proposals[id].fill
        assert isinstance(fill, Token)
        return (*path(proposals[id].parent), fill.id)

    return [[path(ends[number]) for number in sorted(ends)] for ends in rounds if ends]


@pytest.mark.parametrize("method", ["gbv", "speculative"])
def test_every_draw_can_be_followed(method: str) -> None:
    knobs = {"chains": CHAINS, "draft_length": 3}
    if method == "speculative":
        knobs = {"shape": "independent paths", "siblings": "with replacement", "branch": CHAINS, "depth": 3}
        knobs["verification"] = "multipath_block"
    crossed = 0
    for seed in range(6):
        run = table_run(catalogue()[method], {"temperature": 1.0, **knobs}, seed=seed)
        run.run.dice = dice = Noted(seed)
        trace = Recording(run).run()
        assert check(trace).ok
        found = recorded(trace)
        assert found and found == [drawn(dice.calls, max(map(len, each)), run.run.eos_ids) for each in found]
        crossed += sum(each != sorted(each, key=each.index) for each in found)
        assert not dice.calls
    assert crossed, "the order of the nodes alone would not have told"


def test_as_many_chains_end_behind_a_node_as_run_through_it() -> None:
    trace = Recording(table_run(catalogue()["gbv"], {"chains": CHAINS}, seed=3)).run()
    proposals = fold(trace.events).proposals
    through: dict[int, int] = {}
    compared = 0
    for event in trace.events:
        match event:
            case Phase():
                through = {}
            case Score("chain_ends", Candidates(ids), values):
                for id, value in zip(ids, values, strict=True):
                    while id != ROOT:
                        through[id] = through.get(id, 0) + len(f"{value:.0f}")
                        id = proposals[id].parent
            case Score("draws", Candidates(ids), values) if through:
                assert [through[id] for id in ids] == list(values)
                compared += len(values)
            case _:
                pass
    assert compared
