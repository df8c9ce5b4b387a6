"""axe-core finds no serious fault, whatever page is shown, in light and in dark."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

base = pytest.importorskip("axe_playwright_python.base")
GRAVE = ("serious", "critical")


def faults(page: Any) -> list[str]:
    """What axe-core calls serious or critical: the rule, where it fails, and why."""
    page.evaluate(base.AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert found["passes"], "axe-core checked nothing"
    return [
        f"{rule['id']} at {node['target']}: {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault(visit: Any, scheme: str) -> None:
    window = visit(color_scheme=scheme).drawn("a").drawn("b").ready()
    page = window.page
    window.find("player-first").click()  # open cells, guesses, nothing committed
    assert not faults(page)
    window.find("player-last").click()
    for tab in ("texts", "decisions", "costs", "numbers"):
        window.find(f"compare-tab-{tab}").click()
        assert not faults(page)
    page.keyboard.press("?")
    assert window.find("player-keys").is_visible()
    window.find("compare-pin").click()
    assert not faults(page)
    window.find("tab-lab").click()
    window.find("lab-check").wait_for(state="visible")
    assert not faults(page)
    window.find("tab-many").click()
    window.find("sweep-run").wait_for(state="visible")
    assert not faults(page)


def test_the_check_itself_finds_faults(visit: Any) -> None:
    window = visit().drawn("a")
    window.page.evaluate("document.body.append(Object.assign(document.createElement('button'), {}))")
    assert any(each.startswith("button-name") for each in faults(window.page))
