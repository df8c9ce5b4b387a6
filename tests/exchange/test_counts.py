"""Counts of other programs are read by their own definitions, and say what they cannot say."""

import json
from typing import Any

import pytest

from workbench.exchange import Counts, open_any
from workbench.trace import WorkbenchError

VLLM = {
    "mean_acceptance_length": 1.2325581395348837,
    "draft_acceptance_rate": 0.07751937984496124,
    "acceptance_histogram": [39, 1, 0, 3],
    "num_spec_steps": 43,
    "num_accepted_draft_tokens": 10,
    "num_draft_tokens": 129,
    "num_spec_tokens": 3,
}
SGLANG = {
    "completion_tokens": 106,
    "spec_accept_length": 106 / 43,
    "spec_num_correct_drafts": 63,
    "spec_num_proposed_drafts": 215,
    "spec_verify_ct": 43,
    "spec_correct_drafts_histogram": [11, 14, 11, 4, 0, 3],
}


def opened(value: Any) -> Counts:
    counts = open_any(json.dumps(value).encode()).counts
    assert counts is not None
    return counts


def totals(value: Any) -> dict[str, Any]:
    return opened(value).described()["totals"]


def test_vllm_gives_what_it_says_of_itself() -> None:
    found = totals({"id": "chat-1", "metrics": {"speculative_decoding": VLLM}})
    assert found["mean_acceptance_length"] == round(VLLM["mean_acceptance_length"], 4)
    assert found["draft_acceptance_rate"] == round(VLLM["draft_acceptance_rate"], 4)
    assert found["mean_accepted_drafts"] == pytest.approx(10 / 43, abs=1e-4)


def test_positions_are_the_survival_of_the_histogram() -> None:
    rows = opened({"metrics": {"speculative_decoding": VLLM}}).described()["per_position"]
    assert [row["accepted"] for row in rows] == [4, 3, 3]
    assert {row["of"] for row in rows} == {43}


def test_vllm_steps_are_kept_in_order_where_the_file_has_them() -> None:
    part = VLLM | {"per_step_accepted": [0, 3], "per_step_drafted": [3, 3]}
    counts = opened({"metrics": {"speculative_decoding": part}})
    assert counts.requests[0].steps == ((0, 3), (3, 3))
    assert not any("In which pass" in sentence for sentence in counts.silent)
    summary = opened({"metrics": {"speculative_decoding": VLLM}})
    assert any("In which pass" in sentence for sentence in summary.silent)


@pytest.mark.parametrize(
    ("accepted", "drafted"),
    [
        ("spec_accept_token_num", "spec_draft_token_num"),
        ("spec_accepted_drafts", "spec_proposed_drafts"),
        ("spec_num_correct_drafts", "spec_num_proposed_drafts"),
    ],
)
def test_sglang_under_its_three_names(accepted: str, drafted: str) -> None:
    found = totals({"meta_info": {"spec_verify_ct": 43, accepted: 63, drafted: 215}})
    assert (found["num_accepted_tokens"], found["num_draft_tokens"]) == (63, 215)
    assert found["mean_acceptance_length"] == pytest.approx(SGLANG["spec_accept_length"], abs=1e-4)


def test_llama_counts_know_no_passes() -> None:
    timings = {"predicted_n": 200, "draft_n": 347, "draft_n_accepted": 65}
    described = opened({"timings": timings}).described()
    assert described["totals"]["draft_acceptance_rate"] == pytest.approx(65 / 347, abs=1e-4)
    assert described["totals"]["mean_acceptance_length"] is None
    assert described["histogram"] == described["per_position"] == []
    followed = totals({"timings": timings | {"draft_n": 90, "draft_n_accepted": 81, "draft_rounds": 30}})
    assert followed["mean_acceptance_length"] == 3.7


def test_spec_bench_lengths_lose_the_targets_own_token() -> None:
    lines = [
        {"question_id": 81, "category": "writing", "choices": [{"accept_lengths": [1, 4, 2]}]},
        {"question_id": 82, "category": "math", "choices": [{"accept_lengths": [3]}]},
    ]
    counts = open_any(b"\n".join(json.dumps(line).encode() for line in lines)).counts
    assert counts is not None
    described = counts.described()
    assert described["histogram"] == [1, 1, 1, 1]
    assert described["totals"]["num_accepted_tokens"] == 6
    assert described["totals"]["mean_acceptance_length"] == 2.5
    assert described["totals"]["draft_acceptance_rate"] is None
    assert [row["label"] for row in described["requests"]] == ["81 (writing)", "82 (math)"]


def test_requests_are_pooled_by_their_sums_and_odd_ones_are_left_out() -> None:
    chunks = [{"choices": []}, {"meta_info": SGLANG}, {"meta_info": SGLANG}]
    stream = b"\n".join(b"data: " + json.dumps(each).encode() for each in chunks) + b"\ndata: [DONE]\n"
    counts = open_any(stream).counts
    assert counts is not None
    assert counts.described()["totals"]["num_drafts"] == 86
    assert any(note.startswith("1 of the file's entries") for note in counts.notes)


def test_a_file_that_contradicts_itself_is_named() -> None:
    part = VLLM | {"acceptance_histogram": [39, 1]}
    notes = opened({"metrics": {"speculative_decoding": part}}).notes
    assert any("the histogram counts 40 passes, the sum says 43" in note for note in notes)
    assert any("holds 1 accepted drafts, the sum says 10" in note for note in notes)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"timings": {"draft_n": 3, "draft_n_accepted": 4}}, "cannot be"),
        ({"timings": {"draft_n": -3, "draft_n_accepted": 4}}, "a count"),
        ({"timings": {"draft_n": "<img>", "draft_n_accepted": 4}}, "a count"),
        ({"metrics": {"speculative_decoding": {"num_spec_steps": True}}}, "'num_accepted_draft_tokens'"),
        ({"metrics": {"speculative_decoding": VLLM | {"num_spec_steps": 1.5}}}, "a count"),
        ({"metrics": {"speculative_decoding": VLLM | {"acceptance_histogram": 3}}}, "no list"),
        ({"meta_info": {"spec_verify_ct": None}}, "a count"),
        ({"choices": [{"accept_lengths": [0, 1]}]}, "1 is the least"),
        ({"anything": "else"}, "neither a trace nor counts"),
        ([1, 2, 3], "neither a trace nor counts"),
    ],
)
def test_a_bad_file_is_one_sentence(value: Any, said: str) -> None:
    with pytest.raises(WorkbenchError, match=said) as caught:
        opened(value)
    assert "\n" not in str(caught.value)
