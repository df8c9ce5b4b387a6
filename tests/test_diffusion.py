"""Masked diffusion: in its degenerate setting each method is its baseline, and what it promises of itself."""

from collections.abc import Callable, Sequence

import pytest
import torch
from fakes import TableMasked, branches

from workbench import tasks
from workbench.maths.schedule import left_after, lift_chance, lift_chances, remask_limit
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import Dice, SeededDice
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import NEGATIVE_ENTROPY, Recipe, Sampling, blocks, top
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.net_masked import NetMasked
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Commit, Event, Judge, Observe, Phase, Propose, Retract, Trace

PROMPT, TOKENS, SIZE = (0, 1, 2, 0, 1, 3), 12, 9
MASK = SIZE - 1
Made = Callable[[Meter], object]


def table(seed: int) -> Made:
    return lambda meter: TableMasked(seed, SIZE, "denoiser", meter)


def net(seed: int, block: int | None = None, scale: float = 12.0) -> Made:
    """A random network whose beliefs are far enough from even to be sure now and then."""
    torch.manual_seed(seed)
    made = Net(Config(SIZE, 16, 2, 2, 2, 8, 32, max_positions=64)).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.dim() > 1:
                weight.mul_(scale if name == "embed" else 10)
    return lambda meter: NetMasked(made, "net", "denoiser", meter, MASK, block=block)


MODELS = [
    pytest.param(make(seed), id=f"{make.__name__}-{seed}") for make in (table, net) for seed in range(4)
]


def events_of(
    method: str, knobs: dict, model: Made, tokens: int = TOKENS, dice: Dice | None = None
) -> tuple[list[Event], list[int], Meter]:
    meter = Meter()
    run = Run(PROMPT, tokens, {"denoiser": model(meter)}, (), dice or SeededDice(1), meter)
    found = catalogue()[method]
    return list(found.start(run, found.parse(knobs))), run.answer, meter


def order_of(events: Sequence[Event]) -> list[set[tuple[int, object]]]:
    """What every commit writes where: the text and its order, whatever the candidates' ids."""
    proposed, written = {}, []
    for event in events:
        if isinstance(event, Propose):
            proposed |= dict(zip(event.ids, zip(event.positions, event.fills, strict=True), strict=True))
        elif isinstance(event, Commit):
            written.append({proposed[id] for id in event.candidates})
    return written


STATIC = ("llada_low_confidence", {})
HALF = ("fast_dllm_threshold", {"threshold": 0.5})
SAME = [
    (STATIC, ("fast_dllm_threshold", {"threshold": 1.0})),
    (STATIC, ("fast_dllm_factor", {"factor": 0.0})),
    (STATIC, ("fast_dllm_factor", {"factor": 0.0, "block_length": 32})),
    (STATIC, ("eb_sampler", {"gamma": 0.0, "order": "confidence"})),
    (STATIC, ("klass", {"history": 8})),
    (STATIC, ("hierarchy", {"low": 1.0, "threshold": 1.0})),
    (HALF, ("klass", {"history": 0, "threshold": 0.5})),
    (HALF, ("klass", {"history": 1, "delta": 1.0, "threshold": 0.5, "block_length": 1})),
    (HALF, ("hierarchy", {"low": 1.0, "threshold": 0.5})),
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda pair: f"{pair[0]}-{len(pair[1])}")
def test_the_degenerate_setting_is_the_baseline(one: tuple, other: tuple, model: Made) -> None:
    (first, knobs), (second, others) = one, other
    length = {"block_length": others.get("block_length", 6)}
    for heat in (0.0, 0.9):
        hot = {"temperature": heat}
        if heat and second == "eb_sampler":  # its scores are read after temperature, LLaDA's before
            continue
        found = [
            order_of(events_of(method, {**given, **length, **hot}, model)[0])
            for method, given in ((first, knobs), (second, others))
        ]
        assert found[0] == found[1]


@pytest.mark.parametrize("model", MODELS)
def test_no_budget_is_one_token_a_round_in_entropy_order(model: Made) -> None:
    meter = Meter()
    run = Run(PROMPT, TOKENS, {"denoiser": model(meter)}, (), SeededDice(1), meter)
    static = list(
        unmask(run, Recipe(blocks(64), top(lambda now: 1), NEGATIVE_ENTROPY, Sampling(processed=True)))
    )
    assert order_of(events_of("eb_sampler", {"gamma": 0.0}, model)[0]) == order_of(static)
    assert len(order_of(events_of("eb_sampler", {"gamma": 10.0, "block_length": 4}, model)[0])) == 3


@pytest.mark.parametrize("model", MODELS)
def test_released_slip_differs_only_where_the_last_rank_fails_first(model: Made) -> None:
    plain = events_of("fast_dllm_factor", {"factor": 1.3, "block_length": 4}, model)[0]
    slipped = events_of("fast_dllm_factor", {"factor": 1.3, "block_length": 4, "as_released": True}, model)[0]
    slips = [event for event in slipped if isinstance(event, Judge) and event.rule == "last_rank_slip"]
    assert (order_of(plain) == order_of(slipped)) is not bool(slips)
    assert len(order_of(slipped)) <= len(order_of(plain))


def test_more_factor_never_takes_more_rounds_on_the_first_block() -> None:
    for seed in range(4):
        counts = [
            len(order_of(events_of("fast_dllm_factor", {"factor": factor}, net(seed))[0])[0])
            for factor in (0.0, 0.7, 1.0, 1.3, 1.9, 4.0)
        ]
        assert counts == sorted(counts) and counts[0] == 1


# -- caches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cache", ["prefix", "dual"])
@pytest.mark.parametrize("seed", range(4))
def test_a_cache_refreshed_every_round_is_no_cache(cache: str, seed: int) -> None:
    cached = events_of("fast_dllm_cache", {"cache": cache, "block_length": 1}, net(seed))[0]
    assert order_of(cached) == order_of(events_of("fast_dllm_threshold", {"block_length": 1}, net(seed))[0])


@pytest.mark.parametrize("cache", ["prefix", "dual"])
@pytest.mark.parametrize("seed", range(4))
def test_caches_are_exact_where_attention_is_block_causal(cache: str, seed: int) -> None:
    """No row sees a later block, so no frozen row is ever stale (the blocks begin where the model's do)."""
    model, knobs = net(seed, block=3), {"block_length": 3, "threshold": 0.5}
    plain = order_of(events_of("fast_dllm_threshold", knobs, model)[0])
    assert order_of(events_of("fast_dllm_cache", {"cache": cache, **knobs}, model)[0]) == plain


def test_caches_push_the_rows_that_they_say() -> None:
    knobs, size = {"threshold": 1.0, "block_length": 4}, len(PROMPT) + TOKENS
    plain = events_of("fast_dllm_threshold", knobs, net(0))[2].totals["denoiser"]
    assert plain.rows == TOKENS * size
    prefix = events_of("fast_dllm_cache", {"cache": "prefix", **knobs}, net(0))[2].totals["denoiser"]
    assert prefix.rows == 3 * size + 3 * sum(size - first for first in (6, 10, 14))
    dual = events_of("fast_dllm_cache", {"cache": "dual", **knobs}, net(0))[2].totals["denoiser"]
    assert dual.rows == 3 * size + 3 * 3 * 4
    assert plain.passes == prefix.passes == dual.passes == TOKENS


def test_the_audit_changes_nothing_and_sees_the_staleness() -> None:
    drift = 0
    for seed in range(4):
        knobs = {"cache": "dual", "threshold": 0.6, "block_length": 6}
        plain = events_of("fast_dllm_cache", knobs, net(seed))[0]
        audited = events_of("fast_dllm_cache", {**knobs, "audit": True}, net(seed))[0]
        assert order_of(plain) == order_of(audited)
        said = {}
        for event in audited:
            if isinstance(event, Observe) and event.source in ("exact", "denoiser"):
                said[event.source] = event
                exact = said.get("exact")
                if event.source == "denoiser" and exact and exact.of == event.of:
                    drift += exact.probs != event.probs
    assert drift


def test_a_model_that_speaks_one_ahead_is_fed_one_row_more() -> None:
    torch.manual_seed(0)
    made = Net(Config(SIZE, 16, 2, 2, 2, 8, 32, max_positions=64)).eval()
    for cache in ("prefix", "dual"):
        events, answer, _ = events_of(
            "fast_dllm_cache",
            {"cache": cache, "block_length": 4},
            lambda meter: NetMasked(made, "net", "denoiser", meter, MASK, shifted=True),
        )
        assert events and len(answer) == TOKENS


# -- schedules ---------------------------------------------------------------------------------------


def test_dreams_grid_is_the_reverse_process() -> None:
    steps, eps = 7, 0.01
    masked = 1.0
    for i, chance in enumerate(lift_chances(steps, eps)[:-1], 1):
        masked *= 1 - chance
        assert masked == pytest.approx(1 - (1 - eps) * i / steps)
    assert lift_chances(steps, eps)[-1] == 1


def written_after(method: str, knobs: dict, rounds: int) -> list[float]:
    """The exact chance that the only position is written after each round."""
    chance = [0.0] * rounds

    def play(dice: Dice) -> list[bool]:
        events, *_ = events_of(method, knobs, table(0), 1, dice)
        after, written = [], False
        for event in events:
            if isinstance(event, Phase) and event.title.startswith(("Round", "What")):
                after.append(written)
            written = written or isinstance(event, Commit)
            written = written and not isinstance(event, Retract)
        return [*after, written][1 : rounds + 1]

    for weight, after in branches(play):
        for i, yes in enumerate(after):
            chance[i] += weight * yes
        for i in range(len(after), rounds):
            chance[i] += weight * after[-1]
    return chance


@pytest.mark.parametrize("variant", ["cap", "rescale"])
def test_remasking_keeps_the_schedule(variant: str) -> None:
    found = written_after("remdm", {"variant": variant, "eta": 0.4, "steps": 4, "temperature": 0.0}, 3)
    assert found == pytest.approx([0.25, 0.5, 0.75], abs=1e-4)


def test_origin_keeps_the_schedule() -> None:
    found = written_after("dream_origin", {"steps": 4, "eps": 0.001}, 4)
    assert found == pytest.approx([1 - (1 - 0.999 * i / 4) for i in (1, 2, 3)] + [1])


@pytest.mark.parametrize("now", [0.0, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_the_share_of_masks_is_what_the_schedule_says(now: float, strength: float) -> None:
    after = now + 0.05
    remask = strength * remask_limit(now, after)
    assert now * (1 - remask) + (1 - now) * lift_chance(now, after, remask) == pytest.approx(after)


@pytest.mark.parametrize("model", MODELS)
def test_no_strength_is_plain_ancestral_sampling(model: Made) -> None:
    for variant in ("cap", "rescale", "loop"):
        events = events_of("remdm", {"eta": 0.0, "variant": variant}, model)[0]
        assert not any(isinstance(event, Retract) for event in events)
    assert any(isinstance(e, Retract) for e in events_of("remdm", {"eta": 0.5}, model)[0])


# -- revoking ----------------------------------------------------------------------------------------


def test_schedules_end_at_nothing() -> None:
    for schedule in ("linear", "cosine"):
        left = left_after(12, 5, schedule)
        assert len(left) == 5 and left[-1] == 0 and left == sorted(left, reverse=True)
    assert left_after(12, 3, "cosine") == [10, 6, 0]


@pytest.mark.parametrize("model", MODELS)
def test_rcr_takes_its_rounds_and_keeps_the_surest(model: Made) -> None:
    events, answer, meter = events_of("rcr", {"steps": 6, "block_length": 6}, model)
    assert meter.totals["denoiser"].passes == 6 and len(answer) == TOKENS
    kept = [event for event in events if isinstance(event, Judge) and event.rule == "kept"]
    assert len(kept) == 4
    assert [sum(event.passed) for event in kept] == [2, 4, 8, 10]
    once = order_of(events_of("rcr", {"steps": 1, "block_length": 64}, model)[0])
    assert once == order_of(events_of("llada_low_confidence", {"steps": 1, "block_length": 64}, model)[0])


@pytest.mark.parametrize("seed", range(6))
def test_wino_that_never_revokes_is_the_threshold_rule(seed: int) -> None:
    """Real rows see no shadow; in blocks of five the limit of a round is never met."""
    wide = events_of("wino", {"wide": 0.5, "narrow": 0.0, "block_length": 5}, net(seed))[0]
    plain = events_of("fast_dllm_threshold", {"threshold": 0.5, "block_length": 5}, net(seed))[0]
    assert order_of(wide) == order_of(plain)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("narrow", [0.5, 0.9, 1.0])
def test_wino_ends_by_itself(model: Made, narrow: float) -> None:
    events, answer, _ = events_of("wino", {"wide": 0.1, "narrow": narrow, "block_length": 12}, model)
    assert len(answer) == TOKENS and MASK not in answer
    assert not any(isinstance(event, Judge) and event.rule == "round_cap" for event in events)


def test_wino_revokes_at_all_and_counts_its_shadows() -> None:
    events, _, meter = events_of("wino", {"wide": 0.1, "narrow": 1.0, "block_length": 12}, net(0))
    assert any(isinstance(event, Retract) for event in events)
    total = meter.totals["denoiser"]
    assert total.rows == total.passes * (len(PROMPT) + TOKENS + 12)


def test_wino_refuses_a_model_without_rows_for_shadows() -> None:
    torch.manual_seed(0)
    made = Net(Config(SIZE, 16, 2, 2, 2, 8, 32, max_positions=64)).eval()
    with pytest.raises(Exception, match="speaks one position ahead"):
        events_of("wino", {}, lambda meter: NetMasked(made, "net", "denoiser", meter, MASK, shifted=True))


# -- on the model that ships -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def shipped(shelf: Shelf, method: str, knobs: dict) -> Trace:
    request = Request(method, tasks.make("sudoku", 4).prompt, knobs=knobs, max_tokens=24)
    trace = Recording(prepare(request, shelf)).run()
    assert trace.footer.status == "complete", trace.footer.message
    return trace


@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda pair: f"{pair[0]}-{len(pair[1])}")
def test_degenerate_settings_on_the_embedded_model(shelf: Shelf, one: tuple, other: tuple) -> None:
    length = {"block_length": other[1].get("block_length", 8)}
    first, second = (shipped(shelf, method, {**knobs, **length}) for method, knobs in (one, other))
    assert order_of(first.events) == order_of(second.events)


def test_caches_save_rows_on_the_embedded_model(shelf: Shelf) -> None:
    rows = {}
    for name, knobs in (("prefix", {"cache": "prefix"}), ("dual", {"cache": "dual"}), ("none", {})):
        method = "fast_dllm_cache" if knobs else "fast_dllm_threshold"
        trace = shipped(shelf, method, {**knobs, "threshold": 1.0, "block_length": 8})
        rows[name] = sum(stop - start for e in trace.events for start, stop in getattr(e, "computed", ()))
    assert rows["dual"] < rows["prefix"] < rows["none"]


# -- early commit, credit, neighbourhoods ------------------------------------------------------------

LATER = [
    (STATIC, ("prophet", {"early": 100.0, "middle": 100.0, "late": 100.0})),
    (HALF, ("credit_decoding", {"alpha": 0.0, "threshold": 0.5})),
    (HALF, ("local_leap", {"reach": 0, "threshold": 0.5, "relaxed": 0.1})),
    (HALF, ("local_leap", {"relaxed": 0.5, "threshold": 0.5})),
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("one", "other"), LATER, ids=lambda pair: f"{pair[0]}-{len(pair[1])}")
def test_what_is_switched_off_changes_nothing(one: tuple, other: tuple, model: Made) -> None:
    for heat in (0.0, 0.9):
        how = {"block_length": 6, "temperature": heat}
        found = [order_of(events_of(method, {**knobs, **how}, model)[0]) for method, knobs in (one, other)]
        assert found[0] == found[1]


@pytest.mark.parametrize(("one", "other"), LATER, ids=lambda pair: f"{pair[0]}-{len(pair[1])}")
def test_switched_off_on_the_embedded_model(shelf: Shelf, one: tuple, other: tuple) -> None:
    first, second = (shipped(shelf, method, {**knobs, "block_length": 8}) for method, knobs in (one, other))
    assert order_of(first.events) == order_of(second.events)


@pytest.mark.parametrize("model", MODELS)
def test_prophet_writes_everything_when_it_fires(model: Made) -> None:
    events, answer, meter = events_of("prophet", {"early": 0.0}, model)
    assert len(order_of(events)) == 1 and meter.totals["denoiser"].passes == 1
    one = events_of("llada_low_confidence", {"steps": 1, "block_length": 64}, model)[1]
    assert answer == one


def test_credit_and_neighbourhoods_write_sooner() -> None:
    for other in (
        ("credit_decoding", {"alpha": 4.0, "threshold": 0.6}),
        ("local_leap", {"relaxed": 0.24, "threshold": 0.4, "reach": 12}),
    ):
        saved, bar = 0, {"threshold": other[1]["threshold"]}
        for seed in range(4):
            plain = len(order_of(events_of("fast_dllm_threshold", bar, table(seed))[0]))
            saved += plain - len(order_of(events_of(*other, table(seed))[0]))
        assert saved > 0, other
