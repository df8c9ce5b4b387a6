"""The verification rules by themselves: exact laws, controls that must fail, and the papers' own numbers."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from math import prod

import pytest
import torch
from drafted import fresh_run, last, path_of
from fakes import Law, random_law, table_run
from rounds import (
    EXACT,
    Build,
    constant,
    dirichlet_law,
    distance,
    distinct,
    expected_tokens,
    independent,
    law_of_round,
    likeliest,
    paths,
    rule,
    without_replacement,
)
from torch import Tensor

from benchmarks import fidelity
from workbench.maths.accept import highest_of, residual
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import Dice, SeededDice
from workbench.methods.loops.verification import VERIFICATIONS, Draft, Outcome, Verify
from workbench.methods.run import Run
from workbench.run.recorder import Recording
from workbench.trace import (
    ROOT,
    Candidate,
    Candidates,
    Cell,
    DraftKind,
    Event,
    Judge,
    Refs,
    Score,
    Trace,
    fold,
)
from workbench.trace.check import Depth, check

VISIBLE = 1e-3
PACKAGE = "workbench.methods.loops.verification"

CASES: dict[str, tuple[Law, Law]] = {
    **{f"seed {seed}": (random_law(seed), random_law(seed + 50, sharpness=2)) for seed in (1, 2, 3, 4)},
    "zeros in the target": (random_law(5, 4, zeros=2), random_law(6, 4)),
    "zeros in the draft": (random_law(7, 4), random_law(8, 4, zeros=2)),
    "three zeros in the draft": (random_law(12, 4), random_law(13, 4, zeros=3)),
    "three zeros in the target": (random_law(14, 4, zeros=3), random_law(15, 4, zeros=1)),
    "zeros in both": (random_law(9, 4, zeros=2), random_law(10, 4, zeros=2)),
    "disjoint": (constant(0.25, 0.75, 0, 0), constant(0, 0, 0.5, 0.5)),
    "equal": (random_law(11), random_law(11)),
}
SHAPES: list[tuple[str, Build, int]] = [
    ("ratio", independent((1, 1)), 3),
    ("block", independent((1,)), 2),
    ("block", independent((1, 1)), 3),
    ("block", independent((1, 1, 1)), 4),
    ("multipath_block", paths(2, 2), 3),
    ("multiround", independent((2, 1)), 3),
    ("recursive", without_replacement((2, 2)), 3),
    ("recursive", distinct(3), 2),
    ("traversal", without_replacement((2, 2)), 3),
    ("traversal", without_replacement((2, 1, 1)), 4),
    ("point_mass", likeliest((2, 2)), 3),
    ("sample_match", likeliest((2, 2)), 3),
    ("sample_match", independent((2, 1)), 3),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("id", "build", "length"), SHAPES, ids=[f"{i}-{s[0]}" for i, s in enumerate(SHAPES)])
def test_the_law_is_the_targets(id: str, build: Build, length: int, case: str) -> None:
    assert VERIFICATIONS[id].lossless
    assert distance(rule(id), build, *CASES[case], length) < EXACT


def test_every_lossless_rule_is_tested() -> None:
    assert {id for id, each in VERIFICATIONS.items() if each.lossless} == {id for id, _, _ in SHAPES}


def test_nothing_else_is_lossless() -> None:
    """The rules that promise nothing leave the law; typical acceptance does so by design."""
    target, drafter = CASES["seed 1"]
    for id, build in (("greedy", independent((1, 1))), ("typical", likeliest((2, 2)))):
        assert not VERIFICATIONS[id].lossless
        assert distance(rule(id), build, target, drafter, 3) > 0.05
    peaked = constant(0.95, 0.03, 0.02)
    assert distance(rule("typical"), likeliest((1, 1)), constant(0.4, 0.35, 0.25), peaked, 3) > 0.5


# -- classic mistakes, which must show -------------------------------------------------------------------


def worst(rule: Verify, build: Build, length: int, seeds: range = range(1, 5), size: int = 3) -> float:
    """The greatest distance over a few random tables."""
    laws = [(random_law(s, size), random_law(s + 50, size, sharpness=2)) for s in seeds]
    return max(distance(rule, build, *pair, length) for pair in laws)


def bent(build: Build, change: Callable[[Draft, Law], Draft]) -> Build:
    """A drafter that misreports what it did."""

    def mistaken(dice: Dice, law: Law) -> Draft:
        return change(build(dice, law), law)

    return mistaken


def sharper(law: Law) -> Law:
    """The law at half the temperature."""

    def squared(prefix: tuple[int, ...]) -> Tensor:
        probs = law(prefix) ** 2
        return probs / probs.sum()

    return squared


def _other_temperature(dice: Dice, law: Law) -> Draft:
    """Drawn at one temperature, recorded at another."""
    drawn = independent((1, 1))(dice, sharper(law))
    tokens = drawn.tokens
    return replace(drawn, drawn_from=tuple(law(tokens[:place]) for place in range(len(tokens))))


def _whole_rows(draft: Draft, law: Law) -> Draft:
    """Siblings that were drawn without replacement, recorded as if with."""
    first = dict(reversed([*zip(draft.parents, draft.drawn_from, strict=True)]))
    return replace(draft, drawn_from=tuple(first[parent] for parent in draft.parents))


def _without_unlikely(draft: Draft, law: Law) -> Draft:
    """A chain that loses a token because it is unlikely, and what follows it."""
    probs = (float(row[token]) for row, token in zip(draft.drawn_from, draft.tokens, strict=True))
    kept = next((place for place, prob in enumerate(probs) if prob < 0.3), len(draft.ids))
    return replace(
        draft,
        ids=draft.ids[:kept],
        tokens=draft.tokens[:kept],
        parents=draft.parents[:kept],
        drawn_from=draft.drawn_from[:kept],
    )


def _as_if_sampled(draft: Draft, law: Law) -> Draft:
    """The likeliest chain, said to be drawn."""
    rows = tuple(law(draft.tokens[:place]) for place in range(len(draft.tokens)))
    return replace(draft, kind=DraftKind.SAMPLED, drawn_from=rows)


@pytest.mark.parametrize(
    ("id", "build", "at_least"),
    [
        ("ratio", _other_temperature, 0.02),
        ("multiround", independent((2, 1), unique=True), 0.01),
        ("recursive", bent(without_replacement((2, 1)), _whole_rows), 0.02),
        ("recursive", without_replacement((2, 1), lambda row, token: float(row[token]) > 0.2), 0.01),
        ("ratio", bent(independent((1, 1)), _without_unlikely), 0.01),
        ("ratio", bent(likeliest((1, 1)), _as_if_sampled), 0.05),
        ("block", bent(likeliest((1, 1)), _as_if_sampled), 0.05),
        ("traversal", bent(without_replacement((2, 1)), _whole_rows), 0.02),
    ],
)
def test_a_draft_that_was_made_otherwise_shows(id: str, build: Build, at_least: float) -> None:
    assert worst(rule(id), build, 3) > at_least


@pytest.mark.parametrize(
    ("id", "build", "part", "mistake", "at_least"),
    [
        ("ratio", independent((1, 1)), "stepwise.residual", lambda target, draft: target, 0.05),
        ("point_mass", likeliest((2, 2)), "stepwise.without", lambda probs, token: probs, 0.05),
        (
            "block",
            independent((1, 1)),
            "block.block_end",
            lambda passed: next((place for place, good in enumerate(passed) if not good), len(passed)),
            0.02,
        ),
        ("block", independent((1, 1)), "block.residual", lambda t, d, weight: residual(t, d), VISIBLE),
        (
            "traversal",
            without_replacement((2, 1)),
            "traversal.rest_weight",
            lambda weight, left: weight,
            0.01,
        ),
        (
            "traversal",
            without_replacement((2, 1)),
            "traversal.residual",
            lambda t, d, w: residual(t, d),
            VISIBLE,
        ),
        (
            "multipath_block",
            paths(2, 2),
            "multipath.highest_of",
            lambda draft, order, below, joint, chains: (draft, torch.zeros_like(draft)),
            0.02,
        ),
    ],
)
def test_a_rule_with_a_mistake_shows(
    monkeypatch: pytest.MonkeyPatch, id: str, build: Build, part: str, mistake: object, at_least: float
) -> None:
    monkeypatch.setattr(f"{PACKAGE}.{part}", mistake)
    assert worst(rule(id), build, 3) > at_least


def test_two_orders_for_equal_ratios_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ratios cut at 1 tie: harmless in one fixed order, wrong where the child is picked by another."""

    def clamped(ratios: Tensor) -> Tensor:
        return ratios.clamp_max(1).sort(descending=True, stable=True).indices

    monkeypatch.setattr(f"{PACKAGE}.multipath.highest_first", clamped)
    assert worst(rule("multipath_block"), paths(2, 2), 3) < EXACT

    def otherwise(draft: Draft, children: list[int], order: Tensor) -> int:
        return max(children, key=lambda child: draft.tokens[child])

    monkeypatch.setattr(f"{PACKAGE}.multipath._highest", otherwise)
    assert worst(rule("multipath_block"), paths(2, 2), 3) > 5e-3


def per_leaf(run: Run, draft: Draft, target: Tensor):
    """The mistake of drawing anew for every path of a tree, and keeping the longest match."""
    leaves = [node for node in range(len(draft.ids)) if not draft.children(node)]
    best: list[int] = []
    for leaf in leaves:
        path = [leaf]
        while draft.parents[path[0]] != ROOT:
            path.insert(0, draft.parents[path[0]])
        kept = 0
        for node in path:
            if run.dice.pick(target[draft.parents[node] + 1]).index != draft.tokens[node]:
                break
            kept += 1
        best = max(best, path[:kept], key=len)
    return Outcome(best, target[(best[-1] if best else ROOT) + 1], False, target)
    yield


def test_one_draw_per_path_shows() -> None:
    assert worst(per_leaf, likeliest((2, 2)), 3) > 0.1


# -- what the papers say ---------------------------------------------------------------------------------

TWO = constant(1 / 3, 2 / 3), constant(2 / 3, 1 / 3)
"""The two-symbol example of the block verification paper: target and draft."""


def accepted(rule: Verify, build: Build, target: Law, drafter: Law) -> float:
    return expected_tokens(rule, build, target, drafter) - 1


def test_two_symbols_token_by_token_and_as_a_block() -> None:
    assert accepted(rule("ratio"), independent((1, 1)), *TWO) == pytest.approx(10 / 9)
    assert accepted(rule("block"), independent((1, 1)), *TWO) == pytest.approx(11 / 9)


@pytest.mark.parametrize(("chains", "ninths"), [(1, 11), (2, 14.6), (3, 15.9), (4, 14.7)])
def test_two_symbols_on_several_paths(chains: int, ninths: float) -> None:
    """More chains are not always better: the choice among many is made by ties."""
    found = accepted(rule("multipath_block"), paths(chains, 2), *TWO)
    assert found * 9 == pytest.approx(ninths, abs=0.06)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_block_keeps_no_fewer_than_the_token_rule(seed: int) -> None:
    laws = random_law(seed), random_law(seed + 50)
    one, two, three = (independent((1,) * length) for length in (1, 2, 3))
    assert expected_tokens(rule("block"), one, *laws) == pytest.approx(
        expected_tokens(rule("ratio"), one, *laws)
    )
    assert expected_tokens(rule("block"), two, *laws) > expected_tokens(rule("ratio"), two, *laws)
    assert expected_tokens(rule("block"), three, *laws) > expected_tokens(rule("ratio"), three, *laws)


def same(one: dict, other: dict) -> bool:
    return all(abs(one.get(k, 0.0) - other.get(k, 0.0)) < EXACT for k in one.keys() | other.keys())


@pytest.mark.parametrize("case", ["seed 1", "zeros in both", "equal"])
@pytest.mark.parametrize(
    ("one", "its_draft", "other", "the_others"),
    [
        ("multipath_block", paths(1, 2), "block", independent((1, 1))),
        ("traversal", without_replacement((1, 1, 1)), "block", independent((1, 1, 1))),
        ("block", independent((1,)), "ratio", independent((1,))),
        ("multipath_block", paths(1, 1), "ratio", independent((1,))),
        ("traversal", without_replacement((1,)), "ratio", independent((1,))),
        ("traversal", without_replacement((3,)), "recursive", without_replacement((3,))),
        ("recursive", without_replacement((1, 1)), "ratio", independent((1, 1))),
        ("multiround", independent((1, 1)), "ratio", independent((1, 1))),
    ],
)
def test_rules_coincide_where_they_must(
    one: str, its_draft: Build, other: str, the_others: Build, case: str
) -> None:
    """Not only the text: how many tokens a round keeps has the same law."""
    assert same(
        law_of_round(rule(one), its_draft, *CASES[case]), law_of_round(rule(other), the_others, *CASES[case])
    )


@pytest.mark.parametrize("case", CASES)
def test_match_and_point_mass_keep_as_many(case: str) -> None:
    """On one and the same deterministic tree."""
    found = [
        expected_tokens(rule(id), likeliest((2, 2)), *CASES[case]) for id in ("point_mass", "sample_match")
    ]
    assert found[0] == pytest.approx(found[1], abs=EXACT)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trees_keep_more_from_rule_to_rule(seed: int) -> None:
    """Without replacement beats with it, and from the leaves up beats from the root down."""
    laws = random_law(seed), random_law(seed + 50)
    rounds = expected_tokens(rule("multiround"), independent((2, 1)), *laws)
    down = expected_tokens(rule("recursive"), without_replacement((2, 1)), *laws)
    up = expected_tokens(rule("traversal"), without_replacement((2, 1)), *laws)
    assert rounds < down < up


@pytest.mark.parametrize("law", [*map(random_law, (1, 2, 3, 11)), *map(dirichlet_law, range(3))])
def test_a_perfect_draft_gets_worse_by_choosing(law: Law) -> None:
    """With draft = target one chain is always kept whole; of two, the highest is a biased choice."""
    assert expected_tokens(rule("multipath_block"), paths(1, 2), law, law) == pytest.approx(3)
    assert 2.4 < expected_tokens(rule("multipath_block"), paths(2, 2), law, law) < 2.7


@pytest.mark.parametrize("id", [id for id in VERIFICATIONS if id not in ("greedy", "typical")])
def test_certain_laws_leave_nothing_to_chance(id: str) -> None:
    """With all mass on one token every rule keeps exactly the greedy text."""

    def sure(law: Law) -> Law:
        return lambda prefix: torch.nn.functional.one_hot(law(prefix).argmax(), 3).double()

    for seed in range(4):
        target, drafter = sure(random_law(seed)), sure(random_law(seed // 2))
        build = paths(2, 3) if id == "multipath_block" else independent((1, 1, 1))
        if id == "point_mass":
            build = likeliest((1, 1, 1))
        found = law_of_round(rule(id), build, target, drafter)
        assert same(found, law_of_round(rule("greedy"), build, target, drafter))


# -- which pairs are legal -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "kind", "shape", "reason"),
    [
        ("ratio", DraftKind.SAMPLED, "chain", ""),
        ("ratio", DraftKind.POINT, "chain", "needs drafts drawn independently"),
        ("ratio", DraftKind.SAMPLED, "tree", "judges a chain, not a tree"),
        ("traversal", DraftKind.SAMPLED, "chain", ""),
        ("traversal", DraftKind.SAMPLED, "tree", "needs drafts drawn without replacement"),
        ("multiround", DraftKind.SAMPLED_WITHOUT, "tree", "needs drafts drawn independently"),
        ("multipath_block", DraftKind.SAMPLED, "paths", ""),
        ("point_mass", DraftKind.SAMPLED, "chain", "needs drafts fixed by the text so far"),
        ("sample_match", DraftKind.POINT, "tree", ""),
        ("typical", DraftKind.SAMPLED, "paths", ""),
    ],
)
def test_a_pair_is_refused_with_its_reason(id: str, kind: DraftKind, shape: str, reason: str) -> None:
    said = VERIFICATIONS[id].refuse(kind, shape)
    assert (reason in said) if reason else not said


# -- what the checker recomputes -------------------------------------------------------------------------


def recorded(method: str, **knobs) -> Trace:
    return Recording(table_run(catalogue()[method], {"temperature": 0.9, **knobs}, seed=3)).run()


def tampered(trace: Trace, kind: type, name: str, change: Callable[[float], float]) -> tuple[Trace, int]:
    """The last event of this measure or rule with its first number changed, the verdict made to fit."""
    events = list(trace.events)
    of_kind = (i for i, event in enumerate(events) if isinstance(event, kind))
    at = [i for i in of_kind if name == getattr(events[i], "measure" if kind is Score else "rule")][-1]
    event = events[at]
    if isinstance(event, Score):
        events[at] = replace(event, values=(change(event.values[0]), *event.values[1:]))
    elif isinstance(event, Judge):
        bounds = (change(event.bounds[0]), *event.bounds[1:])
        events[at] = trace.glossary.rules[name].judge(event.of, event.values, bounds)
    return replace(trace, events=tuple(events)), at


@pytest.mark.parametrize(
    ("method", "knobs", "kind", "name"),
    [
        ("block_verification", {}, Score, "running"),
        ("block_verification", {}, Judge, "block_test"),
        ("block_verification", {}, Judge, "in_block"),
        ("block_verification", {}, Score, "token_rule"),
        ("gbv", {}, Score, "skewed"),
        ("gbv", {}, Score, "running"),
        ("gbv", {}, Judge, "block_test"),
        ("gbv", {}, Score, "token_rule"),
        ("traversal_verification", {"widths": "3,2,1,1"}, Score, "running"),
        ("traversal_verification", {"widths": "3,2,1,1"}, Judge, "traversal_test"),
        ("token_tree", {"verification": "without replacement"}, Judge, "accept_recursive"),
    ],
)
def test_a_forged_number_is_found(method: str, knobs: dict, kind: type, name: str) -> None:
    trace = recorded(method, **knobs)
    assert check(trace).ok and check(trace).underivable == 0
    forged, at = tampered(trace, kind, name, lambda x: x * 0.97 + 0.003 if name != "in_block" else x + 1)
    found = [problem for problem in check(forged).problems if problem.event == at]
    assert found and found[0].depth is Depth.DERIVED, (name, at)


@pytest.mark.parametrize(
    ("method", "knobs"),
    [
        ("speculative_sampling", {}),
        ("pearl", {}),
        ("universal_assisted", {"translation": "shared tokens", "temperature": 1.0}),
        ("speculative", {"verification": "ratio"}),
        ("specinfer_multiround", {"widths": "2,2"}),
        ("rsd_c", {"widths": "2,2"}),
    ],
)
def test_a_rejection_says_how_much_of_the_target_is_left(method: str, knobs: dict) -> None:
    """Behind a first sibling 1 - sum min(target, draft): a little more is shared than what was recorded."""
    compared = 0
    for seed in range(8):
        events = Recording(table_run(catalogue()[method], knobs, seed=seed)).run().events
        for at, event in enumerate(events):
            if not isinstance(event, Judge) or not event.rule.startswith("accept_"):
                continue
            score = events[at + 1]
            said = isinstance(score, Score) and score.measure == "left_mass" and score.of == event.of
            assert said is not event.passed[0]
            if isinstance(score, Score) and said and event.rule == "accept_ratio":
                both = shared_before(events[:at], event.of)
                low = sum(min(pair) for pair in both)
                rest = min(1 - sum(column) for column in zip(*both, strict=True))
                assert 1 - low - rest - 1e-4 < score.values[0] < 1 - low + 1e-4
                compared += rest < 0.02
    assert compared > 3, "too few rejections to tell"


def shared_before(events: Sequence[Event], of: Refs) -> list[tuple[float, float]]:
    """What target and drafter said of every token that both recorded, where the candidate stands."""
    assert isinstance(of, Candidates)
    state, (id,) = fold(events), of.ids
    proposal = state.proposals[id]
    here = Cell(0, proposal.position) if proposal.parent == ROOT else Candidate(proposal.parent)
    target, draft = (state.beliefs[role, "processed", here] for role in ("target", "draft"))
    known = dict(zip(draft.keys, draft.probs, strict=True))
    return [(p, known[k]) for k, p in zip(target.keys, target.probs, strict=True) if k in known]


def test_a_block_rescues_a_token_whose_own_test_failed() -> None:
    """It happens, the failed test stays in the trace, and what is committed has passed its last test."""
    rescued = 0
    for seed in range(12):
        run = table_run(catalogue()["block_verification"], {"temperature": 1.0}, seed=seed)
        trace = Recording(run).run()
        assert check(trace).ok
        state = fold(trace.events)
        committed = [proposal for proposal in state.proposals.values() if proposal.committed]
        rescued += sum(not each.verdicts[0][3] and each.verdicts[-1][3] for each in committed)
    assert rescued


class _Again(SeededDice):
    """Uniform numbers that were read before; a token rule may leave the last of them unread."""

    def __init__(self, draws: Sequence[float]) -> None:
        super().__init__(0)
        self.draws = list(draws)

    def uniform(self, below: float) -> float:
        return self.draws.pop(0)


@pytest.mark.parametrize("case", CASES)
def test_beside_a_block_stands_what_the_token_rule_keeps_of_it(case: str) -> None:
    """Speculative sampling itself is run on the same draft with the dice that the block test read."""
    target, drafter = CASES[case]
    met: set[tuple[bool, bool]] = set()
    for seed in range(40):
        draft = independent((1, 1, 1, 1))(SeededDice(seed), drafter)
        paths = [(), *(tuple(path_of(draft, node)) for node in range(len(draft.tokens)))]
        rows = torch.stack([target(path) for path in paths])
        events = list(rule("block")(fresh_run([1], seed=seed), draft, rows))
        (test,) = (each for each in events if isinstance(each, Judge) and each.rule == "block_test")
        (score,) = (each for each in events if isinstance(each, Score) and each.measure == "token_rule")
        (block,) = (each for each in events if isinstance(each, Judge) and each.rule == "in_block")
        run = fresh_run([1])
        run.dice = _Again(test.values)
        alone = len(last(rule("ratio")(run, draft, rows)).path)
        assert score.values == (alone,) * len(draft.ids)
        met.add((alone < sum(block.passed), alone > sum(block.passed)))
    if case.startswith("seed"):
        assert met == {(False, False), (True, False), (False, True)}, "on the same dice either may keep more"


def test_the_law_of_the_highest_chain_is_the_brute_force_one() -> None:
    """Over all ways in which three chains of two tokens fall, in a random order of the vocabulary."""
    first, chains = torch.tensor([0.5, 0.2, 0.0, 0.3], dtype=torch.float64), 3
    second = random_law(3, 4)
    orders = {(): torch.tensor([3, 0, 2, 1]), **{(t,): torch.randperm(4) for t in range(4)}}
    places = {at: {token: place for place, token in enumerate(row.tolist())} for at, row in orders.items()}

    def key(chain: tuple[int, int]) -> tuple[int, int]:
        return places[()][chain[0]], places[chain[:1]][chain[1]]

    single = {(a, b): float(first[a] * second((a,))[b]) for a in range(4) for b in range(4)}
    best: dict[tuple[int, int], float] = defaultdict(float)
    for drawn in product(single, repeat=chains):
        best[min(drawn, key=key)] += prod(single[chain] for chain in drawn)
    law, under = highest_of(first, orders[()], 0.0, 1.0, chains)
    for a in range(4):
        marginal = sum(best[a, b] for b in range(4))
        assert float(law[a]) == pytest.approx(marginal, abs=EXACT)
        if first[a] > 0:
            inner, _ = highest_of(second((a,)), orders[a,], float(under[a]), float(first[a]), chains)
            assert [float(p) * marginal for p in inner] == pytest.approx([best[a, b] for b in range(4)])


# -- whole runs on real networks -------------------------------------------------------------------------

RUNS = 600
"""Enough for the control to fail beyond doubt; benchmarks/fidelity.py draws 20 000."""


@pytest.fixture(scope="module")
def lab() -> fidelity.Laboratory:
    torch.set_num_threads(1)
    return fidelity.laboratory()


@pytest.mark.parametrize("id", fidelity.METHODS)
def test_runs_on_networks_fit_the_law(lab: fidelity.Laboratory, id: str) -> None:
    found = fidelity.sample(lab, catalogue()[id], fidelity.METHODS[id], RUNS)
    assert fidelity.fit(found, lab.law).p > fidelity.PASSES


def test_runs_with_a_mistake_do_not_fit(lab: fidelity.Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    def first_failure(passed: tuple[bool, ...]) -> int:
        return next((place for place, good in enumerate(passed) if not good), len(passed))

    monkeypatch.setattr(f"{PACKAGE}.block.block_end", first_failure)
    found = fidelity.sample(lab, catalogue()["block_verification"], {"draft_length": 2}, RUNS)
    assert fidelity.fit(found, lab.law).p < fidelity.PASSES


def test_the_fit_knows_what_is_forbidden_and_merges_rare_cells() -> None:
    law = {(0, 0): 0.5, (0, 1): 0.4, (1, 0): 0.06, (1, 1): 0.04}
    assert fidelity.fit({(2, 2): 1, (0, 0): 9}, law).p == 0
    assert fidelity.fit({(0, 0): 50, (0, 1): 40, (1, 0): 6, (1, 1): 4}, law).freedom == 2
    one_degree = fidelity.fit({(0,): 60, (1,): 40}, {(0,): 0.5, (1,): 0.5})
    assert (one_degree.statistic, one_degree.p) == (pytest.approx(4.0), pytest.approx(0.0455, abs=1e-4))
