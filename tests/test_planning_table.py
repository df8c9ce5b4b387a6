"""In its degenerate setting every masked sampler is its baseline: which test says so, and the missing ones.

Each line names an equality, the test that holds it on random small networks, and the one on the embedded
models. Tests without a file are in this one; that all of them exist is itself tested.

    fast_dllm_threshold: threshold 1 is one token a round, the surest first
        test_diffusion::test_the_degenerate_setting_is_the_baseline
        test_diffusion::test_degenerate_settings_on_the_embedded_model
    fast_dllm_factor: factor 0 is the same
        test_diffusion::test_the_degenerate_setting_is_the_baseline
        test_diffusion::test_degenerate_settings_on_the_embedded_model
    fast_dllm_cache: refreshed every round, no cache
        test_diffusion::test_a_cache_refreshed_every_round_is_no_cache
        test_the_embedded_model_agrees
    freecache: nothing frozen, no cache
        test_diffusion_c::test_freecache_that_freezes_nothing_is_the_threshold_rule
        test_diffusion_c::test_limits_on_the_embedded_model
    window_diffusion: a window over everything is low-confidence remasking
        test_diffusion_c::test_a_window_over_everything_is_low_confidence_remasking
        test_diffusion_c::test_limits_on_the_embedded_model
    eb_sampler: no budget is one token a round, by entropy
        test_diffusion::test_no_budget_is_one_token_a_round_in_entropy_order
        test_the_embedded_model_agrees
    remdm: no strength is ancestral sampling
        test_no_second_thoughts_are_ancestral_sampling
        test_the_embedded_model_agrees
    rcr: one round is one round of low-confidence remasking
        test_diffusion::test_rcr_takes_its_rounds_and_keeps_the_surest
        test_the_embedded_model_agrees
    wino: nothing revoked is the threshold rule
        test_diffusion::test_wino_that_never_revokes_is_the_threshold_rule
        test_the_embedded_model_agrees
    klass: never steady is one token a round; always steady the threshold rule
        test_diffusion::test_the_degenerate_setting_is_the_baseline
        test_diffusion::test_degenerate_settings_on_the_embedded_model
    hierarchy: a low bar of 1 is the threshold rule
        test_diffusion::test_the_degenerate_setting_is_the_baseline
        test_diffusion::test_degenerate_settings_on_the_embedded_model
    prophet: bars that are never reached leave the base sampler
        test_diffusion::test_what_is_switched_off_changes_nothing
        test_diffusion::test_switched_off_on_the_embedded_model
    credit_decoding: alpha 0 is the threshold rule
        test_diffusion::test_what_is_switched_off_changes_nothing
        test_diffusion::test_switched_off_on_the_embedded_model
    local_leap: reach 0, or equal bars, is the threshold rule
        test_diffusion::test_what_is_switched_off_changes_nothing
        test_diffusion::test_switched_off_on_the_embedded_model
    ccd: no line, or no round with the rule, is one token a round by entropy
        test_diffusion_a::test_what_is_switched_off_leaves_the_baseline
        test_diffusion_a::test_the_same_on_the_embedded_model
    ccd_average: a mean of one round is the same
        test_diffusion_a::test_what_is_switched_off_leaves_the_baseline
        test_diffusion_a::test_the_same_on_the_embedded_model
    adablock: no delimiter is fixed blocks, with and without caches
        test_diffusion_a::test_what_is_switched_off_leaves_the_baseline
        test_diffusion_a::test_the_same_on_the_embedded_model
    ete: no guess and nothing ahead is the threshold rule
        test_diffusion_a::test_what_is_switched_off_leaves_the_baseline
        test_diffusion_a::test_the_same_on_the_embedded_model
    freedave: one token a round, token for token
        test_diffusion_b::test_free_drafts_lose_nothing
        test_diffusion_b::test_free_drafts_lose_nothing_on_the_embedded_models
    freedave_plus: whole rounds only are the threshold rule, token for token
        test_diffusion_b::test_whole_rounds_of_threshold_decoding_stay_whole
        test_the_embedded_model_agrees
    s2d2: always checked is the model in blocks of one; never checked is the dynamic rule
        test_diffusion_b::test_checked_drafts_are_the_greedy_text_at_temperature_zero
        test_diffusion_b::test_blocks_of_one_verify_on_the_embedded_model
    eoser: factor 1 is low-confidence remasking
        test_diffusion_b::test_without_a_factor_ends_of_text_are_like_all_tokens
        test_diffusion_b::test_degenerate_settings_on_the_embedded_models
    eoser_ass: factor 1 is the ascending step size
        test_diffusion_b::test_without_a_factor_ends_of_text_are_like_all_tokens
        test_diffusion_b::test_degenerate_settings_on_the_embedded_models
    guided_diffusion: a guide that never agrees leaves the model alone, from the left
        test_diffusion_c::test_a_guide_that_never_agrees_leaves_the_model_alone_from_the_left
        test_the_embedded_model_agrees
    bacd: equal bounds are the threshold rule
        test_diffusion_c::test_equal_bounds_are_the_threshold_rule
        test_diffusion_c::test_equal_bounds_are_the_threshold_rule_on_the_embedded_model
    tccf: one block length is one stage
        test_diffusion_c::test_one_block_length_and_no_cue_is_one_stage
        test_diffusion_c::test_limits_on_the_embedded_model
    block_dynamic: threshold 1, or no budget, is static block diffusion
        test_diffusion_b::test_the_degenerate_setting_is_the_baseline
        test_diffusion_b::test_degenerate_settings_on_the_embedded_models
    block_static, block_ancestral, block_first_hitting: blocks of one are autoregressive
        test_diffusion_b::test_blocks_of_one_are_autoregressive
        test_diffusion_b::test_blocks_of_one_verify_on_the_embedded_model
    unmask_recipe: with the parts of a method it is that method
        test_unmask_recipe::test_with_one_part_changed_it_is_that_parts_method
        test_the_embedded_model_agrees
"""

import re
from pathlib import Path

import pytest
from test_diffusion import MODELS, TOKENS, Made, events_of, order_of, shipped, table

from workbench.methods.catalogue import catalogue
from workbench.methods.loops.unmasking import menu
from workbench.models.shelf import Shelf
from workbench.trace import Judge

PLAIN = {
    "scope": menu.FIXED, "compute": menu.PLAIN, "logits": menu.NONE, "score": menu.SURE, "select": menu.BAR,
    "verify": menu.NONE, "revise": menu.NONE, "stop": menu.NONE, "block_length": 8,
}  # fmt: skip
BY_ENTROPY = {**PLAIN, "scope": menu.CANVAS, "score": menu.ENTROPY, "select": menu.EVEN}
ALONE = {"threshold": 1.0, "block_length": 1}
GRID = {"steps": 16, "temperature": 0.0}
PAIRS = [
    (("fast_dllm_threshold", ALONE), ("fast_dllm_cache", {**ALONE, "cache": "prefix"})),
    (("fast_dllm_threshold", ALONE), ("fast_dllm_cache", {**ALONE, "cache": "dual"})),
    (("unmask_recipe", BY_ENTROPY), ("eb_sampler", {"gamma": 0.0})),
    (("dream_origin", GRID), ("remdm", {**GRID, "eta": 0.0, "top_p": 1.0})),
    (("llada_low_confidence", {"steps": 1}), ("rcr", {"steps": 1})),
    (
        ("fast_dllm_threshold", {"threshold": 0.5, "block_length": 5}),
        ("wino", {"wide": 0.5, "narrow": 0.0, "block_length": 5}),
    ),
    (
        ("fast_dllm_threshold", {"threshold": 0.7, "block_length": 8}),
        ("freedave_plus", {"threshold": 0.7, "match": "whole"}),
    ),
    (("fast_dllm_threshold", ALONE), ("guided_diffusion", {"agreement": "likely", "bar": 1.0})),
    (("fast_dllm_threshold", {"block_length": 8}), ("unmask_recipe", PLAIN)),
]
REGROUPED = ("freedave_plus",)
"""Methods that write their baseline's rounds together."""
ENDING = ("guided_diffusion",)
"""Methods that end with the end of text, where their baseline fills the canvas."""


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda pair: pair[0])
def test_the_embedded_model_agrees(shelf: Shelf, one: tuple, other: tuple) -> None:
    first, second = (order_of(shipped(shelf, method, knobs).events) for method, knobs in (one, other))
    if other[0] in REGROUPED:
        first, second = [set().union(*first)], [set().union(*second)]
    if other[0] in ENDING:
        first = first[: len(second)]
    assert first == second


@pytest.mark.parametrize("model", MODELS)
def test_no_second_thoughts_are_ancestral_sampling(model: Made) -> None:
    """The clocks end at 0.001 and at 0.00001, and no coin of these seeds falls between."""
    for heat in (0.0, 0.9):
        how = {"steps": 5, "temperature": heat}
        plain = order_of(events_of("dream_origin", how, model)[0])
        assert order_of(events_of("remdm", {**how, "eta": 0.0, "top_p": 1.0}, model)[0]) == plain


def test_a_clock_of_many_rounds_is_kept_to_its_end() -> None:
    """More rounds than four for every position: what is left is not written at once by the cap."""
    for method in ("dream_origin", "dream_entropy"):
        how = {"steps": 10 * TOKENS, "temperature": 0.0}
        events = events_of(method, how, table(0))[0]
        assert not [event for event in events if isinstance(event, Judge) and event.rule == "round_cap"]
        if method == "dream_origin":
            assert len(order_of(events)) > TOKENS - 3, "so fine a clock hardly lifts two at once"


ROW = re.compile(r"^    (\S[^\n]*)\n        (\S+)\n        (\S+)$", re.MULTILINE)


def test_every_line_of_the_table_names_tests_that_exist() -> None:
    rows = ROW.findall(__doc__ or "")
    assert len(rows) > 25
    for told, *names in rows:
        for name in names:
            module, _, function = name.rpartition("::")
            text = (Path(__file__).parent / f"{module or Path(__file__).stem}.py").read_text("utf-8")
            assert f"\ndef {function}(" in text, (told, name)


def test_every_method_with_a_baseline_stands_in_the_table() -> None:
    told = {id for row, *_ in ROW.findall(__doc__ or "") for id in row.partition(":")[0].split(", ")}
    free = {"llada_low_confidence", "llada_random_remask", "ass"} | {
        id for id in catalogue() if id.startswith("dream_")
    }  # baselines themselves, and a schedule that has none
    every = {id for id, method in catalogue().items() if method.family == "diffusion"}
    assert told | free == every
