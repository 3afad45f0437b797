"""What keeping the rules costs: time, likeness, rows.

    python -m benchmarks.constraints overhead [--rows 500000] [--method trees] [--repeats 1]
    python -m benchmarks.constraints likeness [--seeds 3]
    python -m benchmarks.constraints inequality [--seeds 3]

``overhead`` makes Hospital stays with all rules that discovery finds and without any, rows on disk included, and counts
the broken rows of the written file. ``likeness`` holds rows made with all rules and without any against the same
held-out rows of every demo table. ``inequality`` does so for one order of two columns at a time, kept by a transform,
inside the draw, and not at all.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from synth_core.constraints.base import Constraint
from synth_core.constraints.discovery import discover
from synth_core.constraints.enforcement import Enforcement
from synth_core.constraints.kinds import Inequality
from synth_core.demos import DEMOS, demo_table
from synth_core.generation import generate, read_synthetic
from synth_core.methods import create, method_class
from synth_core.recipe import Recipe
from synth_core.scores.detection import detect
from synth_core.scores.features import Coding
from synth_core.table import Table

METHODS = ("trees", "bayesian_network", "copula")


def rules_of(table: Table) -> list[Constraint]:
    """Return every rule that discovery finds, without those on columns that are made anew."""
    learned = {column.name for column in table.columns if column.learned}
    return [s.rule for s in discover(table, limit=100) if set(s.rule.columns_used) <= learned]


def overhead(rows: int, method: str, repeats: int) -> None:
    """Print seconds and processor seconds per stage with and without rules, and the broken rows."""
    table = demo_table("hospital")
    rules = rules_of(table)
    drawn = [r.model_copy(update={"enforcement": "condition"}) if "condition" in r.ways else r for r in rules]
    kinds = [("without", []), (f"with {len(rules)} rules", rules), ("all of them in the draw", drawn)]
    for name, some in kinds * repeats:
        recipe = Recipe(method=method, rows=rows, constraints=some, seed=1)
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            made = generate(table, recipe, Path(folder))
            took = time.perf_counter() - began
            released = read_synthetic(Path(folder), made)
        train = table.split(recipe.holdout, recipe.seed)[0]
        broken = sum(int(rule.fitted(train).violations(released.frame).sum()) for rule in rules)
        kept = f"accepted {made.acceptance:.4f}" if some else ""
        print(
            f"{name}: {took:.1f} s, work {sum(made.work.values()):.1f} s {made.work}; {broken} broken {kept}",
            flush=True,
        )


def _c2st(train: Table, holdout: Table, method: str, rules: Sequence[Constraint], seed: int) -> tuple[float, float]:
    """Return the AUC of a model that tells made from held-out rows, and the share of drawn rows accepted."""
    enforcement = Enforcement.prepare(train, rules, inside=method_class(method).info.rules_inside)
    fitted = create(method, {}).fit(enforcement.encoded, seed=seed)
    held = enforcement.restrictions()
    within = {"restrictions": held} if held else {}
    rows = min(len(holdout), 6_000)
    made = enforcement.apply(lambda n, s: fitted.sample(n, seed=s, **within), rows, seed)
    coding = Coding.learn(train)
    with threadpool_limits(1, user_api="openmp"):
        found = detect(coding, coding.apply(holdout.frame), coding.apply(made.frame), seed)
    return found.auc, made.acceptance


def likeness(seeds: int) -> None:
    """Print the C2ST of every demo with all rules and without any: means over seeds, each its own split."""
    for name in DEMOS:
        table = demo_table(name)
        table = table.select([column.name for column in table.columns if column.learned])
        rules = rules_of(table)
        for method in METHODS:
            found = []
            for seed in range(seeds):
                train, holdout = table.split(0.33, seed)
                found.append([_c2st(train, holdout, method, some, seed) for some in (rules, [])])
            told = np.array(found)
            both = told[:, :, 0].mean(axis=0)
            print(
                f"{name} {method}: {len(rules)} rules, C2ST {both[0]:.3f} with, {both[1]:.3f} without, "
                f"{both[0] - both[1]:+.3f} (spread {np.std(told[:, 0, 0] - told[:, 1, 0]):.3f}), "
                f"accepted {told[:, 0, 1].mean():.4f}",
                flush=True,
            )


def inequality(seeds: int) -> None:
    """Print the C2ST of each order of two columns, by the way in which it is kept."""
    for name in DEMOS:
        table = demo_table(name)
        table = table.select([column.name for column in table.columns if column.learned])
        orders = [rule for rule in rules_of(table) if isinstance(rule, Inequality)]
        for rule in orders:
            ways = {way: [rule.model_copy(update={"enforcement": way})] for way in ("transform", "condition")}
            for method in ("trees", "bayesian_network"):
                told = {
                    way: np.mean([_c2st(*table.split(0.33, seed), method, some, seed)[0] for seed in range(seeds)])
                    for way, some in {**ways, "not kept": []}.items()
                }
                print(name, method, rule.sentence(), {way: round(float(v), 3) for way, v in told.items()}, flush=True)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("overhead", "likeness", "inequality"))
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--method", default="trees")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    if asked.what == "overhead":
        overhead(asked.rows, asked.method, asked.repeats)
    elif asked.what == "likeness":
        likeness(asked.seeds)
    else:
        inequality(asked.seeds)


if __name__ == "__main__":
    main()
