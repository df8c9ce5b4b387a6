"""ReMDM: written tokens may become masks again, and more rounds make a better text."""

from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from math import exp

from workbench.maths.schedule import lift_chance, remask_limit
from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    CONFIDENCE,
    REMASK_COIN,
    ROUND_CAP,
    UNMASK_COIN,
    Board,
    Pick,
    Recipe,
    Round,
    Sampling,
    coins,
    rounds,
)
from workbench.methods.rules import TOP_P_HELP
from workbench.methods.run import ANSWER, Run
from workbench.trace import Cells, Event

END = 1e-5
"""Time at which the grid ends."""
VARIANTS = ("cap", "rescale", "conf", "loop")


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    top_p: float = knob(0.9, 0.05, 1, 0.05, TOP_P_HELP)
    variant: str = knob("cap", help="how the remasking chance is set", choices=VARIANTS)
    eta: float = knob(
        0.05, 0, 1, 0.005, "remasking strength; 0 is plain sampling, except for conf, which has none of it "
        "(paper, 1024 rounds: cap 0.008, rescale 0.015, loop 0.02)",
    )  # fmt: skip
    steps: int = knob(0, 0, 4096, 1, "rounds; 0 takes two for every new token (paper: 1024 for 1024 tokens)")
    loop_on: float = knob(0.55, 0, 1, 0.05, "loop: time at which remasking begins (time runs from 1 to 0)")
    loop_off: float = knob(0.05, 0, 1, 0.05, "loop: time at which remasking ends")
    loop_share: float = knob(0.9, 0.05, 0.95, 0.05, "loop: share of written tokens while it remasks")


def disorder(p: Params) -> str:
    """Why these knobs do not go together."""
    if p.variant == "loop" and not 0 < p.loop_off < p.loop_on < 1:
        return (
            f"loop_on = {p.loop_on:g} and loop_off = {p.loop_off:g} must both lie between 0 and 1, and time "
            "falls from 1 to 0: give a loop_on above loop_off."
        )
    return ""


@method(
    id="remdm",
    title="ReMDM",
    family="diffusion",
    year=2025,
    paper="Remasking Discrete Diffusion Models with Inference-Time Scaling (Wang et al., 2025), "
    "arXiv 2503.00307",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "It keeps the share of masks that the schedule asks for at each time, and approximates the model's "
        "reverse process; more rounds give tokens more second chances.",
    ),
    params=Params,
    rules=(UNMASK_COIN, REMASK_COIN, ROUND_CAP),
    legal=disorder,
)
def remdm(run: Run, p: Params) -> Iterator[Event]:
    """Lift every mask by a coin, and by another coin mask again what is written.

    Source: the authors' released code, and the paper's equation for the reverse step. With the share of
    written tokens going from a to b, a written token is masked again with chance sigma and a mask lifted
    with (b - (1 - sigma) a) / (1 - a). sigma is min(eta, limit) for cap, eta times the limit for rescale,
    for conf the limit shared out by softmax over minus the probability each token was written with, for
    loop eta in the middle of time only, while the share stands still. The limit is min(1, (1 - b) / a).
    Written tokens are carried over. Differs: a round without masks costs no pass.
    """
    steps = p.steps or 2 * run.max_tokens

    def chances(now: Round) -> list[float]:
        before, after, sigma = share(p, now.board.rounds, steps)
        doubts = _doubts(now.board, frozenset()) if p.variant == "conf" else {}
        return [lift_chance(before, after, sigma * doubts.get(i, 1.0)) for i in now.holes]

    def revise(board: Board, now: Round | None, picks: list[Pick]) -> Generator[Event, None, None]:
        fresh = {pick.position for pick in picks}
        old = [i for i in sorted(board.written) if i not in fresh]
        _, _, sigma = share(p, board.rounds, steps)
        if not old or not sigma:
            return
        doubts = _doubts(board, fresh) if p.variant == "conf" else {}
        odds = [sigma * doubts.get(i, 1.0) for i in old]
        draws = [run.dice.uniform(chance) for chance in odds]
        verdict = REMASK_COIN.judge(Cells(ANSWER, tuple(old)), draws, odds)
        yield verdict
        again = [i for i, yes in zip(old, verdict.passed, strict=True) if yes]
        yield from board.erase(again, "the coin asks for a second thought")

    sampling = Sampling(p.temperature, 0, p.top_p, processed=True)
    lift = coins(run.dice, chances)
    yield from unmask(run, Recipe(rounds(steps), lift, CONFIDENCE, sampling, revise=revise, cap=steps))


def share(p: Params, index: int, steps: int) -> tuple[float, float, float]:
    """The share of written tokens before and after round `index`, and sigma (its limit, for conf)."""
    time, following = (1 - (1 - END) * (index + i) / steps for i in (0, 1))
    before, after = (_loop_share(p, t) if p.variant == "loop" else 1 - t for t in (time, following))
    limit = remask_limit(before, after)
    if p.variant == "cap":
        return before, after, min(p.eta, limit)
    if p.variant == "rescale":
        return before, after, p.eta * limit
    if p.variant == "conf":
        return before, after, limit
    return before, after, min(p.eta, limit) if p.loop_off < time <= p.loop_on else 0.0


def _loop_share(p: Params, time: float) -> float:
    """Rising to loop_share until loop_on, standing still until loop_off, then rising to 1."""
    if time > p.loop_on:
        return (1 - time) / (1 - p.loop_on) * p.loop_share
    if time > p.loop_off:
        return p.loop_share
    return p.loop_share + (p.loop_off - time) / p.loop_off * (1 - p.loop_share)


def _doubts(board: Board, fresh: Collection[int]) -> dict[int, float]:
    """Softmax over the region of minus the probability when written; masks (and `fresh`) count as 0."""
    sure = {i: 0.0 if i in fresh or i not in board.written else board.written[i].prob for i in board.region}
    total = sum(exp(-prob) for prob in sure.values())
    return {i: exp(-prob) / total for i, prob in sure.items()}
