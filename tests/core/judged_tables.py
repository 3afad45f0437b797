"""A small simulated table with known truths, and what a good, a copying and a careless engine would make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synth_core.table import Column, Kind, Role, Table

COLUMNS = (
    Column(name="age", kind=Kind.INTEGER),
    Column(name="income", kind=Kind.NUMBER, nullable=True),
    Column(name="score", kind=Kind.NUMBER),
    Column(name="region", kind=Kind.CATEGORY),
    Column(name="grade", kind=Kind.CATEGORY, nullable=True),
    Column(name="joined", kind=Kind.DATETIME),
    Column(name="bought", kind=Kind.BOOLEAN, role=Role.TARGET),
)


def people(rows: int, seed: int) -> Table:
    """Return ``rows`` simulated people: a hidden wealth ties all columns together, nobody is repeated."""
    rng = np.random.default_rng(seed)
    wealth = rng.normal(size=rows)
    age = np.clip(np.round(45 + 12 * rng.normal(size=rows) + 5 * wealth), 25, 65).astype(np.int64)
    income = np.exp(10 + 0.5 * wealth + 0.2 * rng.normal(size=rows))
    income[rng.random(rows) < 0.1] = np.nan
    score = 2 * wealth + rng.normal(size=rows)
    region = np.array(["north", "south", "east", "west"], dtype=object)[rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])]
    grade = np.array(["A", "B", "C"], dtype=object)[np.digitize(wealth + rng.normal(size=rows) / 2, [-0.5, 0.5])]
    grade[rng.random(rows) < 0.05] = None
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, rows), unit="s")
    bought = np.where(wealth + (region == "north") + rng.normal(size=rows) > 0.5, "yes", "no").astype(object)
    frame = pd.DataFrame(
        {
            "age": age,
            "income": income,
            "score": score,
            "region": region,
            "grade": grade,
            "joined": joined.astype("datetime64[ns]"),
            "bought": bought,
        }
    )
    return Table(frame, COLUMNS, "people")


def bootstrap(table: Table, rows: int, seed: int = 0) -> Table:
    """Return rows drawn from ``table`` with repeats: the worst leak there is."""
    return table.rows(np.random.default_rng(seed).integers(0, len(table), rows))


def independent(table: Table, rows: int, seed: int = 0) -> Table:
    """Return every column drawn on its own."""
    rng = np.random.default_rng(seed)
    drawn = {
        name: table.frame[name].iloc[rng.integers(0, len(table), rows)].reset_index(drop=True) for name in table.names
    }
    return table.with_frame(pd.DataFrame(drawn))


def changed(table: Table, **columns: object) -> Table:
    """Return ``table`` with some columns replaced."""
    return table.with_frame(table.frame.assign(**columns))
