"""Every masked sampler, whatever its knobs: it advances, ends, writes no mask, and ends its text rightly.

Methods and knobs come from the catalogue, so a new method is under these tests without being named here.
"""

from typing import Any

import pytest
import torch
from fakes import TableMasked, table_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.methods.api import Knob, Method
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import SeededDice
from workbench.methods.loops.unmask import ROUNDS_PER_POSITION, unmask
from workbench.methods.loops.unmasking import CONFIDENCE, Board, Pick, Recipe, Round, above, blocks, menu
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.net_masked import NetMasked
from workbench.trace import Commit, Event, Judge, Phase, Propose, Retract, Token, fold

METHODS = [m for m in catalogue().values() if m.family == "diffusion"]
PROMPT, TOKENS, SIZE, EOS, MASK = (0, 1, 2, 0, 1), 7, 9, 7, 8
MOST = 12
"""The largest number that is tried for a knob that counts: rounds, positions, drafts."""
CLOCKED = {
    "dream_origin",
    "dream_maskgit_plus",
    "dream_topk_margin",
    "dream_entropy",
    "remdm",
    "block_ancestral",
}
"""Methods whose schedule has rounds that write nothing."""
FEW = settings(
    max_examples=3, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def value(knob: Knob) -> st.SearchStrategy[Any]:
    if knob.options:
        return st.sampled_from(list(knob.options))
    if isinstance(knob.default, int):
        return st.integers(int(knob.low), int(min(knob.high, MOST)))
    return st.floats(knob.low, knob.high, allow_nan=False)


def chosen(method: Method) -> st.SearchStrategy[Any]:
    """Legal knobs near to any; where numbers rule each other out, the defaults'."""
    wild = st.fixed_dictionaries({knob.name: value(knob) for knob in method.knobs})
    usual = method.values({})

    def legal(found: dict[str, Any]) -> Any:
        lists = {knob.name: found[knob.name] for knob in method.knobs if knob.options}
        return method.nearest(method.values(found)) or method.nearest(method.values(lists)) or usual

    return wild.map(legal)


def played(method: Method, params: Any, seed: int) -> tuple[list[Event], Run]:
    run = table_run(method, {}, seed=seed, tokens=TOKENS, detail="decisions").run
    return list(method.start(run, params)), run


def idle_rounds(events: list[Event]) -> list[str]:
    """Rounds without a commit, the last one left out: a stop may end a run before its round writes."""
    rounds: list[tuple[str, bool]] = []
    for event in events:
        if isinstance(event, Phase) and event.level == 1:
            rounds.append((event.title, False))
        elif isinstance(event, Commit) and rounds:
            rounds[-1] = (rounds[-1][0], True)
    return [title for title, wrote in rounds[:-1] if not wrote]


def clocked(method: Method, params: Any) -> bool:
    return method.id in CLOCKED or getattr(params, "select", "") in (menu.COINS, menu.GRID)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_it_advances_and_ends_and_writes_no_mask(method: Method) -> None:
    @FEW
    @given(chosen(method), st.integers(0, 5))
    def holds(params: Any, seed: int) -> None:
        events, run = played(method, params, seed)
        steps = max(getattr(params, "steps", 0), getattr(params, "block_length", 0), 2 * TOKENS)
        rounds = sum(isinstance(event, Phase) and event.level == 1 for event in events)
        if clocked(method, params):
            assert rounds <= steps * (TOKENS + 1)
        else:
            assert rounds <= 4 * TOKENS and not idle_rounds(events)
            if not any(isinstance(event, Retract) for event in events):
                assert rounds <= TOKENS + 1, "a round that takes nothing back gains a token"
        for event in events:
            if isinstance(event, Propose):
                assert all(isinstance(fill, Token) and fill.id != MASK for fill in event.fills)
        assert run.answer == written(events)

    holds()


def written(events: list[Event]) -> list[int]:
    """The text up to its first end-of-text: masks may be left behind that, and nowhere else."""
    cells = fold(events).lanes[0].fills[len(PROMPT) :]
    ids = [cell.id if isinstance(cell, Token) else MASK for cell in cells]
    end = ids.index(EOS) + 1 if EOS in ids else len(ids)
    assert len(ids) == TOKENS and MASK not in ids[:end]
    return ids[:end]


@pytest.mark.parametrize("narrow", [0.5, 1.0])
def test_a_cap_ends_what_would_go_on(narrow: float) -> None:
    """Every round takes all back again: the loop writes what is likeliest when its rounds are spent."""

    def undone(board: Board, now: Round | None, picks: list[Pick]):
        yield from board.erase([pick.position for pick in picks], "not yet")

    run = Run(
        PROMPT, TOKENS, {"denoiser": TableMasked(0, SIZE, "denoiser", Meter())}, (), SeededDice(0), Meter()
    )
    events = list(unmask(run, Recipe(blocks(4), above(narrow), CONFIDENCE, revise=undone)))
    rounds = [event for event in events if isinstance(event, Phase) and event.level == 1]
    caps = [event for event in events if isinstance(event, Judge) and event.rule == "round_cap"]
    assert len(rounds) == ROUNDS_PER_POSITION * TOKENS and len(caps) == 1
    assert len(run.answer) == TOKENS and MASK not in run.answer


def test_a_network_that_longs_for_masks_gets_none() -> None:
    """The adapter strikes the mask out, however likely the network makes it: here tied embeddings read a mask
    and say one, as an adapter shows that takes another token for the mask."""
    torch.manual_seed(0)
    made = Net(Config(SIZE, 16, 2, 2, 2, 8, 32, max_positions=64)).eval()
    with torch.no_grad():
        dict(made.named_parameters())["embed"].mul_(50)
    canvas = [*PROMPT, *[MASK] * TOKENS]
    for block in (None, 3):
        model, other = (NetMasked(made, "net", "denoiser", Meter(), mask, block=block) for mask in (MASK, 0))
        assert MASK in other.fill(canvas).beliefs.logits.argmax(-1).tolist(), (
            "without the adapter it would be written"
        )
        assert MASK not in model.fill(canvas).beliefs.logits.argmax(-1).tolist()
        assert bool((model.fill(canvas).beliefs.logits[:, MASK] == -torch.inf).all())
