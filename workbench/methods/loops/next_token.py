"""One committed token per pass: the reference that everything else is measured against."""

from collections.abc import Iterator

from workbench.maths.sample import warp
from workbench.methods.loops.reader import Reader
from workbench.methods.rules import DRAWN, LIKELIEST
from workbench.methods.run import ANSWER, Run
from workbench.trace import Candidates, Cells, DraftKind, Event, Phase


def next_token(run: Run, temperature: float = 0.0, top_k: int = 0, top_p: float = 1.0) -> Iterator[Event]:
    """Decode greedily (temperature 0) or by sampling from the warped distribution."""
    reader = Reader(run.causal("target"))
    yield run.begin()
    while not run.ended:
        position = len(run.prompt) + len(run.answer)
        yield Phase(0, f"Token {len(run.answer) + 1}")
        logits = reader.catch_up(run.text).beliefs.logits  # (1, V)
        here = Cells(ANSWER, (position,))
        raw = warp(logits)
        if temperature == 0:
            best, second = raw[0].topk(2).values.tolist()
            token = int(logits.argmax())
            yield from run.observe("target", here, raw)
            proposed = run.propose("target", [position], [token], [best], DraftKind.POINT)
            yield proposed
            yield LIKELIEST.judge(Candidates(proposed.ids), [best], [second])
        else:
            probs = warp(logits, temperature, top_k, top_p)
            pick = run.dice.pick(probs[0])
            token = pick.index
            yield from run.observe("target", here, raw, also=[[token]])
            yield from run.observe("target", here, probs, "processed", also=[[token]])
            chance = float(probs[0, token])
            proposed = run.propose("target", [position], [token], [chance], DraftKind.SAMPLED)
            yield proposed
            yield DRAWN.judge(Candidates(proposed.ids), [pick.u], [pick.upper])
        run.take([token])
        yield run.commit(proposed)
    yield run.finish()
