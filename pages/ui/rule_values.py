"""The pictures of rules on the values of one column: bars to click, wanted shares, examples of a form."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import cache, parts, rule_book, rule_fields, state, theme
from pages.ui.rule_fields import save
from synth_core.constraints.combinations import RARE
from synth_core.constraints.kinds import AllowedValues, ForbiddenValues, Format, Share
from synth_core.constraints.values import plain_value
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.table import Kind, Table

OPTIONS = 300

EXAMPLES = 8
MOST = 20_000  # different cells that examples are taken from


def listed(project: Project, table: Table, rule: AllowedValues | ForbiddenValues) -> None:
    """Draw a bar per value, solid where it is kept; a click on a bar, or the list, allows or forbids it."""
    from synth_core.figures import values_figure

    column = table.column(rule.column)
    counts = cache.levels(table, rule.column)
    known = {str(value) for value in rule.values}
    allows = isinstance(rule, AllowedValues)
    absent = [str(value) for value in rule.values if str(value) not in counts.index]
    shown = pd.concat([counts.head(OPTIONS), pd.Series(0, index=absent, dtype="int64")])
    if not _covered(column):
        broken = [label for label in shown.index if (label in known) != allows]
        key = f"constraints.figure_{rule.id}"
        ahead = pd.concat([shown[shown.index.isin(broken)].head(12), shown[~shown.index.isin(broken)]])
        ahead = ahead if len(shown) > 20 else shown
        parts.chart(
            values_figure(ahead, broken, mode=state.mode(), name=rule.column),
            alt=f"Rows per value of {rule.column}; {len(broken)} of {len(shown)} values break the rule.",
            key=key,
            on_select=lambda: _click(project, rule, counts, key),
            selection_mode="points",
        )
        st.caption("Click a bar to allow or forbid its value, or use the list.")
    picked = f"constraints.values_{rule.id}"
    state.put(picked, [str(value) for value in rule.values])
    st.multiselect(
        "Allowed" if allows else "Forbidden",
        list(dict.fromkeys([*(() if _covered(column) else shown.index), *(str(value) for value in rule.values)])),
        key=picked,
        accept_new_options=True,
        on_change=_pick,
        args=(project, rule, counts, picked),
    )


def _covered(column: Any) -> bool:
    return column.regenerated or column.kind is Kind.TEXT


def _cells(rule: AllowedValues | ForbiddenValues, counts: pd.Series, labels: Collection[str]) -> list[Any]:
    """Return the cells that stand behind labels, in the order of the labels."""
    known = {str(value): value for value in rule.values}
    return [known.get(label, cell) for label, cell in zip(labels, cells_of(counts, labels), strict=True)]


def cells_of(counts: pd.Series, labels: Collection[str]) -> list[Any]:
    """Return the cells of a column (``labels_of``) that stand behind labels; new ones as the column writes them."""
    cells = dict(zip(counts.index, counts.attrs["cells"], strict=True))
    numeric = bool(cells) and all(isinstance(cell, int | float) for cell in cells.values())
    return [cells.get(label, _number(label) if numeric else label) for label in labels]


def _number(label: str) -> int | float | str:
    try:
        return int(label) if re.fullmatch(r"[+-]?\d+", label.strip()) else float(label)
    except ValueError:
        return label


def _pick(project: Project, rule: AllowedValues | ForbiddenValues, counts: pd.Series, key: str) -> None:
    labels: list[str] = state.get(key, [])
    if not labels:
        state.put(rule_fields.PROBLEM, "A list of values cannot be empty. Switch the rule off, or delete it.")
        return
    save(project, rule, values=_cells(rule, counts, labels))


def _click(project: Project, rule: AllowedValues | ForbiddenValues, counts: pd.Series, key: str) -> None:
    picked = rule_fields.clicked(key)
    labels = [str(value) for value in rule.values]
    after = [label for label in labels if label not in picked] + [label for label in picked if label not in labels]
    if picked and not after:
        state.put(rule_fields.PROBLEM, "A list of values cannot be empty. Switch the rule off, or delete it.")
    elif picked:
        save(project, rule, values=_cells(rule, counts, after))


def shares(project: Project, table: Table, rule: Share) -> None:
    """Draw the real shares with a mark at each wanted one, and the wanted ones as a list to edit."""
    from synth_core.figures import values_figure

    counts = cache.levels(table, rule.column)
    absent = [value for value in rule.probabilities if value not in counts.index]
    shown = pd.concat([counts.head(20), pd.Series(0, index=absent, dtype="int64")])
    total = max(int(counts.sum()), 1)
    off = [
        value
        for value, wanted in rule.probabilities.items()
        if abs(float(counts.get(value, 0)) / total - wanted) > rule.tolerance
    ]
    parts.chart(
        values_figure(shown, off, mode=state.mode(), targets=rule.probabilities, name=rule.column),
        alt=f"Rows per value of {rule.column} with the wanted shares; {len(off)} of {len(rule.probabilities)} are off.",
        key=f"constraints.figure_{rule.id}",
    )
    frame = pd.DataFrame(
        {
            "Value": list(shown.index),
            "Wanted": [100 * rule.probabilities[v] if v in rule.probabilities else None for v in shown.index],
            "Real": [100 * int(rows) / total for rows in shown],
        }
    )
    key = f"constraints.shares_{rule.id}_{hash(tuple(rule.probabilities.items()))}"
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        num_rows="fixed",
        disabled=["Value", "Real"],
        height=theme.table_height(len(frame), 260),
        column_config={
            "Wanted": st.column_config.NumberColumn(
                "Wanted (%)", min_value=0.0, max_value=100.0, format="%.2f", help="Empty: shares what is left."
            ),
            "Real": st.column_config.NumberColumn("Real (%)", format="%.2f"),
        },
        on_change=_share,
        args=(project, rule, list(shown.index), key),
        alt="Wanted and real share of each value.",
    )
    rule_fields.number(project, rule, "tolerance", "Tolerance (0 to 1)", most=1.0)


def _share(project: Project, rule: Share, labels: list[str], key: str) -> None:
    wanted: dict[str, float] = dict(rule.probabilities)
    for place, cells in state.get(key, {"edited_rows": {}})["edited_rows"].items():
        label, value = labels[int(place)], cells.get("Wanted")
        wanted.pop(label, None)
        if value is not None:
            wanted[label] = float(value) / 100
    if not wanted:
        state.put(rule_fields.PROBLEM, "At least one value needs a wanted share.")
        return
    save(project, rule, probabilities=wanted)


def form(project: Project, table: Table, rule: Format) -> None:
    """Draw examples that have the form beside some that have not, rare ones as shapes, and the fields."""
    found = cache.forms(table, rule.column, rule_book.core(rule))
    fits, not_so = st.columns(2)
    for place, title, wanted in ((fits, "Have the form", True), (not_so, "Do not have it", False)):
        rows = found[found["fits"] == wanted]
        place.markdown(f"**{title}** :gray[· {counted(int(rows['rows'].sum()), 'row')}]")
        if len(rows):
            place.dataframe(
                rows[["example", "rows"]].head(EXAMPLES).rename(columns={"example": "Cell", "rows": "Rows"}),
                hide_index=True,
                height=theme.table_height(min(len(rows), EXAMPLES), 320),
                column_config={"Rows": st.column_config.NumberColumn(format="localized", width="small")},
                key=f"constraints.examples_{wanted}_{rule.id}",
                alt=f"{title}: the most frequent cells, rare ones as shapes.",
            )
    st.caption("Cells of fewer than seven rows, and personal data, are shown as shapes: A a letter, 9 a digit.")
    rule_fields.text(project, rule, "regex", "Pattern (regex, for the whole cell)", placeholder=r"[A-Z]{2}\d{4}")
    left, right = st.columns(2)
    rule_fields.number(project, rule, "min_length", "Characters, at least", whole=True, place=left)
    rule_fields.number(project, rule, "max_length", "at most", whole=True, place=right)
    rule_fields.text(project, rule, "strftime", "Date form", placeholder="%d.%m.%Y")


def shape(text: str) -> str:
    """Return a text with its letters and digits covered.

    >>> shape("Ab-12"), shape("a very long free text with many words")
    ('Aa-99', 'a aaaa aaaa aaaa aaaa aa…')
    """
    covered = "".join("9" if c.isdigit() else ("A" if c.isupper() else "a") if c.isalpha() else c for c in text[:25])
    return covered if len(text) <= 25 else f"{covered[:24]}…"


def labels_of(values: pd.Series) -> pd.Series:
    """Return the rows per value of a column, most frequent first; index: text, ``attrs["cells"]``: the cells."""
    counts = values.value_counts()
    cells = [plain_value(cell) for cell in counts.index]
    labelled = pd.Series(counts.to_numpy(), index=[str(cell) for cell in cells], dtype="int64")
    labelled.attrs["cells"] = cells
    return labelled


def examples_of(table: Table, name: str, rule: Any) -> pd.DataFrame:
    """Return cells with their rows and whether they keep the rule; rare and personal ones together, as shapes."""
    column = table.column(name)
    counts = table.frame[name].value_counts().head(MOST)
    cells = pd.DataFrame({name: counts.index, "rows": counts.to_numpy()})
    for other in rule.columns_used:
        if other != name:  # what "when" reads: the form is told for all rows
            rule = rule.model_copy(update={"when": None})
    cells["fits"] = ~rule.violations(cells).to_numpy(dtype=bool)
    covered = np.ones(len(cells), dtype=bool) if _covered(column) else (cells["rows"] < RARE).to_numpy()
    texts = cells[name].astype(str)
    cells["example"] = [shape(text) if hide else text for text, hide in zip(texts, covered, strict=True)]
    found = cells.groupby(["fits", "example"], sort=False)["rows"].sum().reset_index()
    return found.sort_values("rows", ascending=False, kind="stable").reset_index(drop=True)
