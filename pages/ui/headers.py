"""Who may ask the server, and what it asks of browsers: to fetch nothing from elsewhere, to show it in no other page.

Streamlit lets any name through that leads to this machine, so that a page from elsewhere whose name is turned to
127.0.0.1 could open a session (DNS rebinding); and it asks a server on the internet for this machine's address when a
page from elsewhere tries. Both end here.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

_LOOPBACK = frozenset(["127.0.0.1", "localhost", "::1"])
_REFUSED = (
    b"This address is not one of this studio's. Behind a proxy, name it in Streamlit's settings "
    b"server.allowedHosts and server.corsAllowedOrigins."
)

# Streamlit draws with inline styles and compiles WebAssembly; the frame of the report inherits this, script and all.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}


class Headers:
    """ASGI middleware that turns strangers away and adds :data:`HEADERS` to every answer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in known]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        if scope["type"] in ("http", "websocket") and not _welcome(dict(scope["headers"])):
            await _refuse(scope, send)
            return
        await self.app(scope, receive, told if scope["type"] == "http" else send)


async def _refuse(scope: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": _REFUSED})


def _welcome(headers: dict[bytes, bytes]) -> bool:
    """Return whether the host that was asked for is this studio, and the page that asks is the studio's own."""
    from streamlit import config

    host, origin = headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin", b"").decode("latin-1")
    named = {str(one).lower() for one in config.get_option("server.allowedHosts") or ()}
    bound = str(config.get_option("server.address") or "").lower().strip("[]")
    if bound in _LOOPBACK and "*" not in named and not _is_one_of(_name(f"//{host}"), _LOOPBACK | named):
        return False
    if not origin or not config.get_option("server.enableCORS"):
        return True
    allowed = {_name(str(one)) for one in config.get_option("server.corsAllowedOrigins") or ()}
    return origin.partition("://")[2] == host or _name(origin) in _LOOPBACK | allowed


def _name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_one_of(name: str, named: frozenset[str] | set[str]) -> bool:
    """Return whether a host is named, by itself or by its domain (``*.example.org``)."""
    return name in named or any(one.startswith("*.") and name.endswith(one[1:]) for one in named)
