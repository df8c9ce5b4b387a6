"""Trace -> tidy tables, one row per thing, for export and for the golden tests.

pandas is imported when a frame is asked for, so that `import viz` stays quick.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from viz.analysis import analyse
from viz.glyphs import plain
from viz.reel import ReelBuilder
from viz.summary import DEFINITIONS
from viz.theme import STATUSES
from workbench.trace import (
    Candidates,
    Cells,
    Commit,
    Forward,
    Judge,
    Lanes,
    Observe,
    Propose,
    Retract,
    State,
    Trace,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEFINITIONS", "NAMES", "csv_tables", "frame", "summary"]

Rows = list[dict[str, Any]]


def summary(trace: Trace) -> dict[str, Any]:
    """The run in a few numbers; `DEFINITIONS` says what each means."""
    return analyse(trace).summary()


def csv_tables(trace: Trace) -> dict[str, str]:
    """Every table as CSV text, by name."""
    return {name: frame(trace, name).to_csv(index=False, lineterminator="\n") for name in NAMES}


def frame(trace: Trace, name: str) -> "pd.DataFrame":
    """One table of the trace."""
    import pandas as pd

    columns, rows = NAMES[name]
    return pd.DataFrame(rows(trace), columns=list(columns))


def events(trace: Trace) -> Rows:
    """One row per event: its number, verb, time and sentence."""
    builder = ReelBuilder(trace.header, trace.glossary, trace.tokens)
    times = trace.clock if len(trace.clock) == len(trace.events) else (None,) * len(trace.events)
    rows: Rows = []
    for index, (event, ms) in enumerate(zip(trace.events, times, strict=True)):
        builder.feed(event, ms or 0.0)
        where = builder.headings.path
        said = builder.words.sentence(event)
        rows.append(
            {"event": index, "verb": type(event).__name__, "ms": ms, "heading": where, "sentence": said}
        )
    return rows


def forwards(trace: Trace) -> Rows:
    """One row per forward pass."""
    passes = [(index, event) for index, event in enumerate(trace.events) if isinstance(event, Forward)]
    return [
        {
            "event": index,
            "source": each.source,
            "tick": each.tick,
            "computed_rows": _total(each.computed),
            "visible_rows": _total(each.visible),
            "layers": _total(each.layers),
            "layer_rows": _total(each.computed) * _total(each.layers),
        }
        for index, each in passes
    ]


def candidates(trace: Trace) -> Rows:
    """One row per candidate, with what became of it."""
    built = analyse(trace)
    proposals = built.state.proposals
    born = {
        id: index
        for index, event in enumerate(trace.events)
        if isinstance(event, Propose)
        for id in event.ids
    }
    return [
        {
            "candidate": id,
            "event": born[id],
            "source": each.source,
            "lane": each.lane,
            "position": each.position,
            "token": getattr(each.fill, "id", None),
            "text": plain(each.fill, trace.tokens),
            "parent": each.parent,
            "prob": each.prob,
            "kind": each.kind.value,
            "target_prob": built.forest.target_probs.get(id),
            "status": STATUSES[built.fates.status[id]],
            "origin": built.fates.birth[id],
        }
        for id, each in proposals.items()
    ]


def verdicts(trace: Trace) -> Rows:
    """One row per verdict: value, operator, bound."""
    rows: Rows = []
    for index, event in enumerate(trace.events):
        if not isinstance(event, Judge):
            continue
        kind, ids = _refs(event.of)
        rule = trace.glossary.rules.get(event.rule)
        for id, value, bound, passed in zip(ids, event.values, event.bounds, event.passed, strict=True):
            row = {"event": index, "rule": event.rule, "of": kind, "id": id, "value": value}
            rows.append(row | {"operator": rule.op if rule else "", "bound": bound, "passed": passed})
    return rows


def commits(trace: Trace) -> Rows:
    """One row per commit or retraction of a cell."""
    state, rows = State(), []
    for index, event in enumerate(trace.events):
        state.apply(event)
        if isinstance(event, Commit):
            for id in event.candidates:
                each = state.proposals[id]
                row = {"event": index, "verb": "commit", "lane": event.lane, "position": each.position}
                rows.append(row | {"candidate": id, "text": plain(each.fill, trace.tokens)})
        elif isinstance(event, Retract):
            row = {"event": index, "verb": "retract", "lane": event.cells.lane, "candidate": None, "text": ""}
            rows += [row | {"position": position} for position in event.cells.positions]
    return rows


def beliefs(trace: Trace) -> Rows:
    """One row per place at which a source was observed: its likeliest token and the entropy."""
    rows: Rows = []
    for index, event in enumerate(trace.events):
        if not isinstance(event, Observe):
            continue
        kind, ids = _refs(event.of)
        for id, keys, probs, entropy in zip(ids, event.keys, event.probs, event.entropies, strict=True):
            row = {"event": index, "source": event.source, "space": event.space, "of": kind, "id": id}
            best = {"key": keys[0] if keys else None, "prob": probs[0] if probs else None, "entropy": entropy}
            rows.append(row | best)
    return rows


def costs(trace: Trace) -> Rows:
    """One row per source: what its forward passes were."""
    counted = analyse(trace).costs
    names = ("passes", "rows", "layer_rows")
    return [{"source": id, **dict(zip(names, three, strict=True))} for id, three in counted.items()]


def rounds(trace: Trace) -> Rows:
    """One row per round; `own` tokens were written without a draft: a correction, the target's token behind a
    fully accepted draft, or a lifted mask. Lengths without and with them."""
    rows: Rows = []
    for number, line in enumerate(analyse(trace).lines()):
        counts = {name: line["bonus" if name == "own" else name] for name in ROUND_COUNTS}
        wasted = line["rejected"] + line["unexamined"] + line["unused"]
        lengths = {
            "wasted": wasted,
            "length_without_own": line["accepted"],
            "length_with_own": line["committed"],
        }
        names = {"round": number + 1, "title": line["title"], "heading": line["heading"]}
        rows.append(names | counts | lengths)
    return rows


ROUND_COUNTS = (
    "passes",
    "target",
    "drafted",
    "accepted",
    "rejected",
    "unexamined",
    "pruned",
    "committed",
    "own",
    "retracted",
    "bound",
)

_COLUMNS = {
    "events": "event verb ms heading sentence",
    "forwards": "event source tick computed_rows visible_rows layers layer_rows",
    "candidates": "candidate event source lane position token text parent prob kind target_prob"
    " status origin",
    "verdicts": "event rule of id value operator bound passed",
    "commits": "event verb lane position candidate text",
    "beliefs": "event source space of id key prob entropy",
    "costs": "source passes rows layer_rows",
    "rounds": f"round title heading {' '.join(ROUND_COUNTS)} wasted length_without_own length_with_own",
}
_ROWS: tuple[Callable[[Trace], Rows], ...] = (
    events,
    forwards,
    candidates,
    verdicts,
    commits,
    beliefs,
    costs,
    rounds,
)
NAMES = {made.__name__: (_COLUMNS[made.__name__].split(), made) for made in _ROWS}
"""Columns and rows of every table."""


def _refs(refs: Any) -> tuple[str, tuple[int, ...]]:
    match refs:
        case Candidates(ids):
            return "candidate", ids
        case Cells(_, positions):
            return "position", positions
        case Lanes(ids):
            return "lane", ids
        case _:
            return "layer", refs.indices


def _total(spans: Iterable[tuple[int, int]]) -> int:
    return sum(stop - start for start, stop in spans)
