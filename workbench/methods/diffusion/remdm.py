"""ReMDM: written tokens may become masks again, and more rounds make a better text."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import (
    CONFIDENCE,
    REMASK_COIN,
    ROUND_CAP,
    UNMASK_COIN,
    Recipe,
    Sampling,
    coins,
    rounds,
)
from workbench.methods.loops.unmasking.remask import CAP, VARIANTS, Remasking
from workbench.methods.rules import TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event


@dataclass(frozen=True)
class Params:
    temperature: float = temperature(1.0)
    top_p: float = knob(0.9, 0.05, 1, 0.05, TOP_P_HELP)
    variant: str = knob(CAP, help="how the remasking chance is set", choices=VARIANTS)
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
        "It keeps the share of masks that the schedule asks for at each time (conf: up to one token), and "
        "approximates the model's reverse process; more rounds give tokens more second chances.",
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
    for loop eta in the middle of time only, while the share stands still. The limit is min(1, (1 - b) / a).
    conf shares the limit out among the written tokens, by softmax over minus the probability each was
    written with; a mask has no such doubt, and is lifted as if sigma were 0, as released. Written tokens are
    carried over. Differs: a round without masks costs no pass; where the loop begins and ends the share is
    what the time says, not that of the round before.
    """
    steps = p.steps or 2 * run.max_tokens
    coin = Remasking(run.dice, p.variant, p.eta, steps, p.loop_on, p.loop_off, p.loop_share)
    sampling = Sampling(p.temperature, 0, p.top_p, processed=True)
    lift = coins(run.dice, coin.chances)
    yield from unmask(run, Recipe(rounds(steps), lift, CONFIDENCE, sampling, revise=coin.revise, cap=steps))
