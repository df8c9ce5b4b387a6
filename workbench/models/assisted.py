"""Assisted generation of `transformers`, recorded as a trace while it runs.

    with AssistedRecorder(model, tokenizer) as recorder:
        model.generate(ids, assistant_model=draft)  # or prompt_lookup_num_tokens, assistant_early_exit
    trace = recorder.trace()

The recorder listens at three places and changes nothing: what the candidate generator proposes and with which
logits, what the model's scores were when the generator is told of the matches, and every forward pass of both
models. It does not see the uniform draws of the acceptance test. A run at a temperature therefore has no
verdict `u < target/draft`; it has the ratio as a score, and the rule by which `transformers` counted.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.models.api import ModelError
from workbench.models.assisted_nouns import COUNTED, DRAWN, ENSEMBLE, EXACT, MATCH, RATIO, SOURCES
from workbench.models.tokens import Tokens
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    Close,
    Commit,
    Cost,
    DraftKind,
    Event,
    Footer,
    Fork,
    Forward,
    Glossary,
    Header,
    ModelCard,
    Observe,
    Phase,
    Propose,
    Refs,
    Score,
    Token,
    Trace,
)

ANSWER, KEPT = 0, 8
"""The lane of the answer, and how many of the likeliest tokens a belief keeps."""


@dataclass
class Round:
    """What was proposed: `start` is the place of the first draft, `logits` (n, V) or None."""

    start: int
    tokens: list[int]
    ids: tuple[int, ...]
    logits: Any


@dataclass
class AssistedRecorder:
    """A context around one call of `model.generate`. `tokenizer`: for the text; without it ids are shown."""

    model: Any
    tokenizer: Any = None
    _events: list[Event] = field(default_factory=list)
    _clock: list[float] = field(default_factory=list)
    _tokens: dict[int, bytes] = field(default_factory=dict)
    _header: Header | None = None
    _round: Round | None = None
    _rounds: int = 0
    _ids: int = 0
    _ticks: int = 0
    _drafting: bool = False
    _greedy: bool = True
    _mixed: bool = False
    _eos: frozenset[int] = frozenset()
    _undo: list[Callable[[], None]] = field(default_factory=list)

    def __enter__(self) -> "AssistedRecorder":
        inner = self.model._get_candidate_generator

        def watched(*args: Any, **how: Any) -> Any:
            generator = inner(*args, **how)
            self._begin(generator, how)
            return generator

        self.model._get_candidate_generator = watched
        self._undo.append(lambda: delattr(self.model, "_get_candidate_generator"))
        self._listen(self.model)
        self._began = time.perf_counter()
        return self

    def __exit__(self, *failure: object) -> None:
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def trace(self) -> Trace:
        """The run so far; complete once `generate` has returned."""
        if self._header is None:
            raise ModelError(
                "Nothing was recorded: call generate of this model inside the context, with assistant_model, "
                "prompt_lookup_num_tokens or assistant_early_exit."
            )
        events, clock = list(self._events), list(self._clock)
        events.append(Close(ANSWER, self._verdict(), ROOT))
        clock.append(clock[-1])
        glossary = Glossary.of((RATIO,), (MATCH, DRAWN, COUNTED), sources=SOURCES)
        footer = Footer("complete", "", tuple(_costs(events)))
        return Trace(self._header, glossary, tuple(events), footer, dict(self._tokens), tuple(clock))

    # -- what is listened to -----------------------------------------------------------------

    def _listen(self, model: Any) -> None:
        """Every forward pass of a model; whose it is follows from when it happens."""

        def passed(module: Any, args: tuple[Any, ...], how: dict[str, Any]) -> None:
            if self._header is None:
                return
            fed: Any = how.get("input_ids", args[0] if args else None)
            fed = how["inputs_embeds"] if fed is None else fed
            cache = how.get("past_key_values")
            past = int(cache.get_seq_length()) if cache is not None else 0
            source = "draft" if self._drafting else "target"
            layers = module.config.get_text_config().num_hidden_layers
            seen = ((0, past),) if past else ()
            self._say(Forward(source, self._ticks, ((past, past + fed.shape[1]),), seen, ((0, layers),)))
            self._ticks += 1

        self._undo.append(model.register_forward_pre_hook(passed, with_kwargs=True).remove)

    def _begin(self, generator: Any, how: dict[str, Any]) -> None:
        if self._header is not None:
            raise ModelError("One recorder records one call of generate; open another one for the next.")
        config, prompt = how["generation_config"], how["input_ids"]
        assistant = how.get("assistant_model")
        self._greedy = not config.do_sample
        self._mixed = getattr(config, "assistant_ensemble_weight", None) is not None
        self._header = self._described(generator, config, prompt[0].tolist(), assistant)
        self._eos = frozenset(self._header.models[0].eos_ids)
        if assistant is not None and assistant is not self.model:
            self._listen(assistant)
        self._say(Fork(ANSWER, ROOT, 0, 0, tuple(map(Token, self._header.prompt_ids))))
        self._spell(self._header.prompt_ids)
        self._watch(generator)

    def _watch(self, generator: Any) -> None:
        """Stand before the two methods of this one generator."""
        propose, learn = generator.get_candidates, generator.update_candidate_strategy

        def get_candidates(input_ids: Any, *args: Any, **how: Any) -> Any:
            self._rounds += 1
            self._say(Phase(0, f"Round {self._rounds}"))
            self._drafting = True
            try:
                candidates, logits = propose(input_ids, *args, **how)
            finally:
                self._drafting = False
            self._proposed(input_ids.shape[1], candidates, logits)
            return candidates, logits

        def update_candidate_strategy(input_ids: Any, scores: Any, num_matches: Any) -> Any:
            self._decided(input_ids, scores)
            return learn(input_ids, scores, num_matches)

        generator.get_candidates = get_candidates
        generator.update_candidate_strategy = update_candidate_strategy

    # -- what it means -----------------------------------------------------------------------

    def _proposed(self, start: int, candidates: Any, logits: Any) -> None:
        tokens = candidates[0, start:].tolist()
        fits = (
            logits is not None and logits.shape[1] == len(tokens) and max(tokens, default=0) < logits.shape[2]
        )
        rows: Any = logits[0].detach().float() if logits is not None and fits and tokens else None
        probs = [1.0] * len(tokens) if rows is None else _chances(rows.softmax(-1), tokens)
        kind = DraftKind.POINT if self._greedy or rows is None else DraftKind.SAMPLED
        ids = tuple(range(self._ids, self._ids + len(tokens)))
        self._round = Round(start, tokens, ids, rows)
        if tokens:
            self._propose("draft", range(start, start + len(tokens)), tokens, (ROOT, *ids[:-1]), probs, kind)
            if rows is not None:
                self._observe("draft", start, ids[:-1], rows.softmax(-1), [[token] for token in tokens])

    def _decided(self, text: Any, scores: Any) -> None:
        """`text` (1, T) with what was accepted; `scores` (1, n + 1, V) after the logits processors."""
        now = self._round
        if now is None:
            return
        written = text[0, now.start :].tolist()
        probs = scores[0].detach().float().softmax(-1)  # (n + 1, V)
        last = len(written) - 1
        cut = last < len(now.tokens) and written[last] == now.tokens[last]  # an end of text inside the draft
        kept = len(written) if cut else last
        examined = min(kept + 1, len(now.tokens)) if not cut else kept
        wanted = [[token] for token in (*now.tokens, written[last])][: len(probs)]
        self._observe("target", now.start, now.ids, probs, wanted)
        if examined:
            self._judge(now, examined, kept, written, probs)
        if kept:
            self._say(Commit(ANSWER, now.ids[:kept]))
        if not cut:
            self._own(now, last, written[last], probs)

    def _judge(self, now: Round, examined: int, kept: int, written: Sequence[int], probs: Any) -> None:
        of, drafted = Candidates(now.ids[:examined]), now.tokens[:examined]
        if self._greedy and not self._mixed:
            self._say(MATCH.judge(of, drafted, probs.argmax(-1)[:examined].tolist()))
        elif not self._greedy and now.logits is None:
            self._say(DRAWN.judge(of, drafted, list(written[:examined])))
        else:
            if now.logits is not None and not self._mixed:
                pairs = zip(_chances(probs, drafted), _chances(now.logits.softmax(-1), drafted), strict=True)
                ratios = tuple(min(1.0, target / draft) if draft else 1.0 for target, draft in pairs)
                self._say(Score(RATIO.id, of, ratios))
            self._say(COUNTED.judge(of, range(1, examined + 1), [kept] * examined))

    def _own(self, now: Round, last: int, token: int, probs: Any) -> None:
        """The target's own token: from the residual after a rejection by chance, else from the target."""
        row, source = probs[last], "target"
        if not self._greedy and not self._mixed and now.logits is not None and last < len(now.tokens):
            left = (row - now.logits[last].softmax(-1)[: len(row)]).clamp(min=0)
            if float(left.sum()) > 0:
                row, source = left / left.sum(), "residual"
        kind = DraftKind.POINT if self._greedy else DraftKind.SAMPLED
        chance = round(float(row[token]), 6)
        self._propose(source, (now.start + last,), (token,), (ROOT,), [chance], kind)
        self._say(Commit(ANSWER, (self._ids - 1,)))

    # -- events ------------------------------------------------------------------------------

    def _say(self, event: Event) -> None:
        self._events.append(event)
        self._clock.append(round((time.perf_counter() - self._began) * 1000, 3))

    def _propose(
        self, source: str, places: Sequence[int], tokens: Sequence[int], parents: Sequence[int],
        probs: Sequence[float], kind: DraftKind,
    ) -> None:  # fmt: skip
        fills = tuple(map(Token, tokens))
        self._spell(tokens)
        self._say(
            Propose(self._ids, source, ANSWER, tuple(places), fills, tuple(parents), tuple(probs), kind)
        )
        self._ids += len(tokens)

    def _observe(
        self, source: str, start: int, behind: Sequence[int], probs: Any, wanted: Sequence[Sequence[int]]
    ) -> None:
        """Row 0 is about the first place, the others about what follows the candidates `behind`."""
        width = min(KEPT, probs.shape[-1])
        entropies = (-(probs * probs.clamp(min=1e-30).log()).sum(-1)).tolist()
        best = probs.topk(width, -1).indices.tolist()
        rows: list[list[tuple[int, float]]] = []
        for row, (likely, asked) in enumerate(zip(best, wanted, strict=True)):
            keys = list(dict.fromkeys((*likely, *asked)))
            chances = probs[row, keys].tolist()
            ranked = sorted(zip(keys, chances, strict=True), key=lambda pair: (-pair[1], pair[0]))
            rows.append([(key, round(chance, 6)) for key, chance in ranked])
            self._spell(keys)
        parts: list[tuple[Refs, Any, Any]] = [(Cells(ANSWER, (start,)), rows[:1], entropies[:1])]
        if rows[1:]:
            parts.append((Candidates(tuple(behind[: len(rows) - 1])), rows[1:], entropies[1:]))
        for of, column, spread in parts:
            keys, chances = zip(*[tuple(zip(*row, strict=True)) for row in column], strict=True)
            told = tuple(round(each, 6) for each in spread)
            self._say(Observe(source, of, "processed", tuple(keys), tuple(chances), told))

    def _spell(self, ids: Sequence[int]) -> None:
        for id in ids:
            if id not in self._tokens:
                self._tokens[id] = self._bytes(id)

    def _bytes(self, id: int) -> bytes:
        fast = getattr(self.tokenizer, "backend_tokenizer", None)
        if fast is not None:
            self._fast = getattr(self, "_fast", None) or Tokens(fast, {})
            return self._fast.token_bytes(id) or f"<{id}>".encode()
        return (self.tokenizer.decode([id]) if self.tokenizer is not None else f"<{id}>").encode()

    def _verdict(self) -> str:
        assert self._header
        found = [event for event in self._events if isinstance(event, Propose)]
        fills = {id: fill for event in found for id, fill in zip(event.ids, event.fills, strict=True)}
        text = [fills[id] for event in self._events if isinstance(event, Commit) for id in event.candidates]
        if text and isinstance(text[-1], Token) and text[-1].id in self._eos:
            return "eos"
        return "budget" if len(text) >= self._header.max_tokens else "done"

    # -- the request -------------------------------------------------------------------------

    def _described(self, generator: Any, config: Any, prompt: Sequence[int], assistant: Any) -> Header:
        import torch
        import transformers

        names = (
            "do_sample",
            "temperature",
            "top_k",
            "top_p",
            "num_assistant_tokens",
            "prompt_lookup_num_tokens",
        )
        names += ("assistant_early_exit", "assistant_confidence_threshold", "assistant_ensemble_weight")
        knobs = {name: getattr(config, name, None) for name in names}
        knobs = {name: value for name, value in knobs.items() if isinstance(value, bool | int | float | str)}
        guarantee = "same greedy text" if self._greedy else "same distribution"
        cards = [_card("target", self.model, config)]
        cards += [_card("draft", assistant, config)] if assistant is not None else []
        words = self.tokenizer.decode(prompt) if self.tokenizer is not None else ""
        versions = {"torch": torch.__version__, "transformers": transformers.__version__}
        return Header(
            method="transformers_assisted",
            title="Assisted generation (transformers)",
            family="imported",
            status="published rule",
            guarantee="lossy" if self._mixed else guarantee,
            promise=ENSEMBLE if self._mixed else EXACT,
            knobs={"candidate_generator": type(generator).__name__, **knobs},
            models=tuple(cards),
            prompt=words,
            prompt_ids=tuple(prompt),
            seed=0,
            max_tokens=max(0, int(config.max_length) - len(prompt)),
            detail="full",
            device=self.model.device.type,
            dtype=str(self.model.dtype).removeprefix("torch."),
            versions=versions,
        )


def _card(role: str, model: Any, config: Any) -> ModelCard:
    """Who played a role; the weights are not hashed, so a rerun is not offered."""
    ends = config.eos_token_id
    eos = () if ends is None else (ends,) if isinstance(ends, int) else tuple(ends)
    named = model.config.get_text_config()
    name = getattr(model, "name_or_path", "") or type(model).__name__
    return ModelCard(role, name, "", model.num_parameters(), named.vocab_size, -1, eos)


def _chances(probs: Any, tokens: Sequence[int]) -> list[float]:
    """The probability of token i in row i, 6 digits; `probs` (rows, V)."""
    return [round(float(probs[row, token]), 6) for row, token in enumerate(tokens)]


def _costs(events: Sequence[Event]) -> Iterator[Cost]:
    """What the recorded passes add up to."""
    spent: dict[str, list[int]] = {}
    for event in events:
        if isinstance(event, Forward):
            rows = sum(stop - start for start, stop in event.computed)
            layers = sum(stop - start for start, stop in event.layers)
            total = spent.setdefault(event.source, [0, 0, 0])
            total[0], total[1], total[2] = total[0] + 1, total[1] + rows, total[2] + rows * layers
    for source, (passes, rows, layer_rows) in spent.items():
        yield Cost(source, passes, rows, layer_rows)
