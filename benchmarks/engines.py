"""What the engines have to reach, beside what they reach: one Markdown table per engine, with bars.

    python -m benchmarks.engines --stems FOLDER --judge JUDGE.py [--methods trees,bayesian_network,diffusion,copula]
        [--tables adult,diabetes,vehicle,california] [--rows 500000] [--seed 1] [--workers 1] [--repeats 1]

FOLDER and JUDGE as for ``first_house.py``; the judge is asked for the floor (``--floor``: real rows that nobody learned
from) as well. Seconds are of one command from start to written file, the least of ``--repeats``; where other work runs
on the machine, processor seconds say more, so both stand there. Membership is the stronger of the two attacks.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import Cost, generated, judged, learned_rows, train_of

TARGETS = {
    "adult": "income",
    "diabetes": "readmitted",
    "vehicle": "FraudFound_P",
    "california": "median_house_value",
}
HEAD = "| table | method | rows learned | rows made | what | measured | bar | |"


@dataclass(frozen=True)
class Bar:
    """One thing to reach on one table: at most ``most``; None where there is no bar."""

    what: str
    most: float | None
    form: str = ".3g"

    def row(self, value: float) -> str:
        """Return the cells of what was measured, the bar, and whether it is reached."""
        if self.most is None:
            return f"{self.what} | {format(value, self.form)} | - | |"
        verdict = "reached" if value <= self.most else "**missed**"
        return f"{self.what} | {format(value, self.form)} | {self.most:g} | {verdict} |"


def bars(method: str, table: str) -> list[Bar]:
    """Return what is measured of an engine on a table, with the bars that it has."""
    place = list(TARGETS).index(table)
    seconds, c2st, loss, membership, tpr, trend, memory = [None] * 7
    if method == "trees":
        seconds, c2st = (15.0, 60.0, 20.0, 10.0)[place], (0.55, 0.60, 0.54, 0.65)[place]
        loss, trend = (1.5, 2.0, 2.0, 4.0)[place], (0.3, 0.5, 0.5, 0.5)[place]
        membership, tpr, memory = 0.55, 0.03, 2000.0
    elif method == "bayesian_network":
        c2st, membership = 0.70, 0.52
    elif method == "diffusion":
        c2st = 0.62
    elif method == "copula":
        c2st = 0.80
    return [
        Bar("fit, sample and write, s", seconds, ".1f"),
        Bar("the same, processor s", 600.0 if method == "diffusion" else None, ".1f"),
        Bar("C2ST", c2st, ".3f"),
        Bar("TSTR loss, %", loss, ".2f"),
        Bar("membership AUC", membership, ".3f"),
        Bar("TPR at 1 %", tpr, ".3f"),
        Bar("trend error above the floor, points", trend, ".2f"),
        Bar("peak memory, MB", memory, ".0f"),
    ]


def figures(cost: Cost, card: dict[str, float], floor: dict[str, float]) -> list[float]:
    """Return what was measured, in the order of ``bars``."""
    return [
        cost.seconds,
        cost.work,
        card["c2st"],
        card["loss"],
        max(card["mia"], card["mia_cal"]),
        card["tpr1"],
        card["trend"] - floor["trend"],
        cost.peak_mb,
    ]


def measure(stem: Path, method: str, floor: dict[str, float], options: argparse.Namespace) -> tuple[list[str], int]:
    """Return the Markdown rows of one engine on one table, and how many bars are missed."""
    target = TARGETS[stem.name]
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "synthetic.parquet"
        costs = [
            generated(
                train_of(stem),
                out,
                target,
                method=method,
                rows=options.rows,
                seed=options.seed,
                workers=options.workers,
                params=options.param,
            )
            for _ in range(options.repeats)
        ]
        card = judged(options.judge, stem, out, target)
    cost = min(costs, key=lambda one: one.seconds)
    start = f"| {stem.name} | {method} | {learned_rows(stem):,} | {options.rows:,} | "
    held = list(zip(bars(method, stem.name), figures(cost, card, floor), strict=True))
    missed = sum(bar.most is not None and value > bar.most for bar, value in held)
    return [start + bar.row(value) for bar, value in held], missed


def summary(found: Sequence[tuple[str, int, int]]) -> str:
    """Return how many bars each engine reached."""
    return "; ".join(f"{method}: {bars - missed} of {bars} bars reached" for method, bars, missed in found) + "."


def main() -> None:
    """Measure every engine on every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stems", type=Path, required=True)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--methods", default="trees,bayesian_network,diffusion,copula")
    parser.add_argument("--tables", default=",".join(TARGETS))
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    tables, counts = options.tables.split(","), []
    floors = {name: judged(options.judge, options.stems / name, None, TARGETS[name]) for name in tables}
    print(HEAD)
    print("|" + "---|" * (HEAD.count("|") - 1))
    for method in options.methods.split(","):
        all_bars = all_missed = 0
        for name in tables:
            rows, missed = measure(options.stems / name, method, floors[name], options)
            print("\n".join(rows), flush=True)
            all_bars += sum(bar.most is not None for bar in bars(method, name))
            all_missed += missed
        counts.append((method, all_bars, all_missed))
    print(f"\n{summary(counts)}")


if __name__ == "__main__":
    main()
