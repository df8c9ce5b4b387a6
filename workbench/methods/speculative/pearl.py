"""PEARL: the drafter writes on while the target checks what it wrote before."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import following
from workbench.methods.loops.drafters import chain
from workbench.methods.loops.drafting.ahead import Drafted, judges, write
from workbench.methods.loops.reader import Reader
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import (
    ACCEPT_RATIO,
    DRAFT_LENGTH_HELP,
    DRAWN,
    GREEDY_MATCH,
    LEFT,
    RESIDUAL,
    TOP_K_HELP,
    TOP_P_HELP,
)
from workbench.methods.run import ANSWER, Run
from workbench.trace import ROOT, Commit, Event, Lanes, Measure, Phase, Score

FORMULA = "modelled, not measured: {}, in target passes, with a draft pass at `draft_cost`"
OVERLAPPED = Measure(
    "overlapped_time",
    "modelled time of the round",
    "target passes",
    "lower",
    FORMULA.format("the longer of the target's pass and of the draft passes beside it"),
)
IN_TURN = Measure(
    "in_turn_time",
    "modelled time of the same passes in turn",
    "target passes",
    "lower",
    FORMULA.format("the target's pass and the draft passes one after another"),
)


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    draft_length: int = knob(4, 1, 16, 1, DRAFT_LENGTH_HELP)
    draft_cost: float = knob(
        0.25, 0.01, 1, 0.01, "modelled time of a draft pass in target passes; moves the modelled clock alone"
    )
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


@method(
    id="pearl",
    title="PEARL: drafting and verifying at once",
    family="speculative",
    year=2024,
    paper="PEARL: Parallel Speculative Decoding with Adaptive Draft Length (Liu et al., 2024), arXiv "
    "2408.11850",
    needs={"target": "causal", "draft": "causal"},
    guarantee=Guarantee(
        Promise.SAME_DISTRIBUTION,
        "sampling",
        "Lossless: every token is kept by the speculative sampling test or replaced from the residual, only "
        "later than in a round of its own; at temperature 0 it is the target's greedy text.",
    ),
    params=Params,
    rules=(ACCEPT_RATIO, GREEDY_MATCH, DRAWN),
    measures=(OVERLAPPED, IN_TURN, LEFT),
    sources=(RESIDUAL,),
)
def pearl(run: Run, p: Params) -> Iterator[Event]:
    """Neither model waits: while the target judges the last drafts, the drafter bets that they hold.

    Source: Liu et al. 2024, section 4, and its code. Pre-verify (nothing is pending): the target's pass
    over the text runs beside the first drafts and judges the first of them alone. Post-verify: it reads
    the pending drafts beside the next ones, and judges them and the first new one. A rejection drops all
    that follows; there is no bonus token. Ticks: the target's pass starts together with the first draft
    pass of its round, so these two share one; the other draft passes come after each other. Both run in
    turn here: time saved is modelled by two Scores. Differs: drafting ends at an end-of-text and at the
    budget, and nothing unverified is ever part of the answer.
    """
    target, drafter = Reader(run.causal("target")), Reader(run.causal("draft"))
    rule = VERIFICATIONS["greedy" if p.temperature == 0 else "ratio"].verify
    pending: list[Drafted] = []
    yield run.begin()
    round = 0
    while not run.ended:
        round += 1
        yield Phase(0, f"{'Post' if pending else 'Pre'}-verify {round}")
        waiting = [each.token for each in pending]
        length = 0 if run.eos_ids.intersection(waiting) else min(p.draft_length, run.room - len(pending))
        with run.together():
            logits = target.read_tree(run.text, waiting, range(ROOT, len(waiting) - 1))
            ahead = [drafter.catch_up([*run.text, *waiting]).beliefs.logits] if length else []
        new = yield from write(run, p, drafter, ahead, length, pending)
        overlapped, in_turn = max(1.0, len(new) * p.draft_cost), 1 + len(new) * p.draft_cost
        yield Score(OVERLAPPED.id, Lanes((ANSWER,)), (overlapped,))
        yield Score(IN_TURN.id, Lanes((ANSWER,)), (in_turn,))

        tests = [*pending, *new[:1]]
        draft = chain(
            [each.id for each in tests],
            [each.token for each in tests],
            [each.drawn_from for each in tests] if p.temperature else (),
        )
        rows = yield from judges(run, p, logits, tests)
        outcome = yield from rule(run, draft, rows)
        kept = run.take([tests[node].token for node in outcome.path])
        read = min(kept, len(pending))  # the first new token was judged, but not read
        target.keep(range(read), waiting[:read])
        if kept:
            yield Commit(ANSWER, draft.ids[:kept])
        pending = [] if outcome.rejected else new[1:]
        if outcome.rejected and not run.ended:
            yield from following(run, p, outcome)
    yield run.finish()
