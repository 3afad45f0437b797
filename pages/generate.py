"""Generate: start a run, watch it, and see what it made."""

import streamlit as st

from pages.ui import (
    cache,
    cluster_field,
    parts,
    removed,
    run_history,
    run_steps,
    run_words,
    state,
    theme,
    tuning_panel,
    watch,
)
from synth_core import jobs
from synth_core.errors import InputError, SimileError
from synth_core.needs import require_memory
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.recommend import with_engine
from synth_core.run import Run

FEW = 100


def start(project: Project) -> None:
    """Start a run of the current recipe; what stands in the way is shown on the page."""
    try:
        if state.get("generate.cluster", project.cluster).strip() != project.cluster:
            raise InputError("The address of the cluster is not right; correct it, or leave it empty.")
        run = jobs.start(project, project.draft)
        state.choose_run(run.id)
    except SimileError as error:
        state.put("generate.problem", str(error))


def summary(project: Project, draft: Recipe, real_rows: int, active: Run | None) -> None:
    """Draw the recipe in words and the button."""
    with st.container(border=True, gap="medium", key="generate_recipe"):
        st.markdown(run_words.recipe_sentence(draft, real_rows))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"Generate {counted(draft.rows, 'row')}",
                key="generate.start",
                icon=":material/play_arrow:",
                type="primary",
                shortcut="Ctrl+Enter",
                disabled=active is not None or real_rows < 2,
                on_click=start,
                args=(project,),
            )
            if st.button("Change it", key="generate.change", type="tertiary", icon=":material/tune:"):
                parts.go("method")


@st.fragment(parallel=True)
def expected(project: Project, draft: Recipe) -> None:
    """Draw the memory that the recipe needs and what a dry run expects of it; the rest of the page does not wait."""
    table = cache.table(project)
    try:
        need = require_memory(table, draft, judged=True)
    except SimileError as error:
        parts.error_card(str(error), title="Memory does not suffice")
        return
    memory = f"about {need.total / 1e9:.1f} GB of memory"
    found = cache.expected(table, draft.model_dump_json(), project.given_rows(draft))
    if found.problem:
        parts.error_card(found.problem, title="This recipe would fail")
    elif found.seconds is None:
        st.markdown(f":gray[:material/timer: It takes minutes to hours, and {memory}.]")
    else:
        kept = "" if found.acceptance > 0.95 else f" About {theme.share(found.acceptance)} of the drawn rows fit."
        about = theme.duration(max(found.seconds, 1.0))
        st.markdown(f":gray[:material/timer: A dry run says about {about} to learn and make them, in {memory}.{kept}]")
        if found.rules:
            with st.expander("How the rules are kept", icon=":material/rule:", key="generate.rules"):
                st.markdown("\n".join(f"- {theme.plain(rule)}: {words}" for rule, words in found.rules))


def look(project: Project, run: Run) -> None:
    """Draw the chosen run: at work, done or stopped."""
    status = run.status()
    parts.section(run_words.run_label(run))
    if status.active:
        watch.progress_panel(run, lambda now: run_steps.panel(project, now))
        return
    if status.state != "done":
        run_history.failure(run, status)
        run_history.deletion(project, run)
        return
    if run.stale(project):
        st.warning(
            "Made with an earlier table or earlier rules. Generate again to use what the project says now.",
            icon=":material/history:",
        )
    run_history.result(project, run)
    run_history.deletion(project, run)


parts.page_head(
    "Generate", "Make the synthetic table. It works in its own process: you may leave this page, or close it."
)
project = parts.need_project()

with parts.guarded("This page cannot be shown"):
    table = cache.table(project)
    runs = project.runs()
    active = project.active_run()
    if problem := state.get("generate.problem", ""):
        parts.error_card(problem, title="The run was not started")
        state.drop("generate.problem")
    if len(table) < FEW:
        st.warning(
            f"{theme.count(len(table))} real rows are few. Below {FEW} an engine has little to learn, most scores "
            "will say “not enough data”, and each person weighs much.",
            icon=":material/info:",
        )
    draft = with_engine(table, project.draft)
    summary(project, draft, len(table), active)
    removed.switch(project, disabled=active is not None)
    cluster_field.cluster_field(project, disabled=active is not None)
    if active is None and len(table) > 1:
        expected(project, draft)
    # a run that stopped is shown too, unless another one was asked for
    chosen = active or (state.run() if state.get("state.run", "") else None) or (runs[0] if runs else None)
    if chosen is None:
        st.markdown(":gray[:material/table_rows: No synthetic table yet. The first one appears here.]")
    else:
        look(project, chosen)
        run_history.history(runs, chosen.id)
    tuning_panel.panel(project)

parts.step_footer("method", "compare", ready=project.active_run() is None and bool(run_words.judged(project)))
