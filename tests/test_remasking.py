"""ReMDM against its equations: the exact law of the canvas after every round, by a second way of counting.

The method draws a token for every mask and tosses coins; here the law of the next canvas is written down
from the paper's reverse step, and both are compared over all ways the dice can fall.
"""

from collections import defaultdict
from itertools import product
from math import exp

import pytest
from fakes import TableMasked, branches
from test_diffusion_oracle import accuracy, replacements, shuffles

from workbench.methods.catalogue import catalogue
from workbench.methods.dice import Dice
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.trace import Commit, Event, Phase, Propose, Retract, Token

PROMPT, SIZE, TOKENS = (0, 1), 3, 2
MASK, END = SIZE - 1, 1e-5
METHOD = catalogue()["remdm"]
PLAIN = {"temperature": 1.0, "top_p": 1.0}
SETTINGS = [
    {"variant": "cap", "eta": 0.3, "steps": 3},
    {"variant": "cap", "eta": 1.0, "steps": 3},
    {"variant": "rescale", "eta": 0.5, "steps": 3},
    {"variant": "conf", "steps": 3},
    {"variant": "loop", "eta": 0.08, "steps": 4, "loop_on": 0.8, "loop_off": 0.2, "loop_share": 0.6},
]

Canvas = tuple[int, ...]
Held = tuple[float, ...]
"""What stands, and the probability that each token was written with (0 for a mask)."""


def beliefs(canvas: Canvas, seed: int) -> dict[int, list[float]]:
    model = TableMasked(seed, SIZE, "denoiser", Meter())
    holes = [i for i, token in enumerate(canvas) if token == MASK]
    if not holes:
        return {}
    rows = (
        model.fill([*PROMPT, *canvas], [len(PROMPT) + i for i in holes]).beliefs.logits.softmax(-1).tolist()
    )
    return dict(zip(holes, rows, strict=True))


def times(knobs: dict, index: int) -> tuple[float, float, float]:
    """(t, alpha_t, alpha_s) of a round, alpha as the variant has it: 1 - t, or the loop's three pieces."""
    t, s = (1 - (1 - END) * (index + i) / knobs["steps"] for i in (0, 1))
    if knobs["variant"] != "loop":
        return t, 1 - t, 1 - s
    on, off, share = knobs["loop_on"], knobs["loop_off"], knobs["loop_share"]

    def alpha(at: float) -> float:
        if at > on:
            return share * (1 - at) / (1 - on)
        return share if at > off else 1 - (1 - share) * at / off

    return t, alpha(t), alpha(s)


def sigmas(knobs: dict, index: int, canvas: Canvas, held: Held) -> list[float]:
    """The remasking chance of every position."""
    t, now, after = times(knobs, index)
    most = min(1.0, (1 - after) / now) if now > 0 else 1.0
    if knobs["variant"] == "cap":
        return [min(knobs["eta"], most)] * len(canvas)
    if knobs["variant"] == "rescale":
        return [knobs["eta"] * most] * len(canvas)
    if knobs["variant"] == "loop":
        inside = knobs["loop_off"] < t <= knobs["loop_on"]
        return [min(knobs["eta"], most) if inside else 0.0] * len(canvas)
    weights = [0.0 if token == MASK else exp(-psi) for token, psi in zip(canvas, held, strict=True)]
    return [most * weight / sum(weights) if weight else 0.0 for weight in weights]


def step(knobs: dict, index: int, canvas: Canvas, held: Held, seed: int) -> list[tuple[float, Canvas, Held]]:
    """The law of the next canvas: every position by itself, all from the same prediction."""
    _, now, after = times(knobs, index)
    seen, sigma = beliefs(canvas, seed), sigmas(knobs, index, canvas, held)
    choices: list[list[tuple[float, int, float]]] = []
    for i, token in enumerate(canvas):
        if token != MASK:
            choices.append([(1 - sigma[i], token, held[i]), (sigma[i], MASK, 0.0)])
            continue
        lift = (after - (1 - sigma[i]) * now) / (1 - now)
        written = [(lift * seen[i][v], v, seen[i][v]) for v in range(MASK)]
        choices.append([*written, ((1 - after - sigma[i] * now) / (1 - now), MASK, 0.0)])
    found: list[tuple[float, Canvas, Held]] = []
    for each in product(*choices):
        weight = 1.0
        for chance, _, _ in each:
            weight *= chance
        if weight:
            found.append((weight, tuple(v for _, v, _ in each), tuple(psi for *_, psi in each)))
    return found


def told(knobs: dict, seed: int, tokens: int) -> list[dict[Canvas, float]]:
    """The law of the canvas after each round, and of the filled one at last."""
    law: dict[tuple[Canvas, Held], float] = {((MASK,) * tokens, (0.0,) * tokens): 1.0}
    after: list[dict[Canvas, float]] = []
    for index in range(knobs["steps"]):
        following: dict[tuple[Canvas, Held], float] = defaultdict(float)
        for (canvas, held), weight in law.items():
            for chance, changed, psi in step(knobs, index, canvas, held, seed):
                following[changed, psi] += weight * chance
        law = following
        after.append(_canvases(law))
    final: dict[Canvas, float] = defaultdict(float)
    for canvas, weight in after[-1].items():
        seen = beliefs(canvas, seed)
        best = tuple(
            max(range(MASK), key=seen[i].__getitem__) if i in seen else v for i, v in enumerate(canvas)
        )
        final[best] += weight
    return [*after, final]


def _canvases(law: dict[tuple[Canvas, Held], float]) -> dict[Canvas, float]:
    found: dict[Canvas, float] = defaultdict(float)
    for (canvas, _), weight in law.items():
        found[canvas] += weight
    return found


def counted(knobs: dict, seed: int, tokens: int) -> list[dict[Canvas, float]]:
    """The same by walking every fall of the method's dice."""
    laws: list[dict[Canvas, float]] = [defaultdict(float) for _ in range(knobs["steps"] + 1)]

    def play(dice: Dice) -> list[Canvas]:
        meter = Meter()
        model = TableMasked(seed, SIZE, "denoiser", meter)
        run = Run(PROMPT, tokens, {"denoiser": model}, (), dice, meter, full=False)
        events = list(METHOD.start(run, METHOD.parse({**PLAIN, **knobs})))
        return [*canvases(events, tokens)[: knobs["steps"]], tuple(run.answer)]

    for weight, after in branches(play):
        for law, canvas in zip(laws, after, strict=True):
            law[canvas] += weight
    return laws


def canvases(events: list[Event], tokens: int) -> list[Canvas]:
    """What stands after each round."""
    proposed: dict[int, tuple[int, int]] = {}
    canvas, after = [MASK] * tokens, list[Canvas]()
    for event in events:
        if isinstance(event, Phase) and event.title.startswith(("Round", "What")):
            after.append(tuple(canvas))
        elif isinstance(event, Propose):
            for id, position, fill in zip(event.ids, event.positions, event.fills, strict=True):
                assert isinstance(fill, Token)
                proposed[id] = (position - len(PROMPT), fill.id)
        elif isinstance(event, Commit):
            for id in event.candidates:
                canvas[proposed[id][0]] = proposed[id][1]
        elif isinstance(event, Retract):
            for position in event.cells.positions:
                canvas[position - len(PROMPT)] = MASK
    return [*after[1:], tuple(canvas)]


@pytest.mark.parametrize("knobs", SETTINGS, ids=lambda knobs: f"{knobs['variant']}-{knobs.get('eta', '')}")
@pytest.mark.parametrize("seed", [0, 1])
def test_every_round_has_the_law_of_the_reverse_step(knobs: dict, seed: int) -> None:
    tokens = 1 if knobs["steps"] > 3 else TOKENS
    for one, other in zip(told(knobs, seed, tokens), counted(knobs, seed, tokens), strict=True):
        assert sum(one.values()) == pytest.approx(1)
        assert one == pytest.approx({canvas: other.get(canvas, 0.0) for canvas in one}, abs=1e-6)


@pytest.mark.parametrize("knobs", SETTINGS, ids=lambda knobs: f"{knobs['variant']}-{knobs.get('eta', '')}")
def test_the_mean_share_of_written_tokens_is_the_schedules(knobs: dict) -> None:
    """conf lifts nothing in exchange for what its coins take back: at most one token is missing."""
    for index, law in enumerate(told(knobs, 0, TOKENS)[:-1]):
        share = sum(w * sum(v != MASK for v in canvas) for canvas, w in law.items()) / TOKENS
        wanted = times(knobs, index)[2]
        if knobs["variant"] == "conf":
            assert wanted - 1 / TOKENS <= share <= wanted + 1e-9
        else:
            assert share == pytest.approx(wanted)


def test_the_least_believed_token_is_doubted_most() -> None:
    chances = sigmas({"variant": "conf", "steps": 2}, 1, (0, 1, MASK), (0.9, 0.4, 0.0))
    assert chances[1] > chances[0] > chances[2] == 0
    assert sum(chances) == pytest.approx(min(1.0, END / 0.5), abs=1e-4)


@pytest.mark.parametrize("variant", ["cap", "rescale", "loop", "conf"])
@pytest.mark.parametrize("steps", [2, 3])
def test_on_a_perfect_model(variant: str, steps: int) -> None:
    """One answer is always right. Of two that exclude each other, two masks lifted in one of n rounds (chance
    1/n) are wrong half the time; a token masked again can only meet the other once more."""
    loop = {"loop_on": 0.8, "loop_off": 0.3, "loop_share": 0.6}
    knobs = {**PLAIN, **loop, "variant": variant, "steps": steps, "eta": 0.5}
    assert accuracy("remdm", knobs, [(3, 1)]) == pytest.approx(1)
    for answers in (shuffles(2), replacements(2)):
        plain = accuracy("remdm", {**knobs, "variant": "cap", "eta": 0.0}, answers)
        assert plain == pytest.approx(1 - 1 / (2 * steps), abs=1e-4)
        assert 0.5 <= accuracy("remdm", knobs, answers) <= plain + 1e-5  # the grid ends at 1e-5
