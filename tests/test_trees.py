"""Trees of drafts: their shape, what the networks see of them, and the exact law of every tree method."""

import random
from collections import Counter
from functools import cache

import pytest
import torch
from fakes import Law, TableCausal, branches, random_law, table_run
from rounds import expected_tokens, independent, rule, without_replacement
from test_guarantees import EXACT, distance, law_of, reference
from torch import Tensor

from benchmarks.fidelity import PASSES, fit
from workbench.maths.trees import TOP, Tree, balanced, best_first, falling
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import SeededDice
from workbench.methods.loops.drafting import beam, static_tree
from workbench.methods.loops.drafting.calibration import acceptance_by_rank
from workbench.methods.loops.sampling import Plain
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.run.recorder import Recording
from workbench.trace import Candidates, Score

VISIBLE = 1e-3
METHODS = {
    "specinfer_multiround": {"widths": "3,2"},
    "rsd_c": {"widths": "3,2"},
    "rsd_s": {"width": 3, "depth": 3},
    "sequoia": {"nodes": 7, "ranks": 3, "depth": 3, "calibration": 2},
    "eagle2": {"branch": 3, "depth": 3, "total": 7},
    "token_tree": {"branch": 2, "depth": 3, "verification": "without replacement"},
    "traversal_verification": {"widths": "2,2"},
}
SHAPE = Tree((TOP, 0, 0, TOP, 3, 1, 2, 2))


# -- shapes ----------------------------------------------------------------------------------------------


def test_a_tree_knows_its_paths() -> None:
    assert SHAPE.children(TOP) == [0, 3] and SHAPE.children(2) == [6, 7] and SHAPE.children(7) == []
    assert SHAPE.depths == [1, 2, 2, 1, 2, 3, 3, 3]
    assert SHAPE.ranks == [0, 0, 1, 1, 0, 0, 0, 1]
    assert SHAPE.positions(10) == [10, 11, 11, 10, 11, 12, 12, 12]
    for node, row in enumerate(SHAPE.sees().tolist()):
        assert [i for i, seen in enumerate(row) if seen] == SHAPE.path(node)
    assert SHAPE.reach([0.5, 0.25]) == [0.5, 0.25, 0.125, 0.25, 0.125, 0.125, 0.0625, 0.03125]
    assert balanced((2, 1, 2)).parents == (TOP, TOP, 0, 1, 2, 2, 3, 3) and len(balanced(())) == 0


@pytest.mark.parametrize("parents", [(0,), (TOP, 2, 1), (-2,)])
def test_parents_come_first(parents: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="parents come before their children"):
        Tree(parents)


def dynamic_program(rates: tuple[float, ...], nodes: int, depth: int) -> float:
    """Sequoia's recursion: the most that at most `nodes` nodes in `depth` levels are worth."""

    @cache
    def under(nodes: int, depth: int, rank: int) -> float:
        """Children from `rank` on, each with what hangs on it."""
        if not nodes or not depth or rank == len(rates):
            return 0.0
        return max(
            rates[rank] * (1 + under(own - 1, depth - 1, 0)) + under(nodes - own, depth, rank + 1)
            for own in range(1, nodes + 1)
        )

    return under(nodes, depth, 0)


@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 6, 8, 16])
def test_the_heap_is_the_dynamic_program(nodes: int) -> None:
    for seed in range(6):
        rng = random.Random(seed)
        rates = tuple(sorted((rng.random() * 0.6 for _ in range(4)), reverse=True))
        for depth in (1, 2, 3, nodes):
            tree = best_first(rates, nodes, depth)
            assert len(tree) == min(nodes, sum(4**level for level in range(1, depth + 1)))
            assert max(tree.depths) <= depth and max(tree.ranks) < 4
            assert sum(tree.reach(rates)) == pytest.approx(dynamic_program(rates, nodes, depth), abs=1e-12)


def test_another_tree_of_as_many_nodes_is_worth_less() -> None:
    rates = (0.6, 0.2, 0.1)
    best = sum(best_first(rates, 6, 6).reach(rates))
    assert all(sum(balanced(widths).reach(rates)) < best for widths in ((2, 2), (1,) * 6, (3, 1)))


def test_rates_are_made_to_fall() -> None:
    assert falling([0.5, 0.2, 0.1]) == [0.5, 0.2, 0.1]
    assert falling([0.1, 0.5, 0.2, 0.3]) == pytest.approx([0.3, 0.3, 0.25, 0.25])
    assert falling([]) == []


# -- laws ------------------------------------------------------------------------------------------------

DEEP = [
    ("specinfer_multiround", {"widths": "2,2"}, 2, 3),
    ("rsd_c", {"widths": "2,2"}, 3, 3),
    ("rsd_s", {"width": 2, "depth": 3}, 2, 4),
    ("rsd_s", {"width": 3, "depth": 2}, 2, 3),
    ("sequoia", {"nodes": 4, "ranks": 2, "depth": 2, "calibration": 1}, 3, 3),
]


@pytest.mark.parametrize(
    ("id", "knobs", "size", "tokens"), DEEP, ids=[f"{d[0]}-{i}" for i, d in enumerate(DEEP)]
)
def test_deeper_trees_have_the_targets_law(id: str, knobs: dict, size: int, tokens: int) -> None:
    laws = {"target": random_law(41, size), "draft": random_law(42, size)}
    found = law_of(catalogue()[id], {"temperature": 1.0, **knobs}, laws, size, tokens)
    assert abs(sum(found.values()) - 1) < EXACT
    assert distance(found, reference(laws["target"], tokens)) < EXACT


def worst(id: str, knobs: dict) -> float:
    """The largest distance from the target over a few laws of four tokens.

    A law whose residual is a single token hides mistakes in the tree completely; two of these do not.
    """
    far = 0.0
    for seed in (1, 5, 8):
        laws = {"target": random_law(seed, 4), "draft": random_law(seed + 50, 4)}
        found = law_of(catalogue()[id], {"temperature": 1.0, **knobs}, laws, 4, 2)
        far = max(far, distance(found, reference(laws["target"], 2)))
    return far


NARROW = {
    "specinfer_multiround": {"widths": "2"},
    "rsd_c": {"widths": "2"},
    "rsd_s": {"width": 2, "depth": 1},
    "sequoia": {"nodes": 2, "ranks": 2, "depth": 1, "calibration": 1},
    "eagle2": {"branch": 2, "depth": 1, "total": 2},
}


def bend(monkeypatch: pytest.MonkeyPatch, mistake) -> None:
    """Siblings as `mistake` makes them of the right ones, in every drafter that draws them."""
    right, race = static_tree.families, beam._Arrivals._first
    monkeypatch.setattr(static_tree, "families", lambda *asked: [mistake(each) for each in right(*asked)])

    def raced(self, run, level):
        families, times = race(self, run, level)
        families = [mistake(family) for family in families]
        return families, [came[: len(family)] for family, came in zip(families, times, strict=True)]

    monkeypatch.setattr(beam._Arrivals, "_first", raced)


def once(family: list) -> list:
    """Repeated draws dropped."""
    return list({child.token: child for child in reversed(family)}.values())[::-1]


def whole(family: list) -> list:
    """Draws without replacement, recorded as if with."""
    return [child._replace(drawn_from=family[0].drawn_from) for child in family]


def likely(family: list) -> list:
    """Siblings that the drafter finds unlikely, dropped."""
    return [child for child in family if float(family[0].drawn_from[child.token]) > 0.25]


def ranked(family: list) -> list:
    """Siblings examined by probability instead of in draw order."""
    return sorted(family, key=lambda child: -float(family[0].drawn_from[child.token]))


@pytest.mark.parametrize(
    ("id", "mistake", "at_least"),
    [
        ("specinfer_multiround", once, 0.01),
        *((id, mistake, 0.01) for id in ("rsd_c", "rsd_s", "sequoia") for mistake in (whole, likely, ranked)),
    ],
)
def test_a_mistake_in_the_siblings_shows(id: str, mistake, at_least: float, monkeypatch) -> None:
    assert worst(id, NARROW[id]) < EXACT
    bend(monkeypatch, mistake)
    found = worst(id, NARROW[id])
    print(f"{id} {mistake.__name__}: {found:.3f}")
    assert found > at_least


def test_a_fixed_child_that_is_not_struck_out_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worst("eagle2", NARROW["eagle2"]) < EXACT
    monkeypatch.setattr("workbench.methods.loops.verification.stepwise.without", lambda probs, token: probs)
    assert worst("eagle2", NARROW["eagle2"]) > 0.05


@pytest.mark.parametrize("seed", [1, 2])
def test_without_replacement_keeps_more_of_a_tree_of_the_same_size(seed: int) -> None:
    laws = random_law(seed), random_law(seed + 50)
    with_it = expected_tokens(rule("multiround"), independent((2, 2)), *laws)
    without_it = expected_tokens(rule("recursive"), without_replacement((2, 2)), *laws)
    assert without_it > with_it + 0.05


def test_eagle2_is_the_token_tree_of_fixed_tokens() -> None:
    knobs = {"temperature": 0.8, "branch": 3, "depth": 3, "total": 7}
    one, other = (Recording(table_run(catalogue()[id], knobs)).run() for id in ("eagle2", "token_tree"))
    assert one.events == other.events


# -- stochastic beams ------------------------------------------------------------------------------------


def order_of(seed: int, law: Law, size: int, width: int) -> tuple[int, ...]:
    """The tokens of the paths of the last of two levels, by perturbed log-probability."""
    meter = Meter()
    run = Run((0,), 9, {"draft": TableCausal(law, size, "draft", meter)}, (), SeededDice(seed), meter, False)
    events = beam.StochasticBeam(run, Plain(), width, 2).draft(run, 9)
    scores: dict[int, float] = {}
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            draft = stop.value
            break
        if isinstance(event, Score) and event.measure == beam.PERTURBED.id:
            assert isinstance(event.of, Candidates)
            scores |= dict(zip(event.of.ids, event.values, strict=True))
    tree = Tree(draft.parents)
    for parent, child in ((draft.parents[n], n) for n in range(len(tree)) if not tree.ranks[n]):
        assert scores[draft.ids[child]] == (scores[draft.ids[parent]] if parent != TOP else 0.0)
    leaves = sorted((n for n in range(len(tree)) if tree.depths[n] == 2), key=lambda n: -scores[draft.ids[n]])
    return tuple(draft.tokens[node] for leaf in leaves for node in tree.path(leaf))


def without_replacement_of_whole_paths(law: Law, size: int) -> dict[tuple[int, ...], float]:
    """Two different paths of two tokens, drawn one after the other from the joint law."""
    joint = {(a, b): float(law((0,))[a]) * float(law((0, a))[b]) for a in range(size) for b in range(size)}
    return {
        (*one, *other): p * q / (1 - p)
        for one, p in joint.items()
        for other, q in joint.items()
        if one != other
    }


def test_the_race_draws_paths_without_replacement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kool et al. 2019: the beam of a level is so many whole paths, drawn without replacement, in order."""
    law = random_law(71, 3)
    expected = without_replacement_of_whole_paths(law, 3)
    found = fit(Counter(order_of(seed, law, 3, 2) for seed in range(3000)), expected)
    assert found.p > PASSES
    assert found.p > 1e-3, "a fixed seed: an unlucky one would have been seen"
    monkeypatch.setattr(beam.math, "expm1", lambda x: -0.5)  # whether a sibling comes first: a coin
    assert fit(Counter(order_of(seed, law, 3, 2) for seed in range(3000)), expected).p < PASSES


# -- Sequoia's one-level test ----------------------------------------------------------------------------


def test_rates_of_a_perfect_and_of_a_hopeless_drafter() -> None:
    law = random_law(5, 4)
    assert rates(law, law, 1.0) == pytest.approx([1, 0, 0])
    assert rates(law, law, 0.0) == pytest.approx([1, 0, 0])
    one = lambda *probs: lambda prefix: torch.tensor(probs, dtype=torch.float64)  # noqa: E731
    assert rates(one(0.5, 0.5, 0, 0), one(0, 0, 0.5, 0.5), 1.0) == [0, 0, 0]


def rates(target: Law, draft: Law, temperature: float, ranks: int = 3) -> list[float]:
    meter = Meter()
    models = {role: TableCausal(law, 4, role, meter) for role, law in (("target", target), ("draft", draft))}
    run = Run((0,), 9, models, (), SeededDice(0), meter, False)
    return acceptance_by_rank(run, Plain(temperature), ranks, [(0, 1, 2, 3) * 8, (3, 1) * 12])


def test_rates_are_what_enumeration_says() -> None:
    """The exact chance of every rank at one place, against many drawn tests of it."""
    target, draft = random_law(8, 4)(()), random_law(9, 4)(())
    exact = [0.0, 0.0]
    for weight, rank in branches(lambda dice: accepted_rank(dice, target, draft)):
        if rank is not None:
            exact[rank] += weight
    meter = Meter()
    models = {
        role: TableCausal(lambda prefix, row=row: row, 4, role, meter)
        for role, row in (("target", target), ("draft", draft))
    }
    run = Run((0,), 9, models, (), SeededDice(0), meter, False)
    assert acceptance_by_rank(run, Plain(), 2, [(0,) * 800]) == pytest.approx(exact, abs=0.03)


def accepted_rank(dice, target: Tensor, draft: Tensor) -> int | None:
    """Two children drawn without replacement, tossed for in turn."""
    for rank in range(2):
        token = dice.pick(draft).index
        bound = min(1.0, float(target[token] / draft[token]))
        if dice.uniform(bound) < bound:
            return rank
        left = (target - draft).clamp_min(0)
        target = left / left.sum()
        draft = draft.clone()
        draft[token] = 0
        draft = draft / draft.sum()
    return None
