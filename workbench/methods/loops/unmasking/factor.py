"""The select part whose bar rises with the rank (Fast-dLLM's factor rule)."""

from collections.abc import Generator

from workbench.methods.loops.unmasking.board import Round, Select
from workbench.methods.loops.unmasking.selects import best_only, passed
from workbench.trace import Event, Rule

FACTOR = Rule(
    "factor",
    "sure enough for its rank",
    ">",
    "confidence",
    "bar of its rank",
    "{what} is written: confidence {left} is above {right}, the bar of its rank.",
    "{what} stays masked: confidence {left} is not above {right}, the bar of its rank.",
    value_from="proposed",
)
SLIP = Rule(
    "last_rank_slip",
    "the released code's slip at the last rank",
    "==",
    "first rank that failed",
    "last rank",
    "{what} is written although it failed: the released code lets the last rank {right} through.",
    "{what} stays masked: rank {left} is not the last, {right}.",
)


def by_factor(factor: float, as_released: bool = False) -> Select:
    """The n surest, n as large as (r + 1) (1 - c_r) < factor allows for all ranks r <= n; else the best."""

    def select(now: Round) -> Generator[Event, None, list[int]]:
        verdict = FACTOR.judge(now.candidates, now.confidence, [1 - factor / (r + 2) for r in now.ranks])
        yield verdict
        chosen, last = passed(verdict), len(now.holes) - 1
        slip = now.ranks.index(last)
        if as_released and last and (len(chosen) == last or last == 1) and slip not in chosen:
            if not chosen:
                chosen = yield from best_only(now)
            yield SLIP.judge(now.refs([slip]), [last], [last])
            return sorted([*chosen, slip])
        return chosen or (yield from best_only(now))

    return select
