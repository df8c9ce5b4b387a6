"""What a sibling was judged against: as the arithmetic of the runs has it, and as they recorded it."""

from pathlib import Path

import fake_traces as fakes
import pytest
import torch
from test_drafts import rivals
from torch import Tensor

from viz.analysis import analyse
from viz.figure import draw
from viz.residuals import LEFT, LOOSE_NOTE, SKEWED, SKEWED_NOTE, SPACE_NOTE, Stage, stages
from workbench.maths.accept import left_mass, residual, rest_weight, without
from workbench.methods.rules import POINT_MASS, RUNNING
from workbench.trace import (
    ROOT,
    Candidates,
    Cells,
    DraftKind,
    Event,
    Glossary,
    Observe,
    Phase,
    Score,
    Trace,
    fold,
    load,
)

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
P, Q = [0.5, 0.3, 0.15, 0.05], [0.1, 0.6, 0.2, 0.1]
NAMES = Glossary.of((RUNNING,), (fakes.ACCEPT, POINT_MASS))


def siblings(drawn: list[int], probs: list[float], kind: DraftKind, parent: int = ROOT) -> fakes.Scribe:
    s = fakes.Scribe()
    at = fakes.begin(s)
    if parent != ROOT:
        s.propose("draft", [at], [7], ROOT, [0.5])
    s.propose("draft", [at + 1 + parent] * len(drawn), drawn, parent, probs, kind)
    return s


def told(events: list[Event], ids: list[int], space: str = "vocabulary") -> tuple[list[Stage], str]:
    return stages(range(4), P, Q, space, ids, fold(events), NAMES)


def rejected(s: fakes.Scribe, id: int, mass: float) -> None:
    s.say(fakes.ACCEPT.judge(Candidates((id,)), [0.9], [0.5]), Score(LEFT, Candidates((id,)), (mass,)))


def close(stage: Stage, target: Tensor, draft: Tensor) -> bool:
    return list(stage.target) == pytest.approx(target.tolist(), abs=1e-5) and list(
        stage.draft
    ) == pytest.approx(draft.tolist(), abs=1e-5)


@pytest.mark.parametrize("kind", [DraftKind.SAMPLED, DraftKind.SAMPLED_WITHOUT])
def test_every_sibling_meets_the_residual_of_its_elders(kind: DraftKind) -> None:
    p, q, drawn = torch.tensor(P), torch.tensor(Q), [1, 2, 3]
    expected, probs, masses = [(p, q)], [], []
    for token in drawn:
        probs.append(float(q[token]))
        masses.append(left_mass(p, q))
        p = residual(p, q)
        q = without(q, token) if kind is DraftKind.SAMPLED_WITHOUT else q
        expected.append((p, q))
    s = siblings(drawn, probs, kind)
    assert len(told(s.events, [0, 1, 2])[0]) == 1, "nothing was rejected yet"
    for id, mass in enumerate(masses):
        rejected(s, id, mass)
        found, note = told(s.events, [0, 1, 2])
        assert len(found) == id + 2 and not note
    assert all(close(stage, *pair) for stage, pair in zip(found, expected, strict=True))
    assert found[0].overlap == pytest.approx((1 - masses[0],) * 2)


def test_a_running_product_weighs_the_target() -> None:
    p, q, weight = torch.tensor(P), torch.tensor(Q), 0.8
    s = siblings([1, 2], [0.6, 0.2], DraftKind.SAMPLED, parent=0)
    s.say(Score(RUNNING.id, Candidates((0,)), (weight,)))
    mass = left_mass(p, q, weight)
    rejected(s, 1, mass)
    first, second = told(s.events, [1, 2])[0]
    assert first.weight == weight and second.weight == pytest.approx(rest_weight(weight, mass))
    assert close(second, residual(p, q, weight), q)
    assert first.overlap == pytest.approx((weight - mass,) * 2)


def test_a_draft_that_is_a_point_is_struck_out() -> None:
    s = siblings([0, 2], [1.0, 1.0], DraftKind.POINT)
    s.say(POINT_MASS.judge(Candidates((0,)), [0.9], [0.5]))
    found, note = told(s.events, [0, 1], POINT_MASS.space)
    assert not note and close(found[1], without(torch.tensor(P), 0), torch.tensor(Q))
    found, note = told(s.events, [0, 1], "vocabulary")
    assert len(found) == 1 and note == SPACE_NOTE


def test_what_the_digits_do_not_tell_is_not_drawn() -> None:
    s = siblings([1, 2], [0.6, 0.2], DraftKind.SAMPLED)
    rejected(s, 0, 1e-6)
    found, note = told(s.events, [0, 1])
    assert len(found) == 1 and note == LOOSE_NOTE
    s.say(Score(SKEWED, Candidates((0,)), (0.4,)))
    assert told(s.events, [0, 1]) == ([], SKEWED_NOTE)


@pytest.mark.parametrize("name", ["sampled", "traversal"])
def test_what_is_left_is_the_residual_that_the_run_recorded(name: str) -> None:
    trace = load(EXAMPLES / f"example-{name}.json.gz")
    assert checked(trace) > 0


def checked(trace: Trace) -> int:
    """How many probabilities of recorded residuals were derived again."""
    built, number, seen, many = analyse(trace), -1, dict[tuple[int, int], dict[int, float]](), 0
    for event in trace.events:
        number += isinstance(event, Phase) and event.level == 0
        if isinstance(event, Observe) and event.source == "residual" and isinstance(event.of, Cells):
            seen[number, event.of.positions[0]] = dict(zip(event.keys[0], event.probs[0], strict=True))
    proposals = built.state.proposals
    for each in built.records.places.values():
        parent = proposals[each.ids[0]].parent
        found, _ = stages(
            each.tokens, each.target, each.draft, each.space, each.ids, built.state, trace.glossary
        )
        if len(found) <= len(each.ids) or (parent != ROOT and not proposals[parent].committed):
            continue
        recorded = seen.get((each.round, each.position), {})
        for token, prob in zip(each.tokens, found[-1].target, strict=True):
            if token in recorded and prob is not None:
                assert prob == pytest.approx(recorded[token], abs=1e-5)
                many += 1
    return many


def test_the_figure_carries_the_stages() -> None:
    (place,) = draw(rivals(), "overlap").spec["places"]
    (p0, q0, w0, _), (p1, q1, w1, shared) = place["stages"]
    assert dict(zip(place["tokens"], p1, strict=True)) == {0: 1, 1: 0, 2: 0, 3: 0}
    assert (w0, w1) == (1, 1) and q0 == q1 and sorted(p0) == sorted(P) and shared == [0.1, 0.1]
