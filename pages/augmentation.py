"""Augmentation lab: does making rows of a rare class help a model?"""

import streamlit as st

from pages.ui import augmentation_form, augmentation_result, cache, parts, theme, watch
from synth_core.errors import InputError
from synth_core.labs.augmentation import check, key_of, read_comparison
from synth_core.labs.work import RESULT
from synth_core.recommend import with_engine

parts.page_head(
    "Augmentation lab",
    "Does a model find more of a rare class when rows of it are made? Measured beside the usual remedies, on real rows "
    "that none of them saw.",
)
project = parts.need_project()

with parts.guarded("The lab cannot be shown"):
    table = cache.table(project)
    draft = with_engine(table, project.draft)
    jobs = [job for job in project.labs() if job.id.startswith("augmentation")]
    active = next((job for job in jobs if job.status().active), None)
    try:
        cache.rare_classes(table)
    except InputError as error:
        st.warning(theme.plain(str(error)), icon=":material/info:")
        if st.button("Choose a target", key="augmentation.target", type="primary", icon=":material/table_view:"):
            parts.go("upload")
        st.stop()
    settings = augmentation_form.settings(project, draft, table, jobs, disabled=active is not None)
    job = active or project.lab(key_of(project.table_name, draft, settings))
    if active is not None:
        watch.progress_panel(active, augmentation_form.progress)
    else:
        problem = ""
        try:
            check(table, draft, settings)
        except InputError as error:
            problem = str(error)
        done = job is not None and job.status().state == "done"
        augmentation_form.ask(project, draft, table, settings, job, problem=problem, done=done)
    shown = job if job is not None and job.status().state == "done" else None
    older = shown is None
    shown = shown or next((one for one in jobs if one.status().state == "done"), None)
    found = read_comparison(shown.folder / RESULT) if shown is not None else None
    if found is not None:
        augmentation_result.result(project, table, found, stale=older)

parts.step_footer("method", "generate", ready=False)
