"""What moved in a new extract: the verdict, columns, pairs, rules, and the make-up of the table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import chooser, parts, run_words, state, theme
from pages.ui.halves import halves
from synth_core.extracts import Extract
from synth_core.figures.monitoring import alt_drift, drift_bars, moved_figure
from synth_core.monitoring.results import ColumnDrift, Drift, Word
from synth_core.profile.words import counted

SIGNS: dict[Word, theme.Sign] = {
    "steady": theme.Sign("Steady", ":material/check_circle:", "green"),
    "slight": theme.Sign("Slight", ":material/visibility:", "orange"),
    "drift": theme.Sign("Drift", ":material/trending_up:", "red"),
}
MARKS: dict[Word, str] = {"steady": "✓", "slight": "●", "drift": "✕"}


def draw(extract: Extract, found: Drift) -> None:
    """Draw everything that was found about an extract."""
    _headline(found)
    _tiles(found)
    for note in found.notes:
        st.caption(theme.plain(note))
    if found.schema_differences:
        _make_up(found)
    tabs = st.tabs(["Columns", "Pairs", "Rules"], key="monitor.tabs", on_change="rerun")
    for tab, panel in zip(tabs, (_columns, _pairs, _rules), strict=True):
        if tab.open:
            with tab:
                panel(found)


def _headline(found: Drift) -> None:
    sentence = theme.plain(found.sentence())
    sign = SIGNS[found.word]
    show = {"steady": st.success, "slight": st.warning, "drift": st.error}[found.word]
    show(f"**{sign.word}.** {sentence}", icon=sign.icon)


def _tiles(found: Drift) -> None:
    moved = [one for one in found.columns if one.word != "steady"]
    pairs = [one for one in found.pairs if one.word != "steady"]
    rules = [one for one in found.rules if one.word != "steady"]
    with st.grid(min_column_width=190, gap="small"):
        st.metric("Rows", theme.count(found.rows_now), f"before {theme.count(found.rows_before)}", **_PILL)
        st.metric("Columns that moved", len(moved), f"of {len(found.columns)}", **_PILL)
        st.metric("Pairs that changed", len(pairs), f"of {theme.count(found.pairs_compared)}", **_PILL)
        st.metric("Rules broken more", len(rules), f"of {len(found.rules)}", **_PILL)


_PILL = {"border": True, "delta_color": "off", "delta_arrow": "off"}


def _make_up(found: Drift) -> None:
    with st.container(border=True, gap="xsmall", key="monitor_make_up"):
        st.markdown("**The make-up of the table changed**")
        for one in found.schema_differences:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                parts.sign(SIGNS[one.word])
                st.markdown(theme.plain(one.sentence), width="stretch")


def _columns(found: Drift) -> None:
    if not found.columns:
        st.markdown(":gray[No column could be compared.]")
        return
    left, right = halves(440)
    with left:
        chosen = _table(found)
    with right:
        _detail(chosen)
    with st.expander("All columns in one picture", key="monitor.all", on_change="rerun") as box:
        if box.open:
            parts.chart(drift_bars(found, state.mode()), alt_drift(found), "monitor.bars")


def _table(found: Drift) -> ColumnDrift:
    config = st.column_config
    columns = found.columns
    frame = pd.DataFrame(
        {
            "Column": [one.name for one in columns],
            "Verdict": [f"{MARKS[one.word]} {SIGNS[one.word].word}" for one in columns],
            "Moved": [one.distance for one in columns],
            "By chance": [one.floor for one in columns],
            "PSI": [one.psi for one in columns],
        }
    )
    percent = config.NumberColumn(format="%.2f %%", width=80)
    at = chooser.chosen_row(
        frame,
        [one.name for one in columns],
        key=f"monitor.columns_{len(columns)}",
        label="Column to look at",
        width=260,
        height=run_words.table_height(len(columns), 460),
        column_config={
            "Column": config.TextColumn(pinned=True, width=120),
            "Moved": percent,
            "By chance": config.NumberColumn(
                format="%.2f %%", width=80, help="What halves of the old rows reach by chance; less says nothing."
            ),
            "PSI": config.NumberColumn(
                format="%.3f",
                width=60,
                help="Population stability index: under 0.1 is small by custom, over 0.25 is large.",
            ),
        },
        alt=f"{len(columns)} columns, the one that moved most first.",
    )
    return columns[at]


def _detail(one: ColumnDrift) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{theme.plain(one.name)}**", width="content")
        parts.sign(SIGNS[one.word])
    parts.chart(
        moved_figure(one, state.mode()),
        f"{one.name} before and now. {one.sentence}",
        f"monitor.moved_{one.name}",
    )
    st.markdown(theme.plain(f"{one.sentence} {_words(one)}".strip()))
    if one.unseen_rows:
        named = ", ".join(f"'{value}'" for value in one.unseen_named)
        rest = one.unseen - len(one.unseen_named)
        more = f"{rest} held by too few rows to be named" if rest else ""
        said = " and ".join(part for part in (named, more) if part)
        st.markdown(
            theme.plain(f"{counted(one.unseen_rows, 'row holds', 'rows hold')} categories not seen before: {said}.")
        )


def _words(one: ColumnDrift) -> str:
    if one.word == "steady":
        return "Chance alone moves it as much."
    if one.psi > 2 * one.psi_floor and one.distance <= one.floor:
        return f"A small group moved far: PSI {one.psi:.2f}, where chance reaches {one.psi_floor:.2f}."
    if one.distance <= one.floor:
        return "The rest of it moved no more than chance does."
    size = "a large shift" if one.psi > 0.25 else "a moderate shift" if one.psi >= 0.1 else "a small shift"
    return f"It moved by {one.distance:.2f} % where chance reaches {one.floor:.2f} %: {size} (PSI {one.psi:.2f})."


def _pairs(found: Drift) -> None:
    if not found.pairs:
        st.markdown(":gray[There are fewer than two columns to compare.]")
        return
    st.caption("How strongly two columns go together, from −1 to 1 (0: not at all); the largest changes first.")
    number = st.column_config.NumberColumn(format="%.2f", width=90)
    st.dataframe(
        pd.DataFrame(
            {
                "Columns": [f"{one.first} – {one.second}" for one in found.pairs],
                "Verdict": [f"{MARKS[one.word]} {SIGNS[one.word].word}" for one in found.pairs],
                "Before": [one.before for one in found.pairs],
                "Now": [one.now for one in found.pairs],
                "Change": [one.change for one in found.pairs],
                "By chance": [one.floor for one in found.pairs],
            }
        ),
        key="monitor.pairs",
        hide_index=True,
        height=run_words.table_height(len(found.pairs), 460),
        column_config={
            "Columns": st.column_config.TextColumn(pinned=True, width=280),
            "Before": number, "Now": number, "Change": number, "By chance": number,
        },
        alt="Pairs of columns with their association before and now.",
    )  # fmt: skip
    if found.pairs_compared > len(found.pairs):
        st.caption(counted(found.pairs_compared - len(found.pairs), "more pair", "more pairs") + " changed less.")


def _rules(found: Drift) -> None:
    if not found.rules:
        st.markdown(":gray[This project has no rules. Set some on the Constraints page and they are checked here.]")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "Rule": [one.sentence for one in found.rules],
                "Verdict": [f"{MARKS[one.word]} {SIGNS[one.word].word}" for one in found.rules],
                "Broken before": ["–" if one.problem else theme.percent(100 * one.before) for one in found.rules],
                "Broken now": ["–" if one.problem else theme.percent(100 * one.now) for one in found.rules],
                "Rows now": [None if one.problem else one.rows for one in found.rules],
                "Note": [one.problem or ("" if one.hard else "soft") for one in found.rules],
            }
        ),
        key="monitor.rules",
        hide_index=True,
        column_config={"Rows now": st.column_config.NumberColumn(format="localized")},
        alt="Rules with the share of rows that break them before and now.",
    )
