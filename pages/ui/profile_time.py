"""The table in time: order and entity, rows and gaps, and each series with trend, season and autocorrelation."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, profile_entities, profile_source, state, theme
from pages.ui.column_panel import value_text
from pages.ui.halves import halves
from pages.ui.profile_source import Source
from synth_core.profile.time_axis import order_column
from synth_core.profile.time_facts import ROW_ORDER, SeriesProfile, TimeProfile
from synth_core.table import Kind, Role, Table

FOUND = "As found"


def time(found: Source, name: str) -> None:
    """Draw the choice of order, entity and column, and what they show."""
    table = found.whole
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        order, entity = _order(table), _entity(table)
        slot = st.container(width=240)
    hold = st.container()
    with hold.skeleton(height=360):
        result = profile_source.time(name, order, entity, None, table)
    if result is None:
        _nothing(order)
        return
    with slot:
        series = _series(name, order, entity, table, result)
    elsewhere = [series.sentence] if series is not None else []
    elsewhere += result.per_entity.sentences if result.per_entity is not None else []
    told = [one for one in result.sentences if one not in elsewhere]
    st.markdown("\n".join(f"- {theme.plain(sentence)}" for sentence in told))
    if series is not None:
        _draw(result, series)
    _rows(result)
    if result.per_entity is not None:
        profile_entities.entities(result)


def _nothing(order: str | None) -> None:
    """Say why nothing is drawn: no order, or one that tells nothing."""
    if order is None:
        st.markdown(
            "**No column orders the rows in time.** :gray[Choose one above, or give a column the role “time order”.]"
        )
        return
    name = "the order of the rows" if order == ROW_ORDER else f"'{theme.plain(order)}'"
    st.markdown(f"**Too few rows differ in {name} to show a course in time.** :gray[Choose another order above.]")


def _order(table: Table) -> str | None:
    """Draw the choice of what orders the rows; None: as found."""
    names = [c.name for c in table.columns if c.kind.numeric and not c.regenerated and c.role is not Role.DROP]
    names.sort(key=lambda one: table.column(one).kind is not Kind.DATETIME)
    options = [FOUND, *names, ROW_ORDER]
    by_itself = order_column(table, None)
    found = f"{by_itself.name} (as found)" if by_itself is not None else "None was found"
    picked = st.selectbox(
        "Order",
        options,
        key="profiling.order",
        persist_state="session",
        width=200,
        format_func=lambda one: {ROW_ORDER: "The order of the rows", FOUND: found}.get(one, one),
    )
    return None if picked in (None, FOUND) else str(picked)


def _entity(table: Table) -> str | None:
    """Draw the choice of who rows are about; "" for nobody would be asked as None: as found."""
    names = [
        c.name
        for c in table.columns
        if c.role is Role.ENTITY or c.kind in (Kind.IDENTIFIER, Kind.CATEGORY, Kind.INTEGER)
    ]
    known = table.having(role=Role.ENTITY)
    found = f"{known[0].name} (as its role says)" if known else "Nobody in particular"
    picked = st.selectbox(
        "Rows are about",
        [FOUND, *names],
        key="profiling.entity",
        persist_state="session",
        width=200,
        format_func=lambda one: found if one == FOUND else one,
    )
    return None if picked in (None, FOUND) else str(picked)


def _series(
    name: str, order: str | None, entity: str | None, table: Table, result: TimeProfile
) -> SeriesProfile | None:
    """Draw the choice of the series, and return it; a column that was not looked at yet is looked at now."""
    known = {series.column: series for series in result.series}
    others = [
        c.name
        for c in table.columns
        if c.kind in (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN) and c.learned and c.name not in known
    ]
    options = [*known, *(one for one in others if one != result.order)]
    if not options:
        return None
    picked = st.selectbox(
        "Series",
        options,
        key=f"profiling.series_{result.order}",
        format_func=lambda one: known[one].title or one if one in known else one,
    )
    column = str(picked if picked is not None else options[0])
    if column in known:
        return known[column]
    with st.spinner("Looking at this column…"):
        more = profile_source.time(name, order, entity, (column,), table)
    return next((series for series in more.series if series.column == column), None) if more is not None else None


def _draw(result: TimeProfile, series: SeriesProfile) -> None:
    from synth_core.figures import acf_figure, alt_acf, alt_time, time_figure

    mode = state.mode()
    with st.container(border=True, gap="small", key="profiling_series"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            parts.section(theme.plain(series.title or series.column), width="content")
            found = ("trend", series.trend_strength, series.trend_words.startswith(("rises", "falls")))
            for word, strength, clear in (found, ("season", series.season_strength, bool(series.seasons))):
                if strength is not None and clear:  # a smooth line is strong even where no trend is proven
                    st.badge(f"{word} {strength:.2f}", color="gray", help="Strength, 0 to 1 (Hyndman's measure).")
        if series.sentence:
            st.markdown(theme.plain(series.sentence))
        parts.chart(time_figure(series, mode, dates=result.dates), alt=alt_time(series), key="profiling.series")
        left, right = halves()
        with left:
            st.markdown("**Autocorrelation** :gray[like itself, some time earlier]")
            parts.chart(acf_figure(series, mode, result), alt=alt_acf(series), key="profiling.acf")
        with right:
            _seasons(result, series)
        with st.expander("The chart as a table", key="profiling.series_box"):
            _points(result, series)


def _seasons(result: TimeProfile, series: SeriesProfile) -> None:
    from synth_core.figures import season_figure
    from synth_core.figures.temporal import step_unit

    st.markdown("**Cycles** :gray[that stand out of noise]")
    if not series.seasons:
        st.markdown(":gray[None was found.]")
        return
    unit, word = step_unit(result, series.seasons[0].steps)
    st.dataframe(
        pd.DataFrame(
            {
                "Cycle": [one.words for one in series.seasons],
                word.capitalize(): [unit * one.steps for one in series.seasons],
                "Strength": [one.strength for one in series.seasons],
                "p": ["< 0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}" for one in series.seasons],
            }
        ),
        hide_index=True,
        key="profiling.seasons",
        column_config={
            word.capitalize(): st.column_config.NumberColumn(format="%.1f"),
            "Strength": st.column_config.ProgressColumn(
                format="%.2f", min_value=0, max_value=1, help="0: nothing repeats; 1: all that moves repeats."
            ),
            "p": st.column_config.TextColumn(help="How often noise alone would show as clear a cycle."),
        },
        alt=f"{len(series.seasons)} cycles, the strongest first: {series.seasons[0].words}.",
    )
    shaped = next((one for one in series.seasons if len(one.shape) >= 3), None)
    if shaped is not None:
        parts.chart(
            season_figure(shaped, state.mode(), result), alt=f"One cycle of {shaped.words}.", key="profiling.season"
        )


def _points(result: TimeProfile, series: SeriesProfile) -> None:
    frame = pd.DataFrame({"Time": series.at, "Observed": series.observed})
    if result.dates:
        frame["Time"] = pd.to_datetime(frame["Time"], unit="s")
    for title, values in (("Trend", series.trend), ("Repeats", series.seasonal), ("Left over", series.remainder)):
        if len(values) == len(frame):
            frame[title] = values
    st.dataframe(frame, hide_index=True, key="profiling.series_table", height=260, alt="The series as a table.")


def _rows(result: TimeProfile) -> None:
    from synth_core.figures import alt_gaps, gaps_figure
    from synth_core.figures.temporal import unfinished

    signs = ["gaps are shaded"] if result.gaps else []
    signs += ["hatched ends are in the table only in part"] if any(unfinished(result)) else []
    st.markdown(f"**Rows over time** :gray[{', '.join(signs)}]" if signs else "**Rows over time**")
    parts.chart(gaps_figure(result, mode=state.mode()), alt=alt_gaps(result), key="profiling.gaps")
    if result.gaps:
        kind = Kind.DATETIME if result.dates else Kind.NUMBER
        with st.expander(
            "1 gap" if result.gap_count == 1 else f"{theme.count(result.gap_count)} gaps", key="profiling.gaps_box"
        ):
            st.dataframe(
                pd.DataFrame(
                    {
                        "From": [value_text(gap.start, kind) for gap in result.gaps],
                        "To": [value_text(gap.end, kind) for gap in result.gaps],
                        "Steps": [gap.steps for gap in result.gaps],
                    }
                ),
                hide_index=True,
                key="profiling.gaps_table",
                height=theme.table_height(len(result.gaps), 260),
                alt="The longest gaps.",
            )
