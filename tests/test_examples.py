"""The recorded examples are what a stranger sees first: they must open, check and draw."""

from pathlib import Path

import pytest

from viz.figure import offered
from workbench.trace.check import Depth, check
from workbench.trace.journal import load

EXAMPLES = sorted((Path(__file__).parents[1] / "assets" / "examples").glob("*.json.gz"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_checks_clean_and_draws(path: Path) -> None:
    trace = load(path)
    assert trace.footer.status == "complete"
    report = check(trace)
    assert report.ok, report.problems[:3]
    assert report.depth is Depth.DERIVED
    assert all(figure.draw(trace).spec for figure in offered(trace))


def test_there_are_examples_of_both_worlds() -> None:
    families = {load(path).header.family for path in EXAMPLES}
    assert {"speculative", "diffusion"} <= families
