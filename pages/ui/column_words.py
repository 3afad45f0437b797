"""Kinds, roles and personal data in words, and what each choice means for the synthetic table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from synth_core.semantics import title as semantic_title
from synth_core.table import Column, Kind, Role, Table
from synth_core.units import written_like

KINDS = {kind: kind.in_words for kind in Kind}
ROLES = {role: role.in_words for role in Role}
ALL_MISSING = "Every cell is missing."
KIND_MEANS = {
    Kind.INTEGER: "Learned as amounts; new whole numbers between the extremes, also ones that no row had.",
    Kind.NUMBER: "Learned as amounts; new numbers with as many decimals, between the extremes.",
    Kind.CATEGORY: "Learned as answers without an order; only words of the source, rare ones merged.",
    Kind.BOOLEAN: "Learned as two answers, in the source's own words.",
    Kind.DATETIME: "Learned as points in time; new dates, written as the source writes them.",
    Kind.TEXT: "Never learned: sentences can hold anything. Left out; names, postcodes and the like are invented.",
    Kind.IDENTIFIER: "Never learned: new values of the same form, none of them a real one.",
}
ROLE_MEANS = {
    Role.FEATURE: "An ordinary column.",
    Role.TARGET: "What a model will predict: decides how useful the synthetic table is. One column.",
    Role.SENSITIVE: "What must not be found out about a person: the privacy attacks go for it.",
    Role.ENTITY: "Whom a row is about: rows of one person are never split between learning and judging, and protection "
    "counts people, not rows. One column.",
    Role.ORDER: "When a row happened: the profile looks for trends, seasons and gaps along it. One column.",
    Role.DROP: "Not in the synthetic table at all.",
}
MASK = "•••"


def consequence(column: Column) -> str:
    """Return what becomes of a column in the synthetic table, in a few words."""
    if column.role is Role.DROP:
        return "Left out"
    if column.semantic:
        return f"Invented: {semantic_title(column.semantic)}"
    if column.kind is Kind.IDENTIFIER:
        if column.role is Role.ENTITY:
            return "New keys in the same form; rows of one stay together"
        return "Made anew in the same form"
    if column.kind is Kind.TEXT:
        return "Left out: free text"
    if column.note == ALL_MISSING:
        return "Stays empty: it has no value"
    return f"Learned; {'; '.join(part for part in _learned(column) if part)}"


def _learned(column: Column) -> list[str]:
    """Return what to say about a column that is learned, one part each."""
    what = {
        Kind.INTEGER: "whole numbers",
        Kind.NUMBER: "numbers",
        Kind.CATEGORY: "its words",
        Kind.BOOLEAN: "its two answers",
        Kind.DATETIME: "dates",
    }[column.kind]
    like = written_like(column.format)
    use = {
        Role.TARGET: "tests how useful",
        Role.SENSITIVE: "tests how private",
        Role.ORDER: "the time of a row",
        Role.ENTITY: "rows of one stay together",
    }.get(column.role, "")
    rare = "" if column.protect else "rare values too"
    empty = ""
    if column.nullable:
        empty = f"empty as “{column.missing_token.strip()}”" if column.missing_token else ""
    return [what + (f" like {like}" if like else ""), use, rare, empty]


def examples(table: Table, column: Column, number: int = 3) -> str:
    """Return a few frequent values; masked where the column is personal, an identifier or text."""
    if column.regenerated or column.kind is Kind.TEXT:
        return MASK
    values = table.frame[column.name].dropna()
    if column.kind.categorical:
        counted = values.value_counts()
        shown = [str(value) for value in counted[counted >= 5].index[:number]]
        return ", ".join(shown) or "(rare values only)"
    quantiles = values.quantile([0.1, 0.5, 0.9], interpolation="nearest").drop_duplicates()
    if column.kind is Kind.DATETIME:
        return ", ".join(f"{value:%Y-%m-%d}" for value in quantiles)
    return ", ".join(f"{value:g}" for value in quantiles)


def legend() -> pd.DataFrame:
    """Return one row per choice: where it stands, what it is called, what it means for the synthetic table."""
    rows: list[dict[str, Any]] = [
        *({"Column": "Kind", "Choice": KINDS[kind], "Means": KIND_MEANS[kind]} for kind in KINDS),
        *({"Column": "Role", "Choice": ROLES[role], "Means": ROLE_MEANS[role]} for role in ROLES),
        {
            "Column": "Identifies",
            "Choice": "any but no",
            "Means": "What in it leads to one person. Invented from word lists or by form; never learned.",
        },
        {"Column": "Protect", "Choice": "on", "Means": "Answers of fewer than five rows and the extremes stay out."},
        {"Column": "Protect", "Choice": "off", "Means": "Rare answers and the extremes may appear as they are."},
        {
            "Column": "Missing",
            "Choice": "words, by commas",
            "Means": "Read as empty cells; the synthetic table writes its empty cells with the most frequent one.",
        },
    ]
    return pd.DataFrame(rows)
