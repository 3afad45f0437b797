"""One column in full: its picture, its moments and modes, its gaps, its edge cases and its alerts."""

from __future__ import annotations

from math import floor, log10

import pandas as pd
import streamlit as st

from pages.ui import parts, state, theme
from pages.ui.alerts import SIGNS
from pages.ui.column_editor import KINDS, ROLES, semantic_title
from pages.ui.column_panel import value_text
from pages.ui.profile_source import Source
from synth_core.profile import ColumnProfile
from synth_core.profile.shown import QUANTILES
from synth_core.table import Kind, Role

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def detail(found: Source, name: str) -> None:
    """Draw everything about one column."""
    column = found.profile.column(name)
    with st.container(border=True, gap="small", key="profiling_detail"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            parts.section(theme.plain(name), width="content")
            st.badge(KINDS[column.kind], color="gray")
            if column.role is not Role.FEATURE:
                st.badge(ROLES[column.role], color="blue")
            if column.semantic:
                st.badge(semantic_title(column.semantic), icon=":material/person:", color="orange")
        _picture(found, column)
        _counts(column)
        _numbers(column)
        _gaps_and_edges(column)
        _alerts(found, name)
        _tables(column)


def _picture(found: Source, column: ColumnProfile) -> None:
    if column.semantic or column.kind in (Kind.IDENTIFIER, Kind.TEXT):
        st.markdown(":gray[Its values are not shown, and not learned.]")
        return
    from synth_core.figures import alt_profile, column_figure, split_figure

    target = found.table.target
    if target is not None and target.name != column.name and target.learned:
        all_rows, by = "All rows", f"By {theme.plain(target.name)}"
        shown = st.segmented_control(
            "Rows", [all_rows, by], default=all_rows, key="profiling.split", label_visibility="collapsed"
        )
        if shown == by:
            figure = split_figure(found.table.frame, found.table.column(column.name), target, mode=state.mode())
            alt = f"{column.name}, split by {target.name}."
            parts.chart(figure, alt=alt, key="profiling.split_figure")
            return
    parts.chart(column_figure(column, mode=state.mode()), alt=alt_profile(column), key="profiling.figure")


def _counts(column: ColumnProfile) -> None:
    pieces = [f"{theme.count(column.filled)} filled", f"{theme.count(column.distinct)} distinct"]
    pieces.append(f"{theme.share(column.missing_share)} missing" if column.missing else "none missing")
    if column.rare_levels:
        pieces.append(f"{theme.count(column.rare_levels)} rare")
    if column.zeros:
        pieces.append(f"{theme.share(column.zeros)} zero")
    if column.entropy is not None and column.values:
        pieces.append(f"entropy {theme.figure(column.entropy)} bits")
    if column.median_length is not None:
        pieces.append(f"middle length {theme.count(column.median_length)} characters")
    told = " · ".join(pieces)
    about = "Entropy: how evenly the rows are spread over the values; 0 bits where all have the same."
    st.caption(told, help=about if "entropy" in told else None)


def _numbers(column: ColumnProfile) -> None:
    """Draw mean, spread, shape and modes of numbers; of dates the modes only."""
    if column.mean is not None and column.kind is not Kind.DATETIME:
        facts = {"Mean": column.mean, "SD": column.std, "Variance": column.variance, "Skewness": column.skewness}
        told = [
            (name, _told(value, column) if name == "Mean" else theme.figure(value)) for name, value in facts.items()
        ]
        st.markdown(
            "**Moments**",
            help="SD: the standard deviation. Skewness: below 0 the long tail is on the left, above 0 on the right. "
            "Kurtosis: above 0 the tails are heavier than those of the normal curve.",
        )
        _small([*told, ("Kurtosis", theme.figure(column.kurtosis))])
    if column.modality is not None and column.modality.sentence:
        st.markdown(
            f":material/area_chart: {theme.plain(column.modality.sentence)}",
            help="p: how often a column with no more peaks than that would look as uneven as this one. Below 0.05 "
            "there is another peak.",
        )


def _told(value: float | None, column: ColumnProfile) -> str:
    """Return a value as text; a number with as many decimals as its column's spread gives a meaning to."""
    if value is None or column.kind is not Kind.NUMBER or not column.std or not 1e-4 < column.std < 1000:
        return value_text(value, column.kind)
    return f"{value:,.{max(0, 2 - floor(log10(column.std)))}f}"


def _small(told: list[tuple[str, str]]) -> None:
    """Draw names and values in columns that are as wide as the longest; they wrap where a table would be cut."""
    longest = max(max(len(name), len(value) + 1) for name, value in told)
    width = 54 + 6 * max(0, longest - 6)
    with st.grid(min_column_width=width, gap="xsmall"):
        for name, value in told:
            st.markdown(f":small[:gray[{name}]]  \n**{value}**")


def _gaps_and_edges(column: ColumnProfile) -> None:
    if column.gap_note:
        st.markdown(f":material/grid_off: {theme.plain(column.gap_note)}")
    if column.edge_cases:
        st.markdown("**Edge cases**")
        lines = [f"- {theme.plain(case.sentence)}" for case in column.edge_cases]
        st.markdown("\n".join(lines))


def _alerts(found: Source, name: str) -> None:
    for alert in found.profile.alerts_on(name)[:6]:
        mark = SIGNS[alert.severity]
        st.markdown(
            f":{mark.colour}[{mark.icon}] {theme.plain(alert.sentence)} :gray[{theme.plain(alert.consequence)}]"
        )


def _tables(column: ColumnProfile) -> None:
    """Draw quantiles (what share of the values lies below) and calendar, or the most frequent values, as tables."""
    if column.quantiles:
        told = [
            (f"{q * 100:g} %", value_text(v, column.kind)) for q, v in zip(QUANTILES, column.quantiles, strict=True)
        ]
        st.markdown("**Quantiles**", help="The share of the rows that lies below each value.")
        _small(told)
    if column.weekdays:
        _calendar(column)
    if column.values:
        _frequent(column)
    elif column.counts:
        with st.expander("The chart as a table", key="profiling.bins_box"):
            _bins(column)


def _bins(column: ColumnProfile) -> None:
    from synth_core.figures.axes import bin_names

    names = bin_names(column.edges, column.kind is Kind.DATETIME, column.kind is Kind.INTEGER)
    st.dataframe(
        pd.DataFrame({"Values": names, "Rows": column.counts}),
        hide_index=True,
        key="profiling.bins",
        height=260,
        column_config={"Rows": st.column_config.NumberColumn(format="localized")},
        alt=f"Rows of {column.name} per bar.",
    )


def _calendar(column: ColumnProfile) -> None:
    hours = tuple(f"{hour:02d}" for hour in range(24))
    parts_of = [("Weekday", WEEKDAYS, column.weekdays), ("Month", MONTHS, column.months), ("Hour", hours, column.hours)]
    told = []
    for title, names, shares in parts_of:
        if shares:
            most, least = (names[shares.index(edge)] for edge in (max(shares), min(shares)))
            told.append((title, f"{most} {theme.share(max(shares))}", f"{least} {theme.share(min(shares))}", shares))
    st.dataframe(
        pd.DataFrame(told, columns=["Calendar", "Most", "Least", "Shape"]),
        hide_index=True,
        key="profiling.calendar",
        column_config={"Shape": st.column_config.BarChartColumn(y_min=0)},
        alt=f"{column.name} by weekday, month and hour.",
    )


def _frequent(column: ColumnProfile) -> None:
    table = pd.DataFrame(
        {
            "Value": [v.label for v in column.values],
            "Rows": [v.rows for v in column.values],
            "Share": [100 * v.share for v in column.values],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        key="profiling.values",
        height=theme.table_height(len(table), 260),
        column_config={
            "Rows": st.column_config.NumberColumn(format="localized"),
            "Share": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100),
        },
        alt=f"Most frequent values of {column.name}.",
    )
