"""Assisted generation of transformers as a trace: the same text, every verdict holds, nothing changed."""

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from viz.reel import reel
from workbench.models.api import ModelError
from workbench.models.assisted import AssistedRecorder
from workbench.trace import Commit, Forward, Judge, Propose, Score, Token, Trace, check, decode, encode, fold

PROMPT = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]])
WAYS: dict[str, dict[str, Any]] = {
    "assistant": {"do_sample": False},
    "assistant at a temperature": {"do_sample": True, "temperature": 1.3},
    "lookup": {"prompt_lookup_num_tokens": 3, "do_sample": False},
    "lookup at a temperature": {"prompt_lookup_num_tokens": 3, "do_sample": True},
    "early exit": {"assistant_early_exit": 1, "do_sample": False},
    "ensemble": {"do_sample": False, "assistant_ensemble_weight": 0.3},
}


def model(seed: int, layers: int = 2) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    shape = LlamaConfig(
        vocab_size=24, hidden_size=16, intermediate_size=32, num_hidden_layers=layers, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=128, bos_token_id=0, eos_token_id=23, pad_token_id=0,
    )  # fmt: skip
    made = LlamaForCausalLM(shape).eval()
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.6) if weight.ndim > 1 else None
    return made


@pytest.fixture(scope="module")
def target() -> LlamaForCausalLM:
    return model(0)


@pytest.fixture(scope="module")
def draft(target: LlamaForCausalLM) -> LlamaForCausalLM:
    """Close enough to the target that some drafts pass, far enough that some do not."""
    made = model(0)
    with torch.no_grad():
        for weight in made.parameters():
            weight += 0.15 * torch.randn_like(weight)
    made.generation_config.num_assistant_tokens = 4
    made.generation_config.num_assistant_tokens_schedule = "constant"
    made.generation_config.assistant_confidence_threshold = 0.0
    return made


def generate(target: Any, draft: Any, way: str, **more: Any) -> list[int]:
    how = {"max_new_tokens": 24, "top_k": 0, **WAYS[way], **more}
    if way.startswith(("assistant", "ensemble")):
        how["assistant_model"] = draft
    torch.manual_seed(7)
    return target.generate(PROMPT, **how)[0].tolist()


def recorded(target: Any, draft: Any, way: str, **more: Any) -> tuple[list[int], Trace]:
    with AssistedRecorder(target) as recorder:
        written = generate(target, draft, way, **more)
    return written, recorder.trace()


def text(trace: Trace) -> list[int]:
    return [fill.id for fill in fold(trace.events).lanes[0].fills if isinstance(fill, Token)]


@pytest.mark.parametrize("way", WAYS)
def test_the_text_is_what_generate_wrote_with_and_without_the_recorder(
    target: Any, draft: Any, way: str
) -> None:
    written, trace = recorded(target, draft, way)
    assert text(trace) == written == generate(target, draft, way)
    assert "_get_candidate_generator" not in vars(target)
    assert not target._forward_pre_hooks and not draft._forward_pre_hooks


@pytest.mark.parametrize("way", WAYS)
def test_the_trace_holds_and_is_drawn(target: Any, draft: Any, way: str) -> None:
    _, trace = recorded(target, draft, way)
    report = check(trace)
    assert report.ok, report.problems[:3]
    assert report.underivable == 0
    assert report.verdicts > 0
    assert encode(decode(encode(trace))) == encode(trace)
    assert reel(trace)["beats"]


def test_accepted_and_rejected_drafts_are_told_apart(target: Any, draft: Any) -> None:
    _, trace = recorded(target, draft, "assistant")
    verdicts = [passed for event in trace.events if isinstance(event, Judge) for passed in event.passed]
    assert any(verdicts) and not all(verdicts)
    sources = {event.source for event in trace.events if isinstance(event, Propose)}
    assert sources == {"draft", "target"}


def test_the_draw_that_was_not_seen_is_not_made_up(target: Any, draft: Any) -> None:
    _, trace = recorded(target, draft, "assistant at a temperature")
    rules = {event.rule for event in trace.events if isinstance(event, Judge)}
    assert rules == {"assisted_count"}
    assert "Its draw was not seen" in trace.glossary.rules["assisted_count"].no
    ratios = [value for event in trace.events if isinstance(event, Score) for value in event.values]
    assert ratios and all(0 <= ratio <= 1 for ratio in ratios)
    sources = {event.source for event in trace.events if isinstance(event, Propose)}
    assert "residual" in sources


def test_passes_are_those_that_ran(target: Any, draft: Any) -> None:
    calls = {"target": 0, "draft": 0}
    hooks = [
        each.register_forward_hook(lambda *_, name=name: calls.update({name: calls[name] + 1}))
        for name, each in (("target", target), ("draft", draft))
    ]
    _, trace = recorded(target, draft, "assistant")
    for hook in hooks:
        hook.remove()
    assert {cost.source: cost.passes for cost in trace.footer.costs} == calls
    first = next(event for event in trace.events if isinstance(event, Forward) and event.source == "target")
    later = [event for event in trace.events if isinstance(event, Forward) and event.source == "target"][1:]
    assert first.computed[0][0] == 0 and not first.visible
    assert all(event.visible and event.computed[0][0] == event.visible[0][1] for event in later)


def test_an_early_exit_runs_fewer_layers(target: Any, draft: Any) -> None:
    _, trace = recorded(target, draft, "early exit")
    layers = {event.source: event.layers for event in trace.events if isinstance(event, Forward)}
    assert layers == {"draft": ((0, 1),), "target": ((0, 2),)}


def test_an_end_of_text_inside_a_draft_is_an_accepted_draft(target: Any) -> None:
    """The assistant is the target itself, so that everything passes; the end lies inside a draft."""
    twin = model(0)
    twin.generation_config.num_assistant_tokens = 4
    twin.generation_config.num_assistant_tokens_schedule = "constant"
    twin.generation_config.assistant_confidence_threshold = 0.0
    free = generate(target, twin, "assistant")[PROMPT.shape[1] :]
    end = next(token for at, token in enumerate(free) if at > 0 and token not in free[:at])
    written, trace = recorded(target, twin, "assistant", eos_token_id=end)
    assert written[-1] == end and text(trace) == written
    proposed = {id: event.source for event in trace.events if isinstance(event, Propose) for id in event.ids}
    commits = [id for event in trace.events if isinstance(event, Commit) for id in event.candidates]
    assert check(trace).ok
    assert proposed[commits[-1]] == "draft"


def test_what_cannot_be_recorded_is_one_sentence(target: Any, draft: Any) -> None:
    with AssistedRecorder(target) as recorder:
        target.generate(PROMPT, max_new_tokens=2, do_sample=False)
    with pytest.raises(ModelError, match="Nothing was recorded"):
        recorder.trace()
    with AssistedRecorder(target), pytest.raises(ModelError, match="records one call"):
        generate(target, draft, "assistant")
        generate(target, draft, "assistant")
    assert not target._forward_pre_hooks
