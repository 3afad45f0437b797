"""The release pack to take away, and the ledger of what was taken before from the same real rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import IO

import pandas as pd
import streamlit as st

from pages.ui import downloads, report_page, run_words, theme
from synth_core.errors import ProjectError
from synth_core.ledger import released_rows
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scorecard import Scorecard

INSIDE = (
    "Rows (CSV, Parquet, Excel up to 100,000), codebook, data card, constraints, scorecard, report, recipe, ledger, "
    "audit log, and a manifest with hashes, versions and seed."
)


def pack_file(
    project: Project, run: Run, card: Scorecard, words: report_page.Words, reason: str
) -> Callable[[], IO[bytes]]:
    """Return what writes the pack of a run, notes it in the ledger, and opens it as one zip file."""

    def make() -> IO[bytes]:
        from synth_core.ledger import rows_hash
        from synth_core.release import release, zipped
        from synth_core.report import Front

        synthesis = run.synthesis()
        if synthesis is None or not run.parquet.exists():
            raise ProjectError("The synthetic table of this run is gone. Generate again, then take it.")
        folder = run.folder / "pack"
        shutil.rmtree(folder, ignore_errors=True)
        own = rows_hash(run.parquet)
        pack = release(
            run.folder,
            folder,
            synthesis=synthesis,
            recipe=run.recipe.model_copy(update={"use": project.use}),
            card=card,
            targets=project.targets,
            override=reason,
            title=words.title,
            front=Front(words.author, words.written, words.sign_off, words.client, words.logo),
            earlier=[one for one in project.releases() if one.sha256 != own],
            log=project.log,
            proof=report_page.proof_words(project, run),
        )
        if pack.entry is None:
            raise ProjectError("A target that blocks a release fails. Write down why the rows are released anyway.")
        project.record_release(run, "release pack", override=pack.entry.override)
        file = zipped(folder, run.folder / "pack.zip")
        shutil.rmtree(folder, ignore_errors=True)
        return open(file, "rb")

    return make


def pack(project: Project, run: Run, card: Scorecard, words: report_page.Words, reason: str) -> None:
    """Draw the button of the pack; without a reason it is locked while a gate fails."""
    given = "" if reason == "-" else reason
    st.download_button(
        "Release pack (zip)",
        pack_file(project, run, card, words, given),
        file_name=f"{downloads.file_stem(project.label)}-release.zip",
        mime="application/zip",
        key="report.pack",
        icon=":material/inventory_2:",
        type="primary",
        on_click="ignore",
        disabled=not reason or not run.parquet.exists(),
    )
    st.caption(INSIDE)


def ledger(project: Project) -> None:
    """Draw what was taken away before: repeated looks at the same people leak."""
    known = project.releases()
    made = project.rows_made()
    st.markdown("**Releases from these real rows**")
    if not known:
        st.caption(
            f"None yet. Runs have made {theme.count(made)} rows from this table; what you take away is listed here, "
            "because what releases give away adds up."
        )
        return
    out = released_rows(known)
    several = "1 release" if len(known) == 1 else f"{len(known)} releases"
    st.caption(
        f"{several}, {theme.count(out)} rows in all; runs have made {theme.count(made)} from the table as it is now. "
        "Each further release tells an attacker more, and the attacks here had one release only."
    )
    current = project.table_name
    st.dataframe(
        pd.DataFrame(
            {
                "Taken": [run_words.when(one.when) for one in reversed(known)],
                "Engine": [run_words.method_title(one.method) for one in reversed(known)],
                "Rows": [one.rows for one in reversed(known)],
                "Format": [", ".join(one.forms) for one in reversed(known)],
                "Table": ["as now" if one.table.startswith(current) else "earlier form" for one in reversed(known)],
                "Hash": [one.sha256[:12] for one in reversed(known)],
                "Override": [one.override for one in reversed(known)],
            }
        ),
        hide_index=True,
        key="report.ledger",
        height=run_words.table_height(len(known), 248),
        column_config={
            "Taken": st.column_config.TextColumn(width=86),
            "Rows": st.column_config.NumberColumn(format="localized", width=66),
            "Hash": st.column_config.TextColumn(help="First 12 digits of the sha256 of the rows.", width=104),
            "Override": st.column_config.TextColumn(help="The reason, where a target failed."),
        },
        alt=f"{several} taken from these real rows, {theme.count(out)} rows in all.",
    )
