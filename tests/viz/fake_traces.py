"""Synthetic traces with realistic shapes, in the conventions that the methods follow.

Numbers are drawn from a seeded generator; no model runs.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from workbench.trace import (
    ROOT,
    VOCABULARY,
    Candidates,
    Cells,
    Close,
    Commit,
    Cost,
    DraftKind,
    Event,
    Footer,
    Fork,
    Forward,
    Glossary,
    Header,
    Measure,
    ModelCard,
    Observe,
    Phase,
    Propose,
    Retract,
    Rule,
    Score,
    Source,
    Token,
    Trace,
)

_TEXT = (
    " the| cat| sat| on| a| mat| and| looked| at| moon| that| was| very| bright| over| old| house| where|"
    " she| had| once| lived| with| her| three| brothers| who| all| went| to| sea| in| small| boat|.|,|\n|"
    " rain| fell| softly| upon| green| hills| while| children| played| by| river| until| night| came"
)
WORDS = tuple(_TEXT.split("|"))
EOS = len(WORDS)
TOKENS: dict[int, bytes] = {i: word.encode() for i, word in enumerate(WORDS)} | {
    EOS: b"<eos>",
    EOS + 1: b"\xf0\x9f",
    EOS + 2: b"\x90\x88",
    EOS + 3: b"<img src=x onerror=window.__hacked=1>",
    EOS + 4: b"${window.__hacked=2}</script>",
}

ACCEPT = Rule(
    "accept",
    "Speculative acceptance",
    "<",
    "u",
    "target/draft",
    "Accepted {what}: u = {left} is below target/draft = {right}.",
    "Rejected {what}: u = {left} is not below target/draft = {right}.",
)
DRAWN = Rule(
    "drawn",
    "Drawn",
    "<=",
    "u",
    "cumulative mass",
    "{what} was drawn: u = {left} falls within {right}.",
    "{what} was not drawn: u = {left} lies beyond {right}.",
)
CONFIDENT = Rule(
    "confident",
    "Confidence threshold",
    ">=",
    "confidence",
    "threshold",
    "Committed {what}: confidence {left} reaches the threshold {right}.",
    "Held back {what}: confidence {left} stays under {right}.",
)
DOUBT = Rule(
    "doubt",
    "Remask low confidence",
    "<",
    "confidence",
    "floor",
    "Remasked {what}: confidence {left} fell under {right}.",
    "Kept {what}: confidence {left} is not under {right}.",
)
RANK = Rule(
    "rank",
    "Beam width",
    "<",
    "rank",
    "beams",
    "{what} survives: rank {left} is below {right}.",
    "{what} is dropped: rank {left} is not below {right}.",
)
KEPT = Rule(
    "kept",
    "Kept for verification",
    "<",
    "rank",
    "budget",
    "{what} is verified: rank {left} is below {right}.",
    "{what} is pruned: rank {left} is not below {right}.",
)
PATH = Measure("path_probability", "path probability", "", "higher", "product of draft probabilities")
LOGPROB = Measure("logprob", "log-probability", "nats", "higher", "sum of log-probabilities")
SOURCES = (
    Source("target", "The target model", "target"),
    Source("draft", "The draft model", "draft"),
    Source("residual", "What is left of the target", "residual"),
)
GLOSSARY = Glossary.of((PATH, LOGPROB), (ACCEPT, DRAWN, CONFIDENT, DOUBT, RANK, KEPT), sources=SOURCES)


@dataclass
class Scribe:
    """Writes events, keeping the ids and the tick."""

    seed: int = 0
    events: list[Event] = field(default_factory=list)
    next_id: int = 0
    tick: int = -1

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def word(self) -> int:
        return self.random.randrange(len(WORDS))

    def prob(self, low: float = 0.05, high: float = 0.95) -> float:
        return round(self.random.uniform(low, high), 4)

    def say(self, *events: Event) -> None:
        self.events.extend(events)

    def forward(self, source: str, computed: tuple[int, int], seen: int = 0) -> None:
        self.tick += 1
        layers = ((0, 2),) if source == "draft" else ((0, 6),)
        self.say(Forward(source, self.tick, (computed,), ((0, seen),) if seen else (), layers))

    def propose(
        self,
        source: str,
        positions: list[int],
        words: list[int],
        parents: list[int] | int,
        probs: list[float],
        kind: DraftKind = DraftKind.SAMPLED,
        lane: int = 0,
    ) -> list[int]:
        first = self.next_id
        self.next_id += len(words)
        if isinstance(parents, int):
            parents = [parents] * len(words)
        fills = tuple(Token(word) for word in words)
        self.say(Propose(first, source, lane, tuple(positions), fills, tuple(parents), tuple(probs), kind))
        return list(range(first, self.next_id))

    def belief(self, key: int, prob: float, many: int = 5) -> tuple[tuple[int, ...], tuple[float, ...]]:
        others = [word for word in self.random.sample(range(len(WORDS)), many) if word != key][: many - 1]
        left, rows = 1 - prob, [(key, prob)]
        for other in others:
            share = round(left * self.random.uniform(0.2, 0.7), 4)
            rows.append((other, share))
            left -= share
        rows.sort(key=lambda row: -row[1])
        return tuple(row[0] for row in rows), tuple(row[1] for row in rows)

    def observe(self, source: str, of: Cells | Candidates, rows: list[tuple[int, float]]) -> None:
        beliefs = [self.belief(key, prob) for key, prob in rows]
        entropies = tuple(round(self.random.uniform(0.1, 2.5), 3) for _ in rows)
        self.say(
            Observe(
                source,
                of,
                VOCABULARY.id,
                tuple(b[0] for b in beliefs),
                tuple(b[1] for b in beliefs),
                entropies,
            )
        )

    def trace(
        self, title: str, family: str, guarantee: str = "same distribution", status: str = "complete"
    ) -> Trace:
        models = (
            ModelCard("target", "ar-target", "ab" * 32, 3_000_000, len(TOKENS), -1, (EOS,)),
            ModelCard("draft", "ar-draft", "cd" * 32, 800_000, len(TOKENS), -1, (EOS,)),
        )
        header = Header(
            title.lower().replace(" ", "_"),
            title,
            family,
            "published rule",
            guarantee,
            "Gives the target's own distribution.",
            {"k": 4, "temperature": 1.0},
            models,
            "Once upon a time",
            PROMPT,
            self.seed,
            64,
            "full",
            "cpu",
            "float32",
            {"torch": "2.13"},
        )
        costs = (Cost("target", 10, 100, 600),)
        clock = tuple(round(i * 0.7, 2) for i in range(len(self.events)))
        return Trace(header, GLOSSARY, tuple(self.events), Footer(status, "", costs), dict(TOKENS), clock)


PROMPT = (18, 19, 20, 15)


def begin(scribe: Scribe, blanks: int = 0) -> int:
    scribe.say(Fork(0, ROOT, 0, blanks, tuple(Token(id) for id in PROMPT)))
    return len(PROMPT)


def speculative(rounds: int = 12, k: int = 4, seed: int = 1) -> Trace:
    """A chain of drafts: accepted, rejected with a residual, or all accepted with a bonus."""
    s = Scribe(seed)
    at = begin(s)
    for number in range(rounds):
        s.say(Phase(0, f"Round {number + 1}"))
        parent, ids, words, probs = ROOT, [], [], []
        for i in range(k):
            s.forward("draft", (at + i - 1, at + i), at + i - 1)
            word, prob = s.word(), s.prob(0.2)
            parent = s.propose("draft", [at + i], [word], parent, [prob])[0]
            ids.append(parent), words.append(word), probs.append(prob)
        s.forward("target", (at - 1, at + k), at - 1)
        goods = [s.prob(0.1) for _ in range(k)]
        s.observe("target", Cells(0, (at,)), [(words[0], goods[0])])
        s.observe(
            "target", Candidates(tuple(ids)), [*zip(words[1:], goods[1:], strict=True), (s.word(), s.prob())]
        )
        draws = [s.prob(0, 1) for _ in range(k)]
        bounds = [round(good / prob, 4) for good, prob in zip(goods, probs, strict=True)]
        taken = next((i for i in range(k) if draws[i] >= bounds[i]), k)
        seen = min(k, taken + 1)
        s.say(ACCEPT.judge(Candidates(tuple(ids[:seen])), draws[:seen], bounds[:seen]))
        if taken:
            s.say(Commit(0, tuple(ids[:taken])))
        source = "residual" if taken < k else "target"
        last = s.propose(source, [at + taken], [EOS if number == rounds - 1 else s.word()], ROOT, [s.prob()])
        s.say(DRAWN.judge(Candidates(tuple(last)), [0.21], [0.44]))
        s.say(Commit(0, tuple(last)))
        at += taken + 1
    return s.trace("Speculative sampling", "speculative")


def tree(rounds: int = 8, width: int = 3, depth: int = 4, keep: int = 12, seed: int = 2) -> Trace:
    """A draft tree, reranked to `keep` nodes, then verified along one path."""
    s = Scribe(seed)
    at = begin(s)
    for number in range(rounds):
        s.say(Phase(0, f"Round {number + 1}"), Phase(1, "Draft"))
        at += _tree_round(s, at, width, depth, keep)
    return s.trace("Draft tree with rerank", "speculative")


def _tree_round(s: Scribe, at: int, width: int, depth: int, keep: int) -> int:
    level, path, kids, word_of = [ROOT], {ROOT: 1.0}, {}, {}
    for d in range(depth):
        s.forward("draft", (at + d - 1, at + d - 1 + len(level)), at + d - 1)
        parents = [parent for parent in level for _ in range(width)]
        words, probs = [s.word() for _ in parents], [s.prob(0.05, 0.6) for _ in parents]
        ids = s.propose("draft", [at + d] * len(parents), words, parents, probs, DraftKind.POINT)
        for id, parent, prob, word in zip(ids, parents, probs, words, strict=True):
            path[id], word_of[id] = path[parent] * prob, word
            kids.setdefault(parent, []).append(id)
        s.say(Score(PATH.id, Candidates(tuple(ids)), tuple(round(path[id], 6) for id in ids)))
        level = sorted(ids, key=lambda id: -path[id])[:width]
    every = sorted((id for id in path if id != ROOT), key=lambda id: -path[id])
    ranks = {id: rank for rank, id in enumerate(every)}
    in_order = sorted(every)
    s.say(KEPT.judge(Candidates(tuple(in_order)), [ranks[id] for id in in_order], [keep] * len(in_order)))
    kept = {id for id in every if ranks[id] < keep}
    s.say(Phase(1, "Verify"))
    s.forward("target", (at - 1, at + len(kept)), at - 1)
    shown = sorted(kept)
    first = [id for id in kids[ROOT] if id in kept]
    s.observe("target", Cells(0, (at,)), [(word_of[first[0]] if first else 0, 0.4)])
    s.observe(
        "target",
        Candidates(tuple(shown)),
        [(word_of[next(iter(kids.get(id, [id])))], s.prob()) for id in shown],
    )
    parent, path_ids = ROOT, []
    while True:
        chosen = None
        for child in kids.get(parent, []):
            if child not in kept:
                continue
            verdict = ACCEPT.judge(Candidates((child,)), [s.prob(0, 1)], [s.prob(0.3, 0.9)])
            s.say(verdict)
            if verdict.passed[0]:
                chosen = child
                break
        if chosen is None:
            break
        path_ids.append(chosen)
        parent = chosen
    if path_ids:
        s.say(Commit(0, tuple(path_ids)))
    last = s.propose("residual", [at + len(path_ids)], [s.word()], parent, [s.prob()])
    s.say(Commit(0, tuple(last)))
    return len(path_ids) + 1


def masked(
    length: int = 64,
    rounds: int = 20,
    blocks: int = 2,
    remask: bool = True,
    seed: int = 3,
    hostile: bool = False,
) -> Trace:
    """A masked canvas, lifted block by block; one round takes some tokens back."""
    s = Scribe(seed)
    base = begin(s, length)
    per, size = max(1, rounds // blocks), length // blocks
    for block in range(blocks):
        s.say(Phase(0, f"Block {block + 1}"))
        low, high = base + block * size, base + (block + 1) * size
        still = set(range(low, high))
        for number in range(per):
            s.say(Phase(1, f"Round {number + 1}"))
            beyond = set(range(high, base + length))
            still = _masked_round(
                s, still, beyond, base + length, per - number, remask and number == per // 2, low, hostile
            )
    return s.trace("Masked diffusion", "masked", "lossy")


def _masked_round(
    s: Scribe, still: set[int], beyond: set[int], stop: int, left: int, doubt: bool, low: int, hostile: bool
) -> set[int]:
    where = sorted(still | beyond)
    s.forward("target", (0, stop))
    words = [(EOS + 3 + place % 2) if hostile else s.word() for place in where]
    probs = [min(0.999, round(s.prob(0.05, 0.6) + 0.4 / left, 4)) for _ in where]
    s.observe("target", Cells(0, tuple(where)), list(zip(words, probs, strict=True)))
    ids = dict(zip(where, s.propose("target", where, words, ROOT, probs, DraftKind.POINT), strict=True))
    prob_of = dict(zip(where, probs, strict=True))
    open_now = sorted(still, key=lambda place: -prob_of[place])
    take = open_now[: max(1, -(-len(open_now) // left))] if open_now else []
    if not take:
        return still
    bound = min(prob_of[place] for place in take)
    tested = sorted(still)
    s.say(
        CONFIDENT.judge(
            Candidates(tuple(ids[p] for p in tested)), [prob_of[p] for p in tested], [bound] * len(tested)
        )
    )
    taken = [p for p in tested if prob_of[p] >= bound]
    s.say(Commit(0, tuple(ids[p] for p in taken)))
    still = still - set(taken)
    if doubt and len(taken) > 1:
        back = taken[:2]
        s.say(DOUBT.judge(Cells(0, tuple(back)), [0.2, 0.3], [0.5, 0.5]))
        s.say(Retract(Cells(0, tuple(back)), "its confidence fell"))
        still |= set(back)
    return still


def beams(steps: int = 10, width: int = 3, branch: int = 3, seed: int = 4) -> Trace:
    """Beam search: every lane proposes, the best survive into fresh lanes."""
    s = Scribe(seed)
    at = begin(s)
    lanes, fresh = [(0, 0.0)], 1
    for step in range(steps):
        s.say(Phase(0, f"Round {step + 1}"))
        s.forward("target", (at + step - 1, at + step - 1 + len(lanes)), at + step - 1)
        found = []
        for lane, total in lanes:
            words, probs = [s.word() for _ in range(branch)], [s.prob(0.05, 0.5) for _ in range(branch)]
            ids = s.propose("target", [at + step] * branch, words, ROOT, probs, DraftKind.POINT, lane)
            found += [(total + prob - 1, lane, id) for id, prob in zip(ids, probs, strict=True)]
        found.sort(reverse=True)
        s.say(Score(LOGPROB.id, Candidates(tuple(f[2] for f in found)), tuple(round(f[0], 4) for f in found)))
        s.say(
            RANK.judge(Candidates(tuple(f[2] for f in found)), list(range(len(found))), [width] * len(found))
        )
        survivors = []
        for total, lane, id in found[:width]:
            s.say(Fork(fresh, lane, at + step, 0, ()), Commit(fresh, (id,)))
            survivors.append((fresh, total))
            fresh += 1
        for lane, _ in lanes:
            if lane:
                s.say(Close(lane, "extended", ROOT))
        lanes = survivors
    s.say(Close(lanes[0][0], "best", 0))
    return s.trace("Beam search", "multi-path", "other target")


def greedy(steps: int = 24, seed: int = 5) -> Trace:
    """Plain autoregressive decoding."""
    s = Scribe(seed)
    at = begin(s)
    for step in range(steps):
        s.say(Phase(0, f"Round {step + 1}"))
        s.forward("target", (at + step - 1, at + step), at + step - 1)
        word, prob = s.word(), s.prob(0.2)
        s.observe("target", Cells(0, (at + step,)), [(word, prob)])
        s.say(Commit(0, tuple(s.propose("target", [at + step], [word], ROOT, [prob], DraftKind.POINT))))
    return s.trace("Greedy decoding", "autoregressive", "same greedy text")


def spread() -> Trace:
    """Greedy decoding that begins with twenty likely tokens, the last four of them hardly likely."""
    trace = greedy()
    at = next(i for i, event in enumerate(trace.events) if isinstance(event, Observe))
    first = trace.events[at]
    assert isinstance(first, Observe)
    others = [id for id in sorted(trace.tokens) if id != first.keys[0][0]]
    keys = (first.keys[0][0], *others[:19])
    probs = (0.2, *(round(0.05 - 0.003 * rank, 3) for rank in range(15)), *(0.00001,) * 4)
    row = replace(first, keys=(keys,), probs=(probs,))
    return replace(trace, events=(*trace.events[:at], row, *trace.events[at + 1 :]))


def every() -> Iterator[tuple[str, Trace]]:
    """All of them, by name."""
    yield "speculative", speculative()
    yield "tree", tree()
    yield "masked", masked()
    yield "beams", beams()
    yield "greedy", greedy()
