"""Upload: what was read, and what each column is."""

import streamlit as st

from pages.ui import (
    cache,
    column_editor,
    database_form,
    odd_cells,
    offer_rows,
    parts,
    reading_form,
    table_preview,
    theme,
)
from synth_core.project import Project

parts.page_head(
    "Upload", "Check what was found: kinds and roles decide what is learned, what is made anew and what stays out."
)
project = parts.need_project()


def _how_read(project: Project) -> str:
    """Return the title of what says how the file, or the answer of a query, was read."""
    source = "the answer of the query" if project.question is not None else project.filename or "the table"
    return f"How {theme.plain(source)} was read{reading_form.in_short(project.options, project.evidence)}"


with parts.guarded("The table cannot be opened"):
    with st.spinner("Counting rows and empty cells…"):
        table = cache.table(project)
        facts = cache.facts(table)

    with st.grid(min_column_width=200, gap="small"):
        st.metric("Rows", theme.count(facts.rows), border=True)
        st.metric("Columns", theme.count(facts.columns), border=True)
        st.metric("Empty cells", theme.share(facts.empty), border=True)
        st.metric(
            "Duplicate rows",
            theme.count(facts.duplicates),
            border=True,
            help="Rows that repeat an earlier row in every cell.",
        )

    if 1 < facts.rows < 100:  # of a single row the reading says it
        st.warning(
            f"{theme.count(facts.rows)} rows are few: below 100 there is little to "
            "learn, and each row weighs much for privacy.",
            icon=":material/info:",
        )

    doubts, plain = reading_form.sorted_notes(project.notes, project.evidence)
    odd_cells.box(table, doubts)

    with st.expander(
        _how_read(project),
        icon=":material/description:",
        key="upload.how",
    ):
        if plain:
            st.markdown("\n".join(f"- {theme.plain(note)}" for note in plain))
        options = None
        if project.question is not None:
            database_form.again(project, project.question, key="upload.db")
        else:
            options = reading_form.reading_form(
                project.options, project.sheets, project.filename, key="upload.reading", evidence=project.evidence
            )
        if options is not None:
            with parts.guarded("The file cannot be read like this; the table below is as before"):
                with st.spinner("Reading again…"):
                    again = project.read_again(options)
                st.toast(
                    f"Read again: {theme.count(len(again))} rows × {theme.count(len(again.columns))} columns.",
                    icon=":material/check:",
                )
                column_editor.redraw()
                st.rerun()

    parts.section("Columns")
    column_editor.summary(table)
    offer_rows.offers(project, table)
    column_editor.editor(project, table)

    parts.section("Preview")
    table_preview.preview(table, key="upload.preview")

parts.step_footer("start", "profiling")
