"""A page with the player under test."""

from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Opened:
    """A page with the player, and everything it asked for or complained about."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(error.message))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def open(self, query: str) -> "Opened":
        self.page.goto(f"{self.address}/?{query}")
        self.page.evaluate("window.ready")
        return self

    def test_id(self, name: str) -> Any:
        return self.page.get_by_test_id(name)

    def value(self, pane: str) -> float:
        return float(self.test_id(f"cursor-{pane}").get_attribute("data-value"))

    def state(self) -> dict[str, Any]:
        return self.page.evaluate("player.state()")
