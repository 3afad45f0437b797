"""Do our C2ST and TSTR rank published generators as an independent judge does? Samples of Adult, made by others.

    python -m benchmarks.anchors --published FOLDER --adult ADULT.csv.gz --judge JUDGE.py [--rows 6000] [--runs 2]

The folder holds the rows that five generators learned from (adult-train.csv), their samples (one zip each) and CTGAN's
(anonymeter_ctgan.csv, learned from other rows of Adult). Held-out rows are drawn from Adult without those of the train
file. Tables are compared as they were published, but for blanks around words. The judge is another program, which
shares no code with this one; both judge ``--rows`` rows a side.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import sklearn.ensemble  # noqa: F401 - limits hold for libraries that are loaded already
from scipy.stats import kendalltau, spearmanr
from threadpoolctl import threadpool_limits

from synth_core.scores import fidelity, utility
from synth_core.scores.sides import Sides
from synth_core.table import Column, Kind, Role, Table

TARGET = "income"
# ours, the judge's, and whether a lower figure is better
PAIRS = (("c2st", "c2st", True), ("tstr", "tstr", False), ("shape", "shape", True), ("pairs", "trend", True))


def tidy(frame: pd.DataFrame, names: list[str] | None = None) -> pd.DataFrame:
    """Return numbers as float64 and words without blanks around them, under these names (same order)."""
    columns = {}
    for name, given in zip(names or [n.replace(".", "_").replace("-", "_") for n in frame], frame, strict=True):
        values = frame[given]
        words = not pd.api.types.is_numeric_dtype(values)
        columns[name] = values.astype(str).str.strip() if words else values.astype("float64")
    return pd.DataFrame(columns)


def samples(folder: Path, runs: int, names: list[str]) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Yield generator, run, and what it made."""
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            files = sorted(name for name in archive.namelist() if name.endswith((".csv", ".parquet")))
            for run, name in enumerate(files[:runs], 1):
                raw = io.BytesIO(archive.read(name))
                yield path.stem, run, tidy(pd.read_csv(raw) if name.endswith("csv") else pd.read_parquet(raw), names)
    yield "CTGAN", 1, tidy(pd.read_csv(folder / "anonymeter_ctgan.csv"), names)


def ours(train: pd.DataFrame, held: pd.DataFrame, made: pd.DataFrame) -> dict[str, float]:
    """Return our figures: C2ST, TSTR of the model that is best on real rows, errors of columns and of pairs."""
    columns = tuple(
        Column(
            name=name,
            kind=Kind.NUMBER if pd.api.types.is_numeric_dtype(train[name]) else Kind.CATEGORY,
            role=Role.TARGET if name == TARGET else Role.FEATURE,
        )
        for name in train.columns
    )
    sides = Sides(*(Table(frame, columns, "adult") for frame in (train, held, made)), seed=1)
    with threadpool_limits(1):
        alike, used = fidelity.measure(sides), utility.measure(sides)
    found = {score.name: score.value for score in alike.scores}
    best = max(used.models, key=lambda model: model.trtr)
    return {"c2st": found["c2st"], "tstr": best.tstr, "shape": found["shape"], "pairs": found["pairs"]}


def theirs(judge: Path, stem: Path, made: Path | None) -> dict[str, float]:
    """Return what the judge says; of real rows without ``made``."""
    command = [sys.executable, str(judge), str(stem), *([str(made)] if made else ["--floor"]), "--target", TARGET]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def agreement(found: pd.DataFrame) -> list[str]:
    """Return the rank correlations of the generators' means and, where there are several runs, of all samples."""
    means = found.groupby("generator").mean(numeric_only=True)
    tables = [means, found] if len(found) > len(means) else [means]
    lines = ["| figure |" + " tables | Spearman | Kendall |" * len(tables), "|---" * (1 + 3 * len(tables)) + "|"]
    for mine, other, _ in PAIRS:
        shown = []
        for table in tables:
            a, b = table[f"ours_{mine}"], table[f"judge_{other}"]
            shown += [f"{len(table)}", f"{spearmanr(a, b)[0]:.3f}", f"{kendalltau(a, b)[0]:.3f}"]
        lines.append(f"| {mine} | {' | '.join(shown)} |")
    return lines


def table_of(found: pd.DataFrame) -> list[str]:
    """Return the figures with ranks among generators, best C2ST first."""
    means = found.groupby("generator").mean(numeric_only=True).sort_values("ours_c2st")
    columns = [(f"{side}_{pair[i]}", pair[2]) for pair in PAIRS for i, side in enumerate(("ours", "judge"))]
    heads = [name.replace("_", " ") for name, _ in columns]
    lines = [f"| generator | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    ranks = {name: means[name].rank(ascending=lower) for name, lower in columns}
    for generator, row in means.iterrows():
        cells = [f"{row[name]:.3f} ({ranks[name][generator]:.0f})" for name, _ in columns]
        lines.append(f"| {generator} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", type=Path, required=True)
    parser.add_argument("--adult", type=Path, required=True)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args()
    learned = tidy(pd.read_csv(given.published / "adult-train.csv"))
    names = list(learned)
    whole = tidy(pd.read_csv(given.adult), names).drop_duplicates()
    seen = set(pd.util.hash_pandas_object(learned, index=False))
    fresh = whole[~pd.util.hash_pandas_object(whole, index=False).isin(seen)]
    print(
        f"{len(learned):,} rows learned from, {len(fresh):,} others; {given.rows:,} of each are compared\n", flush=True
    )
    train, held = (side.sample(given.rows, random_state=7).reset_index(drop=True) for side in (learned, fresh))
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="simile-anchors-") as name:
        stem, file = Path(name) / "adult", Path(name) / "made.parquet"
        for side, rows in (("train", train), ("holdout", held)):
            rows.to_parquet(f"{stem}.{side}.parquet")
        for generator, run, sample in samples(given.published, given.runs, names):
            made = sample.sample(min(given.rows, len(sample)), random_state=run).reset_index(drop=True)
            made.to_parquet(file)
            sides = {"ours": ours(train, held, made), "judge": theirs(given.judge, stem, file)}
            row = {f"{who}_{key}": value for who, figures in sides.items() for key, value in figures.items()}
            found.append({"generator": generator, "run": run} | row)
            print(json.dumps(found[-1]), file=sys.stderr, flush=True)
        floor = theirs(given.judge, stem, None)
    frame = pd.DataFrame(found).drop(columns="run")
    print("\n".join([*table_of(frame), "", *agreement(frame)]))
    kept = ", ".join(f"{other} {floor[other]:.3f}" for _, other, _ in PAIRS)
    print(f"\nReal rows in the place of a sample, by the judge: {kept}, trtr {floor['trtr']:.3f}")


if __name__ == "__main__":
    main()
