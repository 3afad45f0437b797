"""What the server is told, and tells browsers: nothing from elsewhere, nothing to elsewhere."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

from pages.ui.headers import HEADERS, Headers

ROOT = Path(__file__).parents[2]


def test_the_settings_keep_others_out() -> None:
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert told["server"]["enableCORS"] is True
    assert told["server"]["enableXsrfProtection"] is True
    assert told["server"]["maxUploadSize"] <= 500
    assert told["browser"]["gatherUsageStats"] is False
    assert told["client"]["showErrorDetails"] == "type"  # words of errors may repeat cells
    assert told["logger"]["enableRich"] is False
    assert "enableStaticServing" not in told["server"]


def answer(headers: list[tuple[bytes, bytes]], kind: str = "http") -> dict[str, Any]:
    """Return the first message of an answer that passed the middleware."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(Headers(app)({"type": kind}, None, send))
    assert len(sent) == 2
    return sent[0]


def test_every_answer_forbids_what_comes_from_elsewhere() -> None:
    got = dict(answer([(b"content-type", b"text/html")])["headers"])
    assert got[b"content-type"] == b"text/html"
    policy = got[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "http" not in policy
    assert "*" not in policy
    assert got[b"x-content-type-options"] == b"nosniff"


def test_a_header_that_is_there_stays_and_sockets_pass() -> None:
    mine = [(b"Referrer-Policy", b"no-referrer")]
    assert [value for name, value in answer(mine)["headers"] if name.lower() == b"referrer-policy"] == [b"no-referrer"]
    assert len(answer(mine, "websocket")["headers"]) == 1
    assert len(HEADERS) == 4


def test_the_app_uses_them() -> None:
    source = (ROOT / "app.py").read_text(encoding="utf-8")
    assert "middleware=[Middleware(Headers)]" in source
    assert source.index("quiet.install()") < source.index("st.App(")
