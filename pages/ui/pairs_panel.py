"""How columns go together: the heat map, the strongest pairs, and the chosen pair with its measures."""

from __future__ import annotations

import html
from itertools import combinations

import pandas as pd
import streamlit as st

from pages.ui import parts, profile_source, scroll, state, theme
from pages.ui.halves import halves
from pages.ui.profile_source import Source
from synth_core.associations import AssociationMatrix
from synth_core.profile.chance import largest_by_chance
from synth_core.profile.pairs import PairFacts

STRONGEST = 40
FEWEST = 10  # rows
SHOWN = 80  # columns of a heat map
_CLICKED, _SEEN = "profiling.clicks", "profiling.clicks_seen"
BESIDE = 26  # columns; a larger heat map takes the whole width, so that its names can be read
MEASURES = {
    "auto": "Fitting each pair",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "cramers_v": "Cramér's V",
    "correlation_ratio": "Correlation ratio",
    "mutual_information": "Mutual information",
}
ABOUT = {
    "auto": "Two numbers: Spearman's rank correlation (-1 to 1). Two categories: Cramér's V. "
    "One of each: the correlation ratio of ranks. The last two run from 0 to 1.",
    "pearson": "How well a straight line fits two numbers (-1 to 1). Pairs with a category are left empty.",
    "spearman": "Whether two numbers rise together, in any shape (-1 to 1); each is ranked over all its filled cells. "
    "Pairs with a category are left empty.",
    "cramers_v": "How far two categories go together (0 to 1), corrected for chance.",
    "correlation_ratio": "How much of a number's spread a category explains (0 to 1), corrected for chance.",
    "mutual_information": "What one column tells about the other, in any shape (0 to 1), for all kinds.",
}
SIGNED = ("auto", "pearson", "spearman")


def strongest(matrix: AssociationMatrix) -> pd.DataFrame:
    """Return the pairs with the strongest association, strongest first."""
    pairs = [
        (matrix.names[i], matrix.names[j], matrix.values[i][j])
        for i, j in combinations(range(len(matrix.names)), 2)
        if matrix.values[i][j] == matrix.values[i][j]
    ]
    pairs.sort(key=lambda pair: -abs(pair[2]))
    return pd.DataFrame(pairs[:STRONGEST], columns=["One", "Other", "Association"])


def pairs(found: Source) -> None:
    """Draw the heat map beside the chosen pair."""
    if len(found.profile.associations.names) < 2:
        st.markdown(":gray[Fewer than two columns are learned, so there are no pairs.]")
        return
    if found.profile.rows < FEWEST:
        st.markdown(f":gray[Below {FEWEST} rows nothing can be said about how columns go together.]")
        return
    wide = len(found.profile.associations.names) > BESIDE
    top = st.container()
    left, right = halves()
    with top if wide else left:
        measure = st.selectbox(
            "Measure",
            list(MEASURES),
            format_func=MEASURES.__getitem__,
            key="profiling.measure",
            persist_state="session",
            help="  \n".join(f"**{MEASURES[name]}**: {text}" for name, text in ABOUT.items()),
        )
        measure = str(measure or "auto")
        slot = st.container()
        with slot.skeleton(height=420):
            matrix = _matrix(found, measure)
        ranked = strongest(matrix)
        x, y = _chosen(matrix, ranked)
        _heat(matrix, measure, (x, y))
    with left:
        _list(matrix, ranked)
    with right:
        with st.container(key="profiling_pair"):
            _pair(found, matrix.names, x, y)
        if state.get(_CLICKED, 0) != state.get(_SEEN, 0):  # with a large heat map the pair lies below it
            state.put(_SEEN, state.get(_CLICKED, 0))
            scroll.into_view("profiling_pair", state.get(_CLICKED, 0), block="nearest")


def _matrix(found: Source, measure: str) -> AssociationMatrix:
    if measure == "auto":
        return found.profile.associations
    matrix: AssociationMatrix = profile_source.associations(found.key, measure, found.table)
    return matrix


def _chosen(matrix: AssociationMatrix, ranked: pd.DataFrame) -> tuple[str, str]:
    """Return the pair to show: the one chosen last, else the strongest."""
    first = (str(ranked.iloc[0]["One"]), str(ranked.iloc[0]["Other"])) if len(ranked) else tuple(matrix.names[:2])
    for key, fallback in zip(("profiling.x", "profiling.y"), first, strict=True):
        if state.get(key, "") not in matrix.names:
            state.put(key, fallback)
    return state.get("profiling.x", ""), state.get("profiling.y", "")


def _heat(matrix: AssociationMatrix, measure: str, chosen: tuple[str, str]) -> None:
    from synth_core.figures import alt_associations, association_figure

    figure = association_figure(
        matrix.names,
        matrix.values,
        mode=state.mode(),
        clickable=True,
        chosen=chosen,
        signed=measure in SIGNED,
    )
    parts.chart(
        figure,
        alt=alt_associations(matrix.names, matrix.values),
        key="profiling.heat",
        on_select=_click,
        selection_mode="points",
    )
    text = "Click a cell to see its pair."
    if len(matrix.names) > SHOWN:
        all_columns = theme.count(len(matrix.names) + matrix.left_out)
        text += f" Drawn are the {SHOWN} columns with the strongest partners of {all_columns}."
    st.caption(f"{text} {ABOUT[measure]} From {theme.count(matrix.rows)} rows.")


def _click() -> None:
    """Show the pair whose cell was clicked."""
    points = state.points("profiling.heat")
    if not points:
        return
    point = points[0]
    names = point.get("customdata") or [html.unescape(str(point.get(axis, ""))) for axis in ("x", "y")]
    state.put("profiling.x", str(names[0]))
    state.put("profiling.y", str(names[1]))
    state.put(_CLICKED, state.get(_CLICKED, 0) + 1)


def _list(matrix: AssociationMatrix, ranked: pd.DataFrame) -> None:
    st.markdown("**Strongest pairs**")
    st.dataframe(
        ranked,
        key="profiling.strongest",
        hide_index=True,
        height=theme.table_height(len(ranked), 282),
        on_select=lambda: _choose(ranked),
        selection_mode="single-row",
        column_config={"Association": st.column_config.NumberColumn(format="%.2f")},
        alt="The pairs of columns with the strongest association.",
    )
    columns = len(matrix.names) + matrix.left_out
    if columns > BESIDE and matrix.measure in SIGNED and matrix.rows > 1:
        tested = columns * (columns - 1) // 2
        st.caption(
            f"The strongest of {theme.count(tested)} pairs. Of as many unrelated ones the strongest would reach about "
            f"{largest_by_chance(tested, matrix.rows):.2f} by chance."
        )


def _choose(ranked: pd.DataFrame) -> None:
    """Show the pair that was chosen in the list."""
    rows = state.get("profiling.strongest", {"selection": {"rows": []}})["selection"]["rows"]
    if rows:
        state.put("profiling.x", str(ranked.iloc[rows[0]]["One"]))
        state.put("profiling.y", str(ranked.iloc[rows[0]]["Other"]))


def _pair(found: Source, names: list[str], x: str, y: str) -> None:
    """Draw the chosen pair, with every measure that fits it."""
    across, up = st.columns(2)
    across.selectbox("Across", names, key="profiling.x", persist_state="session")
    up.selectbox("Up", names, key="profiling.y", persist_state="session")
    if x == y:
        st.markdown(":gray[Choose two different columns.]")
        return
    from synth_core.figures import pair_figure, pair_table

    facts = profile_source.pair_facts(found.key, x, y, found.table)
    first = facts.measures[0].sentence if facts.measures else f"{x} and {y} together, real rows."
    figure = pair_figure(found.table.frame, found.table.column(x), found.table.column(y), mode=state.mode())
    parts.chart(figure, alt=first, key="profiling.pair")
    if facts.measures:
        _measures(facts)
    interval = " In brackets: 95 % intervals." if facts.measures else ""
    st.caption(f"{theme.count(facts.rows)} rows have both values{found.drawn}.{interval}")
    with st.expander("The chart as a table", key="profiling.pair_box", on_change="rerun") as box:
        if box.open:
            st.dataframe(
                pair_table(found.table.frame, found.table.column(x), found.table.column(y)),
                key="profiling.pair_table",
                placeholder="under 5",
                alt=f"Rows per value of {y} (upright) and {x} (across).",
            )


def _measures(facts: PairFacts) -> None:
    """Draw every measure that fits the pair, with its 95 % interval and its meaning, as lines that wrap."""
    lines = [
        f"- **{theme.plain(one.name)} {_digits(one.value)}** :gray[({_digits(one.low)} to {_digits(one.high)})] "
        f"{theme.plain(one.sentence)}"
        for one in facts.measures
    ]
    with st.container(key="profiling_measures"):
        st.markdown("\n".join(lines))


def _digits(value: float) -> str:
    """Return a measure to two decimals, more where these would make it a perfect 1.

    >>> _digits(0.5), _digits(0.9998), _digits(1.0)
    ('0.50', '0.9998', '1.00')
    """
    return f"{value:.4f}" if 0.995 <= abs(value) < 0.99995 else f"{value:.2f}"
