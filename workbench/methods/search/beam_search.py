"""Beam search: the best few hypotheses, kept side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method
from workbench.methods.loops.beams import (
    BEST,
    FINISHES,
    LOGPROB,
    NORMALISED,
    SURVIVES,
    Beam,
    Pool,
    answer,
    ended,
    extend,
    select,
)
from workbench.methods.run import ANSWER, Run
from workbench.trace import Event, Fork, Phase


@dataclass(frozen=True)
class Params:
    beams: int = knob(4, 1, 16, 1, "hypotheses kept alive")
    length_penalty: float = knob(
        1.0, 0, 2, 0.1, "exponent of the length that the score is divided by; 0 divides by 1"
    )
    early_stop: bool = knob(
        False, help="stop as soon as enough hypotheses ended, without proof that none can overtake"
    )


@method(
    id="beam_search",
    title="Beam search",
    family="search",
    year=1976,
    paper="The Harpy Speech Recognition System (Lowerre, 1976)",
    needs={"target": "causal"},
    guarantee=Guarantee(
        Promise.OTHER_TARGET,
        "",
        "It looks for a likelier whole text than greedy decoding finds, not for a sample; one beam without "
        "length "
        "penalty is greedy decoding.",
    ),
    params=Params,
    rules=(SURVIVES, FINISHES, BEST),
    measures=(LOGPROB, NORMALISED),
    lanes=True,
)
def beam_search(run: Run, p: Params) -> Iterator[Event]:
    """Keep the likeliest prefixes, as many as there are beams; extend all of them in one pass; drop the rest.

    Source: the standard decoder of machine translation, written from general knowledge: the best
    2 x beams extensions are looked at so that enough open ones remain; an ending inside the first
    `beams` places joins the finished pool; the search stops when that pool is full and no live beam can
    overtake it. All beams are one tree in the cache: a pass costs one row per beam. Ties go to the
    earlier beam, then to the lower token id.
    """
    target = run.causal("target")
    yield run.begin()
    reading = target.read(run.prompt, None, want=1)
    pool = Pool(p.beams, p.length_penalty)
    lane = run.lane()
    yield Fork(lane, ANSWER, len(run.prompt), 0, ())
    live = [Beam(lane, reading.memory.rows - 1)]
    for step in range(1, run.max_tokens + 1):
        yield Phase(0, f"Step {step}")
        extensions = yield from extend(run, live, reading, p.beams)
        live = yield from select(run, live, extensions, p.beams, pool)
        live = yield from ended(run, live)
        if not live or step == run.max_tokens or pool.settled(live, run.max_tokens, p.early_stop):
            break
        tokens = [beam.tokens[-1] for beam in live]
        reading = target.read(tokens, reading.memory, parents=[beam.row for beam in live], want=len(tokens))
        live = [beam._replace(row=row) for beam, row in zip(live, reading.rows, strict=True)]
    yield from answer(run, live, pool)
