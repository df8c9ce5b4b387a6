"""The stop part that looks ahead: once the answer is decided, everything is written (Prophet)."""

from collections.abc import Generator, Sequence

from workbench.maths.sample import argmax
from workbench.methods.loops.unmasking.board import Board, Ending, Stop
from workbench.methods.run import ANSWER
from workbench.trace import Cells, Event, Lanes, Measure, Rule, Score

GAP = Measure("logit_gap", "gap", "logits", "higher", "likeliest minus second likeliest logit")
DECIDED = Rule(
    "decided",
    "the answer is decided",
    ">=",
    "mean gap in the answer",
    "gap asked for at this time",
    "The answer is decided: its mean gap {left} reaches {right}; everything is written now.",
    "The answer is open: its mean gap {left} is below {right}.",
)


def decided(bars: tuple[float, float, float], rounds: int, tail: int = 0) -> Stop:
    """Write every hole once the mean gap of the answer reaches the bar of this third of the `rounds`.

    tail: the answer is so many positions before the end that is predicted; 0: all that the prediction covers.
    """
    early, middle, late = bars

    def stop(board: Board) -> Generator[Event, None, Ending]:
        prediction = yield from board.predict()
        region = [i for i in board.region if prediction.has(i)]
        logits = prediction.at(region)
        best = logits.topk(2, dim=-1).values
        gaps = (best[:, 0] - best[:, 1]).clamp_max(1e6).tolist()
        ends = [token in board.run.eos_ids for token in argmax(logits)]
        where = _answer(ends, tail)
        cells = Cells(ANSWER, tuple(region[i] for i in where))
        yield Score(GAP.id, cells, tuple(gaps[i] for i in where))
        done = (board.rounds + 1) / rounds
        bar = early if done < 0.33 else middle if done < 0.67 else late
        verdict = DECIDED.judge(Lanes((ANSWER,)), [sum(gaps[i] for i in where) / len(where)], [bar])
        yield verdict
        return Ending.ALL_IN if verdict.passed[0] else Ending.GO

    return stop


def _answer(ends: Sequence[bool], tail: int) -> list[int]:
    """Which of the positions are the answer; `ends`: where an end-of-text is predicted."""
    text = [i for i, end in enumerate(ends) if not end]
    return (text[-tail:] if tail else []) or list(range(len(ends)))
