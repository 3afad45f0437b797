"""What is said where a project's real rows were removed, and the switch that has them removed."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, parts, state
from synth_core.project import Project

# pages that need real rows, and what of theirs does not work any more
NEEDING = {
    "upload": "Kinds, roles and how the file was read can no longer be changed.",
    "profiling": "There are no rows left to describe.",
    "constraints": "Rules can no longer be tried on real rows, and nothing more is made with them.",
    "method": "No engine can learn any more.",
    "generate": "No further rows can be made. What the engine learned can hold real cells, so it was removed as well; "
    "and without held-out rows, new ones could not be judged.",
    "compare": "Columns, pairs and groups can no longer be drawn beside real ones; their scores are in the report.",
    "privacy": "No further attack can be made; what the attacks found is in the report.",
    "augmentation": "The lab needs real rows to judge on.",
    "fairness": "The lab needs real rows to judge on.",
    "what_if": "No engine can learn any more.",
    "monitor": "A new extract can no longer be held against the rows that were learned from.",
}
KEEP = (
    "The upload and every table made from it go as soon as a run is judged, with what the engine learned, which can "
    "hold real cells. The release, its scores, the report and the downloads stay. More rows cannot be made then, so "
    "ask for as many as you will need. Columns beside real ones, further attacks, runs and labs no longer work."
)


def gate(page: str) -> None:
    """Draw why this page has nothing to show any more, and stop it; nothing while the real rows are here."""
    project = state.project()
    if project is None or project.removed is None:
        return
    if not state.seen(f"removed.{project.id}"):  # the process that removed the files cannot reach what is in memory
        cache.forget()
        project.drop_table()
    if page in NEEDING:
        title = parts.PAGES[page][0]
        st.title(title, anchor=False)
        when = f"{project.removed:%d %B %Y}"
        parts.empty_state(
            ":material/auto_delete:",
            f"The real rows of this project were removed on {when}. {NEEDING[page]}",
            "See the report",
            "report",
            key="removed.report",
        )
        st.stop()


def switch(project: Project, *, disabled: bool) -> None:
    """Draw the switch: remove the real rows when a run is judged."""
    st.toggle(
        "Remove the real rows when the run is judged",
        value=not project.keeps_real_rows,
        key=f"generate.remove_{project.id}",
        on_change=_keep,
        args=(project,),
        disabled=disabled,
        help=KEEP,
    )
    if not project.keeps_real_rows:
        st.caption(KEEP)


def _keep(project: Project) -> None:
    project.set_keeps_real_rows(not state.get(f"generate.remove_{project.id}", False))
