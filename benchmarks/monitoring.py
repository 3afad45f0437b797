"""How often monitoring calls chance drift, and which planted changes it finds: ``python -m benchmarks.monitoring``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from synth_core.demos import demo_table
from synth_core.monitoring.drift import drift
from synth_core.monitoring.results import Drift
from synth_core.reading import Reading, read_bytes

SIZES = (600, 2_000, 12_000)
SEEDS = 6


def table(name: str, seed: int, rows: int) -> pd.DataFrame:
    """Return fresh rows of a demo table."""
    return demo_table(name, seed=seed).frame.head(rows).copy()


def reading(frame: pd.DataFrame) -> Reading:
    """Return rows as they come from a file."""
    return read_bytes(frame.to_csv(index=False).encode(), "extract.csv")


def fresh() -> None:
    """Print how often fresh rows of the same world were called anything but steady."""
    for name in ("hospital", "loans"):
        for rows in SIZES:
            words, columns, pairs, hit = [], 0, 0, 0
            for seed in range(SEEDS):
                old = reading(table(name, 100 + seed, rows)).table
                found = drift(old, reading(table(name, 200 + seed, rows)), seed=seed)
                words.append(found.word)
                columns, pairs = columns + len(found.columns), pairs + found.pairs_compared
                hit += sum(one.word != "steady" for one in (*found.columns, *found.pairs))
            told = ", ".join(f"{words.count(word)} {word}" for word in ("steady", "slight", "drift"))
            print(f"| {name} | {rows:,} | {told} | {hit} of {columns + pairs:,} |", flush=True)


def _older(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    frame["age"] += 4


def _ward(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    frame.loc[rng.random(len(frame)) < 0.03, "ward"] = "Virtual ward"


def _gaps(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    frame.loc[rng.random(len(frame)) < 0.05, "bmi"] = np.nan


def _rate(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    frame.loc[rng.random(len(frame)) < 0.05, "readmitted"] = "yes"


def _link(frame: pd.DataFrame, rng: np.random.Generator) -> None:
    frame["systolic_bp"] = rng.permutation(frame["systolic_bp"])


def found_in(found: Drift, name: str) -> bool:
    """Return whether a column, or a pair with it, is called anything but steady."""
    columns = any(one.name == name and one.word != "steady" for one in found.columns)
    return columns or any(name in (one.first, one.second) and one.word != "steady" for one in found.pairs)


def planted() -> None:
    """Print in how many of the seeds a planted change was found."""
    changes: dict[str, tuple[str, Callable[[pd.DataFrame, np.random.Generator], None]]] = {
        "everybody 4 years older": ("age", _older),
        "3 % of rows in a ward not seen before": ("ward", _ward),
        "5 % more cells empty": ("bmi", _gaps),
        "5 % of rows readmitted after all": ("readmitted", _rate),
        "blood pressure shuffled over people": ("systolic_bp", _link),
    }
    for title, (name, change) in changes.items():
        cells = []
        for rows in SIZES:
            hits = 0
            for seed in range(SEEDS):
                new = table("hospital", 200 + seed, rows)
                change(new, np.random.default_rng(seed))
                old = reading(table("hospital", 100 + seed, rows)).table
                hits += found_in(drift(old, reading(new), seed=seed), name)
            cells.append(f"{hits} of {SEEDS}")
        print(f"| {title} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    fresh()
    planted()
