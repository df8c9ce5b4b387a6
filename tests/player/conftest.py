"""One browser and one server for all player tests."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "viz")]

from opened import CHROMIUM, FLAGS, Opened  # noqa: E402
from player_page import serving  # noqa: E402


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with serving() as where:
        yield where


@pytest.fixture(scope="module")  # not session: tests/ui opens one of its own, and two at once clash
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("no Chromium at /usr/bin/chromium")
    with api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Opened]:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    window = Opened(page, address)
    yield window
    page.close()
    assert not window.errors, window.errors
    strangers = [url for url in window.requests if not url.startswith((address, "data:"))]
    assert not strangers, strangers
