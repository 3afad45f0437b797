"""Every column worst first, real and synthetic side by side; the chosen one large."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from pages.ui import cache, compare_rule, parts, run_words, state, theme
from synth_core.scores.results import ColumnLikeness, Fidelity
from synth_core.table import Kind, Table

QUANTILES = {0: "Low", 2: "5 %", 3: "25 %", 4: "Middle", 5: "75 %", 6: "95 %", 8: "High"}  # of the nine that are kept
ENDS = "Fifth from the end: a literal extreme is never shown."


Others = dict[str, ColumnLikeness]


def panel(fidelity: Fidelity, other: Fidelity | None = None) -> None:
    """Draw the filter, the table and the chosen column; with a second run both, by the worse of the two errors."""
    others = {} if other is None else {one.name: one for one in other.columns}
    columns = sorted(fidelity.columns, key=lambda one: -_worse(one, others))
    if not columns:
        st.markdown(":gray[No learned column was compared.]")
        return
    with st.grid(min_column_width=440, gap="medium"):
        with st.container():
            shown = _filtered(columns, others)
            chosen = _table(shown, others) if shown else None
        if chosen is not None:
            _detail(chosen, others.get(chosen.name))


def _worse(one: ColumnLikeness, others: Others) -> float:
    """Return the larger error of the two runs; -1 where neither has one."""
    errors = (one.error, others[one.name].error if one.name in others else None)
    return max(-1.0 if error is None else error for error in errors)


def _filtered(columns: list[ColumnLikeness], others: Others) -> list[ColumnLikeness]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        search = st.text_input(
            "Search columns",
            key="compare.search",
            placeholder="Search columns",
            label_visibility="collapsed",
            icon=":material/search:",
            persist_state="session",
            width="stretch",
        )
        limit = st.number_input(
            "Only worse than (%)",
            0.0,
            100.0,
            step=0.5,
            format="%.1f",
            key="compare.worse",
            persist_state="session",
            width=160,
        )
    shown = [one for one in columns if search.strip().lower() in one.name.lower()]
    if limit:
        shown = [one for one in shown if _worse(one, others) > limit]
    if not shown:
        words = f"No column is worse than {limit:g} %." if limit and not search else "No column fits this search."
        st.markdown(f":green[:material/check_circle:] {words}" if limit and not search else f":gray[{words}]")
    elif len(shown) < len(columns):
        st.caption(f"{len(shown)} of {len(columns)} columns")
    return shown


def _table(shown: list[ColumnLikeness], others: Others) -> ColumnLikeness:
    from synth_core.figures import PALETTES

    palette = PALETTES[state.mode()]
    config = st.column_config
    worst = max(_worse(one, others) for one in shown)
    cells: dict[str, list[object]] = {
        "Column": [one.name for one in shown],
        "Real": [_bars(one.real, one) for one in shown],
        "Synthetic": [_bars(one.synthetic, one) for one in shown],
        "Error": [one.error for one in shown],
    }
    if others:
        second = [others.get(one.name) for one in shown]
        cells["Synthetic B"] = [[] if one is None else _bars(one.synthetic, one) for one in second]
        cells["Error B"] = [None if one is None else one.error for one in second]
    else:
        cells["Interval"] = [_span(one) for one in shown]
    cells["Floor"] = [one.reference for one in shown]
    bar = config.ProgressColumn(
        format="%.2f %%",
        min_value=0,
        max_value=max(worst, 2.0),
        width=90,
        help="Largest gap between the two distributions (Kolmogorov-Smirnov; for categories total variation).",
    )
    number = config.NumberColumn(format="%.2f %%", width=62)
    frame = pd.DataFrame(cells)
    picked = st.dataframe(
        frame,
        key=f"compare.columns_{len(shown)}{'_b' if others else ''}",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        height=run_words.table_height(len(shown), 563),
        column_config={
            "Column": config.TextColumn(pinned=True, width=100),
            "Real": config.BarChartColumn(y_min=0, y_max=1, color=palette.real, width=58),
            "Synthetic": config.BarChartColumn(y_min=0, y_max=1, color=palette.synthetic, width=74),
            "Synthetic B": config.BarChartColumn(y_min=0, y_max=1, color=palette.synthetic, width=80),
            "Error": number if others else bar,
            "Error B": number,
            "Interval": config.TextColumn(width=64, help="95 % interval of the error, in %."),
            "Floor": config.NumberColumn(
                format="%.1f",
                width=50,
                help="The same error in % for real rows that nobody learned from: no engine does better.",
            ),
        },
        alt=f"{len(shown)} columns, worst first: {shown[0].name}, error {run_words.amount(shown[0].error, '%')}.",
    )
    rows = picked["selection"]["rows"] or [0]
    return shown[min(rows[0], len(shown) - 1)]


def _bars(shares: list[float], one: ColumnLikeness) -> list[float]:
    """Return bars that fill the cell, real and synthetic on one scale; at most sixteen."""
    top = max([*one.real, *one.synthetic], default=0) or 1
    if one.labels or len(shares) <= 16:
        return [share / top for share in shares[:16]]
    step = -(-len(shares) // 16)
    joined = [[sum(part[at : at + step]) for at in range(0, len(part), step)] for part in (one.real, one.synthetic)]
    most = max([*joined[0], *joined[1]], default=0) or 1
    return [sum(shares[at : at + step]) / most for at in range(0, len(shares), step)]


def _span(one: ColumnLikeness) -> str:
    return "–" if one.low is None or one.high is None else f"{one.low:.1f}–{one.high:.1f}"


def _detail(one: ColumnLikeness, other: ColumnLikeness | None) -> None:
    """Draw the overlay, or for categories the dumbbell, with its numbers below; then the same of the second run."""
    with st.container(border=True, gap="small", key="compare_detail"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            parts.section(theme.plain(one.name), width="content")
            if other is None:
                st.markdown(f":gray[error {run_words.amount(one.error, '%')} · {_floor(one)}]", width="content")
        if other is None:
            _side(one, "")
            return
        for letter, column in (("A", one), ("B", other)):
            error = run_words.amount(column.error, "%")
            st.markdown(f"**{letter}** :gray[error {error} · {_floor(column)}]")
            _side(column, "" if letter == "A" else "_b")


def _side(one: ColumnLikeness, suffix: str) -> None:
    """Draw the chosen column of one run."""
    from synth_core.figures import alt_overlay, dumbbell, overlay

    draw = dumbbell if one.labels else overlay
    figure = draw(one, mode=state.mode())
    table = None if suffix else _table_of(one)
    if table is None or figure.layout.xaxis.type == "log":
        parts.chart(figure, alt=alt_overlay(one), key=f"compare.overlay{suffix}")
    else:
        figure.update_layout(dragmode="select", selectdirection="h")
        key = f"compare.overlay_{one.name}"
        parts.chart(figure, alt=alt_overlay(one), key=key, on_select="rerun", selection_mode="box")
        hint = "Drag across the picture to make a span of values a rule."
        compare_rule.offer(compare_rule.span(table, one.name, key), hint, key="compare.make_rule")
    pieces = []
    if one.missing_real or one.missing_synthetic:
        pieces.append(f"missing {theme.share(one.missing_real)} real, {theme.share(one.missing_synthetic)} synthetic")
    if one.rare_lost:
        pieces.append(f"{theme.count(one.rare_lost)} rare values not kept (protected)")
    if one.invented:
        pieces.append(f"{theme.count(one.invented)} values that no real row has")
    if one.note:
        pieces.append(theme.plain(one.note))
    if pieces:
        st.caption(" · ".join(pieces))
    if one.quantiles_real and one.quantiles_synthetic:
        _quantiles(one, suffix)
    elif one.labels:
        _levels(one, suffix)


def _table_of(one: ColumnLikeness) -> Table | None:
    """Return the project's table where a span of this column can become a rule."""
    project = state.project()
    if project is None or one.labels or not one.edges:
        return None
    table = cache.table(project)
    fits = one.name in table.names and table.column(one.name).kind in compare_rule.SPANS
    return table if fits else None


def _floor(one: ColumnLikeness) -> str:
    return "no reference" if one.reference is None else f"real rows {run_words.amount(one.reference, '%')}"


def _value(one: ColumnLikeness, value: float) -> str:
    if one.kind == Kind.DATETIME:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    return theme.figure(value)


def _quantiles(one: ColumnLikeness, suffix: str) -> None:
    kept = {
        name: at for at, name in QUANTILES.items() if at < min(len(one.quantiles_real), len(one.quantiles_synthetic))
    }
    sides = {"Real": one.quantiles_real, "Synthetic": one.quantiles_synthetic}
    frame = pd.DataFrame(
        [{"": side, **{name: _value(one, values[at]) for name, at in kept.items()}} for side, values in sides.items()]
    )
    st.dataframe(
        frame,
        hide_index=True,
        key=f"compare.quantiles{suffix}",
        column_config={
            "Low": st.column_config.TextColumn(help=ENDS),
            "High": st.column_config.TextColumn(help=ENDS),
        },
        alt=f"Quantiles of {one.name}, real and synthetic.",
    )


def _levels(one: ColumnLikeness, suffix: str) -> None:
    with st.expander("As numbers", key=f"compare.levels_box{suffix}"):
        frame = pd.DataFrame(
            {
                "Category": one.labels,
                "Real": [100 * share for share in one.real],
                "Synthetic": [100 * share for share in one.synthetic],
            }
        )
        number = st.column_config.NumberColumn(format="%.2f %%")
        st.dataframe(
            frame,
            hide_index=True,
            key=f"compare.levels{suffix}",
            column_config={"Real": number, "Synthetic": number},
            alt=f"Shares of the categories of {one.name}.",
        )
