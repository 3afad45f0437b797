"""The head of the Profile page: what the table is, what that means, and what the page is drawn from."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from pages.ui import parts, profile_source, state, theme, timers
from pages.ui.profile_source import Source, Work
from synth_core.errors import SimileError
from synth_core.profile import Profile
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.table import Kind, Role, Table

ADVICE = 2  # shown before the rest is folded
ALL_ROWS = "All rows"
NO_TARGET = "None"
PLURALS = {
    Kind.CATEGORY: "categories",
    Kind.IDENTIFIER: "identifiers",
    Kind.DATETIME: "dates",
    Kind.TEXT: "free texts",
    Kind.BOOLEAN: "yes / no",
}


def table_line(profile: Profile) -> str:
    """Return what a table is, in one line."""
    plain = [column for column in profile.columns if not column.semantic]
    numbers = sum(column.kind in (Kind.INTEGER, Kind.NUMBER) for column in plain)
    kinds = Counter(column.kind for column in plain)
    pieces = [f"{theme.count(numbers)} number{'s' if numbers > 1 else ''}"] if numbers else []
    for kind, words in PLURALS.items():
        if kinds[kind]:
            one = {"categories": "category", "yes / no": "yes / no"}.get(words, words.rstrip("s"))
            pieces.append(f"{theme.count(kinds[kind])} {one if kinds[kind] == 1 else words}")
    if personal := len(profile.columns) - len(plain):
        pieces.append(f"{personal} personal")
    repeated = counted(profile.duplicate_rows, "repeated row") if profile.duplicate_rows else "no repeated rows"
    return (
        f"**{counted(profile.rows, 'row')} × {counted(len(profile.columns), 'column')}**: {', '.join(pieces)}. "
        f"{theme.share(profile.missing_share)} of the cells are empty, {repeated}."
    )


def head(project: Project, found: Source) -> None:
    """Draw one line of what the table is, and what the page is drawn from."""
    st.markdown(table_line(found.profile))
    if found.problem is not None:
        _exact_failed(project, found)
    elif found.work is not None:
        _exact_follows(found.work, found.profile)
    elif found.profile.sampled:
        st.caption(
            f"From {theme.count(found.profile.sampled)} of {theme.count(found.profile.rows)} rows, evenly drawn."
        )
    elif len(found.whole) > profile_source.LARGE:  # in the place of the line before: nothing moves under the mouse
        st.caption(f":material/check: Exact: from all {theme.count(found.profile.rows)} rows.")


def _exact_follows(work: Work, profile: Profile) -> None:
    """Say that exact figures follow, and redraw the page once when they are there."""

    def waiting() -> None:
        rows = f"{theme.count(profile.sampled or 0)} of {theme.count(profile.rows)}"
        share = f" ({work.share * 100:.0f} %)" if work.share else ""
        st.caption(f":material/hourglass_top: From {rows} rows; exact figures follow{share}.")

    timers.redraw_when(lambda: work.done, waiting)


def _exact_failed(project: Project, found: Source) -> None:
    """Say that the exact figures did not come; what a sample shows stays on the page."""
    if found.problem is not None:
        parts.error_card(found.problem, title="The exact figures could not be computed")
    st.caption(
        f"All that follows is from {theme.count(found.profile.sampled or 0)} of "
        f"{theme.count(found.profile.rows)} rows, evenly drawn."
    )
    st.button(
        "Try again",
        key="profiling.again",
        icon=":material/refresh:",
        on_click=profile_source.forget_exact,
        args=(project.table_name, found.whole),
    )


def meaning(project: Project, found: Source) -> None:
    """Draw what the profile means; of a large table it comes with the exact figures, which it quotes."""
    if found.work is not None:
        with st.container(border=True, key="profiling_meaning"):
            st.markdown("**What this means for you** :gray[follows with the exact figures.]")
        return
    advice = profile_source.meaning(project.table_name, project.use, found.profile.sampled, found.whole, found.profile)
    if not advice:
        return
    first, *rest = [*advice[1:], advice[0]]  # what the table is stands in the line above: it is said last
    shown, folded = [first, *rest][:ADVICE], [first, *rest][ADVICE:]
    with st.container(border=True, gap="xsmall", key="profiling_meaning"):
        st.markdown("**What this means for you**")
        for one in shown:
            _advice(project, one)
        if folded:
            with st.expander(f"{len(folded)} more", key="profiling.more_advice", type="compact"):
                for one in folded:
                    _advice(project, one)


def _advice(project: Project, one: object) -> None:
    title, sentence, page = (getattr(one, name) for name in ("title", "sentence", "page"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{theme.plain(title)}.** {theme.plain(sentence)}", width="stretch")
        if page in parts.PAGES and page != "profiling":
            st.page_link(
                f"{page}.py",
                label=parts.PAGES[page][0],
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={"project": project.id},
                width="content",
            )


def asked_rows(table: Table) -> int | None:
    """Return how many rows were asked for; None: all."""
    chosen = str(state.get("profiling.rows", ALL_ROWS) or ALL_ROWS)
    rows = int(chosen.split()[0].replace(",", "")) if chosen != ALL_ROWS else None
    return rows if rows is not None and rows < len(table) else None


def target_choice(project: Project, table: Table) -> None:
    """Draw the choice of the target, which gives a column its role."""
    names = [column.name for column in table.columns if column.learned]
    key = f"profiling.target_{project.table_name}"  # a new one whenever the table says something new
    st.selectbox(
        "Target",
        [NO_TARGET, *names],
        index=names.index(table.target.name) + 1 if table.target and table.target.name in names else 0,
        key=key,
        on_change=_set_target,
        args=(project, table, key),
        width=240,
    )


def _set_target(project: Project, table: Table, key: str) -> None:
    chosen, choices = state.get(key, ""), project.choices
    if chosen not in (NO_TARGET, *table.names):
        return
    for column in table.having(role=Role.TARGET):
        choices[column.name] = choices.get(column.name, ColumnChoice()).model_copy(update={"role": Role.FEATURE})
    if chosen != NO_TARGET:
        choices[chosen] = choices.get(chosen, ColumnChoice()).model_copy(update={"role": Role.TARGET})
    try:
        project.set_choices(choices)
    except SimileError as error:
        state.put("profiling.problem", str(error))


def rows_choice(table: Table) -> None:
    """Draw the choice of how many rows to look at, where there are enough to choose."""
    sizes = [size for size in profile_source.SIZES if size < len(table)]
    if sizes:
        st.selectbox(
            "Rows",
            [ALL_ROWS, *(f"{theme.count(size)} rows" for size in sizes)],
            key="profiling.rows",
            persist_state="session",
            width=150,
        )
