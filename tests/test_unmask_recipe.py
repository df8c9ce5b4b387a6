"""Composed unmasking: what is legal runs and checks, what is not is refused, and equalities hold."""

import itertools
import random

import pytest
from fakes import table_run
from test_diffusion import Made, events_of, net, order_of, table

from workbench import tasks
from workbench.methods.catalogue import catalogue
from workbench.methods.loops.unmasking import menu
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Value, WorkbenchError
from workbench.trace.check import check
from workbench.trace.codec import decode, encode, encode_events

RECIPE = catalogue()["unmask_recipe"]
LISTS = [each for each in RECIPE.knobs if each.choices]
PLAIN = {
    "scope": menu.FIXED, "compute": menu.PLAIN, "logits": menu.NONE, "score": menu.SURE, "select": menu.BAR,
    "verify": menu.NONE, "revise": menu.NONE, "stop": menu.NONE,
}  # fmt: skip


def sample(count: int, seed: int = 0) -> list[dict]:
    rng = random.Random(seed)
    return [{k.name: rng.choice(k.choices) for k in LISTS} for _ in range(count)]


LEGAL = [each for each in sample(600) if not RECIPE.legal(RECIPE.values(each))][:40]


def test_every_part_is_legal_somewhere() -> None:
    for knob, choice in [(each, choice) for each in LISTS for choice in each.choices]:
        found = RECIPE.nearest(RECIPE.values({knob.name: choice}), keep=(knob.name,))
        assert found is not None and getattr(found, knob.name) == choice


def test_every_refusal_is_a_sentence() -> None:
    reasons = {RECIPE.legal(RECIPE.values(each)) for each in sample(3000)} - {""}
    assert len(reasons) > 12
    for reason in reasons:
        assert reason[0] in "'ABCDEFGHIJKLMNOPQRSTUVWXYZ" and reason.endswith(".") and "\n" not in reason


@pytest.mark.parametrize("each", LEGAL, ids=lambda each: "-".join(each.values()).replace(" ", "_"))
def test_what_is_legal_runs_and_checks(each: dict) -> None:
    for knobs in ({}, {"temperature": 0.8}, {"steps": 5}, {"threshold": 0.4, "low": 0.3, "audit": True}):
        if RECIPE.legal(RECIPE.values({**each, **knobs})):
            continue
        trace = Recording(table_run(RECIPE, {**each, **knobs}, seed=2)).run()
        assert trace.footer.status == "complete", trace.footer.message
        assert check(trace).ok, check(trace).problems[:2]


BARS = {"early": 2.0, "middle": 1.5, "late": 1.0}
SAME = [
    ({}, ("fast_dllm_threshold", {"threshold": 0.85})),
    ({"select": menu.EVEN}, ("llada_low_confidence", {})),
    ({"select": menu.EVEN, "score": menu.CHANCE}, ("llada_random_remask", {})),
    ({"select": menu.FACTOR}, ("fast_dllm_factor", {})),
    ({"select": menu.BUDGET, "score": menu.ENTROPY}, ("eb_sampler", {})),
    ({"select": menu.MOVING}, ("bacd", {"low": 0.7, "high": 0.85})),
    ({"select": menu.LEAP}, ("local_leap", {})),
    ({"select": menu.STEADY}, ("klass", {})),
    ({"select": menu.WINNERS, "low": 0.7}, ("hierarchy", {})),
    ({"logits": menu.CREDIT}, ("credit_decoding", {})),
    ({"scope": menu.ADAPTIVE}, ("adablock", {})),
    ({"select": menu.EVEN, "stop": menu.EARLY}, ("prophet", {})),
    ({"select": menu.EVEN, "stop": menu.EARLY, **BARS}, ("prophet", BARS)),
    ({"select": menu.GENEROUS, "revise": menu.SHADOW}, ("wino", {})),
    ({"select": menu.EVERY, "revise": menu.KEEP}, ("rcr", {})),
    ({"compute": menu.DUAL}, ("fast_dllm_cache", {"cache": "dual"})),
    ({"compute": menu.FROZEN}, ("freecache", {})),
    ({"select": menu.EVEN, "verify": menu.DRAFTS}, ("llada_low_confidence", {})),
    ({"scope": menu.WINDOW, "select": menu.EVEN}, ("window_diffusion", {})),
]


@pytest.mark.parametrize(("parts", "other"), SAME, ids=lambda x: x[0] if isinstance(x, tuple) else None)
def test_with_one_part_changed_it_is_that_parts_method(parts: dict, other: tuple[str, dict]) -> None:
    method, knobs = other
    length = {"block_length": 6} if any(k.name == "block_length" for k in catalogue()[method].knobs) else {}
    mades: list[Made] = [*map(table, (2, 3)), *map(net, (0, 1))]
    for made in mades:
        composed = events_of("unmask_recipe", {**PLAIN, **parts, "block_length": 6}, made)[0]
        alone = events_of(method, {**knobs, **length}, made)[0]
        written = [order_of(events) for events in (composed, alone)]
        if parts.get("verify"):  # the same text in fewer rounds
            written = [[set().union(*rounds)] for rounds in written]
        assert written[0] == written[1]


def test_illegal_pairs_are_refused_before_any_model_runs() -> None:
    for parts, says in (
        ({"revise": menu.SHADOW, "compute": menu.DUAL}, "stale rows would judge it"),
        ({"scope": menu.CANVAS, "compute": menu.FROZEN}, "grows from the left"),
        ({"logits": menu.CREDIT, "select": menu.GENEROUS, "revise": menu.SHADOW}, "remembered"),
        ({"scope": menu.WINDOW, "select": menu.STEADY}, "refreshes"),
        ({"verify": menu.DRAFTS, "select": menu.FACTOR}, "one token a round or a threshold"),
    ):
        with pytest.raises(WorkbenchError, match=says):
            RECIPE.parse({**PLAIN, **parts})


def test_the_trace_holds_the_recipe_and_reproduces_from_it() -> None:
    """Credit, adaptive blocks and early commit together on the embedded model."""
    knobs: dict[str, Value] = {"alpha": 0.5, "early": 11.0}
    request = Request("unmask_recipe", tasks.make("sort", 2).prompt, knobs=knobs, max_tokens=32)
    shelf = Shelf()
    trace = Recording(prepare(request, shelf)).run()
    assert trace.footer.status == "complete" and check(trace).ok
    read = decode(encode(trace))
    assert read.header.knobs["logits"] == menu.CREDIT and read.header.knobs["scope"] == menu.ADAPTIVE
    again = Recording(prepare(Request.of(read.header), shelf)).run()
    assert encode_events(again.events) == encode_events(trace.events)


def test_the_choices_of_the_page_are_the_parts() -> None:
    tables = (
        menu.SCOPES, menu.COMPUTES, menu.LOGITS, menu.SCORES, menu.SELECTS, menu.VERIFIES, menu.REVISES,
        menu.STOPS,
    )  # fmt: skip
    assert [set(k.choices) for k in LISTS] == [set(each) for each in tables]
    assert all(len(set(each)) == len(each) for each in itertools.chain(tables))
