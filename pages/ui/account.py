"""The sign-in page, and in the sidebar who is signed in."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitAuthError, StreamlitMissingAuthlibError

from pages.ui import front_door, identity, parts, theme
from synth_core.errors import SimileError


def closed() -> bool:
    """Return whether this person is to see the door only: nobody is let in, or they have not signed in."""
    return bool(front_door.problem()) or (identity.configured() and not _known())


def _known() -> bool:
    try:
        return bool(identity.owner())
    except SimileError:
        return False


def door() -> None:
    """Draw what somebody sees who is not let in: why, or the way to sign in."""
    st.space("large")
    with st.container(horizontal_alignment="center"), st.container(border=True, width=480, gap="medium", key="door"):
        st.title("Simile", anchor=False)
        if sentence := front_door.problem():
            st.error(sentence, icon=":material/lock:")
            return
        st.markdown("Sign in to see your projects. Nobody else who signs in here sees them.")
        if identity.signed_in():  # and yet unknown: the provider does not say who it is
            try:
                identity.owner()
            except SimileError as error:
                parts.error_card(error, title="You cannot be told from others")
            st.button("Sign out", key="door.out", on_click=st.logout)
            return
        for name, words in identity.providers().items():
            if st.button(words, key=f"door.in_{name}", type="primary", icon=":material/login:", width="stretch"):
                _sign_in(name)


def _sign_in(name: str) -> None:
    try:
        st.login(name or None)
    except StreamlitMissingAuthlibError:
        parts.error_card("The package Authlib is missing: pip install 'simile[sign-in]'.", title="Nobody can sign in")
    except StreamlitAuthError as error:
        parts.error_card(f"{error} See docs/sign-in.md.", title="Nobody can sign in")


def signed_in() -> None:
    """Draw who is signed in and the way out; nothing where nobody signs in."""
    if not identity.configured():
        return
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key="shell_account"):
        st.markdown(
            f":small[:gray[Signed in as]]  \n{theme.breakable(identity.name())}",
            width="stretch",
            help=f"Your id, by which a project is handed over to you: {identity.owner()}",
        )
        st.button("Sign out", key="shell.sign_out", type="tertiary", icon=":material/logout:", on_click=st.logout)
