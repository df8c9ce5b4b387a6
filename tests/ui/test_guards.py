"""Who may talk to the page, and what it says of itself."""

import os
from typing import Any

import pytest


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:7860", ""])
def test_a_foreign_host_name_is_refused(web: Any, host: str) -> None:
    assert web.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "[::1]:7860"])
def test_this_machine_is_let_in(web: Any, host: str) -> None:
    assert web.get("/workbench/examples.json", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://[broken"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:9999"},
    ],
)
@pytest.mark.parametrize("path", ["/runs/import", "/runs/AAAAAAAA/stop", "/gradio_api/queue/join"])
def test_another_site_cannot_act(web: Any, path: str, headers: dict[str, str]) -> None:
    assert web.post(path, headers={**headers, "content-type": "text/plain"}, content="{}").status_code == 403


def test_the_page_itself_may_act(web: Any) -> None:
    headers = {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "same-origin"}
    assert web.post("/runs/AAAAAAAA/stop", headers=headers).json() == {"stopping": False}


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/monitoring"])
def test_there_are_no_pages_nobody_asked_for(web: Any, path: str) -> None:
    assert web.get(path).status_code in (403, 404)


def test_every_answer_has_the_safe_headers(web: Any) -> None:
    for path in ("/", "/player/player.js", "/runs/unknown-run"):
        headers = web.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_gradio_stays_quiet(web: Any) -> None:
    config = web.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config.get("run_history") in (False, None)
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert "decoding-workbench" in os.environ["GRADIO_TEMP_DIR"] or "gradio" in os.environ["GRADIO_TEMP_DIR"]


def test_only_the_named_endpoints_are_public(web: Any) -> None:
    assert set(web.get("/gradio_api/info").json()["named_endpoints"]) == {
        "/methods",
        "/run",
        "/compare",
        "/check",
        "/export",
    }
