"""Rows of which some columns are given: brought as a file, completed by the next run."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import parts, state, steering_draft, theme
from synth_core.errors import InputError, SimileError
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.reading import frame_like, read_bytes
from synth_core.steering.asks import Steering
from synth_core.steering.given import given_rows
from synth_core.table import Table, did_you_mean

TYPES = ["csv", "tsv", "xlsx", "parquet", "jsonl"]
MB = 50


def given(project: Project, steering: Steering, table: Table) -> None:
    """Draw the given rows, or the place to bring some."""
    if steering.given is not None:
        _shown(project, steering, table)
        return
    with st.expander("Complete rows of your own", icon=":material/table_rows:"):
        st.caption(
            "A file with some of the columns: each of its rows becomes a row of the release that keeps these cells, "
            "and the other columns are made to go with them. Conditions and shares are then not used."
        )
        file = st.file_uploader(
            "Rows with given columns", type=TYPES, key="method.steer_given", max_upload_size=MB, on_change=_bring,
            args=(project, table),
        )  # fmt: skip
        if file is not None and (problem := state.get("method.steer_given_problem", "")):
            parts.error_card(problem, title="These rows cannot be given")


def _shown(project: Project, steering: Steering, table: Table) -> None:
    told = steering.given
    if told is None:
        return
    with st.container(border=True, gap="small", key="method_steer_given"):
        columns = ", ".join(theme.plain(name) for name in told.columns)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f":material/table_rows: **{counted(told.rows, 'given row')}** to complete; given: {columns}",
                width="content",
            )
            st.button(
                parts.spoken("Remove", "the given rows"),
                key="method.steer_given_remove",
                icon=":material/close:",
                type="tertiary",
                on_click=_remove,
                args=(project,),
            )
        with parts.guarded("The given rows cannot be shown"):
            rows = project.given_rows(project.draft)
            if rows is not None:
                st.dataframe(
                    rows.frame.head(20), key="method.steer_given_rows", hide_index=True, height=180,
                    alt="The first given rows.",
                )  # fmt: skip


def _bring(project: Project, table: Table) -> None:
    file = state.get("method.steer_given", None)
    state.drop("method.steer_given_problem")
    if file is None:
        return
    try:
        raw = read_bytes(file.getvalue(), file.name).raw
        for name in raw.columns:
            if name not in table.names:
                raise InputError(f"There is no column '{name}' in the table.{did_you_mean(str(name), table.names)}")
        names = [name for name in table.names if name in raw.columns]
        rows = given_rows(frame_like(raw, table.select(names), Path(file.name).name), table)
        before = project.draft
        project.set_given(rows)
        after = project.draft
        project.set_draft(before)
        steering_draft.keep(project, after.steering, rows=after.rows)
    except SimileError as error:
        state.put("method.steer_given_problem", str(error))


def _remove(project: Project) -> None:
    steering_draft.keep(project, Steering(), rows=max(len(project.table), 1))
