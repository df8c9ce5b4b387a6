"""Figures as marks, against golden files. Set REGOLD=1 to write them anew after looking at the change."""

import json
import os
import subprocess
import sys
from pathlib import Path

import fake_traces as fakes
import pytest

from viz.bits import Costs
from viz.charts import cost
from viz.counts import lengths_of
from viz.figure import draw, figures, offered, pairs
from viz.layout import tidy
from workbench.trace import Glossary

GOLDEN = Path(__file__).parent / "golden"
SMALL = {
    "speculative": lambda: fakes.speculative(3, 3),
    "tree": lambda: fakes.tree(2, 2, 2, 4),
    "masked": lambda: fakes.masked(8, 4, 2),
    "beams": lambda: fakes.beams(3, 2, 2),
    "greedy": lambda: fakes.greedy(5),
}
DRAFTED = ("rounds", "acceptance", "lengths")
OFFERED = {
    "speculative": ["text", "tree", *DRAFTED, "mask", "timeline", "confidence", "measures", "cost"],
    "tree": ["text", "tree", *DRAFTED, "mask", "timeline", "confidence", "measures", "cost"],
    "masked": ["text", "map", "bits", "confidence", "measures", "cost"],
    "beams": ["text", "tree", "measures", "cost"],
    "greedy": ["text", "confidence", "cost"],
}


@pytest.mark.parametrize("name", SMALL)
def test_marks_are_golden(name: str) -> None:
    trace = SMALL[name]()
    assert [known.id for known in offered(trace)] == OFFERED[name]
    told = {known.id: [figure.kind, figure.spec] for known in offered(trace) if (figure := known.draw(trace))}
    made = json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("REGOLD"):
        path.write_text(made, "utf-8")
    assert made == path.read_text("utf-8")


def test_every_figure_asks_a_question() -> None:
    assert all(known.question.endswith("?") and known.title for known in (*figures(), *pairs()))


@pytest.mark.parametrize("id", ["confidence", "cost"])
def test_charts_send_nothing_anywhere(id: str) -> None:
    config = draw(fakes.masked(), id).spec["config"]
    assert config["showSendToCloud"] is False and config["displaylogo"] is False
    assert config["plotlyServerURL"] == ""


@pytest.mark.parametrize("most", [1, 2, 3, 7, 48, 1_000, 123_456])
def test_ticks_of_a_cost_are_few_level_and_whole(most: int) -> None:
    axis = cost({"target": [most, 2 * most, most]}, Glossary.of(), 0.0, "")["spec"]["layout"]["xaxis"]
    assert axis["dtick"] == int(axis["dtick"]) and most / 4 <= axis["dtick"] <= max(1, most)
    assert axis["tickangle"] == 0


def test_the_race_counts_tokens_on_the_clock() -> None:
    (race,) = [known for known in pairs() if known.id == "race"]
    spec = race.draw(fakes.greedy(), fakes.speculative(), "target").spec
    assert spec["data"][0]["x"][-1] == 24 and spec["data"][0]["y"][-1] == 24
    assert spec["data"][1]["x"][-1] == 12


def test_one_is_said_as_one() -> None:
    costs = Costs()
    costs.forward(0, 1)
    assert costs.told() == "1 sequential round · 1 sequence · 1 position"


def test_a_short_axis_of_counts_has_whole_ticks() -> None:
    assert lengths_of([0, 2], "")["spec"]["layout"]["yaxis"]["dtick"] == 1


def test_a_tidy_tree_is_iterative_and_ordered() -> None:
    ids = list(range(3000))
    depth, rows, height = tidy(ids, {id: id - 1 for id in ids})
    assert depth[2999] == 3000 and height == 1 and rows[0] == 0
    depth, rows, height = tidy([0, 1, 2, 3], {0: -1, 1: 0, 2: 0, 3: -1})
    assert rows == {1: 0, 2: 1, 0: 0.5, 3: 2} and height == 3


def test_importing_viz_is_light() -> None:
    code = (
        "import sys, viz.reel, viz.tables, viz.figure, viz.player;"
        "heavy = {'torch', 'gradio', 'pandas', 'plotly', 'transformers'};"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
