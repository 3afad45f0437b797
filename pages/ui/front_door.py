"""Who may come in at all: without a sign-in only this machine, unless the setting says that everyone may."""

from __future__ import annotations

import html
import ipaddress
import os
import sys
from typing import Any

from streamlit import config

from pages.ui import identity

ALLOW = "SIMILE_ALLOW_OPEN"
_HELD = ("/media/", "/_stcore/upload_file/")  # what is asked for outside a session
_FONTS = "/static/media/"  # Streamlit's own
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Simile</title>
<body style="font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1.5rem">
<h1 style="font-size: 1.4rem">Simile is closed</h1><p>{}</p></body></html>"""


def allowed() -> bool:
    """Return whether somebody decided that everyone who reaches the studio may use it without a sign-in."""
    told = os.environ.get(ALLOW, "").strip().lower() in ("1", "true", "yes")
    return told or identity.settings("simile").get("allow_open") is True


def is_own(host: str | None) -> bool:
    """Return whether an address is reached from this machine only.

    >>> is_own("127.0.0.1"), is_own("localhost"), is_own("::1"), is_own("0.0.0.0"), is_own(""), is_own(None)
    (True, True, True, False, False, False)
    """
    if not host:
        return False  # every address
    if host == "localhost" or host.startswith("unix://"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def problem(came_in_by: str | None = "127.0.0.1") -> str:
    """Return why nobody is let in, in one sentence or two; an empty text where somebody may come in.

    came_in_by
        The address of this machine that a request was sent to, where there is one.
    """
    if broken := identity.problem():
        return broken
    if identity.configured() or allowed():
        return ""
    listens, named = config.get_option("server.address"), list(config.get_option("server.allowedHosts") or ())
    if config.is_manually_set("browser.serverAddress"):
        named.append(config.get_option("browser.serverAddress"))
    elsewhere = next((name for name in named if not is_own(name)), "")
    if not is_own(listens):
        where = f"was told to listen on {listens or 'every address'}"
    elif elsewhere:
        where = f"was told that people reach it as {elsewhere}"
    elif came_in_by is not None and not is_own(came_in_by):
        where = f"is reached by {came_in_by}"
    else:
        return ""
    return (
        f"Simile is not opened to other machines without a sign-in, and it {where}. Set up a sign-in "
        f"(docs/sign-in.md), or listen on 127.0.0.1; set {ALLOW}=1 only if everyone who reaches it may see "
        "every project."
    )


def tell() -> None:
    """Say on the console that nobody is let in, and why; nothing where somebody may come in."""
    if sentence := problem():
        sys.stderr.write(f"\n  {sentence}\n\n")


class FrontDoor:
    """ASGI middleware: refuses whoever may not come in before anything of the studio answers.

    Where people sign in, files and uploads, which are asked for outside a session, need their cookie too.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        server = scope.get("server")  # of a Unix socket: its path, and no port
        by = server[0] if server and server[1] is not None else None
        if sentence := problem(by):
            await _refuse(scope, send, sentence)
        elif identity.configured() and _is_held(scope["path"]) and not _has_cookie(scope):
            await _refuse(scope, send, "Sign in first.")
        else:
            await self.app(scope, receive, send)


def _is_held(path: str) -> bool:
    """Return whether a path is that of a file or an upload; the fonts of the sign-in's page are neither.

    >>> _is_held("/media/abc.csv"), _is_held("/static/media/font.woff2"), _is_held("/media/x/static/media/y")
    (True, False, True)
    """
    if _FONTS in path and path.index("/media/") == path.index(_FONTS) + len("/static"):
        path = path.replace(_FONTS, "/", 1)
    return any(part in path for part in _HELD)


def _has_cookie(scope: Any) -> bool:
    """Return whether a request holds the signed cookie that the sign-in leaves."""
    from starlette.requests import HTTPConnection
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
    from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

    return bool(_get_signed_cookie_with_chunks(HTTPConnection(scope).cookies, USER_COOKIE_NAME))


async def _refuse(scope: Any, send: Any, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = _PAGE.format(html.escape(sentence)).encode()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
