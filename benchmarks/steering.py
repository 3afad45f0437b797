"""What steering costs: models trained on steered rows, against those on rows in the real proportions.

``python -m benchmarks.steering TRAIN HOLDOUT --target COL [--share 0.5] [--rows 24000]``

Of every table as many rows of each class are taken as the real table has, so that only what is inside the classes is
compared. The score is the AUC on real held-out rows of a model that learned from the table; the mean of three draws.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from synth_core.generation import generate, read_synthetic
from synth_core.reading import read, read_like
from synth_core.recipe import Recipe
from synth_core.table import Role, Table, numbers

LEARNED = 8_000


def features(frame: pd.DataFrame, real: Table, target: str) -> pd.DataFrame:
    """Return the columns as numbers, alike for every table."""
    made = {}
    for column in real.columns:
        if column.name == target or not column.learned:
            continue
        if column.kind.numeric:
            made[column.name] = numbers(frame[column.name])
        else:
            levels = sorted(real.frame[column.name].dropna().unique())
            made[column.name] = pd.Categorical(frame[column.name], categories=levels).codes
    return pd.DataFrame(made)


def score(frame: pd.DataFrame, real: Table, held: Table, target: str, rare: str, seed: int) -> float:
    """Return the AUC on held-out rows of a model that learned from ``frame`` in the real class balance."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    wanted = (frame[target] == rare).to_numpy()
    few = int(LEARNED * (real.frame[target] == rare).mean())
    chosen = [
        rng.choice(np.flatnonzero(mask), min(rows, int(mask.sum())), replace=False)
        for mask, rows in ((wanted, few), (~wanted, LEARNED - few))
    ]
    rows = np.concatenate(chosen)
    model = HistGradientBoostingClassifier(max_iter=120, learning_rate=0.08, random_state=seed)
    model.fit(features(frame.iloc[rows], real, target), wanted[rows])
    said = model.predict_proba(features(held.frame, real, target))[:, 1]
    return float(roc_auc_score(held.frame[target] == rare, said))


def main() -> None:
    """Print one line per seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("holdout", type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--rows", type=int, default=24_000)
    parser.add_argument("--seeds", type=int, default=3)
    told = parser.parse_args()
    real = read(told.train).table
    held = read_like(told.holdout, real)
    real = real.with_columns([real.column(told.target).model_copy(update={"role": Role.TARGET})])
    rare = str(real.frame[told.target].value_counts().index[-1])
    share = {told.target: {rare: told.share}}
    ways = {
        "not steered": {},
        "drawn": {"shares": share, "way": "draw"},
        "prescribed": {"shares": share, "way": "prescribe"},
    }
    sys.stdout.write(f"{len(real):,} rows, {(real.frame[told.target] == rare).mean():.1%} of the class\n")
    for seed in range(told.seeds):
        line = [f"real {np.mean([score(real.frame, real, held, told.target, rare, s) for s in range(3)]):.4f}"]
        for name, steering in ways.items():
            began = time.perf_counter()
            recipe = Recipe(method="trees", rows=told.rows, seed=seed, holdout=0, steering=steering)
            with tempfile.TemporaryDirectory() as folder:
                synthesis = generate(real, recipe, Path(folder))
                frame = read_synthetic(Path(folder), synthesis).frame
            took = time.perf_counter() - began
            found = [score(frame, real, held, told.target, rare, 10 * seed + draw) for draw in range(3)]
            line.append(f"{name} {np.mean(found):.4f} ({took:.0f} s, {synthesis.acceptance:.0%} of drawn rows kept)")
        sys.stdout.write(" | ".join(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
