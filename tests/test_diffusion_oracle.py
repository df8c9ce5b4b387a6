"""Masked samplers on a perfect model: accuracies that are known in closed form."""

from collections.abc import Sequence
from itertools import permutations
from math import log

import pytest
import torch
from fakes import branches

from workbench.maths.confidence import divergence, entropy
from workbench.methods.api import Method
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import Dice, SeededDice
from workbench.methods.run import Run
from workbench.models.api import Masked, ModelError, capabilities
from workbench.models.meter import Meter
from workbench.models.oracle import Oracle
from workbench.trace import Commit, Event, Propose

PROMPT = (0, 1)
MASK, EOS, SIZE = 9, 8, 10
EXACT = 1e-6
MASKED = [m for m in catalogue().values() if dict(m.needs) == {"denoiser": "masked"}]
Answers = Sequence[Sequence[int]]


def decode(
    method: Method, knobs: dict, answers: Answers, dice: Dice, tokens: int = 0
) -> tuple[tuple[int, ...], list[Event], Meter]:
    meter = Meter()
    model = Oracle(answers, len(PROMPT), SIZE, MASK, (EOS,), "denoiser", meter)
    run = Run(PROMPT, tokens or len(answers[0]), {"denoiser": model}, (EOS,), dice, meter)
    events = list(method.start(run, method.parse(knobs)))
    return tuple(run.answer), events, meter


def accuracy(method: str, knobs: dict, answers: Answers) -> float:
    """The exact chance of a right answer, over all ways the dice can fall."""
    found, right = catalogue()[method], {tuple(answer) for answer in answers}
    return sum(
        weight
        for weight, made in branches(lambda dice: decode(found, knobs, answers, dice)[0])
        if made in right
    )


def shuffles(n: int) -> Answers:
    return list(permutations(range(n)))


def replacements(n: int) -> Answers:
    return [[n if i == at else i for i in range(n)] for at in range(n)]


def shuffle_accuracy(n: int, k: int) -> float:
    """The product over rounds of m (m - 1) ... (m - k + 1) / m^k, m masks being left."""
    left, chance = n, 1.0
    while left:
        for i in range(min(k, left)):
            chance *= (left - i) / left
        left -= min(k, left)
    return chance


def replace_accuracy(m: int, k: int) -> float:
    """A(m) = k/m (1 - 1/m)^(k - 1) + (1 - 1/m)^k A(m - k)."""
    if m <= 0:
        return 0.0
    k = min(k, m)
    return k / m * (1 - 1 / m) ** (k - 1) + (1 - 1 / m) ** k * replace_accuracy(m - k, k)


SIZES = [(3, 1), (4, 2), (3, 3), (4, 4)]
"""Answer length and tokens per round: small, for every fall of the dice is walked."""


@pytest.mark.parametrize(("n", "per_round"), SIZES)
def test_shuffle_is_right_as_often_as_the_formula_says(n: int, per_round: int) -> None:
    knobs = {"temperature": 1.0, "steps": n // per_round}
    found = accuracy("llada_random_remask", knobs, shuffles(n))
    assert found == pytest.approx(shuffle_accuracy(n, per_round), abs=EXACT)


@pytest.mark.parametrize(("n", "per_round"), SIZES)
def test_replace_random_is_right_as_often_as_the_formula_says(n: int, per_round: int) -> None:
    knobs = {"temperature": 1.0, "steps": n // per_round}
    found = accuracy("llada_random_remask", knobs, replacements(n))
    assert found == pytest.approx(replace_accuracy(n, per_round), abs=EXACT)


def test_the_formulas_are_the_known_ones() -> None:
    assert [round(shuffle_accuracy(6, k), 4) for k in (1, 2, 3, 6)] == [1, 0.3125, 0.1235, 0.0154]
    assert round(replace_accuracy(6, 6), 4) == 0.4019


def test_greedy_replaces_nothing_when_it_writes_three_at_once() -> None:
    """All positions prefer to stay as they are; one by one the last has no choice."""
    for per_round, expected in ((1, 1.0), (3, 0.0), (6, 0.0)):
        knobs = {"steps": 6 // per_round, "block_length": 6}
        assert accuracy("llada_low_confidence", knobs, replacements(6)) == expected


def test_threshold_replaces_rightly_from_the_surety_of_staying_on() -> None:
    for threshold, expected in ((0.7, 0.0), (0.76, 1.0), (1.0, 1.0)):
        assert accuracy("fast_dllm_threshold", {"threshold": threshold}, replacements(4)) == expected


@pytest.mark.parametrize("method", MASKED, ids=lambda m: m.id)
def test_one_answer_is_always_found(method: Method) -> None:
    """No dependence between positions: any parallelism is right, whatever the knobs."""
    answer = [3, 1, 4, 1, 5, 2, 6, EOS]
    fast: dict[str, float] = {"steps": 2, "threshold": 0.1, "factor": 4.0, "gamma": 10.0, "temperature": 0.0}
    wild = {knob.name: min(fast[knob.name], knob.high) for knob in method.knobs if knob.name in fast}
    for knobs in ({}, wild):
        made, _, meter = decode(method, knobs, [answer], SeededDice(0))
        assert made == tuple(answer), knobs
        assert sum(total.passes for total in meter.totals.values()) > 0


@pytest.mark.parametrize("gamma", [0.0, 0.2, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("answers", [shuffles(4), replacements(5)], ids=["shuffle", "replace"])
def test_what_a_round_ignores_stays_within_the_entropy_budget(gamma: float, answers: Answers) -> None:
    """The total correlation of what is written together, given what stood before, is at most gamma."""
    for seed in range(5):
        knobs = {"gamma": gamma, "temperature": 1.0}
        _, events, _ = decode(catalogue()["eb_sampler"], knobs, answers, SeededDice(seed))
        left, proposed = [tuple(answer) for answer in answers], {}
        for event in events:
            if isinstance(event, Propose):
                proposed |= dict(zip(event.ids, zip(event.positions, event.fills, strict=True), strict=True))
            elif isinstance(event, Commit) and left:
                pairs = [proposed[id] for id in event.candidates]
                at = [position - len(PROMPT) for position, _ in pairs]
                assert correlation(left, at) <= gamma + EXACT
                left = [
                    a for a in left if all(a[i] == fill.id for i, (_, fill) in zip(at, pairs, strict=True))
                ]


def correlation(answers: Answers, at: Sequence[int]) -> float:
    """Sum of the entropies at some positions, less their joint entropy, in nats."""

    def nats(rows: list) -> float:
        return -sum(rows.count(row) / len(rows) * log(rows.count(row) / len(rows)) for row in set(rows))

    return sum(nats([a[i] for a in answers]) for i in at) - nats([tuple(a[i] for i in at) for a in answers])


def test_the_oracle_knows_its_answers_and_says_no_mask() -> None:
    meter = Meter()
    model = Oracle(shuffles(3), 2, SIZE, MASK, (EOS,), "denoiser", meter)
    assert isinstance(model, Masked) and capabilities(model) == {"masked"}
    probs = model.fill([0, 1, MASK, 2, MASK, MASK], [2, 4, 5]).beliefs.logits.softmax(-1)
    assert probs[0, :3].tolist() == pytest.approx([0.5, 0.5, 0])
    assert probs[2, EOS] == 1 and bool((probs[:, MASK] == 0).all())
    lost = model.fill([0, 1, 2, 2, MASK], [4]).beliefs.logits.softmax(
        -1
    )  # no answer says 2 twice: all count again
    assert entropy(lost)[0] == pytest.approx(log(3), abs=EXACT)


def test_a_shadow_of_the_oracle_leaves_its_twin_out() -> None:
    """A mask at the position of a written token, blind to it: what would stand there without it."""
    model = Oracle(shuffles(3), 0, SIZE, MASK, (EOS,), "denoiser", Meter())
    sees = torch.ones(4, 4, dtype=torch.bool)
    sees[3, 1] = False
    probs = model.fill([0, 1, MASK, MASK], [3], sees, positions=[0, 1, 2, 1]).beliefs.logits.softmax(-1)
    assert probs[0, :3].tolist() == pytest.approx([0, 0.5, 0.5])


@pytest.mark.parametrize("answers", [[], [[1], [1, 2]], [[MASK]]])
def test_an_oracle_without_sense_is_refused(answers: Answers) -> None:
    with pytest.raises(ModelError):
        Oracle(answers, 0, SIZE, MASK, (), "denoiser", Meter())


def test_a_belief_that_has_not_moved_has_not_moved_by_less_than_nothing() -> None:
    """With least move 0 KLASS never finds anything steady: rounding must not give a negative divergence."""
    before = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    now = torch.tensor([[0.5, 0.5 - 1e-12]], dtype=torch.float64)
    assert divergence(now, before).item() == divergence(before, before).item() == 0
    assert divergence(torch.tensor([[0.9, 0.1]]), before).item() > 0.3
