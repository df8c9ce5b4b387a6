"""Block diffusion, free drafts, self-speculation, late ends: baselines, exact laws, costs."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations, product
from math import prod

import pytest
import torch
from fakes import branches
from test_diffusion import MODELS, PROMPT, TOKENS, events_of, net, order_of, table, written_after
from test_diffusion_oracle import EXACT, accuracy, shuffle_accuracy, shuffles

from workbench import tasks
from workbench.maths.sample import warp
from workbench.maths.schedule import doubling_quota
from workbench.methods.api import Promise
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import Dice, SeededDice
from workbench.methods.loops.unmasking.blockwise import block_causal
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.net_masked import NetMasked
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import (
    Candidates,
    Commit,
    Event,
    Forward,
    Judge,
    Phase,
    Propose,
    Score,
    Token,
    Trace,
    WorkbenchError,
)
from workbench.trace.check import check

Made = Callable[[Meter], NetMasked]
BLOCK_MODELS = [pytest.param(net(seed, block=4), id=f"block-{seed}") for seed in range(4)]
BLOCKWISE = ("block_static", "block_dynamic", "block_ancestral", "block_first_hitting")


def candidates(event: Propose) -> dict[int, tuple[int, int]]:
    """Candidate -> (position, token)."""
    tokens = [fill.id if isinstance(fill, Token) else -1 for fill in event.fills]
    return dict(zip(event.ids, zip(event.positions, tokens, strict=True), strict=True))


def sequence(events: Sequence[Event]) -> list[tuple[int, int]]:
    """(position, token) in the order in which they were written."""
    proposed, written = {}, []
    for event in events:
        if isinstance(event, Propose):
            proposed |= candidates(event)
        elif isinstance(event, Commit):
            written += [proposed[id] for id in event.candidates]
    return written


def ticks(meter: Meter) -> int:
    """How many passes had to wait for another: sequential rounds."""
    return len({each.tick for each in meter.pending})


# -- block diffusion ---------------------------------------------------------------------------------


def by_hand(model: Made, length: int) -> list[tuple[int, int]]:
    """One token a round, the surest first, block after block, without a cache: (position, token)."""
    made, written = model(Meter()), []
    canvas = [*PROMPT, *[made.mask_id] * TOKENS]
    while made.mask_id in canvas:
        first = canvas.index(made.mask_id) // length * length
        holes = [i for i in range(first, min(first + length, len(canvas))) if canvas[i] == made.mask_id]
        logits = made.fill(canvas, holes, block_causal(len(canvas), length)).beliefs.logits
        best = warp(logits.double()).max(dim=-1)
        at = int(best.values.argmax())
        canvas[holes[at]] = int(best.indices[at])
        written.append((holes[at], canvas[holes[at]]))
    return written


@pytest.mark.parametrize("length", [1, 2, 4, 8])
@pytest.mark.parametrize("model", BLOCK_MODELS)
def test_kept_blocks_are_exact(model: Made, length: int) -> None:
    """The cache changes nothing, at any block length, wherever in a block the prompt ends."""
    events, *_ = events_of("block_static", {"block_length": length}, model)
    assert sequence(events) == by_hand(model, length)


def test_what_is_fed_is_the_block_and_each_finished_block_once_more() -> None:
    _, _, meter = events_of("block_static", {"block_length": 4}, net(0, block=4))
    kept = 4 + 4 + 4 + 4  # the prompt's whole block, then those that begin at 4, 8 and 12
    rest = 2 * 4 + 4 * 4 + 4 * 4 + 2 * 2  # rounds times rows; the first block holds two of the prompt
    assert meter.totals["denoiser"].rows == kept + rest
    assert meter.totals["denoiser"].passes == 4 + TOKENS


def small(seed: int, size: int) -> Made:
    """Two or three tokens and a mask, so that every fall of the dice can be walked."""
    torch.manual_seed(seed)
    made = Net(Config(size + 1, 16, 2, 2, 2, 8, 32, max_positions=32)).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.dim() > 1:
                weight.mul_(4.0 if name == "embed" else 6)
    return lambda meter: NetMasked(made, "small", "denoiser", meter, size, block=2)


LAWS = [(2, 3), (3, 2)]
"""Tokens of the vocabulary, tokens of the answer."""
START = (0, 1, 1)


def law_of(method: str, knobs: dict, model: Made, tokens: int, eos: Sequence[int] = ()) -> dict:
    law: dict[tuple[int, ...], float] = defaultdict(float)
    found = catalogue()[method]

    def play(dice: Dice) -> tuple[int, ...]:
        meter = Meter()
        run = Run(START, tokens, {"denoiser": model(meter)}, eos, dice, meter, full=False)
        list(found.start(run, found.parse(knobs)))
        return tuple(run.answer)

    for weight, answer in branches(play):
        law[answer] += weight
    return law


def in_order(model: Made, length: int, orders: Sequence[Sequence[int]], heat: float = 1.0) -> dict:
    """The law of drawing one token after another in each of some orders, equally likely, without a cache."""
    made, law, tokens = model(Meter()), defaultdict(float), len(orders[0])
    for order in orders:
        for answer in product(range(made.mask_id), repeat=tokens):
            canvas, weight = [*START, *[made.mask_id] * tokens], 1.0
            for at in order:
                logits = made.fill(canvas, [len(START) + at], block_causal(len(canvas), length)).beliefs
                weight *= float(warp(logits.logits.double(), heat)[0, answer[at]])
                canvas[len(START) + at] = answer[at]
            law[answer] += weight / len(orders)
    return law


def at_once(model: Made, length: int, tokens: int) -> dict:
    """The law of drawing all tokens from one prediction."""
    made = model(Meter())
    canvas = [*START, *[made.mask_id] * tokens]
    holes = range(len(START), len(canvas))
    probs = warp(made.fill(canvas, holes, block_causal(len(canvas), length)).beliefs.logits.double())
    every = product(range(made.mask_id), repeat=tokens)
    return {a: prod(float(row[token]) for row, token in zip(probs, a, strict=True)) for a in every}


def distance(one: dict, other: dict) -> float:
    return 0.5 * sum(abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in one.keys() | other.keys())


@pytest.mark.parametrize("method", [*BLOCKWISE, "s2d2"])
@pytest.mark.parametrize(("size", "tokens"), LAWS)
def test_blocks_of_one_are_autoregressive(method: str, size: int, tokens: int) -> None:
    """The law of token after token, each drawn from the model that sees only what stands before it."""
    found = law_of(method, {"block_length": 1, "temperature": 1.0}, small(0, size), tokens)
    assert distance(found, in_order(small(0, size), 1, [range(tokens)])) < EXACT


@pytest.mark.parametrize(("size", "tokens"), LAWS)
def test_first_hitting_is_the_models_own_process(size: int, tokens: int) -> None:
    """Masks of one block, every order equally likely."""
    found = law_of("block_first_hitting", {"block_length": 6}, small(0, size), tokens)
    assert distance(found, in_order(small(0, size), 6, list(permutations(range(tokens))))) < EXACT


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("size", [2, 3])
def test_ancestral_sampling_draws_two_at_once_as_often_as_rounds_coincide(size: int, steps: int) -> None:
    """Two masks fall into the same of n rounds with chance 1/n; else it is the model's own process."""
    model = small(1, size)
    own, once = in_order(model, 5, list(permutations(range(2)))), at_once(model, 5, 2)
    expected = {key: once[key] / steps + own[key] * (1 - 1 / steps) for key in once}
    found = law_of("block_ancestral", {"block_length": 5, "steps": steps}, model, 2)
    assert distance(found, expected) < EXACT < distance(own, once)


def test_ancestral_sampling_keeps_the_linear_schedule() -> None:
    found = written_after("block_ancestral", {"steps": 4, "block_length": 7, "temperature": 0.0}, 4)
    assert found == pytest.approx([0.25, 0.5, 0.75, 1.0])


def test_first_hitting_times_fall_from_one() -> None:
    events, *_ = events_of("block_first_hitting", {"block_length": 6}, table(0))
    times, block = [], -1
    for event in events:
        block += isinstance(event, Phase) and event.level == 0
        if isinstance(event, Score) and event.measure == "time":
            times.append((block, event.values[0]))
    for block in range(2):
        inside = [time for at, time in times if at == block]
        assert len(inside) == 6 and inside == sorted(inside, reverse=True) and 0 < inside[-1] < inside[0] < 1


@pytest.mark.parametrize(("n", "per_round"), [(3, 1), (4, 2), (3, 3)])
def test_shuffle_in_one_block_is_right_as_often_as_the_formula_says(n: int, per_round: int) -> None:
    knobs = {"block_length": n + 2, "steps": -(-(n + 2) // per_round), "temperature": 1.0}
    assert accuracy("block_static", knobs, shuffles(n)) == pytest.approx(
        shuffle_accuracy(n, per_round), abs=EXACT
    )


def test_whoever_draws_one_by_one_shuffles_rightly() -> None:
    assert accuracy("block_first_hitting", {"block_length": 8}, shuffles(3)) == pytest.approx(1, abs=EXACT)
    assert accuracy("block_ancestral", {"block_length": 8, "steps": 1}, shuffles(3)) < 0.3
    always = {"policy": "always", "block_length": 8, "temperature": 1.0}
    assert accuracy("s2d2", always, shuffles(3)) == pytest.approx(1, abs=EXACT)


def test_a_run_ends_after_the_block_with_the_end_of_text() -> None:
    made, meter = net(0, block=4), Meter()
    _, answer, _ = events_of("block_static", {"block_length": 4}, made)
    end = answer[0]
    run = Run(PROMPT, TOKENS, {"denoiser": made(meter)}, (end,), SeededDice(1), meter)
    list(catalogue()["block_static"].start(run, catalogue()["block_static"].parse({"block_length": 4})))
    assert run.answer == [end]
    assert meter.totals["denoiser"].passes == 3  # the prompt, then the block's two masks


@pytest.mark.parametrize("method", [*BLOCKWISE, "s2d2"])
def test_a_model_that_sees_its_whole_canvas_is_refused(method: str) -> None:
    with pytest.raises(WorkbenchError, match="choose a block model as denoiser"):
        events_of(method, {}, net(0))


def test_a_check_needs_rows_of_its_own() -> None:
    torch.manual_seed(0)
    made = Net(Config(9, 16, 2, 2, 2, 8, 32, max_positions=64)).eval()
    with pytest.raises(WorkbenchError, match="one position ahead"):
        events_of(
            "s2d2", {}, lambda meter: NetMasked(made, "net", "denoiser", meter, 8, shifted=True, block=4)
        )
    ahead = [
        events_of(
            "block_static",
            {"block_length": length},
            lambda meter: NetMasked(made, "net", "denoiser", meter, 8, shifted=True, block=4),
        )[1]
        for length in (4, 32)
    ]
    assert all(len(answer) == TOKENS for answer in ahead)


# -- degenerate settings -----------------------------------------------------------------------------

BLOCKS = {"kept": "in blocks"}
STATIC, HALF = ("block_static", {}), ("block_dynamic", {"threshold": 0.5})
SAME = [
    (STATIC, ("block_dynamic", {"threshold": 1.0})),
    (STATIC, ("block_dynamic", {"by": "budget", "budget": 0.0})),
    (("block_static", {"steps": 1}), ("block_dynamic", {"by": "budget", "budget": 10.0})),
    (("block_static", {"steps": 2}), ("block_dynamic", {"threshold": 1.0, "steps": 2})),
    (STATIC, ("s2d2", {"policy": "never", "threshold": 1.0, **BLOCKS})),
    (HALF, ("s2d2", {"policy": "never", "threshold": 0.5, **BLOCKS})),
    (HALF, ("s2d2", {"policy": "score", "bar": 32.0, "threshold": 0.5, **BLOCKS})),
    (HALF, ("s2d2", {"policy": "span", "span": 64, "threshold": 0.5, **BLOCKS})),
    (HALF, ("s2d2", {"policy": "hysteresis", "bar": 32.0, "threshold": 0.5, **BLOCKS})),
    (("s2d2", {"policy": "always"}), ("s2d2", {"policy": "score", "bar": -32.0})),
    (("s2d2", {"policy": "always"}), ("s2d2", {"policy": "span", "span": 1})),
]
WHOLE = [
    (("llada_low_confidence", {"block_length": 512}), ("eoser", {"gamma_min": 1.0})),
    (
        ("llada_low_confidence", {"steps": 5, "block_length": 4}),
        ("eoser", {"gamma_min": 1.0, "steps": 5, "block_length": 4}),
    ),
    (("ass", {}), ("eoser_ass", {"gamma_min": 1.0})),
    (("ass", {"blocks": 3}), ("eoser_ass", {"gamma_min": 1.0, "blocks": 3})),
]


@pytest.mark.parametrize("model", BLOCK_MODELS)
@pytest.mark.parametrize(("one", "other"), SAME, ids=str)
def test_the_degenerate_setting_is_the_baseline(one: tuple, other: tuple, model: Made) -> None:
    for heat in (0.0, 0.9):
        how = {"block_length": 4, "temperature": heat}
        found = [order_of(events_of(method, {**knobs, **how}, model)[0]) for method, knobs in (one, other)]
        assert found[0] == found[1]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("one", "other"), WHOLE, ids=str)
def test_without_a_factor_ends_of_text_are_like_all_tokens(one: tuple, other: tuple, model: Made) -> None:
    for heat in (0.0, 0.9):
        found = [
            order_of(events_of(method, {**knobs, "temperature": heat}, model)[0])
            for method, knobs in (one, other)
        ]
        assert found[0] == found[1]


# -- free drafts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [4, 6, 32])
@pytest.mark.parametrize("model", MODELS)
def test_free_drafts_lose_nothing(model: Made, length: int) -> None:
    """Token for token and in the same order as one a round, in no more rounds, at any number of drafts."""
    how = {"block_length": length}
    plain, _, cost = events_of("llada_low_confidence", how, model)
    for drafts in (1, 2, 4, 12):
        for method, more in (("freedave", {}), ("freedave_plus", {"threshold": 1.0})):
            events, _, meter = events_of(method, {**how, **more, "drafts": drafts}, model)
            assert sequence(events) == sequence(plain)
            assert ticks(meter) <= ticks(cost)
    assert ticks(events_of("freedave", {**how, "drafts": 1}, model)[2]) == ticks(cost)


@pytest.mark.parametrize("length", [2, 4])
@pytest.mark.parametrize("model", BLOCK_MODELS)
def test_free_drafts_lose_nothing_on_a_block_model(model: Made, length: int) -> None:
    how = {"block_length": length}
    plain, _, cost = events_of("block_static", how, model)
    for drafts in (1, 2, 4):
        events, _, meter = events_of("freedave", {**how, "drafts": drafts}, model)
        assert sequence(events) == sequence(plain)
        assert ticks(meter) <= ticks(cost)


def test_free_drafts_save_rounds_and_count_their_sequences() -> None:
    saved, spent = 0, 0
    for seed in range(4):
        plain = events_of("llada_low_confidence", {"block_length": 6}, net(seed))[2]
        free = events_of("freedave", {"block_length": 6}, net(seed))[2]
        saved += ticks(plain) - ticks(free)
        spent += free.totals["denoiser"].passes - plain.totals["denoiser"].passes
    assert saved > 4 and spent > 4


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("model", MODELS)
def test_whole_rounds_of_threshold_decoding_stay_whole(model: Made, threshold: float) -> None:
    """Every commit is one round of the baseline or several in a row."""
    how = {"block_length": 6, "threshold": threshold}
    baseline, text, _ = events_of("fast_dllm_threshold", how, model)
    events, same, _ = events_of("freedave_plus", {**how, "match": "whole", "drafts": 6}, model)
    rounds = iter(order_of(baseline))
    for commit in order_of(events):
        gathered: set = set()
        while len(gathered) < len(commit):
            gathered |= next(rounds)
        assert gathered == commit
    assert text == same and next(rounds, None) is None


def test_parts_of_a_round_may_be_taken() -> None:
    """The paper's subset rule is not the exact one: somewhere it takes a part and goes on from there."""
    parts = 0
    for seed in (0, 1, 5):
        for threshold in (0.2, 0.3, 0.5):
            how = {"threshold": threshold, "block_length": 12, "drafts": 2}
            part, whole = (
                order_of(events_of("freedave_plus", {**how, "match": match}, net(seed))[0])
                for match in ("part", "whole")
            )
            parts += part != whole
    assert parts


def test_the_first_rung_that_breaks_says_what_the_plain_sampler_writes() -> None:
    """The plain sampler's next step on every drafted canvas is on record, under the last draft on it."""
    broken = 0
    for seed in range(3):
        events, *_ = events_of("freedave", {"block_length": 12}, net(seed))
        proposed, behind = {}, {}
        for event in events:
            if isinstance(event, Propose):
                proposed |= (made := candidates(event))
                behind |= {p: made[id] for id, p in zip(event.ids, event.parents, strict=True) if p >= 0}
            elif isinstance(event, Judge) and event.rule in ("same_place", "same_token"):
                assert isinstance(event.of, Candidates)
                at, token = proposed[event.of.ids[0]]
                assert event.values == ((at if event.rule == "same_place" else token),)
                steps = dict(behind.values())
                if event.passed[0]:
                    assert (at, token) in behind.values()
                elif event.rule == "same_place":
                    broken += 1
                    assert event.bounds[0] in steps
    assert broken


# -- self-speculation --------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [2, 3, 6])
@pytest.mark.parametrize(("size", "tokens"), LAWS)
def test_checked_drafts_have_the_law_of_blocks_of_one(size: int, tokens: int, length: int) -> None:
    knobs = {"policy": "always", "block_length": length, "temperature": 0.8}
    method = catalogue()["s2d2"]
    assert method.promise(method.parse(knobs)).promise is Promise.SAME_DISTRIBUTION
    found = law_of("s2d2", knobs, small(0, size), tokens)
    assert distance(found, in_order(small(0, size), 1, [range(tokens)], heat=0.8)) < EXACT


def test_the_law_can_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redrawing from the model instead of the residual, and text kept in blocks, both show."""
    exact = in_order(small(0, 3), 1, [range(2)])
    knobs = {"policy": "always", "block_length": 6, "temperature": 1.0}
    blocks = {**knobs, "kept": "in blocks", "block_length": 2}
    assert distance(law_of("s2d2", blocks, small(0, 3), 2), exact) > 1e-4
    monkeypatch.setattr("workbench.methods.loops.unmasking.selfcheck.residual", lambda target, draft: target)
    assert distance(law_of("s2d2", knobs, small(0, 3), 2), exact) > 1e-3


@pytest.mark.parametrize("model", BLOCK_MODELS)
def test_checked_drafts_are_the_greedy_text_at_temperature_zero(model: Made) -> None:
    _, greedy, _ = events_of("block_static", {"block_length": 1}, model)
    for length in (1, 2, 4, 16):
        _, answer, _ = events_of("s2d2", {"policy": "always", "block_length": length}, model)
        assert answer == greedy


def test_a_check_pushes_the_block_twice() -> None:
    _, _, meter = events_of("s2d2", {"policy": "always", "block_length": 4}, net(0, block=4))
    rows = [each.rows for each in meter.pending if each.source == "denoiser"]
    assert set(rows) <= {2, 4, 8} and 8 in rows  # the last block is cut to two positions
    assert all(after in (4, 8) for before, after in pairwise(rows) if before == 8)


@pytest.mark.parametrize("policy", ["span", "score", "hysteresis", "bandit"])
def test_policies_check_now_and_then(policy: str) -> None:
    said = set()
    for seed in range(4):
        for threshold in (0.2, 0.9):
            knobs = {"policy": policy, "block_length": 8, "threshold": threshold, "span": 4}
            knobs |= {"cost": 0.0, "bar": 0.04, "low_bar": 0.035}  # worths of these networks: 0.03 to 0.07
            events, answer, _ = events_of("s2d2", knobs, net(seed, block=8))
            assert len(answer) == TOKENS
            routes = ("long_enough", "worth_it", "turn_on", "stay_on", "bandit")
            said |= {e.passed[0] for e in events if isinstance(e, Judge) and e.rule in routes}
    assert said == {True, False}


def test_worth_is_the_expected_length_less_the_cost() -> None:
    events, *_ = events_of("s2d2", {"block_length": 8, "cost": 1.5}, net(1, block=8))
    hopes = [e.values for e in events if isinstance(e, Score) and e.measure == "acceptance"]
    worths = [e.values[0] for e in events if isinstance(e, Score) and e.measure == "check_worth"]
    assert hopes and len(hopes) == len(worths)
    for estimates, worth in zip(hopes, worths, strict=True):
        assert all(0 <= each <= 1 for each in estimates)
        expected = sum(prod(estimates[: k + 1]) for k in range(len(estimates)))
        assert worth == pytest.approx(expected - 1.5)


# -- late ends, doubling rounds ----------------------------------------------------------------------


@pytest.mark.parametrize("masks", [1, 2, 3, 7, 8, 24, 128])
def test_rounds_double(masks: int) -> None:
    quota = doubling_quota(masks)
    assert sum(quota) == masks and quota[:-1] == [2**i for i in range(len(quota) - 1)]
    assert len(quota) == max(1, masks.bit_length() - 1)


@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_ascending_steps_take_their_rounds(model: Made, blocks: int) -> None:
    events, answer, meter = events_of("ass", {"blocks": blocks}, model)
    assert [len(commit) for commit in order_of(events)] == doubling_quota(TOKENS) == [1, 2, 9]
    assert meter.totals["denoiser"].passes == 3 and len(answer) == TOKENS
    headings = [e.title for e in events if isinstance(e, Phase) and e.level == 0]
    assert len(headings) == blocks


def test_ends_of_text_come_later() -> None:
    """The same beliefs, in which one token plays the end-of-text: held back, it is written later."""

    def first_end(method: str, knobs: dict, seed: int) -> tuple[int, int]:
        meter, found = Meter(), catalogue()[method]
        run = Run(PROMPT, TOKENS, {"denoiser": net(seed)(meter)}, (end,), SeededDice(1), meter)
        places = [token == end for _, token in sequence(list(found.start(run, found.parse(knobs))))]
        return places.index(True) if True in places else TOKENS, sum(places)

    later = 0
    for seed in range(6):
        written = [token for _, token in sequence(events_of("llada_low_confidence", {}, net(seed))[0])]
        end = written[0]  # what the model is surest of at first
        plain, _ = first_end("llada_low_confidence", {"block_length": 512}, seed)
        held, _ = first_end("eoser", {"gamma_min": 0.01}, seed)
        assert plain == 0 and held >= plain
        later += held > plain
    assert later


def test_the_factor_rises_to_the_end() -> None:
    for method, knobs in (("eoser", {"gamma_min": 0.25}), ("eoser_ass", {"gamma_min": 0.25})):
        events, *_ = events_of(method, knobs, table(0))
        factors = [e.values[0] for e in events if isinstance(e, Score) and e.measure == "gamma"]
        if method == "eoser":
            assert factors == pytest.approx([0.25 + 0.75 * s / (TOKENS - 1) for s in range(TOKENS)])
        else:
            assert factors == pytest.approx([0.25 + 0.75 * (2 ** (s + 1) - 1) / 8 for s in range(3)])


# -- on the models that ship -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def shipped(shelf: Shelf, method: str, knobs: dict, task: str = "sudoku", **how) -> Trace:
    request = Request(method, tasks.make(task, 4).prompt, knobs=knobs, max_tokens=24, **how)
    trace = Recording(prepare(request, shelf)).run()
    assert trace.footer.status == "complete", trace.footer.message
    assert check(trace).ok
    return trace


def rounds_of(trace: Trace) -> int:
    return len({event.tick for event in trace.events if isinstance(event, Forward)})


@pytest.mark.parametrize(("one", "other"), [*SAME, *WHOLE], ids=str)
def test_degenerate_settings_on_the_embedded_models(shelf: Shelf, one: tuple, other: tuple) -> None:
    first, second = (shipped(shelf, method, knobs) for method, knobs in (one, other))
    assert order_of(first.events) == order_of(second.events)


@pytest.mark.parametrize("model", ["masked", "block"])
@pytest.mark.parametrize("task", ["sudoku", "copy", "story"])
def test_free_drafts_lose_nothing_on_the_embedded_models(shelf: Shelf, model: str, task: str) -> None:
    """Token for token, in fewer rounds."""
    baseline = {"masked": "llada_low_confidence", "block": "block_static"}[model]
    how = {"models": {"denoiser": model}, "task": task}
    plain = shipped(shelf, baseline, {"block_length": 8}, **how)
    free = shipped(shelf, "freedave", {}, **how)
    assert sequence(free.events) == sequence(plain.events)
    assert rounds_of(free) < rounds_of(plain)
    one = shipped(shelf, "freedave_plus", {"threshold": 1.0}, **how)
    assert sequence(one.events) == sequence(plain.events)


@pytest.mark.parametrize("task", ["sudoku", "copy", "story"])
def test_blocks_of_one_verify_on_the_embedded_model(shelf: Shelf, task: str) -> None:
    """Self-speculation at temperature 0 writes what the model writes token by token."""
    texts = []
    settings: list[tuple[str, dict]] = [
        ("block_static", {"block_length": 1}),
        ("s2d2", {"block_length": 1, "policy": "always"}),
        ("s2d2", {"policy": "always"}),
    ]
    for method, knobs in settings:
        prepared = prepare(Request(method, tasks.make(task, 4).prompt, knobs=knobs, max_tokens=24), shelf)
        Recording(prepared).run()
        texts.append(prepared.run.answer)
    assert texts[0] == texts[1] == texts[2]


def test_block_methods_choose_the_block_model_and_say_so(shelf: Shelf) -> None:
    for method in (*BLOCKWISE, "s2d2"):
        assert shipped(shelf, method, {}).header.models[0].name == "block"
    with pytest.raises(WorkbenchError, match="'masked' was trained to see the whole canvas"):
        prepared = prepare(Request("block_static", "hi", models={"denoiser": "masked"}), shelf)
        list(prepared.method.start(prepared.run, prepared.params))
