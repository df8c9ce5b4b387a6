"""Draft, verify, commit: the loop of speculative decoding. A method is a drafter and a rule.

Between rounds exactly the last committed token is unread by the target; its row gives the
distribution that judges the first drafts, so a round costs one target pass.
"""

from collections.abc import Generator, Iterator
from typing import Protocol

from torch import Tensor

from workbench.maths.sample import warp
from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import Sampling, process, record
from workbench.methods.loops.verification.base import Draft, Outcome, Verify
from workbench.methods.loops.verification.stepwise import greedy
from workbench.methods.rules import DRAWN
from workbench.methods.run import ANSWER, Run
from workbench.trace import Candidates, Cells, Commit, DraftKind, Event, Phase

LEFT_KEPT = 10
"""So many of the likeliest tokens of a residual stand in a trace, a few more than of other rows."""


class Drafter(Protocol):
    """Proposes what may come next; told afterwards what became of it."""

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """At most `room` tokens deep."""
        ...

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None: ...


def draft_verify(run: Run, sampling: Sampling, drafter: Drafter, verify: Verify) -> Iterator[Event]:
    """Decode with `drafter`, judged by `verify` (by the greedy rule at temperature 0)."""
    rule = greedy if sampling.temperature == 0 else verify
    target = Reader(run.causal("target"))
    yield run.begin()
    round = 0
    while not run.ended:
        round += 1
        yield Phase(0, f"Round {round}")
        draft = yield from drafter.draft(run, run.room - 1)
        probs = yield from _read(run, sampling, target, draft)
        outcome = yield from rule(run, draft, probs)
        accepted = [draft.tokens[node] for node in outcome.path]
        kept = run.take(accepted)
        target.keep(outcome.path[:kept], accepted[:kept])
        if kept:
            yield Commit(ANSWER, tuple(draft.ids[node] for node in outcome.path[:kept]))
        if not run.ended:
            yield from following(run, sampling, outcome)
        drafter.learn(run, draft, outcome)
    yield run.finish()


def _read(run: Run, sampling: Sampling, target: Reader, draft: Draft) -> Generator[Event, None, Tensor]:
    """One target pass over what is unread and the draft: (1 + nodes, V), to be judged against."""
    logits = target.read_tree(run.text, draft.tokens, draft.parents)
    greedy = sampling.temperature == 0
    if greedy and not run.full:
        return logits
    probs = process(logits, sampling)
    asked: list[list[int]] = [[] for _ in range(1 + len(draft.tokens))]
    for token, parent in zip(draft.tokens, draft.parents, strict=True):
        asked[parent + 1].append(token)
    here = Cells(ANSWER, (len(run.prompt) + len(run.answer),))
    contexts = [here, Candidates(draft.ids)] if draft.ids else [here]
    yield from record(run, "target", contexts, logits, probs, sampling, asked)
    return logits if greedy else probs


def following(run: Run, sampling: Sampling, outcome: Outcome) -> Iterator[Event]:
    """The token after the accepted path: from the residual after a rejection, else from the target."""
    position = len(run.prompt) + len(run.answer)
    if sampling.temperature == 0:
        token = int(outcome.after.argmax())
        prob = float(warp(outcome.after.unsqueeze(0))[0, token])
        proposed = run.propose("target", [position], [token], [prob], DraftKind.POINT)
        yield proposed
    else:
        pick = outcome.drawn or run.dice.pick(outcome.after)
        token, prob = pick.index, pick.prob
        rejected = outcome.rejected and not outcome.drawn
        source = "residual" if rejected else "target"
        if rejected:
            here, left = Cells(ANSWER, (position,)), outcome.after.unsqueeze(0)
            yield from run.observe(source, here, left, "processed", [[token]], LEFT_KEPT)
        proposed = run.propose(source, [position], [token], [prob], DraftKind.SAMPLED)
        yield proposed
        yield DRAWN.judge(Candidates(proposed.ids), [pick.u], [pick.upper])
    run.take([token])
    yield run.commit(proposed)
