"""Siblings stand in the order in which they were examined: read off real runs on table models."""

import sys
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes import table_run

from viz.analysis import analyse
from viz.reel import ReelBuilder
from workbench.methods.catalogue import find
from workbench.run.recorder import Recording
from workbench.trace import Candidates, Judge, Trace

NEVER = float("inf")
KNOBS = {
    "gbv": {"temperature": 1.0, "chains": 3, "draft_length": 3},
    "traversal_verification": {"temperature": 1.0, "widths": "2,2,1"},
    "rsd_c": {"temperature": 1.0, "widths": "3,2"},
    "eagle2": {"temperature": 1.0},
    "sample_and_match": {"temperature": 1.0, "shape": "tree"},
}


def run(id: str, seed: int) -> Trace:
    return Recording(table_run(find(id), KNOBS[id], seed)).run()


def families(tree: dict) -> list[list[int]]:
    """The children of every node from top to bottom."""
    found: dict[int, list[int]] = {}
    for at in sorted(range(len(tree["ids"])), key=tree["y"].__getitem__):
        found.setdefault(tree["parent"][at], []).append(tree["ids"][at])
    return list(found.values())


def first_verdicts(trace: Trace, rules: tuple[str, ...]) -> dict[int, tuple[int, float]]:
    """Candidate -> the first event in which one of these rules judged it, and the value there."""
    met: dict[int, tuple[int, float]] = {}
    for number, event in enumerate(trace.events):
        if isinstance(event, Judge) and event.rule in rules and isinstance(event.of, Candidates):
            for id, value in zip(event.of.ids, event.values, strict=True):
                met.setdefault(id, (number, value))
    return met


def first_below(tree: dict, met: dict[int, tuple[int, float]]) -> dict[int, float]:
    """Candidate -> the first test in its subtree."""
    first = {id: met[id][0] if id in met else NEVER for id in tree["ids"]}
    for at in reversed(range(len(tree["ids"]))):
        if (above := tree["parent"][at]) >= 0:
            parent = tree["ids"][above]
            first[parent] = min(first[parent], first[tree["ids"][at]])
    return first


@pytest.mark.parametrize("seed", range(3))
def test_multi_path_siblings_stand_by_their_rank_under_the_target(seed: int) -> None:
    trace, moved = run("gbv", seed), 0
    ranked = first_verdicts(trace, ("followed",))
    for tree in analyse(trace).forest.all().values():
        for family in families(tree):
            drafts = [id for id in family if id in ranked]
            assert [ranked[id][1] for id in drafts] == list(range(len(drafts)))
            moved += drafts != sorted(drafts)
    assert moved, "no run in which the ranks differ from the order of the draws"


def test_traversal_stands_in_the_order_in_which_branches_were_entered() -> None:
    below = 0
    for seed in range(3):
        trace = run("traversal_verification", seed)
        met = first_verdicts(trace, ("traversal_test",))
        for tree in analyse(trace).forest.all().values():
            entered = first_below(tree, met)
            for family in families(tree):
                times = [entered[node] for node in family]
                assert times == sorted(times)
                below += any(node not in met and entered[node] < NEVER for node in family)
    assert below, "no node that was taken up only by what hangs on it"


@pytest.mark.parametrize("id", ["rsd_c", "eagle2", "sample_and_match"])
def test_examined_siblings_stand_before_the_others(id: str) -> None:
    trace = run(id, 1)
    met = first_verdicts(trace, ("accept_ratio", "accept_recursive", "point_mass", "sample_match"))
    for tree in analyse(trace).forest.all().values():
        for family in families(tree):
            keys = [met.get(node, (NEVER, 0))[0] for node in family]
            assert keys == sorted(keys)


def test_a_live_tree_moves_only_when_the_ranks_are_known() -> None:
    trace, sent = run("gbv", 0), dict[str, list[tuple[str, dict]]]()
    builder = ReelBuilder(trace.header, trace.glossary, trace.tokens)
    for event in trace.events:
        builder.feed(event)
        for key, tree in builder.delta()["trees"].items():
            name = event.rule if isinstance(event, Judge) else type(event).__name__
            sent.setdefault(key, []).append((name, tree))
    whole = analyse(trace).forest.all()
    assert {key: each[-1][1] for key, each in sent.items()} == whole, (
        "the last layout is that of the whole run"
    )
    reasons = {name for each in sent.values() for name, _ in each}
    assert reasons <= {"Propose", "followed"} and "followed" in reasons
    for pieces in sent.values():
        assert all(one != other for (_, one), (_, other) in pairwise(pieces))
