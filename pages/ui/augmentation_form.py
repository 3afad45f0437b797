"""What the augmentation lab compares, and the button that starts it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from pages.ui import cache, parts, state, theme, watch
from pages.ui.param_form import begin
from synth_core import jobs
from synth_core.errors import SimileError
from synth_core.labs.augmentation import NAME, Settings, expected_seconds, key_of, ratio_words
from synth_core.methods import methods
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.run import Run
from synth_core.scores.models import MODELS
from synth_core.table import Table

RATIOS = (100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0)
_OF, _PROBLEM = "augmentation.of", "augmentation.problem"
_FIELDS = ("rare", "method", "model", "ratios", "precision", "folds", "inner")


def settings(project: Project, draft: Recipe, table: Table, known: Sequence[Run], *, disabled: bool) -> Settings:
    """Draw the fields and return what they say; they begin as the newest experiment of the project had them."""
    place = f"{project.id}/{project.table_name}"
    if state.get(_OF, "") != place:
        state.drop(*(f"augmentation.{name}" for name in _FIELDS))
        state.put(_OF, place)
    counts = cache.rare_classes(table)
    first = _newest(known) or Settings(method=draft.method, ratios=_usual_ratios(counts))
    rare = first.rare if first.rare in counts else next(iter(counts))
    engines = {name: cls.info.title for name, cls in methods().items()}
    for name, value in (
        ("rare", rare),
        ("method", first.method if first.method in engines else draft.method),
        ("model", first.model),
        ("ratios", [ratio for ratio in RATIOS if ratio in first.ratios]),
        ("precision", round(100 * first.precision)),
        ("folds", first.folds),
        ("inner", first.inner),
    ):
        begin(f"augmentation.{name}", value)
    kept = {"disabled": disabled, "persist_state": "session"}
    total = sum(counts.values())
    with st.container(border=True, gap="medium", key="augmentation_form"):
        with st.grid(min_column_width=210, gap="medium"):
            st.selectbox(
                f"Rare class of {theme.plain(table.target.name if table.target else '')}",
                list(counts),
                key="augmentation.rare",
                format_func=lambda level: (
                    f"{level} ({counted(counts[level], 'row')}, {theme.share(counts[level] / total)})"
                ),
                **kept,
            )
            st.selectbox(
                "Engine that makes rows",
                list(engines),
                key="augmentation.method",
                format_func=lambda name: engines[name],
                help="With its settings from the Method page where it is the engine chosen there, else with its "
                "defaults. It learns anew in every fold, so engines that take minutes take very long here.",
                **kept,
            )
            st.selectbox(
                "Model that is trained",
                [model.name for model in MODELS],
                key="augmentation.model",
                format_func=lambda name: next(model.title for model in MODELS if model.name == name),
                **kept,
            )
            st.slider(
                "Alarms that must be right",
                10,
                95,
                step=5,
                format="%d %%",
                key="augmentation.precision",
                help="The precision at which recall is read, and for which inner folds choose the threshold.",
                **kept,
            )
        st.pills(
            "Rare rows to others, after a remedy",
            RATIOS,
            selection_mode="multi",
            key="augmentation.ratios",
            format_func=ratio_words,
            help="Each remedy is tried at each of these; inner folds choose among them.",
            **kept,
        )
        with st.grid(min_column_width=150, gap="medium"):
            st.number_input(
                "Outer folds",
                2,
                10,
                key="augmentation.folds",
                help="Each is scored on once, and nothing that is scored has learned from it.",
                **kept,
            )
            st.number_input(
                "Inner folds",
                2,
                10,
                key="augmentation.inner",
                help="They choose the ratio and the threshold, within the rows that an outer fold leaves.",
                **kept,
            )
    return _told(draft)


def _told(draft: Recipe) -> Settings:
    """Return the settings as the fields have them; an emptied field counts as its default."""
    usual = Settings()
    method = state.get("augmentation.method", draft.method)
    return Settings(
        rare=state.get("augmentation.rare", ""),
        method=method,
        params=draft.params if method == draft.method else {},
        model=state.get("augmentation.model", usual.model),
        ratios=tuple(state.get("augmentation.ratios", []) or usual.ratios),
        precision=state.get("augmentation.precision", 50) / 100,
        folds=state.get("augmentation.folds", None) or usual.folds,
        inner=state.get("augmentation.inner", None) or usual.inner,
        seed=draft.seed % 2**31,
    )


def _newest(known: Sequence[Run]) -> Settings | None:
    """Return the settings of the newest experiment that can be read."""
    for job in known:
        try:
            return Settings.model_validate(json.loads((job.folder / "lab.json").read_bytes())["settings"])
        except (OSError, ValueError, KeyError):
            continue
    return None


def _usual_ratios(counts: dict[str, int]) -> tuple[float, ...]:
    """Return three ratios above that of the rarest class."""
    rare = min(counts.values())
    own = (sum(counts.values()) - rare) / max(rare, 1)
    usual = tuple(ratio for ratio in (20.0, 5.0, 1.0) if ratio < 0.8 * own)
    return usual or (1.0,)


def ask(
    project: Project, draft: Recipe, table: Table, settings: Settings, job: Run | None, *, problem: str, done: bool
) -> None:
    """Draw the button with what it takes, or what stands in its way."""
    if failed := state.get(_PROBLEM, ""):
        parts.error_card(failed, title="The comparison did not start")
        state.drop(_PROBLEM)
    if job is not None and (status := job.status()).state in ("failed", "lost"):
        parts.error_card(status.error, title="The comparison stopped")
    elif job is not None and status.state == "cancelled":
        st.info("The comparison was cancelled.", icon=":material/info:")
    if problem:
        parts.error_card(problem, title="This cannot be compared")
    if done:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            "Compare",
            key="augmentation.start",
            icon=":material/science:",
            type="primary",
            disabled=bool(problem),
            on_click=_start,
            args=(project, draft, settings),
        )
        if not problem:
            learned, columns = round(len(table) * (1 - draft.holdout)), len(table.having(learned=True))
            rare = cache.rare_classes(table)[settings.rare] / max(len(table), 1)
            seconds = expected_seconds(learned, columns, rare, settings)
            times = settings.folds * (settings.inner + 1)
            st.caption(
                f"About {theme.duration(seconds)} for the models on a free core; besides, the engine learns {times} "
                "times.",
                width="content",
            )


def _start(project: Project, draft: Recipe, settings: Settings) -> None:
    try:
        jobs.start_lab(project, NAME, key_of(project.table_name, draft, settings), draft, settings)
    except SimileError as error:
        state.put(_PROBLEM, str(error))


def progress(job: Run) -> None:
    """Draw how far the comparison is, and Cancel."""
    with st.container(border=True, gap="small", key="augmentation_progress"):
        watch.bar(job, key="augmentation.cancel", title="Comparing.")
        st.caption("You can leave this page, or close it; the comparison goes on.")
