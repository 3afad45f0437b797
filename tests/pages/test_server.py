"""What the server is told, and tells browsers: nothing from elsewhere, nothing to elsewhere."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pages.ui.headers import HEADERS, Headers

ROOT = Path(__file__).parents[2]
HERE = ((b"host", b"127.0.0.1:8501"),)


def test_the_settings_keep_others_out() -> None:
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert told["server"]["enableCORS"] is True
    assert told["server"]["enableXsrfProtection"] is True
    assert told["server"]["maxUploadSize"] <= 500
    assert told["browser"]["gatherUsageStats"] is False
    assert told["client"]["showErrorDetails"] == "type"  # words of errors may repeat cells
    assert told["logger"]["enableRich"] is False
    assert "enableStaticServing" not in told["server"]


def answer(
    headers: list[tuple[bytes, bytes]], kind: str = "http", asked: Sequence[tuple[bytes, bytes]] = HERE
) -> dict[str, Any]:
    """Return the first message of an answer that passed the middleware."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as apart:  # a test before may have left a loop in this thread
        apart.submit(asyncio.run, Headers(app)({"type": kind, "headers": asked}, None, send)).result()
    return sent[0]


def asked_for(host: str, origin: str = "") -> list[tuple[bytes, bytes]]:
    return [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Streamlit's settings say, to be changed."""
    from streamlit import config

    known = {"server.address": "127.0.0.1", "server.enableCORS": True}
    monkeypatch.setattr(config, "get_option", lambda name: known.get(name))
    return known


WELCOME = [
    ("127.0.0.1:8501", ""), ("localhost:8501", "http://localhost:8501"), ("[::1]:8501", "http://[::1]:8501"),
    ("127.0.0.1:8501", "http://localhost:8501"),
]  # fmt: skip
STRANGERS = [
    ("evil.example:8501", "http://evil.example:8501"),  # its name turned to 127.0.0.1
    ("evil.example", ""), ("127.0.0.1:8501", "http://evil.example"), ("127.0.0.1:8501", "null"), ("", ""),
    ("localhost.evil.example", ""), ("[", "http://["), ("127.0.0.1:8501", "http://127.0.0.1.evil.example"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_only_the_studio_s_own_pages_are_answered(kind: str, told: dict[str, Any]) -> None:
    for host, origin in WELCOME:
        assert answer([], kind, asked_for(host, origin))["type"] == "http.response.start", (host, origin)
    for host, origin in STRANGERS:
        got = answer([], kind, asked_for(host, origin))
        assert got.get("status") == 403 or got["type"] == "websocket.close", (host, origin)


def test_a_studio_with_a_name_of_its_own_is_found_by_it(told: dict[str, Any]) -> None:
    proxied = asked_for("studio.example.org", "https://studio.example.org")
    assert answer([], "http", proxied)["status"] == 403
    for names in (["studio.example.org"], ["*.example.org"], ["*"]):
        told["server.allowedHosts"] = names
        assert answer([], "http", proxied)["status"] == 200
    told |= {"server.allowedHosts": [], "server.address": "0.0.0.0"}
    assert answer([], "http", proxied)["status"] == 200
    assert answer([], "http", asked_for("studio.example.org", "https://evil.example"))["status"] == 403
    told["server.corsAllowedOrigins"] = ["https://evil.example"]
    assert answer([], "http", asked_for("studio.example.org", "https://evil.example"))["status"] == 200


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
    assert "middleware=[Middleware(Headers), " in source, "the outermost: refusals have them too"
    assert source.index("quiet.install()") < source.index("st.App(")
