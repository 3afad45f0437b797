"""Whose a project is: the local user's, or that of someone who signed in.

A signed-in person is known by a hash of who vouched for them (issuer) and how that party calls them (subject); names
and addresses of e-mail change and are kept nowhere.
"""

from __future__ import annotations

import hashlib
import re

from synth_core.errors import InputError

LOCAL = ""
ANYONE = "*"  # for what serves the whole machine: the queue, closing the studio, the command line
_ID = re.compile(r"[0-9a-f]{32}")


def owner_id(issuer: str, subject: str) -> str:
    """Return the id of a person who signed in: 32 hex digits.

    >>> owner_id("https://id.example.org", "ann")
    '9a8cca2e5b840977080b54915262867f'

    Raises
    ------
    InputError
        Issuer or subject is empty.
    """
    if not issuer or not subject:
        raise InputError(
            "The sign-in says neither who vouches for you nor who you are: its claims 'iss' and 'sub' are needed. "
            "Ask whoever runs the provider to send them."
        )
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:32]


def checked_owner(text: str) -> str:
    """Return the owner that a person named: ``local``, or the id of someone who signed in.

    Raises
    ------
    InputError
        It is neither.
    """
    word = text.strip().lower()
    if word == "local":
        return LOCAL
    if _ID.fullmatch(word):
        return word
    raise InputError(
        f"'{text[:60]}' is nobody's id. Say 'local', or the 32 digits that the menu of a signed-in person shows."
    )


def owns(asking: str, owner: str) -> bool:
    """Return whether who asks may see what belongs to ``owner``."""
    return asking in (owner, ANYONE)


def called(owner: str) -> str:
    """Return what a log calls an owner: ``local``, or their id."""
    return owner or "local"
