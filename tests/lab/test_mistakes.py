"""Every rule is exact without a mistake, and every mistake bends its law as far as was measured."""

from itertools import pairwise

import pytest

from workbench.lab.experiment import Experiment, explore
from workbench.lab.law import marginal
from workbench.lab.mistakes import MISTAKES
from workbench.lab.recipes import RECIPES
from workbench.lab.tables import random_law
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.trace import WorkbenchError

EXACT, VISIBLE = 1e-9, 1e-3

MEASURED = {
    # mistake: (seed, size, temperature), total variation here, and where others were measured
    "resample_from_target": ((1, 3, 1.0), 0.1967, 0.185),
    "other_temperature": ((1, 4, 1.0), 0.0788, 0.081),
    "argmax_draft": ((0, 4, 1.0), 0.3801, 0.304),
    "drop_unlikely": ((1, 3, 1.0), 0.0617, 0.060),
    "typical": ((0, 3, 0.25), 0.6627, 0.959),
    "block_first_failure": ((1, 3, 1.0), 0.2382, 0.249),
    "block_residual": ((0, 4, 1.0), 0.0062, 0.0055),
    "loose_ties": ((4, 4, 1.0), 0.0217, 0.0235),
    "deduplicated": ((0, 4, 1.0), 0.0335, 0.064),
    "forgotten_draws": ((0, 4, 1.0), 0.0750, 0.094),
    "pruned_siblings": ((1, 3, 1.0), 0.0479, 0.062),
    "first_weight": ((0, 4, 1.0), 0.0781, 0.0781),  # measured here only
    "not_struck": ((0, 3, 1.0), 0.2042, 0.207),
    "sample_per_row": ((3, 3, 1.0), 0.2098, 0.330),
}
HIDDEN = {"deduplicated": (1, 3), "forgotten_draws": (1, 3), "loose_ties": (1, 3), "block_residual": (1, 3)}
"""Tables on which a mistake does not show at all: one pair of models is no test."""


def asked(mistake: str, seed: int, size: int, temperature: float = 1.0) -> Experiment:
    return Experiment(MISTAKES[mistake].rule, mistake, seed, size, temperature)


@pytest.mark.parametrize("rule", RECIPES)
@pytest.mark.parametrize(
    ("seed", "size", "temperature"), [(0, 3, 1.0), (1, 3, 0.5), (2, 3, 1.5), (3, 4, 1.0)]
)
def test_the_rule_as_published_has_the_target_law(
    rule: str, seed: int, size: int, temperature: float
) -> None:
    found = explore(Experiment(rule, "", seed, size, temperature))
    assert VERIFICATIONS[rule].lossless
    for shown in found.shown:
        assert sum(output for _, _, output in shown.rows) == pytest.approx(1, abs=EXACT)
        assert shown.variation < EXACT and shown.samples == float("inf")
    assert found.mean == found.right_mean > 1


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_bends_the_law_as_far_as_was_measured(mistake: str) -> None:
    where, expected, elsewhere = MEASURED[mistake]
    found = explore(asked(mistake, *where))
    assert found.variation == pytest.approx(expected, abs=1e-4)
    assert elsewhere / 3 < found.variation < 3 * elsewhere
    assert found.variation > VISIBLE and found.samples < 1e6
    assert sum(output for _, _, output in found.shown[-1].rows) == pytest.approx(1, abs=EXACT)


@pytest.mark.parametrize("mistake", HIDDEN)
def test_some_tables_hide_a_mistake_completely(mistake: str) -> None:
    seed, size = HIDDEN[mistake]
    found = explore(asked(mistake, seed, size))
    assert found.variation < EXACT and found.samples == float("inf")


def test_every_mistake_was_measured_and_belongs_to_a_rule() -> None:
    assert MISTAKES.keys() == MEASURED.keys()
    assert {each.rule for each in MISTAKES.values()} <= RECIPES.keys()
    for each in MISTAKES.values():
        assert all(text.endswith((".", "?")) for text in (each.wrong, each.tempting, each.right))


def test_a_mistake_shows_less_in_fewer_tokens() -> None:
    found = explore(asked("block_first_failure", 3, 3))
    distances = [shown.variation for shown in found.shown]
    assert all(one <= more + EXACT for one, more in pairwise(distances))
    assert distances[0] > VISIBLE
    joint = {text: output for text, _, output in found.shown[-1].rows}
    first = {text: output for text, _, output in found.shown[0].rows}
    assert marginal(joint, 1) == pytest.approx(first)


def test_target_and_drafter_are_different_tables() -> None:
    tables = Experiment("ratio", seed=4).tables
    assert not tables.target(()).equal(tables.draft(()))
    assert tables.target(()).equal(random_law(8, 3)(()))


@pytest.mark.parametrize(
    ("experiment", "sentence"),
    [
        (Experiment("greedy"), "no rule 'greedy'"),
        (Experiment("ratio", "nothing"), "no mistake 'nothing'"),
        (Experiment("ratio", "not_struck"), "belongs to 'point_mass'"),
        (Experiment("ratio", size=5), "5 tokens"),
        (Experiment("ratio", seed=-1), "seed = -1"),
        (Experiment("ratio", temperature=0.0), "temperature = 0"),
        (Experiment("ratio", temperature=float("nan")), "temperature = nan"),
    ],
)
def test_bad_questions_are_one_sentence(experiment: Experiment, sentence: str) -> None:
    with pytest.raises(WorkbenchError, match=sentence):
        explore(experiment)
