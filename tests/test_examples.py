"""The recorded examples are what a stranger sees first: they must open, check and draw."""

from pathlib import Path

import pytest

from viz.figure import offered
from workbench.trace import Observe
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


@pytest.mark.parametrize("name", ["sampled", "traversal"])
def test_the_ten_likeliest_tokens_of_a_residual_are_kept(name: str) -> None:
    trace = next(load(path) for path in EXAMPLES if path.name == f"example-{name}.json.gz")
    seen = [event for event in trace.events if isinstance(event, Observe)]
    rows = [event.keys[0] for event in seen if event.source == "residual"]
    assert rows and all(len(row) >= 10 for row in rows)
