"""Settings that the page calls idle: whatever they are set to, a run is the same; and none is always idle."""

import pytest
from fakes import table_run
from test_unmask_recipe import LEGAL

from workbench.methods.api import Method
from workbench.methods.catalogue import catalogue
from workbench.methods.loops.drafting import menu
from workbench.run.recorder import Recording
from workbench.trace.codec import encode_events

RECIPE, SPECULATIVE = catalogue()["unmask_recipe"], catalogue()["speculative"]
DRAFTED = [
    {"drafter": drafter, "shape": shape, "temperature": temperature}
    for drafter, shapes in menu.TAKES.items()
    for shape in shapes
    for temperature in (0.0, 0.8)
]
"""Drafters and shapes; what judges them is the nearest that may."""
COMPOSED = [(RECIPE, each) for each in LEGAL]
COMPOSED += [
    (SPECULATIVE, vars(SPECULATIVE.nearest(SPECULATIVE.values(each), keep=tuple(each)))) for each in DRAFTED
]


def played(method: Method, knobs: dict) -> bytes:
    recording = Recording(table_run(method, knobs, seed=3))
    recording.run()
    return encode_events(recording.events)


@pytest.mark.parametrize(
    ("method", "knobs"),
    COMPOSED,
    ids=lambda each: each.id if isinstance(each, Method) else "-".join(map(str, each.values())),
)
def test_what_is_idle_changes_nothing(method: Method, knobs: dict) -> None:
    idle = method.idle(method.values(knobs))
    assert idle.isdisjoint(knob.name for knob in method.knobs if knob.choices), "parts are chosen, not idle"
    before = played(method, knobs)
    for end in ("low", "high"):
        other = {
            knob.name: (end == "high") if isinstance(knob.default, bool) else getattr(knob, end)
            for knob in method.knobs
            if knob.name in idle
        }
        if method.legal(method.values({**knobs, **other})):
            continue
        assert played(method, {**knobs, **other}) == before, f"one of {sorted(other)} is read"


@pytest.mark.parametrize("method", [RECIPE, SPECULATIVE], ids=lambda each: each.id)
def test_every_knob_is_read_by_something(method: Method) -> None:
    chosen = [knobs for each, knobs in COMPOSED if each is method]
    assert frozenset.intersection(*(method.idle(method.values(knobs)) for knobs in chosen)) == frozenset()
