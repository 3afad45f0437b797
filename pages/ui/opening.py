"""The two ways in: an uploaded file, or a demo table."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.ui import cache, database_form, identity, parts, reading_form, state, theme
from synth_core import project as projects
from synth_core.demos import DEMOS
from synth_core.errors import RaggedError, SimileError, TooLargeError
from synth_core.labs.fair_project import keep_plan, kept_plan
from synth_core.patterns import PATTERNS, Pattern
from synth_core.reading import ReadOptions, read_bytes
from synth_core.recorded import create_demo

LIMIT_MB = 500
SAMPLE_ROWS = 100_000
SLOW_MB = 20  # above it the wait is estimated
MB_A_SECOND = 10  # delimited text, from the file to the page
PROMISES = (
    (":material/table_rows:", "One row per person, visit, order, and so on; a header on top."),
    (":material/auto_fix:", "Delimiter, kinds and personal data are found; you check them on the next page."),
    (":material/lock:", "The file is kept in a folder on this machine and goes nowhere else."),
)
ICONS = {
    "share": ":material/shield_person:",
    "augment": ":material/group_add:",
    "test": ":material/bug_report:",
    "fairness": ":material/balance:",
}


def uploader() -> None:
    """Draw the uploader, and the way in by a database; what can be read becomes a project at once."""
    parts.section("Bring your table")
    _file()
    database_form.entry()


def _file() -> None:
    """Draw the uploader; it takes every file, since the reader says what to do with another one, the browser not."""
    with st.container(border=True, gap="small", key="start_own"):
        st.pills(
            "What do you want to do?",
            list(PATTERNS),
            format_func=lambda name: PATTERNS[name].title,
            key="start.path",
            help="A guide then leads through the pages that the job needs. All pages are there without it too.",
        )
        file = st.file_uploader(
            "CSV, Excel (.xlsx), Parquet or JSON lines, also in .gz or .zip",
            max_upload_size=LIMIT_MB,
            key="start.file",
        )
        if file is None:
            for icon, sentence in PROMISES:
                st.markdown(f":small[:gray[{icon} {sentence}]]")
            return
        failed = state.get("start.failed", ("", "", ""))
        if failed[0] != file.file_id:
            _open_upload(file, None)
        else:
            parts.error_card(failed[1], title=f"{theme.plain(file.name)} cannot be read")
            options = _remedy(failed[2])
            with st.expander("Choose how it is read", icon=":material/tune:", key="start.how"):
                options = reading_form.reading_form(ReadOptions(), [], file.name, key="start.reading") or options
            if options is not None:
                _open_upload(file, options)


def _remedy(error: str) -> ReadOptions | None:
    """Draw the one button that helps against this error, if there is one; return its options when it is pressed."""
    if error == TooLargeError.__name__ and st.button(
        f"Read a sample of {theme.count(SAMPLE_ROWS)} rows", icon=":material/filter_alt:", key="start.sample"
    ):
        return ReadOptions(sample_rows=SAMPLE_ROWS)
    if error == RaggedError.__name__ and st.button(
        "Leave these lines out", icon=":material/playlist_remove:", key="start.skip_ragged"
    ):
        return ReadOptions(skip_ragged=True)
    return None


def _open_upload(file: UploadedFile, options: ReadOptions | None) -> None:
    """Make a project from the file and go on; a failure is kept, so that the card stays."""
    try:
        with st.spinner(_waiting(file), show_time=True):
            data = file.getvalue()
            reading = read_bytes(data, file.name, options)
            made = projects.create(
                reading.table.name or file.name, reading, source=data, filename=file.name, owner=identity.owner()
            )
            made.set_guide(PATTERNS.get(state.get("start.path", None) or ""))
    except SimileError as error:
        state.put("start.failed", (file.file_id, str(error), type(error).__name__))
        st.rerun()
    cache.table(made)  # in memory already: the next page need not read it back
    state.forget_upload(file)
    state.open_project(made.id)
    parts.go("upload")


def _waiting(file: UploadedFile) -> str:
    """Return what is said while a file is read, with an estimate where it takes long."""
    size = file.size / 1e6
    if size < SLOW_MB or not reading_form.is_text(file.name):
        return f"Reading {theme.plain(file.name)}…"
    seconds = max(5, round(size / MB_A_SECOND / 5) * 5)
    return f"Reading {theme.plain(file.name)} ({size:,.0f} MB): about {seconds} seconds…"


def demo_cards() -> None:
    """Draw the four jobs, each with a demo table and its story one click away."""
    parts.section("Or see it done on a demo table")
    st.caption("Made by small simulations: nobody in them exists, and what is true about them is known.")
    with st.grid(min_column_width=210, gap="small"):
        for path in PATTERNS.values():
            demo = DEMOS[path.demo]
            with st.container(border=True, height="stretch", gap="small", key=f"start_demo_{demo.name}"):
                st.markdown(f"{ICONS[path.name]} **{path.title}**")
                st.markdown(f":gray[{path.promise}]", width="stretch")
                st.caption(
                    f"**{demo.title}** · {theme.count(demo.rows)} rows × {demo.columns} columns",
                    help=f"{demo.summary} {demo.tricky}",
                )
                with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                    if st.button(
                        parts.spoken("Show me how", demo.title), key=f"start.guide_{path.name}", icon=":material/route:"
                    ):
                        _open_demo(demo.name, path)
                    if st.button(
                        parts.spoken("Open", demo.title),
                        key=f"start.demo_{demo.name}",
                        type="tertiary",
                        help="The table alone, without the guide.",
                    ):
                        _open_demo(demo.name, None)


def _open_demo(name: str, job: Pattern | None) -> None:
    with parts.guarded("The demo table cannot be opened"):
        with st.spinner(f"Opening {DEMOS[name].title}…"):
            made = create_demo(name, job=job, owner=identity.owner())
            if job is not None and job.name == "fairness":  # its story: a model that sees the group treats it worse
                keep_plan(made, kept_plan(made).model_copy(update={"sees": True}))
        state.open_project(made.id)
        parts.go("upload")
