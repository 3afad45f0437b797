"""What can be taken away: the rows, the report, and what repeats it. Every file is made when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import IO

import streamlit as st

from pages.ui import parts, state, theme
from pages.ui.snippet import snippet
from synth_core.audit import About, text_hash
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scorecard import Verdict, blocking
from synth_core.writing import export

EXCEL_ROWS = 1_048_575  # and one for the header
SLOW_EXCEL = 100_000
EXCEL_ROWS_A_SECOND = 5_000  # measured with 23 columns
MIME = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


FORMS = {".csv": "CSV", ".parquet": "Parquet", ".xlsx": "Excel"}


def file_stem(label: str) -> str:
    """Return a project's name as the start of a file name.

    >>> file_stem("Hospital stays (copy)")
    'hospital-stays-copy'
    """
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40] or "table"


def rows_file(project: Project, run: Run, suffix: str, reason: str = "") -> Callable[[], IO[bytes]]:
    """Return what makes the synthetic table in this format, notes it in the ledger and opens it; made once per run."""

    def make() -> IO[bytes]:
        project.record_release(run, FORMS[suffix], override=reason)
        if suffix == ".parquet":
            return open(run.parquet, "rb")
        folder = run.folder / "exports"
        folder.mkdir(exist_ok=True, mode=0o700)
        out = folder / f"synthetic{suffix}"
        if not out.exists() or out.stat().st_mtime < run.parquet.stat().st_mtime:
            synthesis = run.synthesis()
            export(run.parquet, out, tuple(synthesis.columns) if synthesis else None)
        return open(out, "rb")

    return make


def gate(found: list[Verdict]) -> str:
    """Draw why the rows are locked and the field for a reason; return the reason, "-" when nothing is locked."""
    held = blocking(found)
    if not held:
        return "-"
    failed = sum(verdict.word == "fail" for verdict in held)
    number = {0: "privacy could not be judged", 1: "a target that blocks a release fails"}.get(
        failed, f"{failed} targets that block a release fail"
    )
    st.warning(f"The rows are locked: {number}. To take them anyway, write down why.", icon=":material/lock:")
    reason = st.text_input(
        "Reason for releasing anyway",
        key="report.reason",
        persist_state="session",
        placeholder="Who decided it, and why",
        help="It becomes part of the report, the release pack and the ledger.",
    )
    return reason.strip()


def rows(project: Project, run: Run, number: int, reason: str) -> None:
    """Draw the downloads of the synthetic table; without a reason (:func:`gate`) they are locked."""
    locked, given = not reason, "" if reason == "-" else reason
    stem = f"{file_stem(project.label)}-synthetic"
    st.markdown(f"**The synthetic table** :gray[{theme.count(number)} rows]")
    st.caption("Parquet and Excel carry the mark “synthetic” inside, a CSV in its name only.")
    too_long = number > EXCEL_ROWS
    with st.container(horizontal=True, gap="small", key="report_rows"):
        for suffix, title in FORMS.items():
            refused = suffix == ".xlsx" and too_long
            st.download_button(
                parts.spoken(title, "of the synthetic table"),
                rows_file(project, run, suffix, given),
                file_name=stem + suffix,
                mime=MIME[suffix],
                key=f"report.rows_{suffix[1:]}",
                icon=":material/download:",
                on_click="ignore",
                disabled=locked or refused or not run.parquet.exists(),
            )
    if too_long:
        st.caption(
            f"Excel holds {theme.count(EXCEL_ROWS)} rows below its header and this table has {theme.count(number)}: "
            "take CSV or Parquet."
        )
    elif number > SLOW_EXCEL:
        minutes = theme.duration(number / EXCEL_ROWS_A_SECOND)
        st.caption(f"Excel takes about {minutes} to write for so many rows; CSV and Parquet take seconds.")


def judgement(project: Project, run: Run, page: Callable[[], str]) -> None:
    """Draw the downloads of the report and of what repeats the run."""
    stem = file_stem(project.label)
    st.markdown("**The report and what repeats it**")
    files: list[tuple[str, str, Callable[[], str], str, str]] = [
        ("Report (HTML)", f"{stem}-report.html", page, "text/html", "html"),
        ("Recipe", "recipe.json", lambda: _text(run.folder / "recipe.json"), "application/json", "recipe"),
        ("Scorecard", "scorecard.json", lambda: _text(run.folder / "scorecard.json"), "application/json", "card"),
        ("Python", "repeat.py", lambda: snippet(project, run.recipe), "text/x-python", "python"),
    ]
    with st.container(horizontal=True, gap="small", key="report_files"):
        for title, name, make, mime, key in files:
            st.download_button(
                title,
                _logged(project, run, key, make),
                file_name=name,
                mime=mime,
                key=f"report.{key}",
                icon=":material/download:",
                type="primary" if key == "html" else "secondary",
                on_click="ignore",
            )


def _logged(project: Project, run: Run, form: str, make: Callable[[], str]) -> Callable[[], str]:
    """Return what makes a file and notes in the audit log that it was taken."""

    def made() -> str:
        text = make()
        about: About = {"run": run.id, "form": form, "sha256": text_hash(text)}
        project.note("download", about)
        return text

    return made


def forget(project: Project) -> None:
    """Forget what was typed for a report of another project."""
    if state.get("report.of", "") != project.id:
        state.drop("report.title", "report.author", "report.notes", "report.sign_off", "report.reason")
        state.drop("report.client", "report.logo_problem")
        state.put("report.of", project.id)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
