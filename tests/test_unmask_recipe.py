"""Composed unmasking: what is legal runs and checks, what is not is refused, and equalities hold."""

import itertools
import random
from pathlib import Path

import pytest
from fakes import table_run
from test_diffusion import Made, events_of, net, order_of, table

from workbench import tasks
from workbench.cli import main
from workbench.methods.catalogue import catalogue
from workbench.methods.loops.unmasking import menu
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Value, WorkbenchError, load
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


def chosen(params) -> dict:
    return {knob.name: getattr(params, knob.name) for knob in LISTS}


def around(knob: str, choice: str, seed: int) -> dict:
    """A legal selection with this choice, near to a random one."""
    wild = {**sample(1, seed)[0], knob: choice}
    found = RECIPE.nearest(RECIPE.values(wild), keep=(knob,))
    assert found is not None and getattr(found, knob) == choice
    return chosen(found)


EVERY = [(knob.name, choice) for knob in LISTS for choice in knob.choices]
LEGAL = [around(knob, choice, seed) for seed, (knob, choice) in enumerate(EVERY)]
"""Every part at least once, in company."""


def test_every_part_can_be_taken_from_the_default_on() -> None:
    for knob, choice in EVERY:
        found = RECIPE.nearest(RECIPE.values({knob: choice}), keep=(knob,))
        assert found is not None and getattr(found, knob) == choice


def test_every_refusal_is_a_sentence() -> None:
    reasons = {RECIPE.legal(RECIPE.values(each)) for each in sample(6000)} - {""}
    assert len(reasons) > 30
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


BLOCKS = {"scope": menu.ALIGNED, "compute": menu.KEPT, "stop": menu.BLOCK_END}
ONCE = {"scope": menu.CANVAS, "select": menu.DOUBLING}
CLOCK = {"scope": menu.ROUNDS, "select": menu.COINS}
WHOLE = {"block_length": 64}
TAIL = {"answer": "tail", "length": 3, "early": 2.0, "middle": 1.5, "late": 1.0}
WARM = {"temperature": 0.0, "top_p": 1.0}
LINE = {"scope": menu.CANVAS, "score": menu.ENTROPY}
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
    ({"select": menu.SLIPPED, "factor": 1.3}, ("fast_dllm_factor", {"factor": 1.3, "as_released": True})),
    ({"compute": menu.CLEAN}, ("freecache", {"cut": "all that is written"})),
    ({"compute": menu.SLIDING}, ("freecache", {"cut": "sliding window"})),
    ({"select": menu.BAR, "verify": menu.PARTS}, ("freedave_plus", {})),
    ({"select": menu.EVERY, "revise": menu.KEEP_COSINE}, ("rcr", {"schedule": "cosine"})),
    ({**ONCE}, ("ass", {})),
    ({**ONCE, "scope": menu.GROWING, "ahead": 2}, ("ass", {"blocks": 3})),
    ({**ONCE, "score": menu.LATE, "gamma_min": 0.01}, ("eoser_ass", {})),
    ({"scope": menu.CANVAS, "select": menu.EVEN, "score": menu.LATE}, ("eoser", WHOLE)),
    ({"select": menu.BEYOND, "scope": menu.AHEAD, "verify": menu.GUESS}, ("ete", {})),
    ({"select": menu.BEYOND, "scope": menu.AHEAD}, ("ete", {"branches": 1})),
    ({**LINE, "select": menu.COHERENT}, ("ccd", WHOLE)),
    ({**LINE, "select": menu.COHERENT_DUE}, ("ccd", {"dynamic": False, **WHOLE})),
    ({**LINE, "logits": menu.MEAN, "select": menu.CALM, "history": 3}, ("ccd_average", WHOLE)),
    (
        {**LINE, "logits": menu.MEAN, "select": menu.CALM, "history": 3, "limit": -1.0},
        ("ccd_average", {"dynamic": False, **WHOLE}),
    ),
    ({"select": menu.EVEN, "stop": menu.EARLY, "tail": 3, **BARS}, ("prophet", TAIL)),
    ({"scope": menu.ROUNDS, "select": menu.GRID, "score": menu.GAP}, ("dream_topk_margin", {})),
    ({"scope": menu.ROUNDS, "select": menu.GRID, "alg_temp": 0.4}, ("dream_maskgit_plus", {"alg_temp": 0.4})),
    ({**CLOCK}, ("dream_origin", {})),
    *(
        ({**CLOCK, "revise": revise, "eta": 0.3}, ("remdm", {"variant": variant, "eta": 0.3, **WARM}))
        for revise, variant in menu.TOSS.items()
    ),
    ({**BLOCKS, "select": menu.EVEN}, ("block_static", {})),
    ({**BLOCKS, "select": menu.EVEN, "score": menu.LEFT}, ("block_static", {"order": "left to right"})),
    ({**BLOCKS, "select": menu.SURER, "threshold": 0.5}, ("block_dynamic", {"threshold": 0.5})),
    ({**BLOCKS, "select": menu.TOGETHER, "budget": 0.9}, ("block_dynamic", {"by": "budget", "budget": 0.9})),
    ({**BLOCKS, "select": menu.COINS}, ("block_ancestral", {"temperature": 0.0})),
    ({**BLOCKS, "select": menu.HIT}, ("block_first_hitting", {"temperature": 0.0})),
    (
        {**BLOCKS, "select": menu.SURER, "verify": menu.CHECK, "bar": -32.0, "threshold": 0.5},
        ("s2d2", {"policy": "always", "threshold": 0.5}),
    ),
    (
        {"scope": menu.STAGED, "select": menu.MOVING, "stop": menu.END},
        ("tccf", {"coarse": 6, "low": 0.7, "high": 0.85}),
    ),
]
"""What is chosen beside plain parts, and the method that it then is."""


@pytest.mark.parametrize(("parts", "other"), SAME, ids=lambda x: x[0] if isinstance(x, tuple) else None)
def test_with_one_part_changed_it_is_that_parts_method(parts: dict, other: tuple[str, dict]) -> None:
    method, knobs = other
    length = {"block_length": 6} if any(k.name == "block_length" for k in catalogue()[method].knobs) else {}
    blockwise = parts.get("compute") == menu.KEPT
    mades: list[Made] = (
        [net(seed, block=6) for seed in range(4)] if blockwise else [*map(table, (2, 3)), *map(net, (0, 1))]
    )
    for made in mades:
        composed = events_of("unmask_recipe", {**PLAIN, "block_length": 6, **parts}, made)[0]
        alone = events_of(method, {**length, **knobs}, made)[0]
        written = [order_of(events) for events in (composed, alone)]
        if parts.get("verify") == menu.DRAFTS:  # the same text in fewer rounds
            written = [[set().union(*rounds)] for rounds in written]
        assert written[0] == written[1]


def test_every_part_is_some_methods() -> None:
    """The composed method is one of the others wherever its parts are theirs; no part is left out of that."""
    told = {(knob, choice) for parts, _ in SAME for knob, choice in {**PLAIN, **parts}.items()}
    apart = {("compute", menu.GUIDANCE), ("compute", menu.PREFIX)}  # see the next test
    assert set(EVERY) - told == apart


def test_guidance_and_the_prefix_cache_are_those_of_their_methods() -> None:
    for parts, (method, knobs) in (
        ({"compute": menu.GUIDANCE, "select": menu.EVEN}, ("llada_low_confidence", {"guidance": 1.0})),
        ({"compute": menu.PREFIX}, ("fast_dllm_cache", {"cache": "prefix"})),
    ):
        for seed in range(3):
            composed = events_of("unmask_recipe", {**PLAIN, "block_length": 6, **parts}, net(seed))[0]
            alone = events_of(method, {"block_length": 6, **knobs}, net(seed))[0]
            assert order_of(composed) == order_of(alone)


def test_illegal_pairs_are_refused_before_any_model_runs() -> None:
    for parts, says in (
        ({"revise": menu.SHADOW, "compute": menu.DUAL}, "stale rows would judge it"),
        ({"scope": menu.CANVAS, "compute": menu.FROZEN}, "grows from the left"),
        ({"logits": menu.CREDIT, "select": menu.GENEROUS, "revise": menu.SHADOW}, "remembered"),
        ({"logits": menu.MEAN, "select": menu.BAR}, "choose both or neither"),
        ({"select": menu.COINS}, "how many rounds there are"),
        ({"verify": menu.CHECK}, "the model's blocks, and keep them"),
        ({"verify": menu.GUESS, "logits": menu.CREDIT}, "copies of the canvas"),
        ({"compute": menu.SLIDING, "block_length": 15}, "give 14 at most"),
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


@pytest.mark.parametrize(
    ("parts", "model"),
    [
        ({"scope": menu.AHEAD, "select": menu.BEYOND, "verify": menu.GUESS, "temperature": 0.8}, "masked"),
        ({"scope": menu.ROUNDS, "select": menu.COINS, "revise": "coins, conf"}, "masked"),
        (
            {"scope": menu.ALIGNED, "compute": menu.KEPT, "select": menu.SURER, "verify": menu.CHECK},
            "block",
        ),
    ],
    ids=["guesses", "second_thoughts", "self_check"],
)
def test_an_exported_recipe_is_played_again_from_its_file(parts: dict, model: str, tmp_path: Path) -> None:
    """By command line, as a person does it: what no paper has put together is in the file, and only there."""
    out = tmp_path / "recipe.json"
    chosen = [word for pair in {**PLAIN, **parts}.items() for word in ("--set", f"{pair[0]}={pair[1]}")]
    words = ["run", "unmask_recipe", "--task", "sort:2", "--max-tokens", "16", "--out", str(out), *chosen]
    assert main([*words, "--model", f"denoiser={model}", "--seed", "3"]) == 0
    assert main(["check", str(out), "--rerun"]) == 0
    assert {name: load(out).header.knobs[name] for name in parts} == parts


def test_the_choices_of_the_page_are_the_parts() -> None:
    tables = (
        menu.SCOPES, menu.COMPUTES, menu.LOGITS, menu.SCORES, menu.SELECTS, menu.VERIFIES, menu.REVISES,
        menu.STOPS,
    )  # fmt: skip
    assert [set(k.choices) for k in LISTS] == [set(each) for each in tables]
    assert all(len(set(each)) == len(each) for each in itertools.chain(tables))
