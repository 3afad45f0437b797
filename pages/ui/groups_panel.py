"""Groups of people worst first: their share, their likeness, and how a model serves them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, run_words, state, theme
from pages.ui.beside import Side
from synth_core.figures import PALETTES
from synth_core.figures.subgroups import By, Subgroup, alt_subgroups, subgroup_figure, subgroups

LIKENESS, USE = "Likeness", "Use"
ABOUT = (
    "An average can hide that a few people are drawn badly. Groups are the values of sensitive columns and of the "
    "target; where no column is sensitive, of columns with few categories. Intervals are wider the more groups there "
    "are, so that the worst one is not worst by chance alone."
)


def panel(both: list[Side]) -> None:
    """Draw the table and the picture of every group, for A and for B."""
    st.caption(ABOUT)
    used = any(group.loss is not None for side in both for group in side.card.utility.groups)
    by: By = "likeness"
    if used:
        picked = st.segmented_control(
            "Worst first by", [LIKENESS, USE], key="compare.groups_by", default=LIKENESS, required=True
        )
        by = "use" if picked == USE else "likeness"
    for side in both:
        if len(both) > 1:
            st.markdown(f"**{side.letter}** :gray[{theme.plain(side.label)}]")
        groups = subgroups(side.card.fidelity, side.card.utility, by)
        if not groups:
            note = next((s.note for s in side.card.fidelity.scores if s.name == "subgroup_shape" and s.note), "")
            st.info(run_words.lacking(note), icon=":material/help:")
            continue
        finding = alt_subgroups(groups)
        st.markdown(theme.plain(finding), width=theme.TEXT_WIDTH)
        parts.chart(subgroup_figure(groups, mode=state.mode()), alt=finding, key=f"compare.groups{side.suffix}")
        with st.expander("As numbers", key=f"compare.groups_box{side.suffix}", on_change="rerun", expanded=True) as box:
            if box.open:
                _table(groups, side)


def _table(groups: list[Subgroup], side: Side) -> None:
    config = st.column_config
    alike = [group.likeness for group in groups]
    use = [group.use for group in groups]
    top = max((max(a.share_real, a.share_synthetic) for a in alike if a is not None), default=0.01)
    cells: dict[str, list[object]] = {
        "Group": [group.title for group in groups],
        "Real rows": [None if a is None else a.rows_train for a in alike],
        "Synthetic rows": [None if a is None else a.rows_synthetic for a in alike],
        "Real": [None if a is None else 100 * a.share_real for a in alike],
        "Synthetic": [None if a is None else 100 * a.share_synthetic for a in alike],
        "Error": [None if a is None else a.shape for a in alike],
        "Interval": ["–" if a is None else _span(a.shape_low, a.shape_high) for a in alike],
        "Floor": [None if a is None else a.shape_floor for a in alike],
    }
    if any(one is not None for one in use):
        cells["Loss"] = [None if u is None else u.loss for u in use]
        cells["Loss interval"] = ["–" if u is None else _span(u.loss_low, u.loss_high) for u in use]
    notes = [
        (a.note if a is not None else "") or (u.note if u is not None else "") for a, u in zip(alike, use, strict=True)
    ]
    palette = PALETTES[state.mode()]
    bar = {"format": "%.1f %%", "min_value": 0, "max_value": 100 * top, "width": 88}
    st.dataframe(
        pd.DataFrame(cells),
        hide_index=True,
        key=f"compare.groups_table{side.suffix}",
        placeholder="–",
        height=run_words.table_height(len(groups), 493),
        column_config={
            "Group": config.TextColumn(pinned=True, width=136),
            "Real rows": config.NumberColumn(format="localized", width=76, help="Rows learned from."),
            "Synthetic rows": config.NumberColumn(format="localized", width=100),
            "Interval": config.TextColumn(width=92, help="95 %, wide enough for as many groups as there are."),
            "Loss interval": config.TextColumn(width=100),
            "Real": config.ProgressColumn(help="Share of the real rows.", color=palette.real, **bar),
            "Synthetic": config.ProgressColumn(help="Share of the synthetic rows.", color=palette.synthetic, **bar),
            "Error": config.NumberColumn(
                format="%.2f %%",
                width=72,
                help="Mean error over the other columns, against held-out rows of the group.",
            ),
            "Floor": config.NumberColumn(format="%.2f %%", width=72, help="The same for real rows of the group."),
            "Loss": config.NumberColumn(
                format="%.2f %%",
                width=72,
                help="What boosted trees lose for this group by learning from synthetic rows.",
            ),
        },
        alt=f"{len(groups)} groups, worst first: {groups[0].title}.",
    )
    told = {
        note: [group.title for group, its in zip(groups, notes, strict=True) if its == note] for note in notes if note
    }
    if told:
        lines = [f"- **{theme.plain(', '.join(names))}**: {theme.plain(note)}" for note, names in told.items()]
        st.caption("\n".join(lines))


def _span(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:.2f} to {high:.2f}"
