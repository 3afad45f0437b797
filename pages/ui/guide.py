"""The guide: where a project stands on the path of its job, and what is done on this page."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state
from synth_core.patterns import Pattern
from synth_core.project import Project


def draw(page: str) -> None:
    """Draw the path above the page, for projects that follow one; ``page``: the name of the page that is open."""
    state.put("shell.page", page)
    project = state.project()
    if project is None or project.guide is None or page == "start":
        return
    _strip(project, project.guide, page)


def _strip(project: Project, path: Pattern, page: str) -> None:
    place = path.place(page)
    with st.container(border=True, gap="xsmall", key="guide"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/route: **{path.title}**", width="content")
            for number, step in enumerate(path.steps):
                title = parts.PAGES[step.page][0]
                if number == place:
                    st.badge(f"{number + 1} {title}", color="blue")
                else:
                    st.page_link(f"{step.page}.py", label=f"{number + 1} {title}", query_params={"project": project.id})
            st.space("stretch")
            st.button(
                ":material/close:",
                key="guide.leave",
                type="tertiary",
                on_click=project.set_guide,
                args=(None,),
                help="Leave the guide. Every page stays where it is; nothing that you did is lost.",
            )
        if place is None:
            st.markdown(":gray[This page is beside the path. Go on with any of its steps.]")
        else:
            st.markdown(path.steps[place].task)
            if place == len(path.steps) - 1:
                st.markdown(f":gray[Done when: {path.proof[0].lower()}{path.proof[1:]}]")
