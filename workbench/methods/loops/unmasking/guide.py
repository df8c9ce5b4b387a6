"""The verify part with a second opinion: an autoregressive model reads the drafts from the left."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workbench.maths.sample import argmax, precise, warp
from workbench.methods.loops.reader import Reader
from workbench.methods.loops.unmasking.board import Board, Pick, Round, Verified, Verify
from workbench.methods.loops.unmasking.selects import passed
from workbench.methods.run import ANSWER, Run
from workbench.trace import Candidates, Cells, DraftKind, Event, Judge, Rule, Source

GUIDE = "target"
"""The role of the model that reads along."""
GUIDING = Source(GUIDE, "autoregressive guide", "target")
SAME, LIKELY, AMONG, NEAR, COIN = "likeliest", "likely", "top k", "top k and near", "coin"
AGREES = Rule(
    "guide_agrees",
    "the guide's own choice",
    "==",
    "drafted token",
    "guide's likeliest token",
    "The guide agrees with {what}: it is its own choice.",
    "The guide disagrees with {what}: it would write token {right}.",
    value_from="token",
    bound_from="top(target)",
)
LIKELY_ENOUGH = Rule(
    "guide_finds_likely",
    "likely to the guide",
    ">",
    "guide's probability",
    "bar",
    "The guide finds {what} likely: {left} is above {right}.",
    "The guide finds {what} unlikely: {left} is not above {right}.",
    value_from="observed(target)",
    bound_from="knob(bar)",
)
AMONG_BEST = Rule(
    "guide_ranks",
    "among the guide's best",
    "<",
    "rank by the guide",
    "how many count",
    "{what} has rank {left} for the guide, below {right}.",
    "{what} has rank {left} for the guide, not below {right}.",
    bound_from="knob(among)",
)
NEAR_BEST = Rule(
    "guide_near_best",
    "near the guide's best",
    ">=",
    "guide's probability",
    "share of its best",
    "The guide gives {what} {left}, at least {right}.",
    "The guide gives {what} {left}, less than {right}.",
    value_from="observed(target)",
)
GUIDE_COIN = Rule(
    "guide_coin",
    "coin of the guide",
    "<",
    "u",
    "guide's probability",
    "The coin keeps {what}: u = {left} is below the guide's probability {right}.",
    "The coin drops {what}: u = {left} is not below the guide's probability {right}.",
    bound_from="observed(target)",
)
AGREED_PREFIX = Rule(
    "agreed_prefix",
    "before the first disagreement",
    "<",
    "place among the drafts",
    "drafts before the first disagreement",
    "{what} is written: place {left} is before the first disagreement, at {right}.",
    "{what} is not written: place {left} is not before the first disagreement, at {right}.",
)
OWN_FIRST = Rule(
    "own_first",
    "the first draft, so that every round advances",
    "==",
    "place among the drafts",
    "first place",
    "{what} is written although the guide disagrees: it is the first draft, and a round must advance.",
    "{what} is not the first draft.",
    bound_from="const(0)",
)
GUIDE_RULES = (AGREES, LIKELY_ENOUGH, AMONG_BEST, NEAR_BEST, GUIDE_COIN, AGREED_PREFIX, OWN_FIRST)


@dataclass(frozen=True)
class Agreement:
    """When the guide lets a draft pass. bar: least probability. among: best ranks. share: of its best."""

    kind: str = SAME
    bar: float = 0.1
    among: int = 5
    share: float = 0.5

    def judge(self, run: Run, ids: Candidates, tokens: list[int], probs: Tensor) -> Sequence[Judge]:
        """Verdicts over the drafts, which must all pass; probs (R, V): what the guide believes of each."""
        count = len(tokens)
        own = probs[range(count), tokens].tolist()
        if self.kind == SAME:
            return [AGREES.judge(ids, tokens, argmax(probs))]
        if self.kind == LIKELY:
            return [LIKELY_ENOUGH.judge(ids, own, [self.bar] * count)]
        if self.kind == COIN:
            return [GUIDE_COIN.judge(ids, [run.dice.uniform(each) for each in own], own)]
        ranks = (probs > probs[range(count), tokens][:, None]).sum(dim=-1).tolist()
        verdicts = [AMONG_BEST.judge(ids, ranks, [self.among] * count)]
        if self.kind == NEAR:
            bounds = [self.share * best for best in probs.amax(dim=-1).tolist()]
            verdicts.append(NEAR_BEST.judge(ids, own, bounds))
        return verdicts


@dataclass
class Guided:
    """The verifying part: of drafts from the left, those before the guide's first disagreement.

    chunk: drafts that the guide reads in one pass. correct: where it disagrees, its own token is written
    (speculative decoding with a diffusion drafter); else the first draft, if nothing else is.
    """

    run: Run
    agreement: Agreement
    chunk: int
    correct: bool
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(self.run.causal(GUIDE))

    def __call__(self, board: Board, now: Round, picks: list[Pick]) -> Generator[Event, None, Verified]:
        kept: list[Pick] = []
        wrong: Tensor | None = None
        while wrong is None and len(kept) < len(picks):
            part = picks[len(kept) : len(kept) + self.chunk]
            text = [*board.tokens[: picks[0].position], *(pick.token for pick in kept)]
            wrong = yield from self._read(text, part, kept, board.model.mask_id)
        ids = Candidates(tuple(pick.candidate for pick in picks))
        yield AGREED_PREFIX.judge(ids, list(range(len(picks))), [len(kept)] * len(picks))
        if wrong is not None and self.correct:
            kept.append((yield from self._own(wrong, picks[len(kept)].position)))
        if not kept:
            yield OWN_FIRST.judge(Candidates((picks[0].candidate,)), [0], [0])
            kept.append(picks[0])
        return Verified(kept)

    def _read(
        self, text: list[int], part: list[Pick], kept: list[Pick], mask: int
    ) -> Generator[Event, None, Tensor | None]:
        """One pass of the guide; adds what agrees to `kept`; its belief (V,) where it first disagrees."""
        tokens = [pick.token for pick in part]
        logits = precise(self.reader.read_tree(text, tokens, range(-1, len(tokens) - 1))[:-1])
        probs = warp(
            logits.index_fill(-1, torch.tensor([mask], device=logits.device), -torch.inf)
        )  # the guide knows no mask
        cells = Cells(ANSWER, tuple(pick.position for pick in part))
        yield from self.run.observe(GUIDE, cells, probs, also=[[token] for token in tokens])
        ids = Candidates(tuple(pick.candidate for pick in part))
        good = set(range(len(part)))
        for verdict in self.agreement.judge(self.run, ids, tokens, probs):
            yield verdict
            good &= set(passed(verdict))
        count = next((i for i in range(len(part)) if i not in good), len(part))
        self.reader.keep(range(count), tokens[:count])
        kept += part[:count]
        return None if count == len(part) else probs[count]

    def _own(self, probs: Tensor, position: int) -> Generator[Event, None, Pick]:
        """The guide's token where it disagrees."""
        token = int(probs.argmax())
        prob = float(probs[token])
        proposed = self.run.propose(GUIDE, [position], [token], [prob], DraftKind.POINT)
        yield proposed
        return Pick(position, token, proposed.ids[0], prob)


def by_guide(run: Run, agreement: Agreement, chunk: int, correct: bool) -> Verify:
    """The verify part; the drafts must stand behind a finished text, without a gap."""
    return Guided(run, agreement, chunk, correct)
