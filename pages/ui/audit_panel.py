"""The audit log on the Report page: what was done with the project, whether the log is whole, and its download."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import downloads, run_words
from synth_core.audit import check
from synth_core.profile.words import counted
from synth_core.project import Project

SHOWN = 200
TITLES = {
    "upload": "Uploaded",
    "query": "Read from a database",
    "read again": "Read again",
    "table": "Kinds, roles or rows changed",
    "rules": "Rules changed",
    "use": "Use changed",
    "targets": "Targets changed",
    "generate": "Run started",
    "judged": "Made and judged",
    "download": "Downloaded",
    "extract": "New extract compared",
    "measure": "Privacy and likeness measured",
    "experiment": "Lab started",
    "iterate": "Iteration started",
    "taken from an iteration": "Run taken from an iteration",
    "run deleted": "Run deleted",
    "retention": "Retention changed",
    "real rows removed": "Real rows removed",
    "handed over": "Handed over",
    "log damaged": "Log found damaged",
    "duplicated": "Copied from another project",
}


def panel(project: Project) -> None:
    """Draw the log, folded."""
    with st.expander("Audit log", icon=":material/history_edu:", key="report.audit", on_change="rerun") as box:
        if not box.open:
            return
        found = check(project.log)
        if found.problems:
            st.error("**The log was changed or damaged.** " + " ".join(found.problems), icon=":material/error:")
        st.caption(
            f"{counted(len(found.lines), 'line')}. Each holds the hash of the line before, so that a change is found. "
            "The log holds hashes and counts, no values and no names."
        )
        lines = found.lines[: -SHOWN - 1 : -1]
        st.dataframe(
            pd.DataFrame(
                {
                    "When (UTC)": [f"{line.when:%Y-%m-%d %H:%M:%S}" for line in lines],
                    "Who": [line.who if line.who == "local" else line.who[:8] for line in lines],
                    "What": [TITLES.get(line.what, line.what) for line in lines],
                    "About": [
                        ", ".join(f"{name} {_short(value)}" for name, value in line.about.items()) for line in lines
                    ],
                }
            ),
            hide_index=True,
            key="report.audit_lines",
            height=run_words.table_height(len(lines), 248),
            column_config={"About": st.column_config.TextColumn(width="large")},
            alt=f"The audit log: {counted(len(found.lines), 'line')}, the newest first.",
        )
        st.download_button(
            "Audit log (JSON lines)",
            lambda: project.log.read_bytes() if project.log.exists() else b"",
            file_name=f"{downloads.file_stem(project.label)}-audit-log.jsonl",
            mime="application/jsonl",
            key="report.audit_file",
            icon=":material/download:",
            on_click="ignore",
        )


def _short(value: object) -> str:
    """Return a value of a line for the table; of hashes the first 12 digits, as elsewhere on the page."""
    text = str(value)
    return text[:12] if len(text) >= 32 else text
