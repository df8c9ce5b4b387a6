"""Taking runs and pictures away and bringing them back, in a real browser."""

import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.hacked=1'>\x01&"
VLLM = {
    "id": HOSTILE,
    "metrics": {
        "speculative_decoding": {
            "acceptance_histogram": [39, 1, 0, 3],
            "num_spec_steps": 43,
            "num_accepted_draft_tokens": 10,
            "num_draft_tokens": 129,
        }
    },
}


def saved(window: Any, menu: str, item: str) -> tuple[str, bytes]:
    """Open a menu, press one of its entries, and read what was downloaded."""
    opener = window.find(menu)
    (opener if menu.startswith("export") else opener.locator("summary")).click()
    with window.page.expect_download() as download:
        window.find(item).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_every_export_opens_again_or_is_a_picture(visit: Any, tmp_path: Path) -> None:
    window = visit("arun=example-sampled").drawn().ready()
    window.page.wait_for_function(
        "document.querySelector('[data-testid=badge-a]').textContent.startsWith('✓')"
    )
    badge = window.text("badge-a")
    for kind in ("journal", "csv", "replay", "perfetto", "notebook"):
        name, content = saved(window, "export-menu", f"export-{kind}")
        assert name.startswith("speculative_sampling-")
        file = tmp_path / name
        file.write_bytes(content)
        window.page.evaluate("Workbench.player().clear('a')")
        window.find("import-file").set_input_files(file)
        window.drawn()
        window.page.wait_for_function("document.querySelector('[data-testid=badge-a]').textContent")
        assert window.text("badge-a") == badge
    name, content = saved(window, "export-menu", "export-gif")
    assert name.endswith(".gif")
    assert Image.open(io.BytesIO(content)).n_frames > 2


def test_figures_are_saved_as_they_stand(visit: Any, tmp_path: Path) -> None:
    """A tree (SVG), the text (HTML), a chart (plotly) and a map (canvas), of hostile tokens."""
    window = visit("arun=example-tree").drawn().ready()
    run = window.page.evaluate("fetch('/runs/example-tree/trace.json').then((answer) => answer.json())")
    run["tokens"] = {
        id: HOSTILE if at % 3 == 0 else text for at, (id, text) in enumerate(run["tokens"].items())
    }
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(run))
    window.find("import-file").set_input_files(file)
    window.page.wait_for_function(
        "document.querySelector('[data-testid=text-a]').textContent.includes('<img')"
    )
    window.find("player-last").click()
    ground = "getComputedStyle(document.querySelector('.dw')).backgroundColor"
    colour = tuple(map(int, re.findall(r"\d+", window.page.evaluate(ground))[:3]))
    for menu, figure in (("save-text-a", "text"), ("save-figure-a", "tree"), ("save-figure-a", "acceptance")):
        if figure == "acceptance":
            window.find("tab-acceptance-a").click()
            window.page.wait_for_selector("[data-testid=acceptance-a] .main-svg")
        name, content = saved(window, menu, f"{menu}-png")
        assert name.startswith(f"token_tree-{figure}-") and name.endswith(".png")
        image = Image.open(io.BytesIO(content)).convert("RGB")
        assert image.width > 600
        assert image.getpixel((1, 1)) == colour
        assert len(image.getcolors(1_000_000) or []) > 20
        name, content = saved(window, menu, f"{menu}-svg")
        drawn = ElementTree.fromstring(content)
        assert drawn.tag.endswith("svg")
        assert not [node for node in drawn.iter() if node.tag.endswith(("script", "}img"))]
        if figure == "tree":  # alone, without a style sheet: the look is in the nodes
            assert b"foreignObject" not in content
            assert {node.get("fill") for node in drawn.iter() if node.tag.endswith("path")} > {"none"}
    assert window.page.evaluate("window.hacked") is None


def test_a_map_and_the_race_are_saved(visit: Any) -> None:
    window = visit("arun=example-low-confidence&brun=example-greedy").drawn("a").drawn("b").ready()
    window.find("player-last").click()
    window.find("tab-map-a").click()
    _, content = saved(window, "save-figure-a", "save-figure-a-png")
    name, race = saved(window, "save-race", "save-race-png")
    assert name.startswith("llada_low_confidence-greedy-progress-")
    assert Image.open(io.BytesIO(race)).width > 600
    assert len(Image.open(io.BytesIO(content)).convert("RGB").getcolors(1_000_000) or []) > 20


def test_counts_of_another_engine_are_shown_as_counts(visit: Any, tmp_path: Path) -> None:
    window = visit().drawn().ready()
    before = window.text("text-a")
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(VLLM))
    window.find("import-file").set_input_files(file)
    window.page.wait_for_selector("[data-testid=counts-lengths] .main-svg")
    report = window.text("counts")
    assert "imported counts" in report and "not a trace" in report
    assert "1.2326" in report and "0.2326" in report  # with and without the target's own token
    assert "Why a draft was rejected" in window.text("counts-silent")
    assert "<img" in report
    assert window.page.evaluate("window.hacked") is None
    assert window.text("text-a") == before
    window.page.get_by_label("Close the counts").click()
    assert window.find("counts").is_hidden()


def test_an_address_opens_a_run_and_no_other_site(visit: Any) -> None:
    opened = visit("open=/runs/example-tree/trace.json&openb=example-greedy").drawn("a").drawn("b")
    assert "Token tree" in opened.page.locator("[data-pane=a] h2").first.inner_text()
    refused = visit("open=https://example.org/trace.json").ready()
    assert "another site" in refused.complaint()
    absent = visit("open=/nothing/here.json").ready()
    assert "nothing to open" in absent.complaint()


def test_the_command_of_a_pane_is_copied(visit: Any) -> None:
    window = visit("arun=example-tree&brun=example-greedy", permissions=["clipboard-read", "clipboard-write"])
    window.drawn("a").drawn("b").ready()
    for hook, method in (("copy-command", "token_tree"), ("copy-command-b", "greedy")):
        window.find(hook).click()
        window.page.wait_for_function(
            "document.querySelector('[data-testid=message]').innerText.includes('copied')"
        )
        command = window.page.evaluate("navigator.clipboard.readText()")
        assert command.startswith(f"python -m workbench run {method} --model ")
        window.page.get_by_label("Dismiss").click()
