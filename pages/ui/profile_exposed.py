"""Exposed rows: who stands alone with what others may know about them. Counts only, never a row."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, profile_source, state, theme
from pages.ui.halves import halves
from pages.ui.profile_source import Source
from synth_core.profile.exposure import Exposure
from synth_core.table import Kind, Role, Table

PERIODS = ("day", "month", "quarter", "year")
NOBODY = "None"
WIDEST = 1e12  # of a band
MANY = 12  # columns to choose at most


def exposed(found: Source, name: str) -> None:
    """Draw the choice of columns and bands, and how many rows stand alone with them; all rows are counted."""
    table = found.whole
    suggested = profile_source.quasi_identifiers(name, table)
    names = [
        column.name
        for column in table.columns
        if column.name in suggested or (column.role is not Role.DROP and column.kind is not Kind.TEXT)
    ]
    known: list[str] = state.get("profiling.known", suggested)
    state.put("profiling.known", [one for one in known if one in names])
    st.markdown(
        ":gray[Choose what somebody may know about a person or a case. "
        "Rows that are alone with their combination can be found by it.]"
    )
    left, right = halves()
    with left:
        chosen = st.multiselect(
            "Known columns", names, key="profiling.known", max_selections=MANY, persist_state="session"
        )
        if not chosen:
            st.markdown(":gray[Choose at least one column.]")
            return
        widths = _bands(table, chosen)
        secret = _sensitive(table, chosen)
        with st.spinner("Counting combinations…", show_time=False):
            result = profile_source.exposure(name, tuple(chosen), widths, secret, table)
        _tiles(result)
    with right:
        _pictures(result)


def _bands(table: Table, chosen: list[str]) -> dict[str, float | str]:
    """Draw the band of each chosen column, and return the widths."""
    from synth_core.profile.exposure import suggested_widths

    preset = suggested_widths(table, chosen)
    widths: dict[str, float | str] = {}
    box = st.expander("Bands: how exactly each column is known", key="profiling.bands", icon=":material/straighten:")
    with box, st.grid(min_column_width=150, gap="small"):
        for name in chosen:
            kind = table.column(name).kind
            key, start = f"profiling.band_{name}", preset.get(name)
            if kind is Kind.DATETIME:
                place = PERIODS.index(str(start)) if start in PERIODS else 0
                widths[name] = str(st.selectbox(name, PERIODS, index=place, key=key) or "day")
            elif kind in (Kind.INTEGER, Kind.NUMBER):
                width = float(start) if isinstance(start, int | float) and start <= WIDEST else 0.0
                width = st.number_input(
                    name, min_value=0.0, max_value=WIDEST, value=width, key=key, help="Band width; 0: exactly."
                )
                if width:
                    widths[name] = width
            elif isinstance(start, int | float):
                kept = st.number_input(
                    name, min_value=0, value=int(start), key=key, help="Characters known from the front; 0: all."
                )
                if kept:
                    widths[name] = kept
    return widths


def _sensitive(table: Table, chosen: list[str]) -> str:
    """Draw the choice of what nobody should learn from the others."""
    options = [NOBODY, *(column.name for column in table.columns if column.learned and column.name not in chosen)]
    preset = next((c.name for c in table.having(role=Role.SENSITIVE) if c.name in options), NOBODY)
    picked = st.selectbox(
        "What nobody should learn from them",
        options,
        index=options.index(preset),
        key=f"profiling.secret_{'_'.join(chosen)}",
        help="Rows whose whole group holds one value give it away, even when the group is large.",
    )
    return "" if picked in (None, NOBODY) else str(picked)


def _tiles(result: Exposure) -> None:
    tiles = [
        ("Unique rows", theme.count(result.unique_rows), "Alone with their combination."),
        ("Share unique", theme.share(result.unique_share), "Unique rows, of all rows."),
        ("In groups under five", theme.share(result.under_five_share), "Rows that share with at most three others."),
        ("Smallest group (k)", theme.count(result.smallest), "The k of k-anonymity."),
    ]
    for pair in (tiles[:2], tiles[2:]):
        for place, (title, value, about) in zip(st.columns(2, gap="small"), pair, strict=True):
            place.metric(title, value, border=True, help=about)
    if result.sentence:
        st.markdown(f"{theme.plain(result.sentence)} :gray[{theme.plain(taken(result))}]")
    if result.diversity is not None and result.diversity.sentence:
        st.markdown(theme.plain(result.diversity.sentence))


def taken(result: Exposure) -> str:
    """Return how coarse the columns were taken ("Taken: 'age' in bands of 5; 'sex' exactly.")."""
    coarse = [f"'{name}' {result.widths[name]}" for name in result.columns if name in result.widths]
    exact = [f"'{name}'" for name in result.columns if name not in result.widths]
    if not coarse:
        return "Every column is taken exactly; bands make them coarser."
    rest = [f"{', '.join(exact)} exactly"] if exact else []
    return f"Taken: {'; '.join([*coarse, *rest])}."


def _pictures(result: Exposure) -> None:
    from synth_core.figures import alt_exposure, contributions_figure, exposure_figure

    st.markdown("**How many rows share their combination**")
    parts.chart(exposure_figure(result, mode=state.mode()), alt=alt_exposure(result), key="profiling.exposure")
    if len(result.contributions) > 1:
        st.markdown("**Rows that stay unique when a column is left out**")
        best = min(result.contributions, key=lambda one: one.unique_share_without)
        alt = f"Leaving out {best.column} helps most: {theme.share(best.unique_share_without)} of the rows stay unique."
        parts.chart(contributions_figure(result, mode=state.mode()), alt=alt, key="profiling.contributions")
    with st.expander("The charts as a table", key="profiling.exposure_box"):
        st.dataframe(
            pd.DataFrame(
                {
                    "Group size": [size.label for size in result.histogram],
                    "Groups": [size.groups for size in result.histogram],
                    "Rows": [size.rows for size in result.histogram],
                    "Share": [100 * size.share for size in result.histogram],
                }
            ),
            hide_index=True,
            key="profiling.exposure_table",
            column_config={
                "Rows": st.column_config.NumberColumn(format="localized"),
                "Share": st.column_config.NumberColumn(format="%.3f %%"),
            },
            alt="Groups of equal rows by their size.",
        )
