"""Caches that follow the text, windows, moving bars, two stages, a guide: each ends in its baseline."""

import pytest
import torch
from fakes import TableCausal, random_law
from test_diffusion import MASK, MODELS, PROMPT, SIZE, TOKENS, Made, events_of, net, order_of, shipped

from workbench import tasks
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import SeededDice
from workbench.methods.loops.unmasking.stages import spelled
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.net_masked import NetMasked
from workbench.models.shelf import Shelf
from workbench.run.answer import answer_ids
from workbench.run.prepare import glossary, prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Commit, Event, Forward, Judge, Observe, Phase, Propose, Score, Token, Value
from workbench.trace.check import check

ALL = len(PROMPT) + TOKENS


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


# -- FreeCache ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_freecache_that_freezes_nothing_is_the_threshold_rule(seed: int) -> None:
    """No whole block of 64 is ever finished; a window over everything feeds everything."""
    plain = order_of(events_of("fast_dllm_threshold", {"block_length": 64, "threshold": 0.5}, net(seed))[0])
    for knobs in ({"block_length": 64}, {"cut": "sliding window", "window": 512, "block_length": 64}):
        assert order_of(events_of("freecache", {**knobs, "threshold": 0.5}, net(seed))[0]) == plain


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("cut", "block"), [("whole blocks", 3), ("all that is written", 1)])
def test_freecache_is_exact_where_no_row_sees_what_comes_later(cut: str, block: int, seed: int) -> None:
    model, knobs = net(seed, block=block), {"block_length": 3, "threshold": 0.5}
    plain = order_of(events_of("fast_dllm_threshold", knobs, model)[0])
    assert order_of(events_of("freecache", {"cut": cut, **knobs}, model)[0]) == plain


def test_freecache_is_not_exact_with_full_attention() -> None:
    """The control: frozen rows are stale there, and the audit says how much."""
    apart = []
    for seed in range(4):
        events = events_of("freecache", {"block_length": 2, "audit": True}, net(seed))[0]
        apart += [v for e in events if isinstance(e, Score) and e.measure == "drift" for v in e.values]
    assert max(apart) > 1e-3 and min(apart) >= 0


def test_freecache_pushes_fewer_rows_round_by_round() -> None:
    """One token a round from the left: all of it, then from the first row that was not fed clean."""
    meter = events_of("freecache", {"cut": "all that is written", "block_length": 1}, net(0))[2]
    first = len(PROMPT)
    rows = [spans[-1][1] - spans[0][0] for spans in (each.computed for each in meter.pending)]
    assert rows == [ALL] + [ALL - (first + i) for i in range(TOKENS - 1)]
    sliding = {"cut": "sliding window", "window": 3, "block_length": 2, "threshold": 1.0}
    meter = events_of("freecache", sliding, net(0))[2]
    assert all(each.rows <= 6 for each in meter.pending[1:])


def test_a_model_that_speaks_one_ahead_can_use_all_of_them() -> None:
    torch.manual_seed(0)
    made = Net(Config(SIZE, 16, 2, 2, 2, 8, 32, max_positions=64)).eval()
    model: Made = lambda meter: NetMasked(made, "net", "denoiser", meter, MASK, shifted=True)  # noqa: E731
    for method, knobs in [
        ("freecache", {"cut": "whole blocks"}),
        ("freecache", {"cut": "all that is written"}),
        ("freecache", {"cut": "sliding window"}),
        ("window_diffusion", {"window": 6, "active": 3}),
    ]:
        assert len(events_of(method, knobs, model)[1]) == TOKENS


# -- Window-Diffusion --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("steps", [0, 5, 7])
def test_a_window_over_everything_is_low_confidence_remasking(model: Made, steps: int) -> None:
    whole = {"window": 64, "active": 64, "steps": steps, "refresh": 1}
    plain = events_of("llada_low_confidence", {"steps": steps, "block_length": 64}, model)[0]
    assert order_of(events_of("window_diffusion", whole, model)[0]) == order_of(plain)


def test_windows_compute_what_they_say() -> None:
    knobs = {"window": 6, "active": 3, "refresh": 4}
    events, answer, meter = events_of("window_diffusion", knobs, net(0))
    assert len(answer) == TOKENS
    rows = [each.rows for each in meter.pending]
    assert rows[0] == rows[4] == rows[8] == ALL, "a refresh feeds everything"
    assert rows[1:4] == [3 + 1, 3 + 2, 3 + 3], "the active masks, and what the phase has written"
    seen = [sum(stop - start for start, stop in (*each.computed, *each.visible)) for each in meter.pending]
    assert all(each <= ALL - TOKENS + 6 + 1 for each in seen[1:4]), "far masks are seen by nobody"
    titles = [event.title for event in events if isinstance(event, Phase) and event.level == 0]
    assert titles == ["Window 1", "Window 2", "Window 3"]


def test_pruned_masks_do_not_exist_for_the_network() -> None:
    """Whatever stands in the cached rows of far masks changes nothing."""
    torch.manual_seed(1)
    made = Net(Config(SIZE, 16, 2, 2, 2, 8, 32, max_positions=64)).eval()
    model = NetMasked(made, "net", "denoiser", Meter(), MASK)
    canvas = [*PROMPT, *[MASK] * TOKENS]
    seen = torch.ones(ALL, dtype=torch.bool)
    seen[10:] = False
    said = []
    for far in (MASK, 1):
        memory = model.fill([*canvas[:10], *[far] * (ALL - 10)], (), remember=True, visible=None).memory
        memory = model.fill(canvas, (), after=memory, only=range(6), remember=True, visible=seen).memory
        memory = model.fill(canvas, (), after=memory, only=range(10), remember=True, visible=seen).memory
        said.append(model.fill(canvas, (6, 7), seen, after=memory, only=range(6, 10)).beliefs.logits)
    assert torch.equal(said[0], said[1])


# -- the moving bar, two stages ----------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("bar", [0.3, 0.5, 1.0])
def test_equal_bounds_are_the_threshold_rule(model: Made, bar: float) -> None:
    for heat in (0.0, 0.9):
        how = {"block_length": 6, "temperature": heat}
        moving = events_of("bacd", {"low": bar, "high": bar, **how}, model)[0]
        assert order_of(moving) == order_of(
            events_of("fast_dllm_threshold", {"threshold": bar, **how}, model)[0]
        )


@pytest.mark.parametrize("model", MODELS)
def test_the_bar_follows_what_was_written(model: Made) -> None:
    events = events_of("bacd", {"low": 0.1, "high": 0.9, "block_length": 6}, model)[0]
    proposed, history, bars = {}, [], []
    for event in events:
        if isinstance(event, Propose):
            proposed |= dict(zip(event.ids, event.probs, strict=True))
        if isinstance(event, Phase) and event.title.startswith("Block"):
            history = []
        if isinstance(event, Judge) and event.rule == "bounded":
            expected = sum(history) / len(history) if history else max(event.values)
            assert event.bounds[0] == pytest.approx(min(0.9, max(0.1, expected)))
            bars.append(event.bounds[0])
        if isinstance(event, Commit):
            history += [proposed[id] for id in event.candidates]
    assert len(set(bars)) > 1


@pytest.mark.parametrize("model", MODELS)
def test_one_block_length_and_no_cue_is_one_stage(model: Made) -> None:
    for length in (1, 4):
        both = events_of("tccf", {"coarse": length, "fine": length, "think": 0.5}, model)[0]
        assert order_of(both) == order_of(events_of("bacd", {"block_length": length}, model)[0])


@pytest.mark.parametrize("seed", range(3))
def test_the_second_stage_on_a_block_model_is_autoregressive(seed: int) -> None:
    """Nothing of the wide blocks is left in the cache: the rest of the text is that of blocks of one."""
    model = net(seed, block=2)
    _, answer, _ = events_of("tccf", {"coarse": 2, "fine": 1, "think": 0.5, "low": 1.0, "high": 1.0}, model)
    assert len(answer) == TOKENS
    written: list[int] = [*PROMPT, *answer[:6]]
    reader = model(Meter())
    assert isinstance(reader, NetMasked)
    causal = torch.ones(ALL, ALL, dtype=torch.bool).tril()
    for token in answer[6:]:
        canvas = [*written, *[MASK] * (ALL - len(written))]
        assert reader.fill(canvas, [len(written)], causal).beliefs.logits.argmax(-1).tolist() == [token]
        written.append(token)


def test_the_cue_is_written_between_the_stages() -> None:
    events, answer, _ = events_of("tccf", {"coarse": 4, "cue": "line break"}, net(0))
    assert answer, "without a tokenizer nothing can be spelled, and nothing is"
    meter = Meter()
    run = Run(PROMPT, TOKENS, {"denoiser": net(0)(meter)}, (), SeededDice(1), meter,
              spell=lambda id: b"abcd\nfgh?"[id : id + 1])  # fmt: skip
    found = catalogue()["tccf"]
    events = list(found.start(run, found.parse({"coarse": 4, "cue": "line break"})))
    cues = [e for e in events if isinstance(e, Propose) and e.source == "cue"]
    assert [(e.positions, e.fills) for e in cues] == [((len(PROMPT) + 8,), (Token(4),))]
    assert run.answer[8] == 4


def test_a_cue_is_spelled_by_the_longest_tokens() -> None:
    words = [b"a", b"ab", b"abc", b"c", b"", b"ab"]
    assert spelled(words.__getitem__, range(6), b"abcab?c") == [2, 1, 3]
    assert spelled(words.__getitem__, (0, 3), b"abc") == [0, 3]


# -- the guide ---------------------------------------------------------------------------------------


def guided(
    knobs: dict, seed: int, guide: object = None, meter: Meter | None = None
) -> tuple[list[Event], list[int]]:
    meter = meter or Meter()
    other = guide or TableCausal(random_law(seed, SIZE, 0, 3.0), SIZE, "target", meter)
    models = {"denoiser": net(seed)(meter), "target": other}
    run = Run(PROMPT, TOKENS, models, (), SeededDice(1), meter)
    found = catalogue()["guided_diffusion"]
    return list(found.start(run, found.parse(knobs))), run.answer


@pytest.mark.parametrize("seed", range(4))
def test_a_guide_that_never_agrees_leaves_the_model_alone_from_the_left(seed: int) -> None:
    """One token a round, each the denoiser's likeliest at the leftmost mask."""
    never = {"agreement": "likely", "bar": 1.0}
    plain = events_of("fast_dllm_threshold", {"threshold": 1.0, "block_length": 1}, net(seed))[0]
    assert order_of(guided(never, seed)[0]) == order_of(plain)


@pytest.mark.parametrize("seed", range(4))
def test_a_guide_that_always_agrees_fills_at_once(seed: int) -> None:
    events, answer = guided({"agreement": "top k", "among": 50}, seed)
    assert len(order_of(events)) == 1
    assert answer == events_of("llada_low_confidence", {"steps": 1, "block_length": 64}, net(seed))[1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("chunk", [1, 3, 32])
def test_chunks_change_no_text(seed: int, chunk: int) -> None:
    for agreement in ("likeliest", "top k", "top k and near"):
        knobs = {"agreement": agreement, "among": 4}
        one, two = (order_of(guided({**knobs, "chunk": n}, seed)[0]) for n in (chunk, 512))
        assert one == two


@pytest.mark.parametrize("seed", range(4))
def test_with_corrections_it_is_the_guides_greedy_text(seed: int) -> None:
    law = random_law(seed, SIZE, 0, 3.0)
    text = list(PROMPT)
    for _ in range(TOKENS):
        probs = law(tuple(text)).clone()
        probs[MASK] = 0
        text.append(int(probs.argmax()))
    assert guided({"correct": True}, seed)[1] == text[len(PROMPT) :]
    assert guided({"correct": True, "chunk": 2}, seed)[1] == text[len(PROMPT) :]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_is_the_prefix_that_the_guide_agrees_with(seed: int) -> None:
    """Recomputed from what was recorded: drafts, the guide's beliefs, the first disagreement."""
    events, _ = guided({"chunk": 512}, seed)
    drafts: Propose | None = None
    best: list[int] = []
    for event in events:
        if isinstance(event, Propose):
            drafts = event
        elif isinstance(event, Observe) and event.source == "target":
            best = [row[0] for row in event.keys]
        elif isinstance(event, Commit):
            assert drafts is not None
            tokens = [fill.id for fill in drafts.fills if isinstance(fill, Token)]
            same = [a == b for a, b in zip(tokens, best, strict=True)]
            agreed = same.index(False) if False in same else len(same)
            assert event.candidates == drafts.ids[: max(1, agreed)]


def test_the_guide_is_called_a_guide_in_every_sentence() -> None:
    """Its rules speak of a guide: the passes and beliefs are no 'target model's'."""
    sources = glossary(catalogue()["guided_diffusion"]).sources
    assert {(each.title, each.role) for each in sources.values() if each.id == "target"} == {
        ("autoregressive guide", "target")
    }
    assert glossary(catalogue()["greedy"]).sources["target"].title == "target model"


def test_the_greedy_text_of_the_embedded_guide(shelf: Shelf) -> None:
    for name in ("copy", "code"):
        prompt = tasks.make(name, 3).prompt
        texts = []
        corrected: dict[str, Value] = {"correct": True}
        for request in (
            Request("greedy", prompt, max_tokens=24),
            Request("guided_diffusion", prompt, knobs=corrected, max_tokens=24),
        ):
            trace = Recording(prepare(request, shelf)).run()
            assert check(trace).ok and trace.footer.status == "complete"
            texts.append(answer_ids(trace))
        assert texts[0] == texts[1]


# -- on the model that ships -------------------------------------------------------------------------

PAIRS = [
    (("freecache", {"block_length": 64}), ("fast_dllm_threshold", {"block_length": 64})),
    (
        ("window_diffusion", {"window": 64, "active": 64, "refresh": 1}),
        ("llada_low_confidence", {"block_length": 64}),
    ),
    (("bacd", {"low": 0.7, "high": 0.7}), ("block_dynamic", {"threshold": 0.7})),
    (("tccf", {"coarse": 8, "fine": 8, "low": 0.7, "high": 0.7}), ("bacd", {"low": 0.7, "high": 0.7})),
]


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda pair: pair[0])
def test_limits_on_the_embedded_model(shelf: Shelf, one: tuple, other: tuple) -> None:
    first, second = (shipped(shelf, method, knobs) for method, knobs in (one, other))
    assert order_of(first.events) == order_of(second.events)


def test_equal_bounds_are_the_threshold_rule_on_the_embedded_model(shelf: Shelf) -> None:
    """Not its own model: one that sees its whole canvas, in blocks."""
    prompt, written = tasks.make("sudoku", 4).prompt, []
    settings: list[tuple[str, dict[str, Value]]] = [
        ("bacd", {"low": 0.7, "high": 0.7}),
        ("fast_dllm_threshold", {"threshold": 0.7, "block_length": 8}),
    ]
    for method, knobs in settings:
        request = Request(method, prompt, knobs, {"denoiser": "masked"}, max_tokens=24)
        written.append(order_of(Recording(prepare(request, shelf)).run().events))
    assert written[0] == written[1]


def test_they_save_rows_on_the_embedded_model(shelf: Shelf) -> None:
    def rows(method: str, knobs: dict) -> int:
        trace = shipped(shelf, method, knobs)
        assert check(trace).ok
        return sum(b - a for e in trace.events if isinstance(e, Forward) for a, b in e.computed)

    plain = rows("fast_dllm_threshold", {"threshold": 1.0, "block_length": 8})
    assert rows("freecache", {"threshold": 1.0}) < 0.7 * plain
    assert rows("freecache", {"threshold": 1.0, "cut": "sliding window"}) < 0.7 * plain
    assert rows("window_diffusion", {}) < 0.7 * plain


@pytest.mark.parametrize(
    ("method", "saving", "whole"),
    [
        ("fast_dllm_cache", {"cache": "prefix"}, ("fast_dllm_threshold", {"block_length": 8})),
        ("fast_dllm_cache", {"cache": "dual"}, ("fast_dllm_threshold", {"block_length": 8})),
        ("adablock", {"cache": "dual", "window": 0.0}, ("adablock", {"window": 0.0})),
        ("guided_diffusion", {"cache": "whole blocks"}, ("guided_diffusion", {})),
        ("unmask_recipe", {"compute": "frozen tokens"}, ("unmask_recipe", {})),
    ],
)
def test_a_pass_of_a_cache_is_smaller(shelf: Shelf, method: str, saving: dict, whole: tuple) -> None:
    """Rows for each pass, so that the number of rounds does not count; every pass says of each row whether
    it was computed or cached."""
    apart: list[float] = []
    for id, knobs in ((method, saving), whole):
        trace = shipped(shelf, id, {"threshold": 1.0, **knobs} if id != "guided_diffusion" else knobs)
        passes = [e for e in trace.events if isinstance(e, Forward) and e.source == "denoiser"]
        rows = [sum(b - a for a, b in each.computed) for each in passes]
        apart.append(sum(rows) / len(rows))
        canvas = len(trace.header.prompt_ids) + 24
        for each, count in zip(passes, rows, strict=True):
            assert count + sum(b - a for a, b in each.visible) == canvas
        assert knobs is not saving or min(rows) < canvas
    assert apart[0] < 0.9 * apart[1], (method, apart)


def test_the_audit_changes_no_text(shelf: Shelf) -> None:
    for method, knobs in (
        ("freecache", {}),
        ("window_diffusion", {}),
        ("fast_dllm_cache", {"cache": "dual"}),
        ("guided_diffusion", {"cache": "whole blocks"}),
        ("adablock", {"cache": "prefix", "window": 0.0}),
        ("unmask_recipe", {"compute": "dual cache", "stop": "none"}),
    ):
        plain, audited = (shipped(shelf, method, {**knobs, "audit": on}) for on in (False, True))
        assert order_of(plain.events) == order_of(audited.events)
        values = [
            v for e in audited.events if isinstance(e, Score) and e.measure == "drift" for v in e.values
        ]
        assert values and max(values) > 0, method
        assert not [e for e in plain.events if isinstance(e, Score) and e.measure == "drift"]
