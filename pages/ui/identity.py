"""Who is in front of the screen: the local user, or whoever signed in (``docs/sign-in.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from synth_core.databases.addresses import address_of
from synth_core.errors import ProjectError, ReadingError
from synth_core.owners import LOCAL, owner_id

SECRET = 32  # characters of the cookie secret, at least: with a short one, cookies can be forged
_SHARED = ("client_kwargs",)  # tables of [auth] that are no provider


def settings(section: str) -> Mapping[str, Any]:
    """Return a section of the secrets (``"auth"``, ``"simile"``); empty where there is none."""
    if not st.secrets.load_if_toml_exists():
        return {}
    found = st.secrets.get(section)
    return found if isinstance(found, Mapping) else {}


def configured() -> bool:
    """Return whether people sign in."""
    return bool(settings("auth"))


def problem() -> str:
    """Return why nobody can sign in safely with the settings as they are, or an empty text."""
    from streamlit import config

    files = [path for path in config.get_option("secrets.files") if Path(path).exists()]
    if files and not st.secrets.load_if_toml_exists():
        return f"The file {Path(files[0]).name} cannot be read, so nobody can sign in. Mend it; see docs/sign-in.md."
    if configured() and len(str(settings("auth").get("cookie_secret", ""))) < SECRET:
        return (
            f"The cookie_secret of the sign-in needs {SECRET} characters or more: whoever guesses it can be anybody. "
            "See docs/sign-in.md."
        )
    return ""


def providers() -> dict[str, str]:
    """Return the providers that people can sign in with: what st.login calls them, and what a person does."""
    auth = settings("auth")
    named = {name: value for name, value in auth.items() if isinstance(value, Mapping) and name not in _SHARED}
    found = {} if named and not auth.get("client_id") else {"": "Sign in"}
    return found | {name: f"Sign in with {name.capitalize()}" for name in named}


def signed_in() -> bool:
    """Return whether the person in front of the screen has signed in."""
    return bool(st.user.get("is_logged_in"))


def owner() -> str:
    """Return whose projects the person in front of the screen may see.

    Raises
    ------
    InputError
        People sign in here, and this one has not.
    """
    if not configured():
        return LOCAL
    if not signed_in():
        raise ProjectError("Sign in first.")
    return owner_id(str(st.user.get("iss") or ""), str(st.user.get("sub") or ""))


def check_database(url: str) -> None:
    """Refuse a database that is a file on the server, where people sign in: other people's tables lie there too.

    Raises
    ------
    InputError
        It is one, or the URL is none.
    """
    if configured() and address_of(url).kind != "postgresql":
        raise ReadingError(
            "Where people sign in, a file on the server cannot be asked or written: other people's tables lie there. "
            "Upload the file, or use a PostgreSQL server."
        )


def name() -> str:
    """Return what to call the person who signed in."""
    return str(st.user.get("name") or st.user.get("email") or "Signed in")
