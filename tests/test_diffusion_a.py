"""CCD, AdaBlock and exploring: each against a plain retelling of its rule, and in its degenerate settings."""

from collections.abc import Callable, Iterator, Sequence
from math import log, log2
from typing import cast

import pytest
import torch
from test_diffusion import HALF, MASK, MODELS, PROMPT, TOKENS, Made, events_of, net, order_of, shipped, table
from test_diffusion_oracle import accuracy, decode, replacements, shuffles
from torch import Tensor

from workbench import tasks
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import SeededDice
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking import NEGATIVE_ENTROPY, Recipe, Sampling, blocks, top
from workbench.methods.loops.unmasking.adaptive import CLAUSES, LINES, SENTENCES, delimits
from workbench.methods.run import Run
from workbench.models.api import Masked
from workbench.models.meter import Meter
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Candidates, Cells, Commit, Event, Judge, Observe, Propose, Score, Token
from workbench.trace.check import check

START, STOP = len(PROMPT), len(PROMPT) + TOKENS
DELIMITERS = (2, 5)
WHOLE = {"block_length": 64}
ONE_BY_ONE = ("eb_sampler", {"gamma": 0.0, **WHOLE})
NEVER = {"delimiter": 1.1}

SAME = [
    (HALF, ("adablock", {"threshold": 0.5, **NEVER})),
    (("fast_dllm_threshold", {"threshold": 1.0}), ("adablock", {"threshold": 1.0, **NEVER})),
    *(
        (
            ("fast_dllm_cache", {"cache": cache, "threshold": 0.5}),
            ("adablock", {"cache": cache, "threshold": 0.5, **NEVER}),
        )
        for cache in ("prefix", "dual")
    ),
    (HALF, ("ete", {"threshold": 0.5, "ahead": 0, "branches": 1})),
    (HALF, ("ete", {"threshold": 0.5, "ahead": 0, "fewest": 0})),
    (ONE_BY_ONE, ("ccd", {"widen": 0.0, **WHOLE})),
    (ONE_BY_ONE, ("ccd", {"warm_up": 512, **WHOLE})),
    (ONE_BY_ONE, ("ccd_average", {"depth": 1, **WHOLE})),
]


def spelled(method: str, knobs: dict, model: Made, heat: float = 0.0) -> tuple[list[Event], list[int], Meter]:
    """A run whose tokens 2 and 5 read as line breaks."""
    meter, found = Meter(), catalogue()[method]
    run = Run(
        PROMPT, TOKENS, {"denoiser": model(meter)}, (), SeededDice(1), meter,
        spell=lambda id: b"\n" if id in DELIMITERS else b"x",
    )  # fmt: skip
    hot = {"temperature": heat} if "temperature" in {k.name for k in found.knobs} else {}
    return list(found.start(run, found.parse({**knobs, **hot}))), run.answer, meter


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda pair: f"{pair[0]}-{len(pair[1])}")
def test_what_is_switched_off_leaves_the_baseline(one: tuple, other: tuple, model: Made) -> None:
    for heat in (0.0, 0.9):
        if heat and other[0] == "ccd_average":  # it reads beliefs at temperature 1, EB-Sampler after it
            continue
        length = {"block_length": 6}
        found = [order_of(spelled(m, {**length, **knobs}, model, heat)[0]) for m, knobs in (one, other)]
        assert found[0] == found[1]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda pair: f"{pair[0]}-{len(pair[1])}")
def test_the_same_on_the_embedded_model(shelf: Shelf, one: tuple, other: tuple) -> None:
    found = [order_of(shipped(shelf, m, {"block_length": 8, **knobs}).events) for m, knobs in (one, other)]
    assert found[0] == found[1]


def at(event: Score | Judge | Observe) -> tuple[int, ...]:
    """The positions that an event is about."""
    assert isinstance(event.of, Cells)
    return event.of.positions


def ids(event: Score | Judge) -> tuple[int, ...]:
    """The candidates that an event is about."""
    assert isinstance(event.of, Candidates)
    return event.of.ids


# -- a plain retelling of each rule --------------------------------------------------------------------

Order = list[set[tuple[int, int]]]


class Telling:
    """A canvas, and beliefs about it in float64."""

    def __init__(self, model: Made, tokens: int = TOKENS) -> None:
        self.model, self.tokens = cast(Masked, model(Meter())), tokens
        self.text, self.order = [*PROMPT, *[MASK] * tokens], list[set[tuple[int, int]]]()

    def holes(self, first: int = START, stop: int = 99) -> list[int]:
        return [i for i in range(first, min(stop, START + self.tokens)) if self.text[i] == MASK]

    def beliefs(self, text: Sequence[int] | None = None) -> dict[int, Tensor]:
        text = self.text if text is None else text
        wanted = [i for i in range(START, START + self.tokens) if text[i] == MASK]
        if not wanted:
            return {}
        logits = self.model.fill(text, wanted).beliefs.logits
        return dict(zip(wanted, logits.double().softmax(-1), strict=True))

    def write(self, what: dict[int, int]) -> None:
        for i, token in what.items():
            self.text[i] = token
        self.order.append(set(what.items()))


def nats(belief: Tensor) -> float:
    return float(-torch.xlogy(belief, belief).sum())


def blockwise(telling: Telling, threshold: float, end: Callable[[dict[int, Tensor], int], int]) -> Order:
    first = START
    while first < STOP:
        stop = end(telling.beliefs(), first)
        while inside := telling.holes(first, stop):
            beliefs = telling.beliefs()
            sure = [i for i in inside if beliefs[i].max() >= threshold]
            sure = sure or [max(inside, key=lambda i: (float(beliefs[i].max()), -i))]
            telling.write({i: int(beliefs[i].argmax()) for i in sure})
        first = stop
    return telling.order


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("bar", "share", "of"), [(0.2, 0.25, "canvas"), (0.4, 0.5, "canvas"), (0.3, 0.7, "written")]
)
def test_adablock_as_told(model: Made, bar: float, share: float, of: str) -> None:
    def end(beliefs: dict[int, Tensor], first: int) -> int:
        width = int(share * TOKENS) if of == "canvas" else max(1, int(share * (first - START)))
        window = range(first, min(STOP, first + width))
        found = [i for i in window if int(beliefs[i].argmax()) in DELIMITERS]
        best = max(found, key=lambda i: (float(beliefs[i].max()), -i), default=None)
        if best is not None and beliefs[best].max() >= bar:
            return best + 1
        return min(STOP, first + 5)

    knobs = {"threshold": 0.5, "delimiter": bar, "window": share, "window_of": of, "block_length": 5}
    events, answer, meter = spelled("adablock", knobs, model)
    assert order_of(events) == tokens_of(blockwise(Telling(model), 0.5, end))
    assert len(answer) == TOKENS and meter.totals["denoiser"].passes == len(order_of(events))


def tokens_of(order: Order) -> list[set[tuple[int, object]]]:
    return [{(i, Token(token)) for i, token in step} for step in order]


def two_step(telling: Telling, due: int, widest: int, warm_up: int, dynamic: bool) -> Order:
    line, likeliest, length, rounds = list[int](), dict[int, int](), 1, 0
    while holes := telling.holes():
        beliefs = telling.beliefs()
        order = sorted(holes, key=lambda i: (nats(beliefs[i]), i))
        if len(holes) <= 0.1 * telling.tokens:
            length = 1
        length = 1 if rounds < warm_up - 1 else min(length + 1, widest)
        now, chosen = {i: int(beliefs[i].argmax()) for i in holes}, order[:due]
        if rounds >= warm_up and set(chosen) & set(line):
            coherent = [i for i in order[:length] if i in line and likeliest[i] == now[i]]
            if len(coherent) >= due:
                chosen = coherent if dynamic else coherent[:due]
        line, likeliest = [i for i in order if i not in chosen][:length], now
        telling.write({i: now[i] for i in chosen})
        rounds += 1
    return telling.order


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize(("steps", "widen", "warm_up"), [(0, 4.0, 2), (6, 1.0, 1), (0, 16.0, 0), (4, 4.0, 3)])
def test_ccd_as_told(model: Made, dynamic: bool, steps: int, widen: float, warm_up: int) -> None:
    knobs = {"steps": steps, "widen": widen, "warm_up": warm_up, "dynamic": dynamic}
    due = TOKENS // steps if steps else 1
    told = two_step(Telling(model), due, due + int(due * widen), warm_up, dynamic)
    events = events_of("ccd", knobs, model)[0]
    assert order_of(events) == tokens_of(told)
    assert all(len(step) >= due for step in told[:-1])


@pytest.mark.parametrize("seed", range(6))
def test_ccd_shortens_its_line_for_the_last_tenth(seed: int) -> None:
    for model in (net(seed), table(seed)):
        told = two_step(Telling(model, 40), 1, 9, 0, True)
        events = events_of("ccd", {"widen": 8.0, "warm_up": 0}, model, 40)[0]
        assert order_of(events) == tokens_of(told)


def averaging(telling: Telling, due: int, depth: int, length: int, limit: float) -> Order:
    kept = dict[int, list[Tensor]]()
    while telling.holes():
        past = {i: [*kept.get(i, []), belief][-depth:] for i, belief in telling.beliefs().items()}
        mean = {i: torch.stack(beliefs).mean(0) for i, beliefs in past.items()}
        order = sorted(mean, key=lambda i: (nats(mean[i]), i))
        known = [i for i in order if len(past[i]) > 1]
        calm = [i for i in known if nats(mean[i]) <= limit]
        chosen = (calm if len(calm) >= due else known[:due]) if known else order[:due]
        kept = {i: past[i][1 - depth :] for i in [i for i in order if i not in chosen][:length]}
        telling.write({i: int(mean[i].argmax()) for i in chosen})
    return telling.order


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("steps", "depth", "line", "limit"),
    [(0, 2, 4, 0.9), (6, 3, 6, 1.2), (0, 4, 2, 0.0), (3, 2, 9, 1.7), (2, 2, 9, 1.7)],
)
def test_ccd_by_averages_as_told(model: Made, steps: int, depth: int, line: int, limit: float) -> None:
    knobs = {"steps": steps, "depth": depth, "line": line, "limit": limit}
    due = TOKENS // steps if steps else 1
    events = events_of("ccd_average", knobs, model)[0]
    assert order_of(events) == tokens_of(averaging(Telling(model), due, depth, line, limit))
    uniform = events_of("ccd_average", {**knobs, "dynamic": False}, model)[0]
    assert order_of(uniform) == tokens_of(averaging(Telling(model), due, depth, line, -1.0))


def exploring(telling: Telling, how: dict) -> Order:
    length = how["block_length"]
    while holes := telling.holes():
        first = START + (holes[0] - START) // length * length
        stop, reach = min(STOP, first + length), min(STOP, first + (1 + how["ahead"]) * length)
        beliefs = telling.beliefs()
        scope = [i for i in holes if i < reach]
        bars = {i: how["threshold"] if i < stop else how["far"] for i in scope}
        chosen = {i: int(beliefs[i].argmax()) for i in scope if beliefs[i].max() >= bars[i]}
        left = [i for i in scope if i < stop and i not in chosen][: how["among"] or None]
        if len(chosen) < how["fewest"] and left:
            pivot = max(left, key=lambda i: (nats(beliefs[i]), -i))
            rest = [i for i in scope if i != pivot and i not in chosen]
            worth = []
            for token in beliefs[pivot].argsort(descending=True, stable=True)[: how["branches"]].tolist():
                copy = list(telling.text)
                for i, written in {**chosen, pivot: token}.items():
                    copy[i] = written
                after = telling.beliefs(copy)
                settled = sum(float(after[i].max()) >= how["threshold"] for i in rest)
                gain = sum(nats(beliefs[i]) - nats(after[i]) for i in rest)
                value = log(float(beliefs[pivot][token])) + how["weight"] * settled
                worth.append((value, gain, token))
            chosen[pivot] = max(worth, key=lambda each: each[:2])[2]
        telling.write(chosen)
    return telling.order


EXPLORE = [
    {"threshold": 0.5, "far": 0.6, "ahead": 1, "fewest": 2, "branches": 3, "weight": 0.1, "among": 0},
    {"threshold": 0.4, "far": 0.4, "ahead": 0, "fewest": 4, "branches": 2, "weight": 2.0, "among": 2},
    {"threshold": 0.6, "far": 0.7, "ahead": 2, "fewest": 1, "branches": 8, "weight": 0.5, "among": 1},
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("how", EXPLORE, ids=["one_ahead", "narrow", "leftmost"])
def test_exploring_as_told(model: Made, how: dict) -> None:
    events, answer, _ = events_of("ete", {**how, "block_length": 4}, model)
    assert order_of(events) == tokens_of(exploring(Telling(model), {**how, "block_length": 4}))
    assert len(answer) == TOKENS and MASK not in answer


# -- what each promises of itself ----------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_exploring_costs_sequences_not_rounds(model: Made) -> None:
    knobs = {**EXPLORE[0], "block_length": 4}
    events, _, meter = events_of("ete", knobs, model)
    ticks = {each.tick for each in meter.drain()}
    guesses = [e for e in events if isinstance(e, Judge) and e.rule == "branch"]
    assert guesses and len(ticks) == len(order_of(events))
    last = guesses[-1] is [e for e in events if isinstance(e, Judge) and e.rule in ("few", "branch")][-1]
    assert meter.totals["denoiser"].passes >= len(ticks) + 2 * (len(guesses) - last)


@pytest.mark.parametrize("model", MODELS)
def test_open_to_the_end_it_is_the_threshold_rule_on_one_block(model: Made) -> None:
    knobs = {"threshold": 0.5, "far": 0.5, "ahead": 16, "branches": 1, "block_length": 4}
    plain = events_of("fast_dllm_threshold", {"threshold": 0.5, **WHOLE}, model)[0]
    assert order_of(events_of("ete", knobs, model)[0]) == order_of(plain)


def bits(events: Sequence[Event]) -> list[float]:
    """Per commit: minus log2 of the probabilities with which its tokens were proposed."""
    odds, sums = dict[int, float](), list[float]()
    for event in events:
        if isinstance(event, Propose):
            odds |= dict(zip(event.ids, event.probs, strict=True))
        elif isinstance(event, Commit):
            sums.append(sum(-log2(odds[id]) for id in event.candidates))
    return sums


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("heat", [0.0, 0.9])
def test_the_bits_of_all_rounds_are_the_texts_own(model: Made, heat: float) -> None:
    """Guesses included: minus log2 of what the model says of every written token, asked once more."""
    events = events_of("ete", {**EXPLORE[0], "temperature": heat}, model)[0]
    telling, expected = Telling(model), list[float]()
    for step in order_of(events):
        beliefs = telling.beliefs()
        tokens = {i: fill.id for i, fill in step if isinstance(fill, Token)}
        expected.append(sum(-log2(float(beliefs[i][token])) for i, token in tokens.items()))
        telling.write(tokens)
    assert bits(events) == pytest.approx(expected, abs=1e-4)


def test_a_guess_makes_others_sure_somewhere() -> None:
    settled = 0.0
    for seed in range(4):
        for event in events_of("ete", EXPLORE[0], table(seed))[0]:
            settled += sum(event.values) if isinstance(event, Score) and event.measure == "settled" else 0
    assert settled > 0


def test_of_equal_guesses_the_one_that_tells_more_is_written() -> None:
    """Behind 0 stands 2 or 3, behind 1 always 2: both guesses are as likely, and none is settled for more."""
    answers = [(0, 2), (0, 3), (1, 2), (1, 2)]
    knobs = {"weight": 0.0, "branches": 2}
    assert decode(catalogue()["ete"], knobs, answers, SeededDice(0))[0] == (1, 2)


def test_blocks_cover_the_region_once_and_end_with_their_delimiter() -> None:
    cuts = ones = 0
    for seed in range(6):
        events = spelled("adablock", {"delimiter": 0.2, "window": 0.5, "block_length": 4}, table(seed))[0]
        inside = [e for e in events if isinstance(e, Score) and e.measure == "block"]
        assert [i for e in inside for i in at(e)] == list(range(START, STOP))
        assert [set(e.values) for e in inside] == [{number} for number in range(len(inside))]
        chosen = [e for e in events if isinstance(e, Judge) and e.rule == "cut"]
        ends = {i for e in chosen for i, yes in zip(at(e), e.passed, strict=True) if yes}
        assert ends <= {at(e)[-1] for e in inside}
        cuts, ones = cuts + len(ends), ones + sum(len(e.values) == 1 for e in inside)
    assert cuts and ones  # a delimiter may stand first: a block of one


def test_adablock_pushes_the_rows_of_its_blocks() -> None:
    """Dual cache: the canvas where a block begins, the block in its other rounds."""
    knobs = {"cache": "dual", "threshold": 1.0, "delimiter": 0.2, "window": 0.5}
    found = 0
    for seed in range(4):
        events, _, meter = spelled("adablock", knobs, net(seed))
        lengths = [len(e.values) for e in events if isinstance(e, Score) and e.measure == "block"]
        total = meter.totals["denoiser"]
        assert total.passes == TOKENS
        assert total.rows == sum(STOP + (length - 1) * length for length in lengths)
        found += len(set(lengths)) > 1
    assert found


def test_a_text_tells_what_ends_a_block() -> None:
    spell = [b"", b".", b" end.", b"a\nb", b",", b" ;", b":", b"x"].__getitem__
    ending = {
        kind: [id for id in range(8) if delimits(spell, kind)(id)] for kind in (LINES, SENTENCES, CLAUSES)
    }
    assert ending == {LINES: [3], SENTENCES: [1, 2, 3, 5], CLAUSES: [1, 2, 3, 4, 5, 6]}


def test_ccd_dynamic_takes_fewer_rounds() -> None:
    saved = [TOKENS - len(order_of(events_of("ccd", {}, net(seed))[0])) for seed in range(4)]
    assert min(saved) >= 0 and sum(saved) > 0


def test_every_branch_of_the_two_step_rule_is_taken() -> None:
    said: dict[str, set[bool]] = {}
    for seed in range(4):
        for model in (net(seed), table(seed)):
            for event in events_of("ccd", {"dynamic": False, "warm_up": 1}, model)[0]:
                if isinstance(event, Judge):
                    said.setdefault(event.rule, set()).update(event.passed)
    for rule in ("overlap", "in_view", "waited", "kept_token", "enough", "coherent"):
        assert said[rule] == {False, True}, rule


@pytest.mark.parametrize("model", MODELS)
def test_what_stands_in_line_is_what_was_left(model: Made) -> None:
    """The recorded places are those of the round before, among the masks that it did not write."""
    before, place = dict[int, float](), dict[int, int]()
    where, seen = dict[int, int](), 0
    for event in events_of("ccd", {"warm_up": 0, "widen": 16.0}, model)[0]:
        if isinstance(event, Propose):
            where = dict(zip(event.ids, event.positions, strict=True))
        elif isinstance(event, Score) and event.measure == "negative_entropy":
            before = {where[id]: value for id, value in zip(ids(event), event.values, strict=True)}
        elif isinstance(event, Judge) and event.rule == "waited":
            for id, value in zip(ids(event), event.values, strict=True):
                assert value == place[where[id]]
                seen += 1
        elif isinstance(event, Commit):
            gone = {where[id] for id in event.candidates}
            left = sorted(before.keys() - gone, key=lambda i: (-before[i], i))
            place = {i: n for n, i in enumerate(left)}
    assert seen


def test_the_spread_is_the_surplus_of_the_means_entropy() -> None:
    """It is never negative, and follows from the recorded entropies where a mean is of two rounds."""
    seen = 0
    for seed in range(4):
        last, mean, spread = dict[str, dict[int, float]](), dict[int, float](), dict[int, float]()
        for event in events_of("ccd_average", {"depth": 2}, table(seed))[0]:
            if isinstance(event, Observe) and isinstance(event.of, Cells):
                entropies = dict(zip(at(event), event.entropies, strict=True))
                if event.source == "averaged":
                    for i, value in mean.items():
                        assert entropies[i] - value == pytest.approx(spread[i], abs=1e-4)
                        seen += 1
                    mean = {}
                else:
                    last = {"before": last.get("now", {}), "now": entropies}
            elif isinstance(event, Score) and event.measure == "spread":
                spread = dict(zip(at(event), event.values, strict=True))
                assert min(spread.values()) >= -1e-6
                mean = {i: (last["before"][i] + last["now"][i]) / 2 for i in spread}
    assert seen


def test_one_at_a_time_is_always_right_on_a_perfect_model() -> None:
    """Guesses come singly where nothing is sure, and CCD without its dynamic rule writes one a round."""
    for method, knobs in (("ete", {}), ("ccd", {"dynamic": False}), ("adablock", {})):
        assert accuracy(method, {"temperature": 1.0, **knobs}, shuffles(3)) == pytest.approx(1.0)
        assert accuracy(method, knobs, shuffles(5)) == accuracy(method, knobs, replacements(4)) == 1.0


def answers(shelf: Shelf) -> Iterator[str]:
    for name in ("latin", "code", "story", "sort"):
        yield tasks.make(name, 7).prompt


@pytest.mark.parametrize("method", ["adablock", "ccd", "ccd_average", "ete"])
def test_on_the_embedded_model_every_number_follows(shelf: Shelf, method: str) -> None:
    for prompt in answers(shelf):
        for heat in (0.0, 0.7):
            request = Request(method, prompt, knobs={"temperature": heat}, max_tokens=24)
            trace = Recording(prepare(request, shelf)).run()
            report = check(trace)
            assert report.ok and not report.underivable, report.problems[:3]


def test_lines_end_blocks_on_the_embedded_model(shelf: Shelf) -> None:
    """A square's answer has four lines of four digits: every line is a block."""
    trace = shipped(shelf, "adablock", {"delimiter": 0.1, "window": 0.25, "block_length": 8})
    blocks_ = [list(at(e)) for e in trace.events if isinstance(e, Score) and e.measure == "block"]
    assert [len(block) for block in blocks_][:3] == [5, 5, 5]


def test_the_averaging_rule_at_depth_one_is_plain_at_any_temperature() -> None:
    for seed in range(3):
        for heat in (0.0, 0.9):
            meter = Meter()
            run = Run(PROMPT, TOKENS, {"denoiser": net(seed)(meter)}, (), SeededDice(1), meter)
            recipe = Recipe(blocks(64), top(lambda now: 1), NEGATIVE_ENTROPY, Sampling(heat))
            plain = order_of(list(unmask(run, recipe)))
            how = {"depth": 1, "temperature": heat, **WHOLE}
            assert order_of(events_of("ccd_average", how, net(seed))[0]) == plain
