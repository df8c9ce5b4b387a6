"""Who may talk to the page: this machine's own browser tabs, and nobody through them."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
"""Gradio evaluates its templates, which is why scripts may be inline and evaluated."""


class OriginGuard:
    """Refuses requests with an effect that another site's page makes in the person's browser."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE and not self._own(Headers(scope=scope)):
            refusal = JSONResponse({"error": "This request came from another site and was refused."}, 403)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _own(self, headers: Headers) -> bool:
        if headers.get("sec-fetch-site", "none") in ("cross-site", "same-site"):
            return False
        origin = headers.get("origin")
        if origin is None:
            return True
        try:
            return urlsplit(origin).hostname in self.hosts
        except ValueError:
            return False


class SafeHeaders:
    """Adds the headers that keep the page to itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def allowed_hosts(host: str, more: Sequence[str] = ()) -> list[str]:
    """Names under which the page may be asked for; a bound address counts, 0.0.0.0 names nobody."""
    bound = [] if host in ("0.0.0.0", "::", "") else [host]
    return list(dict.fromkeys((*LOOPBACK, *bound, *more)))


def guard(app: FastAPI, hosts: Sequence[str]) -> None:
    """Put the three guards around an app; the last one added is the outermost."""
    app.add_middleware(OriginGuard, hosts=hosts)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_middleware(SafeHeaders)
