"""Drafters without a model: the laws of what they feed, what they record, the corpus that they read."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Generator

import pytest
import torch
from drafted import fresh_run, last, path_of
from fakes import CORPUS, TableCausal, branches, random_law, table_run
from models.small_models import tiny_net
from torch import Tensor

from viz.analysis import analyse
from viz.figure import offered
from viz.tables import summary
from workbench import tasks
from workbench.methods.catalogue import catalogue
from workbench.methods.dice import SeededDice
from workbench.methods.loops.draft_verify import Drafter, draft_verify
from workbench.methods.loops.drafting.adaptive import Adaptive
from workbench.methods.loops.drafting.memory import Memory, Remembering
from workbench.methods.loops.drafting.pool import Lookahead
from workbench.methods.loops.drafting.recycling import Recycling
from workbench.methods.loops.drafting.retrieval import Retrieval
from workbench.methods.loops.sampling import Plain
from workbench.methods.loops.verification import VERIFICATIONS, Draft, Outcome
from workbench.methods.loops.verification.stepwise import walk
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.net_causal import NetCausal
from workbench.models.shelf import Shelf
from workbench.run.answer import answer_ids
from workbench.run.corpus import corpus
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import ROOT, Cells, Event, Forward, Judge, Observe, Propose, Score, Trace

EXACT = 1e-9


def record(id: str, knobs: dict | None = None, **how) -> Trace:
    trace = Recording(table_run(catalogue()[id], knobs, **how)).run()
    assert trace.footer.status == "complete", trace.footer.message
    return trace


# -- laws ------------------------------------------------------------------------------------------

HOT = Plain(1.0)
LAW, TOKENS = random_law(1), 5


def answers(method: str, knobs: dict, tokens: int, prompt: tuple[int, ...], law=LAW, notes=None) -> dict:
    """The exact law of the answers; `notes` counts the verdicts on drafts that passed and that failed."""
    method_ = catalogue()[method]
    params = method_.parse({"temperature": 1.0, **knobs})

    def play(dice) -> tuple[int, ...]:
        meter = Meter()
        models = {"target": TableCausal(law, 3, "target", meter)}
        run = Run(prompt, tokens, models, (), dice, meter, full=False, corpus=lambda: CORPUS)
        for event in method_.start(run, params):
            if notes is not None and isinstance(event, Judge) and event.rule not in ("drawn", "chosen"):
                notes.update(event.passed)
        return tuple(run.answer)

    return summed(play)


def summed(play) -> dict:
    law = defaultdict(float)
    for weight, answer in branches(play):
        law[answer] += weight
    return law


def reference(tokens: int, prompt: tuple[int, ...], law=LAW) -> dict:
    found = {(): 1.0}
    for _ in range(tokens):
        found = {
            (*answer, token): weight * prob
            for answer, weight in found.items()
            for token, prob in enumerate(law((*prompt, *answer)).tolist())
            if prob > 0
        }
    return found


def distance(one: dict, other: dict) -> float:
    return 0.5 * sum(abs(one.get(k, 0.0) - other.get(k, 0.0)) for k in one.keys() | other.keys())


LONGER = [
    ("rest", {"draft_length": 2, "nodes": 4}, 4, (1, 0, 1)),
    ("rest", {"draft_length": 3, "nodes": 6, "longest": 2}, 4, (2, 0, 1)),
    ("token_recycling", {"ranks": 2, "nodes": 4, "depth": 2}, 5, (0, 1)),
    ("lookahead", {"window": 1, "ngram": 2}, 5, (0, 1)),
    ("lookahead", {"window": 2, "ngram": 2, "guesses": 1}, 5, (0, 1)),
    ("lookahead", {"window": 1, "ngram": 3, "pool_from_prompt": True}, 5, (0, 1, 0, 0)),
    ("stand", {"shortest": 1, "longest": 2, "kept": 2, "nodes": 3, "branch": 2, "depth": 2}, 4, (0, 0)),
    ("stand", {"shortest": 1, "siblings": "likeliest", "nodes": 3, "branch": 2, "depth": 2}, 5, (0, 0)),
    ("aded", {"simulations": 2, "depth": 1, "nodes": 2}, 4, (1, 0)),
    ("aded", {"simulations": 2, "depth": 2, "nodes": 3}, 3, (1, 0)),
]


@pytest.mark.parametrize(("method", "knobs", "tokens", "prompt"), LONGER)
@pytest.mark.parametrize("law", [LAW, random_law(8, 3, zeros=1)], ids=["random", "zeros"])
def test_the_law_over_several_rounds_is_the_targets(method, knobs, tokens, prompt, law) -> None:
    """Long enough that tables are warm: drafts are accepted and rejected on the way."""
    notes: Counter = Counter()
    found = answers(method, knobs, tokens, prompt, law, notes)
    assert sum(found.values()) == pytest.approx(1, abs=EXACT)
    assert distance(found, reference(tokens, prompt, law)) < EXACT
    assert notes[True] and notes[False], "the drafts were never put to the test"


def law_of_drafter(make, verify, tokens: int, prompt: tuple[int, ...], law) -> dict:
    """The exact law of any drafter under any rule."""

    def play(dice) -> tuple[int, ...]:
        meter = Meter()
        run = Run(
            prompt, tokens, {"target": TableCausal(law, 3, "target", meter)}, (), dice, meter, full=False
        )
        for _ in draft_verify(run, HOT, make(), verify):
            pass
        return tuple(run.answer)

    return summed(play)


def every_path_by_itself(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """The mistake of released code: the target draws anew along every path, and the longest match wins."""
    leaves = [i for i in range(len(draft.tokens)) if i not in draft.parents]
    best: list[int] = []
    for leaf in leaves:
        path, node = [], leaf
        while node != ROOT:
            path, node = [node, *path], draft.parents[node]
        matched: list[int] = []
        for node in path:
            if run.dice.pick(target[draft.parents[node] + 1]).index != draft.tokens[node]:
                break
            matched.append(node)
        best = max(best, matched, key=len)
    yield from ()
    return Outcome(best, target[(best[-1] if best else ROOT) + 1], False, target)


TWO_BY_TWO = tuple((0, 1, a, b) for a in (0, 1) for b in (0, 1))
"""After 0 1 the datastore knows two tokens, and two after each of them."""


def retrieved() -> Retrieval:
    return Retrieval(TWO_BY_TWO, 2, 100, 2, 6)


def test_one_draw_per_path_bends_the_law() -> None:
    """T-NEG of REST, on the same tree and laws as the rule that is right."""
    bent = []
    for seed in (1, 2):
        law = random_law(seed)
        true = reference(3, (0, 1), law)
        right = law_of_drafter(retrieved, VERIFICATIONS["point_mass"].verify, 3, (0, 1), law)
        assert distance(right, true) < EXACT
        wrong = law_of_drafter(retrieved, every_path_by_itself, 3, (0, 1), law)
        assert sum(wrong.values()) == pytest.approx(1, abs=EXACT)
        bent.append(distance(wrong, true))
    assert min(bent) > 1e-2
    assert 0.1 < max(bent) < 0.6, bent


def test_point_mass_and_sample_and_match_agree_on_retrieved_trees() -> None:
    """Both are exact, and keep as many tokens: with at most three tokens, so do their means."""
    for seed in range(1, 4):
        law, passes = random_law(seed), []
        for rule in ("point_mass", "sample_match"):
            total = 0.0
            for weight, length in branches(lambda dice, rule=rule, law=law: _first_path(law, rule, dice)):
                total += weight * length
            passes.append(total)
        assert passes[0] == pytest.approx(passes[1], abs=EXACT)
        assert passes[0] > 0


def _first_path(law, rule: str, dice) -> int:
    meter = Meter()
    run = Run((0, 1), 3, {"target": TableCausal(law, 3, "target", meter)}, (), dice, meter, full=False)
    draft = last(retrieved().draft(run, 2))
    contexts = [(0, 1, *path_of(draft, node)) for node in range(-1, len(draft.tokens))]
    judging = VERIFICATIONS[rule].verify(run, draft, torch.stack([law(context) for context in contexts]))
    return len(last(judging).path)


def unstruck(run: Run, draft: Draft, children: list[int], left: Tensor):
    """Point mass that forgets to strike a rejected draft out."""
    for child in children:
        bound = float(left[draft.tokens[child]])
        if run.dice.uniform(bound) < bound:
            return child, left
    yield from ()
    return ROOT, left


@pytest.mark.parametrize(
    "make",
    [retrieved, lambda: Lookahead(1, 2, 2, True), lambda: Recycling(2, 4, 2, False)],
    ids=["rest", "lookahead", "token_recycling"],
)
def test_point_mass_without_striking_out_bends_the_law(make) -> None:
    prompt, tokens = (0, 1, 0, 1), 4
    true = reference(tokens, prompt)
    assert (
        distance(law_of_drafter(make, VERIFICATIONS["point_mass"].verify, tokens, prompt, LAW), true) < EXACT
    )
    assert distance(law_of_drafter(make, walk(unstruck), tokens, prompt, LAW), true) > 1e-3


def remembering(law, drawn: bool = True) -> Remembering:
    """A memory that has heard another law after every pair of tokens."""
    memory = Memory(1, 2, 2)
    for pair in itertools.product(range(3), repeat=2):
        memory.learn(list(pair), dict(enumerate(law(pair).tolist())))
    drafter = Remembering(memory, (6, 2, 2), drawn, False)
    drafter._like = torch.zeros(3, dtype=torch.float64)
    return drafter


def test_the_memorys_draws_need_the_rule_for_draws_without_replacement() -> None:
    """T-EXACT with a cut distribution (zeros), T-NEG with the residual for draws with replacement."""
    bent = []
    for seed in (3, 4, 5):
        law, other = random_law(seed), random_law(seed + 10)
        true = reference(3, (0, 1), law)
        for rule in ("recursive", "sample_match"):
            made = law_of_drafter(
                lambda other=other: remembering(other), VERIFICATIONS[rule].verify, 3, (0, 1), law
            )
            assert distance(made, true) < EXACT
        wrong = law_of_drafter(lambda other=other: remembering(other), _with_replacement, 3, (0, 1), law)
        bent.append(distance(wrong, true))
    assert max(bent) > 1e-2, bent
    assert min(bent) > 1e-3, bent


def _with_replacement(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """The recursive rule, told that every sibling was drawn from the first one's distribution."""
    firsts = {parent: draft.children(parent)[0] for parent in set(draft.parents)}
    drawn_from = tuple(draft.drawn_from[firsts[parent]] for parent in draft.parents)
    told = Draft(draft.ids, draft.tokens, draft.parents, drawn_from, draft.kind)
    return (yield from VERIFICATIONS["recursive"].verify(run, told, target))


def test_likeliest_drafts_tested_as_if_sampled_bend_the_law() -> None:
    law, other = random_law(3), random_law(13)
    true = reference(3, (0, 1), law)
    right = law_of_drafter(
        lambda: remembering(other, False), VERIFICATIONS["point_mass"].verify, 3, (0, 1), law
    )
    assert distance(right, true) < EXACT

    def as_if_sampled(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
        made = [other((0, 1, *path_of(draft, node))[-2:]) for node in draft.parents]
        told = Draft(draft.ids, draft.tokens, draft.parents, tuple(made), draft.kind)
        return (yield from VERIFICATIONS["recursive"].verify(run, told, target))

    wrong = law_of_drafter(lambda: remembering(other, False), as_if_sampled, 3, (0, 1), law)
    assert distance(wrong, true) > 1e-2


# -- on a network ------------------------------------------------------------------------------------


class Watched:
    """A drafter whose every pass is compared with fresh passes over the single paths."""

    def __init__(self, drafter: Drafter, fresh: NetCausal) -> None:
        self.drafter, self.fresh = drafter, fresh
        self.text: list[int] = []
        self.rows = self.nodes = 0

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """The drafter's own."""
        self.text = run.text
        return (yield from self.drafter.draft(run, room))

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """The rows of the pass are those of a model that reads each path from the beginning."""
        for node in range(-1, len(draft.tokens)):
            alone = self.fresh.read([*self.text, *path_of(draft, node)], want=1).beliefs.logits[0]
            assert torch.allclose(outcome.rows[node + 1], alone, rtol=0, atol=1e-9)
        self.rows += 1
        self.nodes += len(draft.tokens)
        self.drafter.learn(run, draft, outcome)


BEGUN = (4, 5, 6, 7, 8, 9)
NETWORK = {
    "rest": lambda corpus: Retrieval(corpus, 6, 100, 5, 12),
    "token_recycling": lambda corpus: Recycling(3, 12, 4, True),
    "lookahead": lambda corpus: Lookahead(4, 3, 4, True),
    "stand": lambda corpus: Remembering(Memory(1, 3, 4), (12, 3, 4), False, True),
    "aded": lambda corpus: Adaptive(corpus, 20, 3, 12),
}


def half_right(model: NetCausal) -> tuple[tuple[int, ...], ...]:
    """Texts that the model would write itself, but for every fifth token or so."""
    written = []
    for text in range(1, 6):
        tokens = list(BEGUN)
        for at in range(24):
            best = int(model.read(tokens, want=1).beliefs.logits[0].argmax())
            tokens.append(best if (at + text) % 5 else (best + text) % 36 + 4)
        written.append(tuple(tokens))
    return tuple(written)


@pytest.mark.parametrize("id", NETWORK)
def test_one_pass_over_the_tree_is_a_pass_over_every_path(id: str) -> None:
    """T-MASK and T-KV: mask and positions of the tree, and of the cache that earlier rounds left."""
    net, meter = tiny_net().double(), Meter()
    model = NetCausal(net, "net", "target", meter, (2,), (3,))
    fresh = NetCausal(net, "net", "target", Meter(), (2,), (3,))
    watched = Watched(NETWORK[id](half_right(fresh)), fresh)
    run = Run(BEGUN, 24, {"target": model}, (2,), SeededDice(1), meter)
    for _ in draft_verify(run, Plain(0.0), watched, VERIFICATIONS["point_mass"].verify):
        pass
    assert watched.rows > 5 and watched.nodes > 10
    greedy = list(run.prompt)
    for token in run.answer:
        assert token == int(watched.fresh.read(greedy, want=1).beliefs.logits[0].argmax())
        greedy.append(token)


# -- degenerate settings, and what is recorded -------------------------------------------------------


def passes(trace: Trace) -> int:
    return next(cost.passes for cost in trace.footer.costs if cost.source == "target")


def text(trace: Trace) -> list[int]:
    return list(answer_ids(trace))


def test_looked_nodes_are_never_judged() -> None:
    trace = record("lookahead", {"window": 4, "ngram": 3}, tokens=20)
    looked = {id for e in trace.events if isinstance(e, Propose) and e.source == "window" for id in e.ids}
    judged = {id for e in trace.events if isinstance(e, Judge) for id in e.of.ids}
    assert looked and judged and not looked & judged


def test_what_is_told_as_drafted_are_the_guesses_not_the_window() -> None:
    trace = record("lookahead", {"window": 4, "ngram": 3}, tokens=20)
    guesses = [len(e.ids) for e in trace.events if isinstance(e, Propose) and e.source == "pool" and e.ids]
    told = summary(trace)
    assert told["num_drafts"] == len(guesses) < told["rounds"]
    assert told["num_draft_tokens"] == told["num_proposed_tokens"] == sum(guesses)
    assert told["num_accepted_tokens_per_pos"][2:] == [], "a guess is two tokens deep, the window is deeper"
    first = analyse(trace).lines()[0]
    assert (first["drafted"], first["unexamined"]) == (0, 0) and "was written" in first["s"]
    alone = record("lookahead", {"window": 4, "ngram": 3, "guesses": 0}, tokens=20)
    assert "num_drafts" not in summary(alone)
    assert not {"acceptance", "lengths"} & {figure.id for figure in offered(alone)}


def test_the_rows_of_a_lookahead_pass() -> None:
    """1 + (ngram - 1) window - 1 + guessed nodes, once the window is full."""
    width, ngram = 4, 3
    trace = record("lookahead", {"window": width, "ngram": ngram}, tokens=30, seed=2)
    guessed, full, passes = 0, 0, 0
    for event in trace.events:
        if isinstance(event, Propose) and event.source == "pool":
            guessed = len(event.ids)
        elif isinstance(event, Forward):
            passes += 1
            rows = sum(stop - start for start, stop in event.computed)
            full += passes > ngram - 1 and rows == 1 + (ngram - 1) * width - 1 + guessed
            guessed = 0
    assert full >= passes - ngram - 1, "but for the prompt, the warm-up and the end"


NOTHING = [
    ("lookahead", {"guesses": 0}),
    ("lookahead", {"window": 1, "guesses": 0}),
    ("rest", {"texts": 0}),
]


@pytest.mark.parametrize(("method", "knobs"), NOTHING)
@pytest.mark.parametrize("seed", range(3))
def test_without_drafts_it_is_one_token_a_pass(method: str, knobs: dict, seed: int) -> None:
    greedy = record("greedy", seed=seed)
    trace = record(method, {"temperature": 0.0, **knobs}, seed=seed)
    assert text(trace) == text(greedy)
    assert passes(trace) == passes(greedy)


def test_a_pool_of_nothing_draws_like_sampling() -> None:
    """No drafts, no verdicts: every token is a draw from the target."""
    found = answers("lookahead", {"guesses": 0, "window": 1, "ngram": 2}, 3, (0, 1))
    assert distance(found, reference(3, (0, 1))) < EXACT


def test_a_warm_memory_of_a_repeating_text_is_accepted() -> None:
    """On a law that repeats itself everything that learns gets more than one token a pass."""

    def law(prefix: tuple[int, ...]) -> Tensor:
        probs = torch.full((9,), 1e-3, dtype=torch.float64)
        probs[(prefix[-1] + 1) % 6] = 1
        return probs / probs.sum()

    for id in ("token_recycling", "lookahead", "stand", "aded", "rest"):
        meter = Meter()
        models = {"target": TableCausal(law, 9, "target", meter)}
        run = Run(
            (0, 1, 2), 40, models, (), SeededDice(0), meter, corpus=lambda: ((0, 1, 2, 3, 4, 5, 0, 1, 2),)
        )
        method = catalogue()[id]
        for _ in method.start(run, method.parse({"temperature": 0.0})):
            pass
        assert len(run.answer) == 40 and run.answer[:5] == [3, 4, 5, 0, 1]
        assert meter.totals["target"].passes < 32, (id, meter.totals)


MUST_RECORD = {
    "prompt_lookup": {"match_length", "copied_from"},
    "rest": {"hits", "trie_nodes", "match_length", "trie_count", "found_in", "found_at"},
    "token_recycling": {"rows_written", "rows_known", "rows_read", "cold_rows", "row_rank", "written_in"},
    "lookahead": {"pool_size", "pool_hits", "collected_in", "collected_at", "window_row", "window_column"},
    "stand": {"memory_rows", "context_length", "seen"},
    "aded": {"raised", "table_rows", "visits", "value", "priority"},
}


@pytest.mark.parametrize("id", MUST_RECORD)
def test_what_a_picture_needs_is_recorded(id: str) -> None:
    knobs = {"stand": {"shortest": 1, "temperature": 1.0}}.get(id, {})
    traces = [record(id, knobs, seed=seed, tokens=24) for seed in range(4)]
    scored = {event.measure for trace in traces for event in trace.events if isinstance(event, Score)}
    assert MUST_RECORD[id] <= scored
    declared = {measure.id for measure in catalogue()[id].measures}
    assert MUST_RECORD[id] <= declared


def test_a_retrieved_draft_can_be_traced_to_its_text() -> None:
    """`found_in` and `found_at` lead to the token in the corpus, `match_length` to what stands before it."""
    arcs = 0
    for seed in range(4):
        trace = record("rest", {}, seed=seed, tokens=24)
        context = list(trace.header.prompt_ids)
        proposed: Propose | None = None
        scores: dict[str, tuple[float, ...]] = {}
        for event in trace.events:
            if isinstance(event, Propose) and event.source == "datastore":
                proposed, scores = event, {}
                committed = text(trace)[: min(event.positions) - len(trace.header.prompt_ids)]
                context = [*trace.header.prompt_ids, *committed]
            elif isinstance(event, Score) and proposed is not None:
                scores[event.measure] = event.values
                if event.measure != "found_at":
                    continue
                n = int(scores["match_length"][0])
                for i, fill in enumerate(proposed.fills):
                    source, at = CORPUS[int(scores["found_in"][i])], int(scores["found_at"][i])
                    deep = proposed.positions[i] - len(context)
                    assert source[at] == fill.id
                    assert list(source[at - deep - n : at - deep]) == context[-n:]
                    arcs += 1
    assert arcs > 10


def test_the_memory_is_observed_where_it_is_drawn_from() -> None:
    """The first of siblings was drawn from exactly what is observed of the memory in its context."""
    compared = 0
    for seed in range(4):
        trace = record("stand", {"shortest": 1, "temperature": 1.0}, tokens=24, seed=seed)
        drafted: dict[int, tuple[int, float]] = {}  # context -> token and probability of its first child
        for event in trace.events:
            if isinstance(event, Propose) and event.source == "memory":
                drafted = {}
                for fill, parent, prob in zip(event.fills, event.parents, event.probs, strict=True):
                    drafted.setdefault(parent, (fill.id, prob))
            elif isinstance(event, Observe) and event.source == "memory":
                assert event.space == "processed"
                contexts = [ROOT] if isinstance(event.of, Cells) else event.of.ids
                for context, keys, probs in zip(contexts, event.keys, event.probs, strict=True):
                    token, prob = drafted[context]
                    assert probs[keys.index(token)] == pytest.approx(prob, rel=1e-5)
                    compared += 1
    assert compared > 20


# -- the corpus ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def test_no_run_can_retrieve_its_own_answer(shelf: Shelf) -> None:
    trained = tasks.make("add", 0, "train").prompt
    unseen = tasks.make("add", 0).prompt
    runs = {
        prompt: prepare(Request("rest", prompt), shelf).run for prompt in (trained, unseen, f" {trained}\n")
    }
    for run in runs.values():
        assert all(text[: len(run.prompt)] != run.prompt for text in run.corpus)
    assert len(runs[trained].corpus) == len(runs[f" {trained}\n"].corpus) < len(runs[unseen].corpus)
    assert runs[unseen].corpus == prepare(Request("rest", unseen), shelf).run.corpus


def test_the_corpus_is_written_as_the_model_writes(shelf: Shelf) -> None:
    tokens = shelf.open("ar-target", "cpu", "auto").tokens
    made = corpus(tokens, "")
    instance = tasks.make("sort", 0, "train")
    prompt = tokens.encode_prompt(instance.prompt)
    mine = [text for text in made if list(text[: len(prompt)]) == prompt]
    assert len(mine) == 1
    assert tokens.decode(mine[0][len(prompt) :]).strip() == instance.answer
    run = prepare(Request("greedy", instance.prompt), shelf).run
    assert mine[0][-1] in run.eos_ids and len(made) == 40 * len(tasks.MIX)


def test_a_run_that_was_handed_no_corpus_has_an_empty_one() -> None:
    assert fresh_run([0]).corpus == ()
