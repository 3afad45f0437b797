"""The profile as files: one HTML page, and a JSON document; made when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import profile_source
from pages.ui.profile_source import Source
from synth_core.profile import Profile
from synth_core.project import Project


def menu(project: Project, found: Source) -> None:
    """Draw the menu of downloads."""
    label = re.sub(r"[^a-z0-9]+", "-", project.label.lower()).strip("-") or "table"
    with st.popover("Download", icon=":material/download:", key="profiling.downloads"):
        st.download_button(
            "Profile as one HTML page",
            _page(project, found),
            file_name=f"{label}-profile.html",
            mime="text/html",
            on_click="ignore",
            key="profiling.html",
            icon=":material/article:",
            type="tertiary",
        )
        st.download_button(
            "Profile as JSON",
            _document(project, found),
            file_name=f"{label}-profile.json",
            mime="application/json",
            on_click="ignore",
            key="profiling.json",
            icon=":material/data_object:",
            type="tertiary",
        )
        st.caption("Both are masked like this page; the HTML page asks nothing of any other host.")


def _exact(found: Source) -> Profile:
    """Return the profile of all rows where it is on its way: a file waits for it. The sample's, if it does not come."""
    work = found.work
    return work.future.result() if work is not None and work.future.exception() is None else found.profile


def _everything(project: Project, found: Source, profile: Profile) -> dict[str, Any]:
    """Return what goes into a file beside the profile."""
    name, whole = project.table_name, found.whole
    known = tuple(profile_source.quasi_identifiers(name, whole))
    from synth_core.profile.exposure import suggested_widths

    return {
        "time": profile_source.time(name, None, None, None, whole),
        "triples": profile_source.triples(found.key, found.table),
        "exposure": profile_source.exposure(name, known, suggested_widths(whole, known), "", whole) if known else None,
        "advice": profile_source.meaning(name, project.use, profile.sampled, whole, profile),
    }


def _page(project: Project, found: Source) -> Callable[[], bytes]:
    def made() -> bytes:
        from synth_core.report.profile_document import profile_html

        profile = _exact(found)
        return profile_html(project.label, profile, **_everything(project, found, profile)).encode()

    return made


def _document(project: Project, found: Source) -> Callable[[], bytes]:
    def made() -> bytes:
        from synth_core.report.profile_document import profile_json

        profile = _exact(found)
        return profile_json(project.label, profile, **_everything(project, found, profile)).encode()

    return made
