"""How long the search for rules takes, what it suggests, and what is left when columns are shuffled.

    [SIMILE_TABLES=FOLDER] python -m benchmarks.discovery

SIMILE_TABLES is a folder with public tables (diabetes130/diabetic_data.csv.gz, ...); without it demos are measured.
Recall and precision are those of ``tests/core/test_discovery_recall.py``.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from synth_core.constraints.discovery import discover
from synth_core.demos import DEMOS, demo_table
from synth_core.reading import read
from synth_core.table import Table

PUBLIC = (
    "adult/adult.csv.gz",
    "diabetes130/diabetic_data.csv.gz",
    "vehicle_fraud/fraud_oracle.csv",
    "california_housing/housing.csv",
    "heart_uci/heart_disease_uci.csv",
    "ts_stock/stock_data.csv",
    "ts_energy/energydata_complete_rounded.csv",
    "synthea_1k/conditions.csv",
)


def shuffled(table: Table) -> Table:
    """Return the table with each column shuffled by itself."""
    rng = np.random.default_rng(1)
    columns = {name: table.frame[name].iloc[rng.permutation(len(table))].array for name in table.names}
    return table.with_frame(pd.DataFrame(columns))


def line(name: str, table: Table) -> None:
    """Print a row of the table of results."""
    train, holdout = table.split(0.3, seed=0)
    start = time.perf_counter()
    found = discover(train)
    seconds = time.perf_counter() - start
    exact = [one for one in found if not one.exceptions]
    unbroken = sum(not one.rule.violations(holdout.frame).any() for one in exact)
    left = sum(len(one.rule.columns_used) > 1 for one in discover(shuffled(train)))
    size = f"{len(train):,} × {len(train.columns)}"
    print(f"| {name} | {size} | {seconds:.1f} | {len(found)} | {len(exact)} | {unbroken} | {left} |", flush=True)


def main() -> None:
    """Measure every table."""
    print("| table | rows × columns | s | suggestions | exact | unbroken on the holdout | between columns, shuffled |")
    print("|---|---|---|---|---|---|---|")
    with threadpool_limits(2):
        for name in DEMOS:
            line(name, demo_table(name))
        folder = Path(os.environ.get("SIMILE_TABLES") or "/nonexistent")
        for file in PUBLIC:
            if (folder / file).is_file():
                table = read(folder / file).table
                line(Path(file).parent.name, table)
                if len(table) > 60_000:
                    line(f"{Path(file).parent.name}, 12,000 rows", table.rows(np.arange(17_143)))


if __name__ == "__main__":
    main()
