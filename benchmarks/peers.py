"""The same decoding by `transformers`: what our methods are measured against."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from benchmarks.runs import PROMPT, Bench
from benchmarks.timing import Paired, alternate
from workbench import tasks
from workbench.run.prepare import Prepared
from workbench.run.recorder import Recording
from workbench.trace import Commit, Propose, Token, Trace

MAX_TOKENS = 64
DRAFTED = (("json", 39), ("code", 37), ("story", 3), ("sudoku", 1))
"""Tasks with the longest answers: what is drafted must be text that the drafter has learnt."""


TARGET, DRAFTER = "ar-target", "ar-drafter"
CAUSAL = (TARGET, "ar-char", DRAFTER, "ar-drafter-weak")
"""The embedded causal models, the largest first."""


def greedy_vs_generate(bench: Bench, turns: int) -> float:
    """How many times as fast our traced greedy decoding is as `generate`: 64 tokens, the same ones."""
    return _greedy(bench, TARGET, turns)


def greedy_by_model(bench: Bench, turns: int) -> dict[str, float]:
    """The same for every embedded causal model: what both sides pay for the weights grows with their size,
    what they pay around them does not."""
    return {name: _greedy(bench, name, turns) for name in CAUSAL}


def _greedy(bench: Bench, name: str, turns: int) -> float:
    pair = _Pair(bench, "greedy", {}, _peer(bench, name), {}, PROMPT, True, {"target": name})
    paired = _race([pair], turns)
    bench.note(paired.line(f"transformers generate against our traced greedy, {name}"))
    return paired.ratio


def speculative_vs_assisted(bench: Bench, turns: int, length: int = 4) -> float:
    """The same for speculative decoding of whole answers: temperature 0, equal draft length, no early end."""
    knobs = {"temperature": 0.0, "draft_length": length}
    target, assistant = _peer(bench, TARGET), _peer(bench, DRAFTER)
    settings = assistant.generation_config
    settings.num_assistant_tokens = length
    settings.num_assistant_tokens_schedule = "constant"
    settings.assistant_confidence_threshold = 0.0
    named = {"assistant_model": assistant}
    prompts = [tasks.make(name, seed).prompt for name, seed in DRAFTED]
    pairs = [_Pair(bench, "speculative_sampling", knobs, target, named, prompt) for prompt in prompts]
    paired = _race(pairs, turns)
    bench.note(paired.line("transformers assisted generation against our traced speculative_sampling"))
    return paired.ratio


class _Pair:
    """One prompt, decoded by us and by transformers; making it asserts that the tokens are the same."""

    def __init__(
        self,
        bench: Bench,
        method: str,
        knobs: dict[str, Any],
        peer: Any,
        named: dict[str, Any],
        prompt: str,
        endless: bool = False,
        models: Mapping[str, str] | None = None,
    ) -> None:
        def prepared() -> Prepared:
            return bench.prepared(method, MAX_TOKENS, knobs, prompt=prompt, endless=endless, models=models)

        self.prepared, self.peer, self.named = prepared, peer, named
        trace = Recording(prepared()).run()
        self.ids = torch.tensor([trace.header.prompt_ids], device=peer.device)
        self.ends = None if endless else list(trace.header.models[0].eos_ids)
        ours, found = committed(trace), self.theirs()[0, self.ids.shape[1] :].tolist()
        if found != ours:
            place = next((i for i, (a, b) in enumerate(zip(found, ours, strict=False)) if a != b), "the end")
            raise AssertionError(f"transformers and {method} part at token {place}: that is no comparison")

    def theirs(self) -> Any:
        """transformers' way."""
        return self.peer.generate(
            self.ids,
            attention_mask=torch.ones_like(self.ids),
            max_new_tokens=MAX_TOKENS,
            do_sample=False,
            eos_token_id=self.ends,
            pad_token_id=0,
            **self.named,
        )


def _race(pairs: list[_Pair], turns: int) -> Paired:
    """Theirs against ours over all prompts; our runs are prepared before, as their model is."""
    ready = [[pair.prepared() for pair in pairs] for _ in range(turns + 1)]

    def theirs() -> None:
        for pair in pairs:
            pair.theirs()

    def ours() -> None:
        for prepared in ready.pop():
            Recording(prepared).run()

    return alternate(theirs, ours, turns)


def _peer(bench: Bench, name: str) -> Any:
    """The same weights, in the same number type, as a transformers model."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    loaded = bench.shelf.open(name, bench.device, bench.dtype)
    model: Any = AutoModelForCausalLM.from_pretrained(
        loaded.entry.folder, dtype=loaded.dtype, local_files_only=True
    )
    forbid(model, loaded.never)
    model.generation_config.eos_token_id = None  # the call says where text ends
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
