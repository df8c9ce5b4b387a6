"""The same decoding by `transformers`: what our methods are measured against."""

from collections.abc import Sequence
from typing import Any

import torch

from benchmarks.runs import Bench
from benchmarks.timing import Paired, alternate
from workbench.run.recorder import Recording
from workbench.trace import Commit, Propose, Token, Trace

MAX_TOKENS = 64


def greedy_vs_generate(bench: Bench, turns: int) -> float:
    """How many times as fast our traced greedy decoding is as `generate`, for the same tokens."""
    paired = _against(bench, "greedy", {}, _peer(bench, "target"), {}, turns)
    bench.note(paired.line("transformers generate against our traced greedy"))
    return paired.ratio


def speculative_vs_assisted(bench: Bench, turns: int, length: int = 4) -> float:
    """The same for speculative decoding: temperature 0, the same draft length, no confidence stop."""
    knobs = {"temperature": 0.0, "draft_length": length}
    assistant = _peer(bench, "draft")
    settings = assistant.generation_config
    settings.num_assistant_tokens = length
    settings.num_assistant_tokens_schedule = "constant"
    settings.assistant_confidence_threshold = 0.0
    named = {"assistant_model": assistant}
    paired = _against(bench, "speculative_sampling", knobs, _peer(bench, "target"), named, turns)
    bench.note(paired.line("transformers assisted generation against our traced speculative_sampling"))
    return paired.ratio


def _against(
    bench: Bench, method: str, knobs: dict[str, Any], peer: Any, named: dict[str, Any], turns: int
) -> Paired:
    ready = [bench.prepared(method, MAX_TOKENS, knobs) for _ in range(turns + 2)]
    traced = Recording(ready.pop()).run()
    ids = torch.tensor([traced.header.prompt_ids], device=peer.device)
    written = committed(traced)
    ends = list(traced.header.models[0].eos_ids)

    def theirs() -> Any:
        return peer.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=MAX_TOKENS,
            do_sample=False,
            eos_token_id=ends,
            pad_token_id=0,
            **named,
        )

    found = theirs()[0, ids.shape[1] :].tolist()
    if found != written:
        place = next((i for i, (a, b) in enumerate(zip(found, written, strict=False)) if a != b), "the end")
        raise AssertionError(
            f"transformers and our {method} part at token {place}: the figure would be no ratio"
        )
    return alternate(theirs, lambda: Recording(ready.pop()).run(), turns)


def _peer(bench: Bench, role: str) -> Any:
    """The same weights, in the same number type, as a transformers model."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    name = {"target": "ar-target", "draft": "ar-drafter"}[role]
    loaded = bench.shelf.open(name, bench.device, bench.dtype)
    model: Any = AutoModelForCausalLM.from_pretrained(
        loaded.entry.folder, dtype=loaded.dtype, local_files_only=True
    )
    forbid(model, loaded.never)
    return model.to(loaded.device).eval()


def forbid(model: Any, never: Sequence[int]) -> None:
    """Ids that our models never predict are suppressed there too, so that both decode the same."""
    model.generation_config.suppress_tokens = list(never) or None


def committed(trace: Trace) -> list[int]:
    """The answer's tokens with the end of text, in order."""
    token = {
        id: fill.id
        for event in trace.events
        if isinstance(event, Propose)
        for id, fill in zip(event.ids, event.fills, strict=True)
        if isinstance(fill, Token)
    }
    return [token[id] for event in trace.events if isinstance(event, Commit) for id in event.candidates]
