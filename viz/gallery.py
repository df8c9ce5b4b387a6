"""The figures that a reel carries: which apply so far, and their data, drawn from one builder."""

from typing import TYPE_CHECKING, Any

from viz import bits, charts, conflict, counts, measures, timeline, trials
from viz.charts import Spec
from viz.glyphs import plain
from viz.ops import short
from viz.records import Place
from viz.residuals import stages
from workbench.trace import Token

if TYPE_CHECKING:
    from viz.reel import ReelBuilder


def offered(built: "ReelBuilder") -> list[str]:
    """Ids of the figures that apply so far."""
    trial = any(each.drafted for each in built.rounds)
    judged = any(id not in built.fates.looked for each in built.rounds for id in each.drafted)
    answers = {
        "text": True,
        "tree": built.forest.grown,
        "map": built.grid.width > 0,
        "rounds": trial,
        "acceptance": judged,
        "lengths": judged,
        "overlap": bool(built.records.places),
        "mask": trial and built.forest.grown and not built.forest.several and not built.fates.overlapped,
        "copies": bool(built.records.copies),
        "timeline": trial and bool(built.records.passes),
        "bits": built.grid.width > 0 and bool(built.born),
        "conflict": built.grid.width > 0 and bool(built.conflicts.found),
        "confidence": len(built.born) > 1,
        "trials": bool(built.records.trials.found),
        "measures": measures.offered(built.records.readings),
        "cost": bool(built.costs),
    }
    return [id for id, answer in answers.items() if answer]


def figures(built: "ReelBuilder") -> dict[str, Any]:
    """The figures that come with data of their own, by id."""
    made: dict[str, Any] = {}
    able = set(offered(built))
    if "confidence" in able:
        canvas, early = built.grid.width > 0, built.grid.early()
        made["confidence"] = charts.confidence(built.lines(), built.born, canvas, early)
    if "cost" in able:
        made["cost"] = charts.cost(built.costs, built.glossary, built.clocks.ms, built.spent.told())
    if "acceptance" in able and (drafts := built.drafts()):
        made["acceptance"] = counts.acceptance(drafts)
        made["lengths"] = counts.lengths(drafts)
    if "bits" in able:
        made["bits"] = bits.panel(built.born, built.by_round, built.spent, len(built.rounds))
    if "conflict" in able:
        made["conflict"] = conflict.panel(built)
    own = {"overlap": overlap, "copies": copies, "timeline": timeline.panel, "measures": measures.panel}
    own["trials"] = trials.panel
    for id, draw in own.items():
        if id in able:
            made[id] = draw(built)
    return made


def overlap(built: "ReelBuilder") -> Spec:
    """Per place: the tokens that both models recorded, their probabilities, the area they share, and what
    every rejection left of it (`stages`: what each further sibling was judged against)."""
    places = [
        {
            "beat": each.beat,
            "round": each.round,
            "position": each.position,
            "ids": list(each.ids),
            "tokens": list(each.tokens),
            "texts": [plain(Token(id), built.tokens) for id in each.tokens],
            "target": [short(prob) for prob in each.target],
            "draft": [short(prob) for prob in each.draft],
            "overlap": list(each.overlap),
            **_stages(built, each),
        }
        for each in built.records.places.values()
    ]
    return _own(
        "overlap", "p against q", "Where do target and draft agree, and what is left?", {"places": places}
    )


def _stages(built: "ReelBuilder", place: Place) -> Spec:
    """[weighted target, draft, weight, shared area] per sibling; empty where no more is known than before."""
    found, note = stages(
        place.tokens, place.target, place.draft, place.space, place.ids, built.state, built.glossary
    )
    rows = [
        [
            [_short(p, each.weight) for p in each.target],
            [_short(q) for q in each.draft],
            short(each.weight),
            list(each.overlap),
        ]
        for each in found
    ]
    more = len(found) > 1 or any(each.weight != 1 for each in found)
    return ({"stages": rows} if more else {}) | ({"note": note} if note else {})


def _short(prob: float | None, weight: float = 1.0) -> float | None:
    return None if prob is None else short(weight * prob)


def copies(built: "ReelBuilder") -> Spec:
    """Per copied draft: where it was read, where it was put, and how long the match before it was."""
    arcs = [
        {
            "beat": each.beat,
            "round": each.round,
            "first": each.first,
            "from": each.source,
            "to": each.target,
            "length": each.length,
            "matched": each.matched,
        }
        for each in built.records.copies
    ]
    return _own("copies", "Copies", "Where in the text was the draft found?", {"arcs": arcs})


def _own(kind: str, title: str, question: str, spec: Spec) -> Spec:
    return {"title": title, "question": question, "kind": kind, "clock": "", "spec": spec}
