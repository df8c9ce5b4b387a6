"""The timeline of every registered method: slices nest, arrows end on slices; the GIF draws."""

import sys
from pathlib import Path

import pytest
from fakes import table_run

from viz.export.gif import animation
from workbench.methods.api import Method
from workbench.methods.catalogue import catalogue
from workbench.run.recorder import Recording

sys.path.append(str(Path(__file__).parent / "viz"))
from test_export import well_formed

METHODS = list(catalogue().values())


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.id)
def test_the_timeline_nests_and_the_animation_draws(method: Method) -> None:
    trace = Recording(table_run(method, tokens=6)).run()
    assert any(each["ph"] == "X" and each["name"] == "forward" for each in well_formed(trace))
    assert animation(trace).startswith(b"GIF89a")


def test_a_run_that_was_stopped_has_a_timeline() -> None:
    calls = iter(range(100))
    trace = Recording(table_run(METHODS[0], stop=lambda: next(calls) >= 2)).run()
    assert trace.footer.status == "cancelled"
    assert well_formed(trace)
