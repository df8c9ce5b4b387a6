"""One committed token per pass: the reference that everything else is measured against."""

from collections.abc import Iterator

from torch import Tensor

from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import GREEDY, Sampling, process, record
from workbench.methods.rules import DRAWN, LIKELIEST
from workbench.methods.run import ANSWER, Run
from workbench.trace import Candidates, Cells, DraftKind, Event, Phase

MOST = 20
"""So many of the likeliest tokens of each row stand in a trace: the row is the only one of its pass."""


def next_token(run: Run, sampling: Sampling = GREEDY) -> Iterator[Event]:
    """Decode greedily (temperature 0) or by sampling from the warped distribution."""
    reader = Reader(run.causal("target"))
    yield run.begin()
    while not run.ended:
        position = len(run.prompt) + len(run.answer)
        yield Phase(0, f"Token {len(run.answer) + 1}")
        logits = reader.catch_up(run.text).beliefs.logits  # (1, V)
        here = Cells(ANSWER, (position,))
        probs = process(logits, sampling)
        if sampling.temperature == 0:
            token, best, second = _likeliest(logits, probs)
            yield from run.observe("target", here, probs, most=MOST)
            proposed = run.propose("target", [position], [token], [best], DraftKind.POINT)
            yield proposed
            yield LIKELIEST.judge(Candidates(proposed.ids), [best], [second])
        else:
            token, u, upper, prob = run.dice.pick(probs[0])
            yield from record(run, "target", here, logits, probs, sampling, [[token]], MOST)
            proposed = run.propose("target", [position], [token], [prob], DraftKind.SAMPLED)
            yield proposed
            yield DRAWN.judge(Candidates(proposed.ids), [u], [upper])
        run.take([token])
        yield run.commit(proposed)
    yield run.finish()


def _likeliest(logits: Tensor, probs: Tensor) -> tuple[int, float, float]:
    """The likeliest token, its probability, and the runner-up's."""
    top = probs.topk(2, dim=-1)
    best, second = top.values[0].tolist()
    return int(logits.argmax() if best == second else top.indices[0, 0]), best, second
