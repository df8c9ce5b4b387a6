"""The claim of every lossless method, by exact enumeration: no sampling, no tolerance for luck."""

from collections import defaultdict

import pytest
import torch
from fakes import CORPUS, Law, ScriptedDice, TableCausal, branches, random_law, spellings

from workbench.maths.sample import warp
from workbench.methods.api import Method, Promise
from workbench.methods.catalogue import catalogue
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.trace import Commit, Token, fold

EXACT = 1e-9
STEPWISE = "workbench.methods.loops.verification.stepwise"
PROMPT = (0, 1)
LOSSLESS = [m for m in catalogue().values() if m.guarantee.promise is Promise.SAME_DISTRIBUTION]


def play(
    method: Method, knobs: dict, laws: dict[str, Law], size: int, tokens: int, dice, eos=()
) -> tuple[int, ...]:
    """The answer of one run on table models, read from the trace's lane 0 and compared with the run's own."""
    meter = Meter()
    models = {role: TableCausal(laws[role], size, role, meter, eos) for role in method.needs}
    run = Run(PROMPT, tokens, models, eos, dice, meter, False, spellings(PROMPT, size), corpus=lambda: CORPUS)
    events = list(method.start(run, method.parse(knobs)))
    lane = fold(events).lanes[0]
    answer = tuple(fill.id for fill in lane.fills[len(PROMPT) :] if isinstance(fill, Token))
    assert answer == tuple(run.answer)
    assert all(event.candidates for event in events if isinstance(event, Commit))
    return answer


def law_of(method: Method, knobs: dict, laws: dict[str, Law], size: int, tokens: int, eos=()) -> dict:
    """Probability of every answer, over all branches of the dice."""
    law = defaultdict(float)
    for weight, answer in branches(lambda dice: play(method, knobs, laws, size, tokens, dice, eos)):
        law[answer] += weight
    return law


def reference(law: Law, tokens: int, eos=(), temperature=1.0, top_k=0, top_p=1.0) -> dict:
    """The product of the target's processed conditionals, answers cut at the end-of-text."""
    answers, open_ = {}, {(): 1.0}
    for _ in range(tokens):
        grown = {}
        for answer, weight in open_.items():
            probs = warp(law((*PROMPT, *answer)).log().unsqueeze(0), temperature, top_k, top_p)[0].tolist()
            for token, prob in enumerate(probs):
                if prob > 0:
                    target = answers if token in eos else grown
                    target[(*answer, token)] = weight * prob
        open_ = grown
    return answers | open_


def distance(one: dict, other: dict) -> float:
    """Total variation."""
    return 0.5 * sum(abs(one.get(k, 0.0) - other.get(k, 0.0)) for k in one.keys() | other.keys())


CASES = {
    "random": (random_law(1), random_law(2)),
    "another seed": (random_law(3), random_law(4, sharpness=3)),
    "zeros in both": (random_law(5, 4, zeros=2), random_law(6, 4, zeros=2)),
    "equal": (random_law(7), random_law(7)),
}
SETTINGS = {
    "block_verification": [{"draft_length": 2}, {"draft_length": 3, "stop_below": 0.4}],
    "gbv": [{"chains": 2, "draft_length": 2}],
    "traversal_verification": [{"widths": "2,1,1"}],
    "specinfer_multiround": [{"widths": "2"}],
    "rsd_c": [{"widths": "2"}],
    "rsd_s": [{"width": 2, "depth": 2}],
    "sequoia": [{"nodes": 2, "ranks": 2, "depth": 2, "calibration": 1}],
    "eagle2": [{"branch": 2, "depth": 2, "total": 4}],
    "sample_and_match": [{"depth": 2}, {"shape": "tree", "branch": 2, "depth": 2, "total": 4}],
    "speculative_sampling": [{"draft_length": 2}, {"draft_length": 3, "stop_below": 0.4}],
    "token_tree": [
        {"branch": 2, "depth": 2, "total": 4},
        {"branch": 3, "depth": 1, "verification": "without replacement"},
    ],
    "pearl": [{"draft_length": 2}],
    "speculative": [{"depth": 2}, {"verification": "block", "depth": 2}],
    "universal_assisted": [
        {"draft_length": 2},
        {"draft_length": 2, "translation": "shared tokens", "target_lookbehind": 1},
    ],
    "prompt_lookup": [{"draft_length": 3, "max_ngram": 2}],
    "rest": [{"draft_length": 3, "nodes": 5}, {"longest": 2, "texts": 1, "nodes": 2}],
    "token_recycling": [{"ranks": 2, "nodes": 6, "depth": 3}, {"ranks": 3, "nodes": 3}],
    "stand": [
        {"shortest": 1, "longest": 2, "kept": 2, "nodes": 6, "branch": 3, "depth": 2},
        {"shortest": 1, "siblings": "likeliest", "nodes": 5, "branch": 2},
    ],
    "aded": [{"simulations": 3, "depth": 2, "nodes": 4}],
    "jacobi": [{"window": 2}],
    "lookahead": [
        {"window": 3, "ngram": 2, "guesses": 2},
        {"window": 1, "ngram": 2, "pool_from_prompt": True},
    ],
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", LOSSLESS, ids=lambda m: m.id)
def test_output_law_is_the_targets(method: Method, case: str) -> None:
    target, draft = CASES[case]
    size = len(target(PROMPT))
    for setting in SETTINGS.get(method.id, [{}]):
        found = law_of(method, {"temperature": 1.0, **setting}, {"target": target, "draft": draft}, size, 3)
        assert abs(sum(found.values()) - 1) < EXACT
        assert distance(found, reference(target, 3)) < EXACT, setting


@pytest.mark.parametrize("zeros", [0, 1])
def test_two_levels_drawn_without_replacement(zeros: int) -> None:
    target, draft = random_law(3, 3, zeros), random_law(4, 3, zeros=1)
    setting = {"temperature": 1.0, "branch": 2, "depth": 2, "verification": "without replacement"}
    found = law_of(
        catalogue()["token_tree"], setting, {"target": target, "draft": draft}, len(target(PROMPT)), 3
    )
    assert distance(found, reference(target, 3)) < EXACT


@pytest.mark.parametrize("method", LOSSLESS, ids=lambda m: m.id)
def test_law_holds_after_processing_and_with_an_end_of_text(method: Method) -> None:
    target, draft = random_law(11, 4), random_law(12, 4)
    setting = {"temperature": 0.7, "top_p": 0.8, "top_k": 3, **SETTINGS.get(method.id, [{}])[0]}
    found = law_of(method, setting, {"target": target, "draft": draft}, 4, 3, eos=(2,))
    assert distance(found, reference(target, 3, (2,), 0.7, 3, 0.8)) < EXACT


@pytest.mark.parametrize("method", LOSSLESS, ids=lambda m: m.id)
@pytest.mark.parametrize("seed", range(6))
def test_temperature_zero_is_the_greedy_text(method: Method, seed: int) -> None:
    laws = {"target": random_law(seed, 6), "draft": random_law(seed + seed % 2, 6)}
    greedy = play(catalogue()["greedy"], {}, laws, 6, 24, ScriptedDice([]), (5,))
    for setting in SETTINGS.get(method.id, [{}]):
        knobs = {"temperature": 0.0, **setting}
        assert play(method, knobs, laws, 6, 24, ScriptedDice([]), (5,)) == greedy


def test_the_harness_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resampling from the target instead of the residual is the classic mistake; it must show."""
    monkeypatch.setattr(f"{STEPWISE}.residual", lambda target, draft: target)
    laws = {"target": random_law(1), "draft": random_law(2)}
    found = law_of(catalogue()["speculative_sampling"], {"draft_length": 2}, laws, 3, 3)
    assert distance(found, reference(laws["target"], 3)) > 1e-3


def test_point_mass_without_striking_out_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{STEPWISE}.without", lambda probs, token: probs)
    laws = {"target": random_law(1), "draft": random_law(2)}
    knobs = {"temperature": 1.0, "branch": 2, "depth": 2, "total": 4}
    found = law_of(catalogue()["token_tree"], knobs, laws, 3, 3)
    assert distance(found, reference(laws["target"], 3)) > 1e-3


def test_first_acceptance_is_one_minus_total_variation() -> None:
    laws = {"target": random_law(21), "draft": random_law(22)}
    target, draft = laws["target"](PROMPT), laws["draft"](PROMPT)
    accepted = 0.0
    for weight, kept in branches(lambda dice: _first_kept(laws, dice)):
        accepted += weight * bool(kept)
    assert abs(accepted - float(torch.minimum(target, draft).sum())) < EXACT


def _first_kept(laws: dict[str, Law], dice: ScriptedDice) -> bool:
    meter = Meter()
    method = catalogue()["speculative_sampling"]
    models = {role: TableCausal(laws[role], 3, role, meter) for role in method.needs}
    run = Run(PROMPT, 2, models, (), dice, meter)
    events = method.start(run, method.parse({"draft_length": 1}))
    return next(event.passed[0] for event in events if type(event).__name__ == "Judge")


def test_beam_search_finds_the_likeliest_answer_when_wide_enough() -> None:
    law = random_law(31, 4)
    method = catalogue()["beam_search"]
    knobs = {"beams": 16, "length_penalty": 0.0}
    found = play(method, knobs, {"target": law}, 4, 3, ScriptedDice([]), (3,))
    best = max(reference(law, 3, (3,)).items(), key=lambda item: item[1])[0]
    assert found == best


def test_one_beam_is_greedy() -> None:
    law = random_law(32, 5)
    method = catalogue()["beam_search"]
    one = play(
        method,
        {"beams": 1, "length_penalty": 0.0, "early_stop": True},
        {"target": law},
        5,
        8,
        ScriptedDice([]),
    )
    assert one == play(catalogue()["greedy"], {}, {"target": law}, 5, 8, ScriptedDice([]))
