"""Calibration: quantiles of a reference run, on numbers that are known and on the model that ships."""

import json
import re
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.methods.catalogue import catalogue
from workbench.methods.loops.unmasking.watch import Look, spent
from workbench.models.shelf import Shelf
from workbench.run.calibrate import BLOCKS, CHANGED, KEPT, KNOBS, Asked, _compare, _Seen, calibrate
from workbench.trace import WorkbenchError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "CALIBRATION.md"


def noted(changed: list[float], kept: list[float]) -> _Seen:
    return _Seen([*changed, *kept], [False] * len(changed) + [True] * len(kept))


def test_a_bar_holds_back_its_share_of_what_changed() -> None:
    changed, kept = [i / 100 for i in range(101)], [0.5, 0.94, 0.97, 0.99]
    found = noted(changed, kept)
    bar = found.quantile(Asked("m", "k", "confidence", 0.95, 0.9))
    assert bar == pytest.approx(0.95)
    assert sum(v < bar for v in changed) == pytest.approx(0.95 * len(changed), abs=1)
    assert found.passes(bar, above=True) == 0.5
    low = found.quantile(Asked("m", "k", "entropy", 0.95, 0.1, above=False))
    assert low == pytest.approx(0.05), "of what is small when sure, the low end"
    assert found.passes(low, above=False) == 0


def test_a_bar_may_be_asked_to_let_through_what_was_kept() -> None:
    found = noted([0.0] * 5, [i / 100 for i in range(101)])
    bar = found.quantile(Asked("m", "k", "move", 0.8, 0.01, above=False, of=KEPT))
    assert bar == pytest.approx(0.8)
    assert found.passes(bar, above=False) == pytest.approx(0.8, abs=0.01)


def test_where_nothing_changed_everything_counts() -> None:
    assert noted([], [0.2, 0.4]).quantile(Asked("m", "k", "confidence", 0.5, 0.9)) == pytest.approx(0.3)


def test_what_writing_costs_is_the_entropy_of_what_comes_before() -> None:
    assert spent([0.3, 0.1, 0.2]) == pytest.approx([0.3, 0.0, 0.1])


def test_changed_and_kept_are_told_by_the_finished_text() -> None:
    looks = [
        Look(0.1, [5, 6], [1, 2], {"confidence": [0.4, 0.9]}, 3.0, [1, 2]),
        Look(0.9, [5], [7], {"confidence": [0.8]}, 4.0, [7, 2]),
    ]
    found = {name: _Seen() for name in ("confidence", *(f"mean gap, {n} third" for n in ("first", "last")))}
    _compare(looks, found)
    assert found["confidence"] == _Seen([0.4, 0.9, 0.8], [False, True, True])
    assert found["mean gap, first third"] == _Seen([3.0], [False])
    assert found["mean gap, last third"] == _Seen([4.0], [True])


def test_every_calibrated_knob_exists_and_its_help_or_default_names_the_papers() -> None:
    for asked in KNOBS:
        knob = next(knob for knob in catalogue()[asked.method].knobs if knob.name == asked.knob)
        assert knob.low <= asked.paper <= knob.high
        assert asked.paper == knob.default or "paper" in knob.help, (asked.method, asked.knob)


@pytest.mark.parametrize(("method", "model"), [("local_leap", "masked"), ("bacd", "block")])
def test_proposals_on_the_embedded_models(
    capsys: pytest.CaptureFixture[str], method: str, model: str
) -> None:
    """Unnamed, the model is the one that the method chooses by itself."""
    assert main(["calibrate", "--method", method, "--n", "10", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["of"] for each in found] == [CHANGED, CHANGED]
    assert 0 < found[1]["value"] <= found[0]["value"] <= 1
    assert all(0 <= each["passes"] <= 1 for each in found)
    again = calibrate(Shelf(), model, method, 10)
    assert [each.value for each in again] == [each["value"] for each in found], "nothing is left to chance"


def test_what_a_block_shows_is_no_canvas() -> None:
    """Behind kept blocks only the present one is predicted: nothing is said of the canvas as a whole."""
    look = Look(0.1, [5], [7], {"entropy up to it": [0.2]}, 0.0, [])
    found = {name: _Seen() for name in ("entropy up to it", "mean gap, first third")}
    _compare([look], found)
    assert found["entropy up to it"] == _Seen([0.2], [True]) and found["mean gap, first third"] == _Seen()


def test_each_kind_of_model_has_its_own_knobs() -> None:
    told = [each.method for each in calibrate(Shelf(), "block", count=1)]
    assert told == [each.method for each in KNOBS if each.on == BLOCKS]
    with pytest.raises(WorkbenchError, match="'masked' is a model that sees the whole canvas, and the thr"):
        calibrate(Shelf(), "masked", "tccf", 1)


def test_refusals() -> None:
    with pytest.raises(WorkbenchError, match="no threshold to calibrate"):
        calibrate(Shelf(), method="greedy")
    with pytest.raises(WorkbenchError, match="no method 'bacdd'"):
        calibrate(Shelf(), method="bacdd")
    assert main(["calibrate", "--n", "0"]) == 2
    assert main(["calibrate", "--model", "target=masked"]) == 2


def test_the_page_of_calibrated_values_names_every_knob() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (\w+) \| ([\d.]+) \|", text, re.MULTILINE)
    assert [(m, k, float(p)) for m, k, p in rows] == [(a.method, a.knob, a.paper) for a in KNOBS]


def test_help_and_page_say_the_same_values() -> None:
    """A calibrated default is the proposal in one or two digits, and the same in the help and on the page."""
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (\w+) \| [\d.]+ \| ([\d.]+) \| ([\d.e-]+) \|", text, re.MULTILINE)
    page = {(method, knob): (float(default), float(proposed)) for method, knob, default, proposed in rows}
    told = {
        (method.id, knob.name): (float(found[1]), knob.default)
        for method in catalogue().values()
        for knob in method.knobs
        if (found := re.search(r"calibrated: ([\d.]+\d)", knob.help))
    }
    assert len(told) >= 12
    for key, (said, default) in told.items():
        shown, proposed = page[key]
        assert said == default == shown, key
        assert abs(shown - proposed) < 0.3 * proposed, key
