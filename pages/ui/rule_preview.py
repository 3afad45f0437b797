"""The live preview: 500 rows from a quick engine with the rules on, and how many of them break a rule."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import cache, parts, rule_book, theme
from pages.ui.table_preview import formats, masked
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import rules_to_json
from synth_core.methods import method_class
from synth_core.project import Project
from synth_core.table import Table

SHOWN = 100


def panel(project: Project, table: Table, rules: Sequence[Constraint]) -> None:
    """Draw the preview while it is open; it is made anew when a rule changes."""
    on = [rule for rule in rules if rule.enabled and not rule_book.standing(table, rule).problem]
    if not on:
        return
    title = ":material/preview: Live preview: 500 synthetic rows with your rules"
    with st.expander(title, key="constraints.preview", on_change="rerun") as box:
        if box.open:
            slot = st.container()
            with slot.skeleton(height=300):
                found = cache.preview(table, rules_to_json(on), project.draft.seed)
            with slot:
                _shown(table, on, found)


def _shown(table: Table, rules: Sequence[Constraint], found: cache.Glance) -> None:
    made = found.preview
    if made is None:
        parts.error_card(found.problem, title="These rules cannot be kept")
        return
    engine = method_class(made.method).info.title
    left, middle, right = st.columns(3)
    hard = [rule for rule in rules if rule.hard]
    left.metric("Rows that break a rule", f"{theme.count(made.broken)} of {theme.count(len(made.frame))}", border=True)
    middle.metric("Drawn rows that were kept", theme.share(made.acceptance), border=True)
    right.metric("Made in", f"{made.seconds:.1f} s", border=True)
    soft = len(rules) - len(hard)
    st.caption(
        f"By {engine}, from at most 1,000 real rows: quick, and less like your table than the engine that you will "
        f"choose.{' Soft rules may be broken.' if soft and made.broken else ''}"
    )
    columns = tuple(table.column(name) for name in made.frame.columns if name in table.names)
    st.dataframe(
        masked(made.frame[[column.name for column in columns]].head(SHOWN), columns),
        key="constraints.preview_rows",
        hide_index=True,
        height=theme.table_height(min(len(made.frame), SHOWN), 250),
        placeholder="–",
        column_config=formats(columns),
        alt=f"The first {SHOWN} rows of the preview.",
    )
    st.dataframe(
        {
            "Rule": [rule.sentence() for rule in rules],
            "Before": [theme.share(made.rules[rule.id].before) for rule in rules],
            "Broken": [made.rules[rule.id].broken for rule in rules],
            "How it is kept": [made.rules[rule.id].cost for rule in rules],
        },
        key="constraints.preview_rules",
        hide_index=True,
        height=theme.table_height(len(rules), 250),
        column_config={
            "Before": st.column_config.TextColumn(
                width="small", help="Drawn rows that broke the rule before it was enforced."
            ),
            "Broken": st.column_config.NumberColumn(width="small", help="Rows of the preview that break the rule."),
        },
        alt="Each rule with the rows that would break it, those that do, and how it is kept.",
    )
