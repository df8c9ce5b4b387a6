"""Small hand-made traces whose every number is known: one speculative, one masked."""

import random
from dataclasses import replace

from workbench.trace import (
    GIVEN,
    ROOT,
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
    Judge,
    Lanes,
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

MASK = 9


def header(**changes: object) -> Header:
    card = ModelCard("target", "tiny", "ab" * 32, 1000, 10, MASK, (0,))
    plain = Header(
        method="fixture",
        title="Fixture",
        family="speculative",
        status="reconstruction",
        guarantee="lossy",
        promise="None.",
        knobs={"threshold": 0.5, "greedy": True, "rule": "plain", "beams": 2},
        models=(card,),
        prompt="ab",
        prompt_ids=(1, 2),
        seed=7,
        max_tokens=4,
        detail="full",
        device="cpu",
        dtype="float32",
        versions={"python": "3.11"},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


TOKENS = {id: bytes([96 + id]) for id in range(1, 9)} | {0: b"", MASK: b"<mask>"}

ACCEPT = Rule(
    "accept", "acceptance", "<", "u", "ratio", "{what} yes", "{what} no", GIVEN, "ratio(target)", "processed"
)
PATH = Measure("path", "path probability", "p", "higher", "product", "path(proposed)")
RANKED = Rule("kept", "kept", "<", "rank", "beams", "yes", "no", "rank(score:path)", "knob(beams)")
CONFIDENT = Rule(
    "confident",
    "confident",
    ">=",
    "confidence",
    "threshold",
    "yes",
    "no",
    "top_prob(target)",
    "knob(threshold)",
)
SOURCES = (Source("target", "target", "target"), Source("draft", "draft", "draft"))


def speculative() -> Trace:
    """Prompt (1, 2); drafts 3 then 4, with 5 as a sibling of 4; 3 accepted, 4 rejected, bonus 6."""
    root, chain = DraftKind.POINT, (3, 4, 5)
    events: list[Event] = [
        Fork(0, ROOT, 0, 0, (Token(1), Token(2))),  # 0
        Phase(0, "Round 1"),  # 1
        Forward("draft", 0, ((0, 2),), (), ((0, 1),)),  # 2
        Propose(
            0, "draft", 0, (2, 3, 3), tuple(map(Token, chain)), (ROOT, 0, 0), (0.8, 0.5, 0.25), root
        ),  # 3
        Score("path", Candidates((0, 1, 2)), (0.8, 0.4, 0.2)),  # 4
        Judge("kept", Candidates((0, 1, 2)), (0, 1, 2), (2, 2, 2), (True, True, False)),  # 5
        Forward("target", 1, ((0, 4),), (), ((0, 2),)),  # 6
        Observe("target", Cells(0, (2,)), "processed", ((3, 4),), ((0.6, 0.4),), (0.673,)),  # 7
        Observe("target", Candidates((0,)), "processed", ((6, 4),), ((0.9, 0.1),), (0.325,)),  # 8
        Judge("accept", Candidates((0,)), (0.5,), (0.75,), (True,)),  # 9
        Judge("accept", Candidates((1,)), (0.3,), (0.2,), (False,)),  # 10
        Commit(0, (0,)),  # 11
        Propose(3, "target", 0, (3,), (Token(6),), (ROOT,), (1.0,), DraftKind.SAMPLED),  # 12
        Commit(0, (3,)),  # 13
        Close(0, "budget", ROOT),  # 14
    ]
    footer = Footer("complete", "", (Cost("draft", 1, 2, 2), Cost("target", 1, 4, 8)))
    glossary = Glossary.of((PATH,), (ACCEPT, RANKED), sources=SOURCES)
    clock = tuple(float(i) for i in range(len(events)))
    return Trace(header(), glossary, tuple(events), footer, dict(TOKENS), clock)


def masked() -> Trace:
    """A canvas of three blanks: two cells lifted, one of them remasked and lifted again; a second lane."""
    rows = ((3, 4), (5, 6), (7, 8)), ((0.9, 0.1), (0.6, 0.3), (0.4, 0.3)), (0.3, 0.8, 1.1)
    sampled = DraftKind.SAMPLED
    events: list[Event] = [
        Fork(0, ROOT, 0, 3, (Token(1), Token(2))),  # 0
        Forward("target", 0, ((0, 5),), (), ((0, 2),)),  # 1
        Observe("target", Cells(0, (2, 3, 4)), "vocabulary", *rows),  # 2
        Propose(
            0, "target", 0, (2, 3, 4), (Token(3), Token(5), Token(7)), (ROOT,) * 3, (0.9, 0.6, 0.4), sampled
        ),
        Judge("confident", Candidates((0, 1, 2)), (0.9, 0.6, 0.4), (0.5,) * 3, (True, True, False)),  # 4
        Commit(0, (0, 1)),  # 5
        Retract(Cells(0, (3,)), "remask"),  # 6
        Propose(3, "target", 0, (3, 4), (Token(6), Token(8)), (ROOT, 3), (0.3, 0.3), sampled),  # 7
        Commit(0, (3, 4)),  # 8
        Fork(1, 0, 2, 0, ()),  # 9
        Close(1, "unused", ROOT),  # 10
        Close(0, "done", ROOT),  # 11
    ]
    footer = Footer("complete", "", (Cost("target", 1, 5, 10),))
    glossary = Glossary.of((), (CONFIDENT,), sources=SOURCES)
    return Trace(header(family="masked"), glossary, tuple(events), footer, dict(TOKENS))


def big_masked(length: int = 128, steps: int = 64, seed: int = 0) -> Trace:
    """The size promise: every hole observed (top-4), proposed and judged in every step."""
    dice = random.Random(seed)
    events: list[Event] = [Fork(0, ROOT, 0, length, (Token(1), Token(2)))]
    holes, first = list(range(2, length + 2)), 0
    six = lambda x: float(f"{x:.6g}")  # noqa: E731
    for step in range(steps):
        count = len(holes)
        probs = [sorted((six(dice.random() / 4) for _ in range(4)), reverse=True) for _ in holes]
        keys = [tuple(dice.sample(range(2048), 4)) for _ in holes]
        tokens = tuple(Token(row[0]) for row in keys)
        tops = tuple(row[0] for row in probs)
        bar = sorted(tops)[-2]
        ids = tuple(range(first, first + count))
        events += [
            Phase(0, f"Step {step + 1}"),
            Forward("target", step, ((0, length + 2),), (), ((0, 6),)),
            Observe(
                "target",
                Cells(0, tuple(holes)),
                "vocabulary",
                tuple(keys),
                tuple(map(tuple, probs)),
                tuple(six(dice.random() * 7) for _ in holes),
            ),
            Propose(first, "target", 0, tuple(holes), tokens, (ROOT,) * count, tops, DraftKind.SAMPLED),
            CONFIDENT.judge(Candidates(ids), tops, (bar,) * count),
        ]
        lifted = [i for i, top in enumerate(tops) if top >= bar]
        events.append(Commit(0, tuple(ids[i] for i in lifted)))
        holes = [hole for i, hole in enumerate(holes) if i not in lifted]
        first += count
    glossary = Glossary.of((), (replace(CONFIDENT, bound_from=GIVEN),), sources=SOURCES)
    rows = steps * (length + 2)
    footer = Footer("complete", "", (Cost("target", steps, rows, rows * 6),))
    tokens = {id: f" word{id}".encode() for id in range(2048)}
    clock = tuple(six(i * 1.7) for i in range(len(events)))
    return Trace(header(max_tokens=length), glossary, tuple(events), footer, tokens, clock)


def with_event(trace: Trace, index: int, event: Event) -> Trace:
    """The trace with one event replaced."""
    return replace(trace, events=(*trace.events[:index], event, *trace.events[index + 1 :]))


def inserted(trace: Trace, index: int, *events: Event) -> Trace:
    """The trace with events put in before `index`."""
    return replace(trace, events=(*trace.events[:index], *events, *trace.events[index:]), clock=())


LANES = Lanes((0,))
