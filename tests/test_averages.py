"""How many tokens a round brings on random tables: the averages of the plan, within the error of its tables.

The rules' closed forms, equalities and zeros are tested exactly elsewhere. What stands here are averages,
which depend on the tables that they were taken over: a handful of random ones with three tokens, which were
not kept, so the digits themselves cannot be had again. Our tables are of one kind, with one parameter: every
row is an independent draw from a symmetric Dirichlet law, as peaked as makes one draft bring 1.490 tokens on
average. Every number is exact for its table: all ways are walked in which the dice can fall.

Two things are tested. There are four tables, of all groups of four among the first 200 the best, on which all
averages come out at once, within 2.5 per cent: the numbers fit together, under these rules. And the averages
of the plan are such as four tables have: over many tables they lie within 1.2 standard errors of a mean over
four. More cannot be asked of them: with four tables the standard error of 2 tokens is 0.2, and the averages
of one handful go up and down together.

`PYTHONPATH=. python tests/test_averages.py 200` prints, in some minutes:

                                    plan   four tables     200 tables (error of 4)
    chain of 1                     1.490   1.499 +0.6%   1.503  +0.9% (0.127)
    chain of 2                     1.786   1.826 +2.2%   1.759  -1.5% (0.205)
    chain of 3                     1.992   2.029 +1.8%   1.883  -5.5% (0.246)
    block of 1                     1.490   1.499 +0.6%   1.503  +0.9% (0.127)
    block of 2                     1.823   1.855 +1.8%   1.791  -1.7% (0.206)
    block of 3                     2.092   2.125 +1.6%   1.958  -6.4% (0.251)
    2 paths of 2                   2.085   2.102 +0.8%   1.971  -5.5% (0.228)
    3 paths of 2                   2.137   2.141 +0.2%   2.035  -4.8% (0.222)
    2 paths of 3                   2.503   2.457 -1.8%   2.188 -12.6% (0.285)
    1 path of 3                    2.092   2.125 +1.6%   1.958  -6.4% (0.251)
    multi-round 3                  1.667   1.653 -0.9%   1.635  -1.9% (0.132)
    multi-round 3, repeats dropped 1.650   1.631 -1.2%   1.620  -1.8% (0.134)
    multi-round 2,2                1.975   2.008 +1.7%   1.940  -1.8% (0.229)
    recursive 2,2                  2.300   2.272 -1.2%   2.310  +0.5% (0.214)
    recursive 3,2                  2.711   2.711 +0.0%   2.735  +0.9% (0.091)
    recursive 2,1,1                2.552   2.495 -2.2%   2.314  -9.3% (0.239)
    traversal 1,1,1                2.092   2.125 +1.6%   1.958  -6.4% (0.251)
    traversal 2,2                  2.347   2.320 -1.2%   2.343  -0.2% (0.212)
    traversal 3,2                  2.718   2.759 +1.5%   2.768  +1.8% (0.090)
    traversal 2,1,1                2.670   2.634 -1.4%   2.415  -9.6% (0.245)
    point mass 2,2                 1.985   1.972 -0.7%   2.118  +6.7% (0.257)
    sample and match 2,2           1.985   1.972 -0.7%   2.118  +6.7% (0.257)
"""

import sys
from statistics import fmean, stdev
from typing import NamedTuple

import pytest
from rounds import (
    Build,
    dirichlet_pair,
    distinct,
    expected_tokens,
    independent,
    likeliest,
    paths,
    rule,
    without_replacement,
)

from workbench.lab.enumerate import quickly

FOUR = (42, 55, 87, 110)
"""Tables, chosen for this."""
MANY, A_HANDFUL = 40, 4


class Average(NamedTuple):
    """The plan's mean of the tokens of a round. slow: seconds per table, for all its branches are many."""

    planned: float
    rule: str
    build: Build
    slow: bool = False


AVERAGES = {
    "chain of 1": Average(1.490, "ratio", independent((1,))),
    "chain of 2": Average(1.786, "ratio", independent((1, 1))),
    "chain of 3": Average(1.992, "ratio", independent((1, 1, 1))),
    "block of 1": Average(1.490, "block", independent((1,))),
    "block of 2": Average(1.823, "block", independent((1, 1))),
    "block of 3": Average(2.092, "block", independent((1, 1, 1))),
    "2 paths of 2": Average(2.085, "multipath_block", paths(2, 2)),
    "3 paths of 2": Average(2.137, "multipath_block", paths(3, 2), slow=True),
    "2 paths of 3": Average(2.503, "multipath_block", paths(2, 3), slow=True),
    "1 path of 3": Average(2.092, "multipath_block", paths(1, 3)),
    "multi-round 3": Average(1.667, "multiround", independent((3,))),
    "multi-round 3, repeats dropped": Average(1.650, "recursive", distinct(3)),
    "multi-round 2,2": Average(1.975, "multiround", independent((2, 2)), slow=True),
    "recursive 2,2": Average(2.300, "recursive", without_replacement((2, 2))),
    "recursive 3,2": Average(2.711, "recursive", without_replacement((3, 2)), slow=True),
    "recursive 2,1,1": Average(2.552, "recursive", without_replacement((2, 1, 1)), slow=True),
    "traversal 1,1,1": Average(2.092, "traversal", without_replacement((1, 1, 1))),
    "traversal 2,2": Average(2.347, "traversal", without_replacement((2, 2))),
    "traversal 3,2": Average(2.718, "traversal", without_replacement((3, 2)), slow=True),
    "traversal 2,1,1": Average(2.670, "traversal", without_replacement((2, 1, 1)), slow=True),
    "point mass 2,2": Average(1.985, "point_mass", likeliest((2, 2))),
    "sample and match 2,2": Average(1.985, "sample_match", likeliest((2, 2))),
}


def on(name: str, seed: int) -> float:
    """Expected tokens of a round on one pair of tables."""
    average = AVERAGES[name]
    with quickly():
        return expected_tokens(rule(average.rule), average.build, *dirichlet_pair(seed))


def test_the_one_parameter_is_fixed_by_the_first_average() -> None:
    shares = []
    for seed in range(3000):
        target, drafter = dirichlet_pair(seed)
        shares.append(float(target(()).minimum(drafter(())).sum()))
    assert 1 + fmean(shares) == pytest.approx(
        AVERAGES["chain of 1"].planned, abs=2 * stdev(shares) / 3000**0.5
    )


@pytest.mark.parametrize("name", AVERAGES)
def test_four_tables_have_all_averages_at_once(name: str) -> None:
    assert fmean(on(name, seed) for seed in FOUR) == pytest.approx(AVERAGES[name].planned, rel=0.025)


@pytest.mark.parametrize("name", [name for name, average in AVERAGES.items() if not average.slow])
def test_the_average_is_one_that_four_tables_have(name: str) -> None:
    found = [on(name, seed) for seed in range(MANY)]
    error = stdev(found) * (1 / A_HANDFUL + 1 / MANY) ** 0.5
    assert error < 0.3 and abs(fmean(found) - AVERAGES[name].planned) < 1.5 * error


def test_dropping_repeats_costs_a_little() -> None:
    """Exact with the residual for draws without replacement, and on average a few tokens fewer."""
    with_all, without = "multi-round 3", "multi-round 3, repeats dropped"
    found = [on(with_all, seed) - on(without, seed) for seed in range(MANY)]
    planned = AVERAGES[with_all].planned - AVERAGES[without].planned
    assert 0.5 * planned < fmean(found) < 2 * planned


def main(count: int) -> None:
    """Print the table of the docstring."""
    print(f"{'':32}plan   four tables     {count} tables (error of 4)")
    for name, average in AVERAGES.items():
        four = fmean(on(name, seed) for seed in FOUR)
        found = [on(name, seed) for seed in range(count)]
        error = stdev(found) / A_HANDFUL**0.5
        print(
            f"{name:30} {average.planned:.3f}   {four:.3f} {four / average.planned - 1:+5.1%}"
            f"   {fmean(found):.3f} {fmean(found) / average.planned - 1:+6.1%} ({error:.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
