"""The mathematics of the laboratory: exact laws, distances, and how many samples show them."""

import math

import pytest
import torch

from workbench.lab.enumerate import ScriptedDice, branches
from workbench.lab.law import (
    Played,
    chi_square,
    chi_tail,
    continued,
    marginal,
    noncentral_tail,
    noncentrality,
    round_law,
    samples_to_notice,
    variation,
)
from workbench.lab.tables import random_law

FAIR = {(0,): 0.5, (1,): 0.5}
BENT = {(0,): 0.6, (1,): 0.4}


def normal_tail(x: float) -> float:
    return 0.5 * math.erfc(x / math.sqrt(2))


@pytest.mark.parametrize("x", [0.1, 1.0, 7.0, 41.4])
def test_tails_of_one_and_two_degrees_have_closed_forms(x: float) -> None:
    assert chi_tail(x, 1) == pytest.approx(2 * normal_tail(math.sqrt(x)), rel=1e-9)
    assert chi_tail(x, 2) == pytest.approx(math.exp(-x / 2), rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.5, 9.0, 60.0])
def test_the_noncentral_tail_of_one_degree_is_two_normal_tails(shift: float) -> None:
    root, far = math.sqrt(30.0), math.sqrt(shift)
    expected = normal_tail(root - far) + normal_tail(root + far)
    assert noncentral_tail(30.0, 1, shift) == pytest.approx(expected, rel=1e-8)


def test_the_noncentrality_is_noticed_every_other_time() -> None:
    for freedom in (1, 8, 63):
        shift = noncentrality(freedom)
        critical = next(x / 100 for x in range(100, 40_000) if chi_tail(x / 100, freedom) < 1e-9)
        assert noncentral_tail(critical, freedom, shift) == pytest.approx(0.5, abs=2e-3)


def test_distances_of_two_coins() -> None:
    assert variation(BENT, FAIR) == pytest.approx(0.1)
    assert chi_square(BENT, FAIR) == pytest.approx(0.04)
    assert samples_to_notice(BENT, FAIR) == pytest.approx(noncentrality(1) / 0.04, abs=1)


def test_equal_laws_are_never_told_apart_and_impossible_texts_at_once() -> None:
    assert samples_to_notice(FAIR, dict(FAIR)) == math.inf
    assert samples_to_notice(FAIR, {(0,): 1.0}) == 1


def test_that_many_samples_are_noticed_about_every_other_time() -> None:
    """Pearson's test itself, on samples of the output: the normal approximation is good enough."""
    target = {(0,): 0.5, (1,): 0.3, (2,): 0.2}
    output = {(0,): 0.55, (1,): 0.3, (2,): 0.15}
    need = int(samples_to_notice(output, target))
    torch.manual_seed(0)
    probs = torch.tensor(list(output.values()), dtype=torch.float64).expand(600, 3)
    drawn = torch.multinomial(probs, need, replacement=True)
    counts = torch.stack([(drawn == token).sum(1) for token in range(3)], 1).double()
    expected = need * torch.tensor(list(target.values()), dtype=torch.float64)
    statistic = ((counts - expected) ** 2 / expected).sum(1)
    noticed = sum(chi_tail(x, 2) < 1e-9 for x in statistic.tolist()) / 600
    assert 0.4 < noticed < 0.6


def test_branches_have_total_weight_one_and_the_law_of_the_dice() -> None:
    law = random_law(3, 4, zeros=1)

    def play(dice: ScriptedDice) -> tuple[int, bool]:
        return dice.pick(law(())).index, dice.uniform(0.3) < 0.3

    found: dict[tuple[int, bool], float] = {}
    for weight, result in branches(play):
        found[result] = found.get(result, 0.0) + weight
    expected = {
        (token, kept): prob * (0.3 if kept else 0.7)
        for token, prob in enumerate(law(()).tolist())
        if prob
        for kept in (True, False)
    }
    assert found == pytest.approx(expected)


def test_a_round_is_continued_by_the_target() -> None:
    """A round that writes one token of the target has the target's law of three."""
    law = random_law(5, 3)
    found = round_law(lambda dice: Played((dice.pick(law(())).index,)), law, 3)
    reference = continued((), law, 3)
    assert variation(found.joint, reference) < 1e-12
    assert found.mean == pytest.approx(1) and found.branches == 3
    assert variation(marginal(found.joint, 1), continued((), law, 1)) < 1e-12
