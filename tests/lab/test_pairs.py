"""Refused pairs run: every reason of the menu at least once, its law enumerated, and the words that fit."""

import itertools
from typing import Any

import pytest

from workbench.lab import reasons
from workbench.lab.experiment import SAME, Experiment, explore
from workbench.lab.pairs import CHOICES, Pair, completed, proper
from workbench.lab.record import caught, record
from workbench.methods.loops.drafting import menu
from workbench.trace import Judge, Propose, WorkbenchError, check

MODEL, STATIC, PATHS = menu.MODEL, menu.STATIC, menu.INDEPENDENT
CHAIN, DYNAMIC, BEAM = menu.CHAINED, menu.DYNAMIC, menu.BEAM
WITH, DISTINCT, LIKELIEST = menu.WITH, menu.DISTINCT, menu.LIKELIEST

BENT = {
    (MODEL, CHAIN, WITH, "greedy"): (0.1449, reasons.LIKELIEST_KEPT),
    (MODEL, CHAIN, LIKELIEST, "ratio"): (0.3987, reasons.CLAIMED),
    (MODEL, CHAIN, LIKELIEST, "block"): (0.3987, reasons.CLAIMED),
    (MODEL, CHAIN, LIKELIEST, "multipath_block"): (0.3987, reasons.CLAIMED),
    (MODEL, CHAIN, LIKELIEST, "multiround"): (0.3987, reasons.CLAIMED),
    (MODEL, STATIC, LIKELIEST, "recursive"): (0.4012, reasons.CLAIMED),
    (MODEL, STATIC, LIKELIEST, "traversal"): (0.5902, reasons.CLAIMED),
    (MODEL, STATIC, WITH, "multipath_block"): (0.0748, reasons.NOT_THE_HIGHEST),
    (MODEL, PATHS, WITH, "ratio"): (0.0003, reasons.MERGED),
    (MODEL, PATHS, WITH, "multiround"): (0.0003, reasons.MERGED),
    (MODEL, PATHS, WITH, "recursive"): (0.0003, reasons.MERGED),
    (MODEL, PATHS, WITH, "traversal"): (0.0027, reasons.MERGED),
    (menu.RETRIEVAL, DYNAMIC, LIKELIEST, "ratio"): (0.3566, reasons.CLAIMED),
    (menu.SEARCHED, DYNAMIC, LIKELIEST, "recursive"): (0.3566, reasons.CLAIMED),
    (menu.REMEMBERED, CHAIN, WITH, "ratio"): (0.1700, reasons.CLAIMED),
}
"""Refused pairs whose law is not the target's on the first tables: how far off, and what is said of it."""
WALK = "Nothing breaks: every draft carries"
KEPT = {
    (MODEL, CHAIN, WITH, "point_mass"): reasons.WASTED_TESTS,
    (MODEL, CHAIN, DISTINCT, "point_mass"): reasons.WASTED_TESTS,
    (MODEL, PATHS, WITH, "point_mass"): reasons.WASTED_TESTS,
    (MODEL, CHAIN, WITH, "multipath_block"): reasons.ALONE,
    (MODEL, DYNAMIC, DISTINCT, "ratio"): WALK,
    (MODEL, DYNAMIC, DISTINCT, "multiround"): WALK,
    (MODEL, STATIC, WITH, "recursive"): WALK,
    (MODEL, STATIC, WITH, "traversal"): reasons.OTHER_PROOF,
    (MODEL, DYNAMIC, DISTINCT, "block"): reasons.WASTED_NODES,
    (MODEL, PATHS, WITH, "block"): reasons.WASTED_NODES,
    (MODEL, DYNAMIC, WITH, "multiround"): reasons.MADE_SOMETHING_ELSE,
    (MODEL, BEAM, LIKELIEST, "traversal"): reasons.MADE_SOMETHING_ELSE,
    (MODEL, PATHS, LIKELIEST, "block"): reasons.WASTED_NODES,
    (menu.LOOKUP, CHAIN, LIKELIEST, "ratio"): reasons.UNDER_ANOTHER_NAME,
    (menu.POOLED, DYNAMIC, LIKELIEST, "multipath_block"): reasons.UNDER_ANOTHER_NAME,
    (menu.RECYCLING, STATIC, LIKELIEST, "traversal"): reasons.UNDER_ANOTHER_NAME,
}
"""Refused pairs that are lossless all the same, and what the refusal is about."""
EVERY = [Pair(d, s, c, v) for d, s, c, v in itertools.product(*CHOICES.values())]
REASONS = {pair.reason for pair in EVERY} - {""}
NOBODY_MAKES_IT = {
    pair.reason: pair for pair in EVERY if pair.drafter in menu.FIXED and pair.verification == "point_mass"
}


def asked(pair: Pair, seed: int = 0) -> Experiment:
    return Experiment(pair.verification, "", seed, 3, 1.0, pair.drafter, pair.shape, pair.siblings)


def named(each: Any) -> str:
    """The pair; what is expected of it has no name."""
    is_pair = isinstance(each, tuple) and len(each) == 4
    return "-".join(each).replace(" ", "_") if is_pair else "so"


def test_every_reason_is_put_to_the_test() -> None:
    judged = {Pair(*each).reason for each in (*BENT, *KEPT)}
    assert "" not in judged
    assert judged | NOBODY_MAKES_IT.keys() >= {each for each in REASONS if "; it has no" not in each}
    drafters = {each.split(" drafts ")[0] for each in REASONS if "; it has no" in each}
    assert drafters == {each.split(" drafts ")[0] for each in NOBODY_MAKES_IT if "; it has no" in each} | {
        "N-gram memory"
    }


@pytest.mark.parametrize(("each", "expected"), BENT.items(), ids=named)
def test_a_pair_that_is_refused_for_its_law_leaves_it(each: tuple, expected: tuple[float, str]) -> None:
    found = explore(asked(Pair(*each)))
    assert found.variation == pytest.approx(expected[0], abs=1e-4) and found.variation > 1e-4
    assert found.samples < float("inf")
    assert sum(output for _, _, output in found.shown[-1].rows) == pytest.approx(1, abs=SAME)
    assert reasons.why(Pair(*each), False) == expected[1]


@pytest.mark.parametrize(("each", "said"), KEPT.items(), ids=named)
def test_a_refused_pair_that_is_lossless_is_called_so(each: tuple, said: str) -> None:
    for seed in (0,) if PATHS in each or BEAM in each else (0, 1):  # these have many branches
        found = explore(asked(Pair(*each), seed))
        assert found.variation < SAME and found.samples == float("inf")
    assert reasons.why(Pair(*each), True).startswith(said)
    assert found.mean > 1, "nothing was ever drafted"


@pytest.mark.parametrize("pair", NOBODY_MAKES_IT.values(), ids=lambda pair: pair.reason)
def test_what_nobody_drafts_runs_as_what_the_drafter_has(pair: Pair) -> None:
    found = explore(asked(pair))
    assert found.variation < SAME
    if pair.reason:
        assert reasons.why(pair, True) == reasons.MADE_SOMETHING_ELSE
        assert "fixed by the text so far" in reasons.ran(pair)


def test_a_test_for_drawn_tokens_keeps_more_than_the_point_mass_rule_for_them() -> None:
    wasteful = explore(asked(Pair(MODEL, CHAIN, WITH, "point_mass")))
    assert wasteful.right_mean > wasteful.mean + 0.1
    assert proper(Pair(MODEL, CHAIN, WITH, "point_mass")) == "ratio"
    assert proper(Pair(MODEL, STATIC, LIKELIEST, "ratio")) == "point_mass"
    assert proper(Pair(menu.SEARCHED, BEAM, DISTINCT, "point_mass")) == ""


@pytest.mark.parametrize("each", [next(iter(BENT)), next(iter(KEPT))], ids=named)
def test_a_recorded_run_stops_at_the_first_test_of_the_rule(each: tuple) -> None:
    pair = Pair(*each)
    found = caught(asked(pair))
    event = found.trace.events[found.event]
    assert isinstance(event, Judge) and event.rule in {rule.id for rule in pair.rule.rules}
    assert not any(isinstance(e, Judge) and e.rule == event.rule for e in found.trace.events[: found.event])
    assert found.report.ok and f"Event {found.event} is the first test" in found.sentence
    assert ("neither does the law" in found.sentence) == (each in KEPT)
    assert pair.reason in found.trace.header.promise
    assert (found.trace.header.guarantee == "lossy") == (each in BENT)


def test_fixed_drafts_are_tested_with_what_was_recorded_for_them() -> None:
    trace = record(asked(Pair(MODEL, STATIC, LIKELIEST, "ratio")), 0)
    assert check(trace).ok, "the bound of every test follows from the recorded probability"
    assert any(isinstance(event, Propose) and event.kind == "point" for event in trace.events)


def test_a_pair_is_completed_as_the_drafter_can_make_it() -> None:
    assert completed(MODEL, "ratio") == Pair(MODEL, CHAIN, WITH, "ratio")
    assert completed(menu.LOOKUP, "block") == Pair(menu.LOOKUP, CHAIN, LIKELIEST, "block")
    assert completed(menu.SEARCHED, "ratio").shape == DYNAMIC
    assert completed(MODEL, "ratio", shape=BEAM).siblings == DISTINCT
    assert completed(menu.LOOKUP, "ratio", shape=BEAM).reason.startswith("Prompt lookup drafts a chain")


@pytest.mark.parametrize(
    ("experiment", "sentence"),
    [
        (
            Experiment("ratio", drafter="nobody", shape=CHAIN, siblings=WITH),
            "drafter = 'nobody' is not",
        ),
        (Experiment("ratio", drafter=MODEL), "shape = '' is not one of"),
        (Experiment("nothing", "", 0, 3, 1.0, MODEL, CHAIN, WITH), "verification = 'nothing' is not"),
        (Experiment("ratio", "typical", 0, 3, 1.0, MODEL, CHAIN, WITH), "A mistake belongs to a rule alone"),
    ],
)
def test_a_bad_pair_is_one_sentence(experiment: Experiment, sentence: str) -> None:
    with pytest.raises(WorkbenchError, match=sentence):
        explore(experiment)
